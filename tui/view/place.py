"""Reading which row of a list somebody means: its number, or a share of the list."""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = re.compile(r"\d{1,18}")
_SHARE: Final = re.compile(r"(\d{1,3}(?:[.,]\d{1,6})?)\s*%")

EXAMPLE: Final = "the number of a row, or a share of the list: 1200 or 75%"


def row_of(text: str, total: int) -> int | None:
    """The index of the row that `text` means among so many: `1200` is the 1,200th, `75%` three quarters down.

    What is behind the end is the last row. None if it means no row.
    """
    text = text.strip()
    if share := _SHARE.fullmatch(text):
        part = min(1.0, float(share[1].replace(",", ".")) / 100)
        return max(0, round(part * (total - 1)))
    digits = re.sub(r"[ ,_'.]", "", text)
    if not _NUMBER.fullmatch(digits):
        return None
    return max(0, min(int(digits), total) - 1)
