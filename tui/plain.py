"""Values of a file that somebody may have edited, as what they have to be."""

from __future__ import annotations

from typing import Any, Final

LONGEST_TEXT: Final = 20_000
"""Characters of a text that is kept: a filter is far shorter."""


def table(value: object) -> dict[str, Any]:
    """A table. Raises `ValueError` for anything else, as all of these do."""
    if isinstance(value, dict):
        return value
    raise ValueError("no table")


def items(value: object, most: int) -> list[Any]:
    """A list of at most so many."""
    if isinstance(value, list) and len(value) <= most:
        return value
    raise ValueError("no list")


def text(value: object) -> str:
    """A text that is not too long."""
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return value
    raise ValueError("no text")


def number(value: object, most: int) -> int:
    """A whole number from 0 to `most`."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise ValueError("no number")
