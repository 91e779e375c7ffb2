"""Writes keys and texts as filters of runs and options of commands have them."""

from __future__ import annotations


def quoted_key(key: str) -> str | None:
    """A key as it stands behind `metrics.`; None for one that the language has no way of writing."""
    if key and key.isascii() and key.replace("_", "a").replace(".", "a").isalnum() and not key[0].isdigit():
        return key
    return None if "`" in key or not key else f"`{key}`"


def option_key(key: str) -> str:
    """A key as it stands behind `metrics.` in an option: in backticks where they would be taken off else."""
    return f"`{key}`" if not key or key_of_option(key) != key else key


def key_of_option(text: str) -> str:
    """The key that an option means: `text`, or what stands in its backticks or double quotes."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in '`"' else text


def quoted_text(text: str) -> str | None:
    """Text in quotes; None for one with both kinds of them in it, which the language has no way of writing."""
    for quote in ("'", '"'):
        if quote not in text and not text.endswith("\\"):
            return f"{quote}{text}{quote}"
    return None
