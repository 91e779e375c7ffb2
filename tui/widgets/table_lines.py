"""Drawing the lines of a table as strips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.view.glyphs import GLYPHS
from tui.view.text import clean, cut, fit, skip, width
from tui.widgets.window import GAP, Window

StyleOf = Callable[[str, str], Style]
"""(role of the text, `cursor` or `cursor-blurred` or empty) -> how it is drawn."""


KINDS: Final = ("metrics", "params", "tags", "datasets")
"""Kinds of columns whose titles have a colour of their own."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Draws what a window shows."""

    window: Window
    style: StyleOf

    def header(self) -> Strip:
        """The titles of the columns, with marks where there is more to the left and to the right."""
        window = self.window
        columns = window.rows.columns
        segments = [Segment(GLYPHS.before if window.side or window.inside else " ", self.style("header", ""))]
        used = 1
        for place, wide in window.shown_columns():
            text = fit(clean(columns[place].title), wide, columns[place].align)
            segments.append(Segment(text + " " * GAP, self._head(columns[place].kind)))
            used += wide + GAP
        return self._ended(segments, used, GLYPHS.after if window.more_to_the_right() else " ")

    def kinds(self) -> Strip:
        """What the columns below belong to, each kind above those beside each other that are of it."""
        segments, used = [Segment(" ", self.style("header", ""))], 1
        columns = self.window.rows.columns
        for kind, some in groupby(self.window.shown_columns(), lambda shown: columns[shown[0]].kind):
            wide = sum(one + GAP for _, one in some) - GAP
            name = cut(clean(kind), wide)
            rule = f" {GLYPHS.rule * (wide - width(name) - 1)}" if name and wide > width(name) + 1 else ""
            segments.append(Segment(fit(name + rule, wide) + " " * GAP, self._head(kind)))
            used += wide + GAP
        return self._ended(segments, used, " ")

    def _head(self, kind: str) -> Style:
        style = self.style("header", "")
        return style + self.style(kind, "") if kind in KINDS else style

    def _ended(self, segments: list[Segment], used: int, end: str) -> Strip:
        columns = self.window.columns
        line = Strip(segments, used).adjust_cell_length(columns - 1, self.style("header", "")).simplify()
        return Strip([*line, Segment(end, self.style("header", ""))], columns)

    def row(self, index: int, on: str, pointed: bool, marked: bool = False) -> Strip:
        """A row; `on` is the look of the row of the cursor, `pointed` puts the cursor's sign before it, `marked` the
        mark behind its first column.
        """
        window, style = self.window, self.style
        plain = style("", on)
        segments = [Segment(GLYPHS.cursor if pointed else " ", plain)]
        used = 1
        cells = window.rows.cells(index)
        for place, wide in window.shown_columns():
            column = window.rows.columns[place]
            if cells is None:
                text, look = fit(GLYPHS.gap if place else GLYPHS.ellipsis, wide, column.align), style("dim", on)
            else:
                text = skip(cells[place].text, window.inside) if place == len(cells) - 1 else cells[place].text
                text, look = fit(text, wide, column.align, ends=column.ends), style(cells[place].role, on)
            # The gap takes the cell's style: each change of style costs more bytes than a short cell.
            gap = f"{GLYPHS.mark:<{GAP}}" if marked and not place else " " * GAP
            segments.append(Segment(text + gap, look))
            used += wide + GAP
        line = Strip(segments, used).adjust_cell_length(window.columns - 1, plain)
        bar = GLYPHS.bar if index - window.top in window.handle() else " "
        return Strip([*line.simplify(), Segment(bar, style("bar", ""))], window.columns)

    def notice(self, y: int, empty: str) -> Strip:
        """Line `y` of a table without rows, which says `empty` in its upper half."""
        columns = self.window.columns
        lines = empty.split("\n")
        start = max(1, (self.window.lines - len(lines)) // 3)
        text = lines[y - start] if 0 <= y - start < len(lines) else ""
        text = fit(cut(text, columns - 2), columns, "center")
        return Strip([Segment(text, self.style("empty", ""))], columns)
