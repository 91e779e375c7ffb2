"""Text that a server sent, made fit to stand in a message."""

from __future__ import annotations

import re
from typing import Final

TOLD: Final = 300
"""Characters of a server's text that a message repeats."""

_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")


def printable(text: str | bytes, limit: int = TOLD) -> str:
    """One line of at most `limit` characters without control characters."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    line = _UNFIT.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"
