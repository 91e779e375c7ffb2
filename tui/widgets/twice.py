"""A key that means something when it is pressed twice."""

from __future__ import annotations

import time
from typing import Final

SECONDS: Final = 1.0
"""Two presses within this time are meant together."""


class Twice:
    """Remembers the last press."""

    def __init__(self) -> None:
        self._last = 0.0

    def pressed(self) -> bool:
        """True if this press is the second; the one after it is a first one again."""
        now = time.monotonic()
        second = now - self._last < SECONDS
        self._last = 0.0 if second else now
        return second
