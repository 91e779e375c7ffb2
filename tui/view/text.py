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
_PICTURES: Final = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\n": "↵", "\t": "⇥", "\x7f": "␡"}
_CONTROLS: Final = _PICTURES if GLYPHS.pictures else dict.fromkeys(_PICTURES, GLYPHS.replacement)

_INVISIBLE: Final = re.compile(
    "[\u034f\u17b4\u17b5\u180b-\u180d\u180f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]"
)
"""Joiners, variation selectors and skin tones: they change the character before them, and with it its width."""

_LONE_JAMO: Final = re.compile("[\u115f-\u11ff\u3164\ud7b0-\ud7fb\uffa0]")
"""Vowels and finals of Hangul that are part of no syllable, and its fillers: some terminals give them no width."""


_SPELLED: Final = (
    {}
    if GLYPHS.pictures
    else str.maketrans(
        {"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u2026": "...", "\u2013": "-", "\u2014": "-"}
    )
)
"""Quotation marks, dashes and ellipses on terminals that have none: these alone have a spelling that everyone reads."""


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
    return _LONE_JAMO.sub(GLYPHS.replacement, text).translate(_SPELLED)


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
                safe.append(GLYPHS.base)
            based, marks = True, marks + 1
        safe.append(shown)
    return "".join(safe)


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


@lru_cache(maxsize=4096)
def _safe_character(character: str) -> str:
    code = ord(character)
    if character in _CONTROLS:
        return _CONTROLS[character]
    if _FLAG_A <= code < _FLAG_A + 26:
        return chr(ord("A") + code - _FLAG_A)
    if _INVISIBLE.match(character):
        return ""
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return GLYPHS.replacement
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
    used = 0
    for taken, character in enumerate(text):
        used += cell_len(character)
        if used > room:
            return text[:taken] + ellipsis
    return text


def cut_inside(text: str, columns: int) -> str:
    """As `cut`, with both ends of the text and the ellipsis in its middle."""
    room = columns - len(GLYPHS.ellipsis)
    if width(text[: LONGEST + 1]) <= columns or room < 2:
        return cut(text, columns)
    head, used = "", 0
    for character in text[:LONGEST]:
        used += cell_len(character)
        if used > room // 2:
            break
        head += character
    tail, used = "", 0
    for character in reversed(text[-LONGEST:]):
        used += cell_len(character)
        if used > room - room // 2:
            break
        tail = character + tail
    # A mark belongs to the character that was left out before it.
    while tail and cell_len(tail[0]) == 0:
        tail = tail[1:]
    return head + GLYPHS.ellipsis + tail


def wrapped(text: str, columns: int) -> list[str]:
    """A clean text in lines of at most `columns` terminal columns, broken between words where that is possible."""
    lines: list[str] = []
    line, used = "", 0
    for word in text.split(" "):
        wide = width(word)
        if line and used + 1 + wide <= columns:
            line, used = f"{line} {word}", used + 1 + wide
            continue
        if line:
            lines.append(line)
        if wide > columns > 1:
            *full, word = _broken(word, columns)
            lines += full
            wide = width(word)
        line, used = word, wide
    return [*lines, line]


def _broken(word: str, columns: int) -> list[str]:
    """A clean text in parts of at most `columns` terminal columns; marks stay with their character."""
    if word.isascii():
        return [word[start : start + columns] for start in range(0, len(word), columns)]
    parts, start, used = [], 0, 0
    for place, character in enumerate(word):
        wide = cell_len(character)
        if used + wide > columns:
            parts.append(word[start:place])
            start, used = place, 0
        used += wide
    return [*parts, word[start:]]


def skip(text: str, columns: int) -> str:
    """A clean text without its first `columns` terminal columns, with an ellipsis at the start of what is left."""
    if columns <= 0:
        return text
    left = columns + 1
    for place, character in enumerate(text):
        wide = cell_len(character)
        if left <= 0 < wide:
            # A wide character of which one half would be left gives way to a blank.
            return GLYPHS.ellipsis + " " * -left + text[place:]
        left -= wide
    return GLYPHS.ellipsis + " " * -left if left <= 0 else ""


def fit(text: str, columns: int, align: str = "left", *, ends: bool = False) -> str:
    """A clean text in exactly `columns` terminal columns; `align` is left, right or center. Of what is too long the
    beginning is kept, or both `ends`.
    """
    text = cut_inside(text, columns) if ends else cut(text, columns)
    space = columns - width(text)
    if space <= 0:
        return text
    if align == "right":
        return " " * space + text
    if align == "center":
        return " " * (space // 2) + text + " " * (space - space // 2)
    return text + " " * space
