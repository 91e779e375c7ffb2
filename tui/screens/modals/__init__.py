"""Screens that lie above another."""
