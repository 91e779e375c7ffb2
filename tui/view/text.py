"""Making a store's text fit for a terminal: it was written by other people and is never trusted."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from rich.cells import cell_len

from tui.view.glyphs import GLYPHS

LONGEST: Final = 10_000
"""Characters of one text that are ever looked at for a cell: what does not fit a screen is not measured."""

_UNSAFE: Final = re.compile(
    r"[^\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0590\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff]"
)
"""Anything outside scripts without control, format and combining characters; looked at one by one."""

_FLAG_A: Final = 0x1F1E6
_PICTURES: Final = {"\n": "↵", "\r": "␍", "\t": "⇥", "\x7f": "␡"}


def clean(text: str) -> str:
    """`text` on one line, with nothing left in it that a terminal obeys.

    Control characters become visible pictures, bidirectional and other format characters a replacement
    character. What terminals disagree on how wide it is (joiners, variation selectors, skin tones, flags)
    is reduced to characters of known width, so that columns stay aligned.
    """
    return _UNSAFE.sub(_safe, text)


def clean_lines(text: str) -> list[str]:
    """`clean` for text that may have lines; tabs become spaces."""
    return [clean(line.expandtabs(4)) for line in re.split(r"\r\n|\r|\n", text)]


def _safe(match: re.Match[str]) -> str:
    return _safe_character(match.group())


@lru_cache(maxsize=4096)
def _safe_character(character: str) -> str:
    code = ord(character)
    if character in _PICTURES:
        return _PICTURES[character]
    if code < 0x20:
        return chr(0x2400 + code)
    if _FLAG_A <= code < _FLAG_A + 26:
        return chr(ord("A") + code - _FLAG_A)
    if code == 0x200D or 0xFE00 <= code <= 0xFE0F or 0x1F3FB <= code <= 0x1F3FF or 0xE0100 <= code <= 0xE01EF:
        return ""
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return "�"
    if category == "Zs":
        return " "
    return character


def width(text: str) -> int:
    """Terminal columns that a clean text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, columns: int) -> str:
    """A clean text in at most `columns` terminal columns, with an ellipsis if something was left out."""
    if columns <= 0:
        return ""
    text = text[:LONGEST]
    if width(text) <= columns:
        return text
    ellipsis = GLYPHS.ellipsis
    room = columns - len(ellipsis)
    if room <= 0:
        return ellipsis[:columns]
    if text.isascii():
        return text[:room] + ellipsis
    taken, used = 0, 0
    for taken, character in enumerate(text):  # noqa: B007 (used after the loop: where it ended)
        used += cell_len(character)
        if used > room:
            break
    return text[:taken] + ellipsis


def fit(text: str, columns: int, align: str = "left") -> str:
    """A clean text in exactly `columns` terminal columns; `align` is left, right or center."""
    text = cut(text, columns)
    space = columns - width(text)
    if space <= 0:
        return text
    if align == "right":
        return " " * space + text
    if align == "center":
        return " " * (space // 2) + text + " " * (space - space // 2)
    return text + " " * space
