"""Writes keys and texts as filters of runs have them."""

from __future__ import annotations


def quoted_key(key: str) -> str | None:
    """A key as it stands behind `metrics.`; None for one that the language has no way of writing."""
    if key and key.isascii() and key.replace("_", "a").replace(".", "a").isalnum() and not key[0].isdigit():
        return key
    return None if "`" in key or not key else f"`{key}`"


def quoted_text(text: str) -> str | None:
    """Text in quotes; None for one with both kinds of them in it, which the language has no way of writing."""
    for quote in ("'", '"'):
        if quote not in text and not text.endswith("\\"):
            return f"{quote}{text}{quote}"
    return None
