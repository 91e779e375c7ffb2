"""What tells the curves of a chart apart: markers, the legend and the title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tui.view.chart_canvas import BRAILLE, Row, Span
from tui.view.glyphs import Glyphs
from tui.view.text import clean, cut
from tui.view.text import width as columns_of

SERIES: Final = 8
"""Curves that have a role of their own; the ninth looks like the first."""

MARKERS: Final = "●▲■◆○△□◇"
_ASCII: Final = "*+xo#@%&"
_LEGEND_NAME: Final = 28
"""Columns of a name in the legend."""
_LEGEND_FROM: Final = 10
"""Columns below which a chart has no legend."""


def marker_of(index: int, several: bool, colour: bool, glyphs: Glyphs) -> str:
    """What plotext draws a series with."""
    if not glyphs.braille:
        return _ASCII[index % SERIES]
    return BRAILLE if colour or not several else MARKERS[index % SERIES]


def heading_rows(
    count: int, names: Sequence[str], title: str, width: int, height: int, colour: bool, glyphs: Glyphs
) -> list[Row]:
    """The title and the legend, as far as they leave three quarters of the height to the chart."""
    rows: list[Row] = []
    most = height // 4
    if title and most > 0:
        text = cut(clean(title), width)
        rows.append((Span(text, "title"), Span(" " * (width - columns_of(text)))))
    entries: list[tuple[Span, ...]] = []
    for index, name in enumerate(names[:count] if width >= _LEGEND_FROM else ()):
        marker = marker_of(index, count > 1, colour, glyphs)
        sign = marker if marker != BRAILLE else MARKERS[index % SERIES] if count > 1 else "⠶⠶"
        shown = cut(clean(name), min(_LEGEND_NAME, max(1, width - 4)))
        entries.append((Span(sign, f"series{index % SERIES}"), Span(f" {shown}", "label")))
    line: list[Span] = []
    used = 0
    for place, entry in enumerate(entries):
        size = sum(columns_of(span.text) for span in entry)
        if line and used + 2 + size > width:
            rows.append(_padded(line, width))
            line, used = [], 0
        if len(rows) >= most:
            return [*rows[:-1], _padded([Span(cut(f"and {len(entries) - place} more", width), "label")], width)][:most]
        if line:
            line.append(Span("  "))
            used += 2
        line.extend(entry)
        used += size
    if line and len(rows) < most:
        rows.append(_padded(line, width))
    return rows


def _padded(spans: Sequence[Span], width: int) -> Row:
    used = sum(columns_of(span.text) for span in spans)
    return (*spans, Span(" " * (width - used))) if used < width else tuple(spans)
