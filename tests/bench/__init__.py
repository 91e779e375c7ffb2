"""Benchmarks: what flowdeck costs, next to what the same thing costs without it."""
