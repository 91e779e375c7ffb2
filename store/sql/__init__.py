"""Tracking stores in SQL databases."""
