"""What tells the curves of a chart apart: markers, the legend and the title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_letters
from typing import Final

from tui.view.chart_canvas import BRAILLE, Row, Span
from tui.view.glyphs import Glyphs
from tui.view.text import clean, cut
from tui.view.text import width as columns_of

SERIES: Final = 8
"""Colours; the ninth curve has that of the first, and another sign."""

MARKERS: Final = "●▲■◆○△□◇" + ascii_letters
_ASCII: Final = "*+xo#@%&" + "".join(letter for letter in ascii_letters if letter not in "xo")
_LEGEND_NAME: Final = 28
"""Columns of a name in the legend."""
_LEGEND_FROM: Final = 10
"""Columns below which a chart has no legend."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a chart."""

    rows: tuple[Row, ...]
    rest: tuple[Row, ...] = ()
    """The part of the legend that there was no room for, for who can show it elsewhere."""


def marker_of(index: int, several: bool, colour: bool, glyphs: Glyphs) -> str:
    """What plotext draws a series with."""
    if glyphs.braille and (colour or not several):
        return BRAILLE
    return sign_of(index, glyphs)


def sign_of(index: int, glyphs: Glyphs) -> str:
    """The shape of a series, different for as many as there are: colour alone tells nothing."""
    signs = MARKERS if glyphs.braille else _ASCII
    return signs[index % len(signs)]


def heading(
    count: int,
    names: Sequence[str],
    title: str,
    width: int,
    height: int,
    glyphs: Glyphs,
    below: bool,
) -> Heading:
    """The title and the legend, as far as they leave three quarters of the height to the chart.

    `below` tells that the rest of the legend is shown below the chart.
    """
    rows: list[Row] = []
    most = height // 4
    if title and most > 0:
        text = cut(clean(title), width)
        rows.append(_padded([Span(text, "title")], width))
    entries = _entries(count, names, width, glyphs) if width >= _LEGEND_FROM else []
    lines = _lines(entries, width)
    room = most - len(rows)
    if len(lines) <= room:
        return Heading((*rows, *(row for row, _ in lines)))
    kept = lines[: max(0, room - 1)]
    shown = sum(number for _, number in kept)
    rows += [row for row, _ in kept]
    if room > 0:
        left, where = len(entries) - shown, "below the chart" if below else "in a higher chart"
        text = f"and {left} more {where}" if shown else f"{left} names {where}"
        rows.append(_padded([Span(cut(text, width), "label")], width))
    return Heading(tuple(rows), tuple(row for row, _ in _lines(entries[shown:], width)))


def _entries(count: int, names: Sequence[str], width: int, glyphs: Glyphs) -> list[tuple[Span, Span]]:
    room = min(_LEGEND_NAME, max(1, width - 4))
    cleaned = [clean(name) for name in names[:count]]
    shown = [cut(name, room) for name in cleaned]
    entries = []
    for index, name in enumerate(cleaned):
        text = shown[index]
        if shown.count(text) > 1 and text != name:
            # Names that begin alike tell more by their ends.
            text = _without_middle(name, room)
        sign = sign_of(index, glyphs) if count > 1 or not glyphs.braille else "⠶⠶"
        entries.append((Span(sign, f"series{index % SERIES}"), Span(f" {text}", "label")))
    return entries


def _without_middle(name: str, room: int) -> str:
    """A name's beginning and its end, in at most `room` columns."""
    end = name[-(room // 2) :]
    while end and columns_of(end) > room // 2:
        end = end[1:]
    return cut(name, room - columns_of(end)) + end


def _lines(entries: Sequence[tuple[Span, Span]], width: int) -> list[tuple[Row, int]]:
    """The entries in lines, and how many there are in each."""
    lines: list[tuple[Row, int]] = []
    line: list[Span] = []
    used = number = 0
    for entry in entries:
        size = sum(columns_of(span.text) for span in entry)
        if line and used + 2 + size > width:
            lines.append((_padded(line, width), number))
            line, used, number = [], 0, 0
        if line:
            line.append(Span("  "))
            used += 2
        line.extend(entry)
        used += size
        number += 1
    return [*lines, (_padded(line, width), number)] if line else lines


def _padded(spans: Sequence[Span], width: int) -> Row:
    used = sum(columns_of(span.text) for span in spans)
    return (*spans, Span(" " * (width - used))) if used < width else tuple(spans)
