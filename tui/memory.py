"""Memory that reading a long list took, given back to the system."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

LONG: Final = 20_000
"""Rows that a database sorts from which on it takes megabytes."""


def give_back(rows: int) -> None:
    """After so many rows were read: what the C library keeps of it for each thread that ever read, if it does.

    The GNU one keeps four megabytes and more a thread; others have no such call.
    """
    if rows >= LONG and (trim := _trim()) is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    import ctypes

    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return found
