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
    r"[^\x20-\x7e\xa1-\xac\xae-\u02ff\u038e-\u03a1\u03a3-\u0482\u048a-\u052f\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff]"
)
"""Anything outside ranges without control, format, combining and unassigned characters; looked at one by one."""

MARKS: Final = 4
"""Combining marks kept on one character: enough for every written language, too few to paint over other lines."""

_UNSAFE_RUN: Final = re.compile(_UNSAFE.pattern + "+")
_FLAG_A: Final = 0x1F1E6
_PICTURES: Final = {"\n": "↵", "\r": "␍", "\t": "⇥", "\x7f": "␡"}

_INVISIBLE: Final = re.compile(
    "[\u034f\u17b4\u17b5\u180b-\u180d\u180f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]"
)
"""Joiners, variation selectors and skin tones: they change the character before them, and with it its width."""

_LONE_JAMO: Final = re.compile("[\u115f-\u11ff\u3164\ud7b0-\ud7fb\uffa0]")
"""Vowels and finals of Hangul that are part of no syllable, and its fillers: some terminals give them no width."""

_NO_BASE: Final = "◌"
"""Carries combining marks that follow nothing, as Unicode's own charts do: else they land on the cell before."""


def clean(text: str) -> str:
    """`text` on one line, with nothing left in it that a terminal obeys.

    Control characters become visible pictures, bidirectional and other format characters a replacement
    character. What terminals disagree on how wide it is (joiners, variation selectors, skin tones, flags, lone
    parts of Hangul syllables) is reduced to characters of known width, and at most `MARKS` combining marks stay
    on a character, so that columns stay aligned.
    """
    if text.isascii():
        return _UNSAFE.sub(_safe, text)
    # Composed, because terminals without combining characters exist and Hangul's parts are wide only together.
    # Marks are counted before: sorting thousands of them on one character takes quadratic time.
    text = unicodedata.normalize("NFC", _UNSAFE_RUN.sub(_safe_run, text))
    return _LONE_JAMO.sub("�", text)


def clean_lines(text: str) -> list[str]:
    """`clean` for text that may have lines; tabs become spaces."""
    return [clean(line.expandtabs(4)) for line in re.split(r"\r\n|\r|\n", text)]


def _safe(match: re.Match[str]) -> str:
    return _safe_character(match.group())


def _safe_run(match: re.Match[str]) -> str:
    """Several unsafe characters: marks count for the character that they follow."""
    safe: list[str] = []
    based, marks = match.start() > 0, 0
    for character in match.group():
        shown = _safe_character(character)
        if not shown:
            continue
        if not _is_mark(shown):
            based, marks = True, 0
        elif marks == MARKS:
            continue
        else:
            if not based:
                safe.append(_NO_BASE)
            based, marks = True, marks + 1
        safe.append(shown)
    return "".join(safe)


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


@lru_cache(maxsize=4096)
def _safe_character(character: str) -> str:
    code = ord(character)
    if character in _PICTURES:
        return _PICTURES[character]
    if code < 0x20:
        return chr(0x2400 + code)
    if _FLAG_A <= code < _FLAG_A + 26:
        return chr(ord("A") + code - _FLAG_A)
    if _INVISIBLE.match(character):
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


def wrapped(text: str, columns: int) -> list[str]:
    """A clean text in lines of at most `columns` terminal columns, broken between words where that is possible."""
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if width(joined) <= columns:
            line = joined
            continue
        if line:
            lines.append(line)
        while width(word) > columns > 1:
            taken = len(word)
            while width(word[:taken]) > columns:
                taken -= 1
            lines.append(word[:taken])
            word = word[taken:]
        line = word
    return [*lines, line]


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
