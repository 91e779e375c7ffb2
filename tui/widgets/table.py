"""A table that draws only what is visible and repaints only what changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.bindings import bindings
from tui.keys import Place
from tui.view.glyphs import GLYPHS
from tui.view.table import Cell, Column, ListRows, Rows
from tui.view.text import clean, cut, fit, width

GAP: Final = 2
"""Columns of space between two cells."""

MEASURED: Final = 200
"""Rows looked at to find the widths of columns: those around the visible ones."""

SCROLL_PART: Final = 3
"""When the cursor leaves the screen the table scrolls by this part of its height, not by a line: a scrolled
line repaints all of them, which over a slow link costs more than the line tells."""

GG_SECONDS: Final = 1.0
"""Two presses of g within this time are gg."""

_MARK: Final = "›"
_NO_ROWS: Final = ListRows((), ())


class Table(ScrollView, can_focus=True):
    """Rows with a cursor; the first columns stay when the others are scrolled sideways."""

    BINDINGS = bindings(Place.LISTS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--cursor",
        "table--cursor-blurred",
        "table--dim",
        "table--name",
        "table--good",
        "table--bad",
        "table--warn",
        "table--live",
        "table--accent",
        "table--empty",
    }
    DEFAULT_CSS = """
    Table {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        &> .table--header { text-style: bold; color: $muted; }
        &> .table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
        &> .table--cursor-blurred { background: $surface-lighten-1; }
        &> .table--dim { color: $muted; }
        &> .table--name { color: $foreground; }
        &> .table--good { color: $text-success; }
        &> .table--bad { color: $text-error; }
        &> .table--warn { color: $text-warning; }
        &> .table--live { color: $text-primary; }
        &> .table--accent { color: $text-accent; }
        &> .table--empty { color: $muted; }
    }
    """

    cursor: reactive[int] = reactive(0, init=False)
    """Index of the row the cursor is on; 0 if there is none."""

    @dataclass
    class Moved(Message):
        """The cursor is on another row."""

        table: Table
        index: int

        @property
        def control(self) -> Table:
            return self.table

    @dataclass
    class Opened(Message):
        """A row was chosen, by Enter or by mouse."""

        table: Table
        index: int

        @property
        def control(self) -> Table:
            return self.table

    @dataclass
    class Wanted(Message):
        """Rows are on screen that are not loaded."""

        table: Table
        first: int
        last: int
        """The last one, included."""

        @property
        def control(self) -> Table:
            return self.table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Table.Wanted) and message.table is self.table

    @dataclass
    class Scrolled(Message):
        """Other rows are on screen."""

        table: Table

        @property
        def control(self) -> Table:
            return self.table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Table.Scrolled) and message.table is self.table

    def __init__(
        self,
        *,
        frozen: int = 1,
        empty: str = "",
        driven: bool = False,
        id: str | None = None,  # noqa: A002 (Textual's name)
        classes: str | None = None,
    ) -> None:
        """`frozen` columns stay when the others are scrolled sideways; `empty` is said while there are no rows;
        a `driven` table gets its keys from another widget, and looks as if it had the focus.
        """
        super().__init__(id=id, classes=classes)
        self._rows: Rows = _NO_ROWS
        self._frozen = frozen
        self._empty = empty
        self._driven = driven
        self._widths: list[int] = []
        self._side = 0
        self._painted: dict[int, Strip] = {}
        self._last_g = 0.0
        self._styles_of_roles: dict[tuple[str, str], Style] = {}

    @property
    def rows(self) -> Rows:
        return self._rows

    @property
    def key(self) -> str | None:
        """What the cursor is on."""
        return self._rows.key(self.cursor) if len(self._rows) else None

    def show(self, rows: Rows, *, empty: str | None = None, cursor: int | None = None) -> None:
        """Shows `rows`; the cursor stays on the row with the same key, else on the same line.

        `empty` is what is said when there are none; `cursor` puts the cursor on that row.
        """
        key = self.key
        same_columns = [column.id for column in rows.columns] == [column.id for column in self._rows.columns]
        self._rows = rows
        if empty is not None:
            self._empty = empty
        if not same_columns:
            self._side = 0
            self._widths = []
        if cursor is None:
            found = rows.find(key) if key is not None else None
            cursor = self.cursor if found is None else found
        moved = min(max(cursor, 0), max(len(rows) - 1, 0))
        self.virtual_size = Size(self.size.width, len(rows) + 1)
        self._measure()
        if moved != self.cursor:
            self.set_reactive(Table.cursor, moved)
            self.call_after_refresh(self._keep_visible)
        self.repaint()

    def repaint(self) -> None:
        """Draws again the parts of lines that look different now."""
        if not self.is_mounted or not self.size:
            return
        if self._measure():
            self._painted.clear()
        for y in range(self.size.height):
            new, old = self._line(y), self._painted.get(y)
            if old is None:
                self.refresh(Region(0, y, self.size.width, 1))
                continue
            first, last = _difference(old, new)
            if first < last:
                self.refresh(Region(first, y, last - first, 1))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_of_roles.clear()
        self._painted.clear()

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)
        self._painted.clear()
        self._measure()
        self._keep_visible()
        self.post_message(self.Scrolled(self))

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._repaint_row(self.cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._painted.clear()
        self._measure()
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Scrolled(self))

    def watch_cursor(self, old: int, new: int) -> None:
        self._keep_visible()
        self._repaint_row(old)
        self._repaint_row(new)
        self.post_message(self.Moved(self, new))

    def _repaint_row(self, index: int) -> None:
        y = index - self.scroll_offset.y + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _keep_visible(self) -> None:
        room = self.size.height - 1
        if room <= 0 or not len(self._rows):
            return
        top = self.scroll_offset.y
        jump = max(1, room // SCROLL_PART)
        if self.cursor < top:
            top = self.cursor if top - self.cursor > jump else top - jump
        elif self.cursor >= top + room:
            top = self.cursor - room + 1 if self.cursor - (top + room) >= jump else top + jump
        else:
            return
        self.scroll_to(y=min(max(top, 0), max(0, len(self._rows) - room)), animate=False, immediate=True)

    # Layout

    def _visible(self) -> range:
        top = int(self.scroll_offset.y)
        return range(top, min(len(self._rows), top + max(0, self.size.height - 1)))

    def _measure(self) -> bool:
        """Widens columns to the loaded rows around the visible ones; True if a width changed."""
        columns = self._rows.columns
        if len(self._widths) != len(columns):
            self._widths = [min(max(column.least, width(column.title)), column.most) for column in columns]
        before = list(self._widths)
        visible = self._visible()
        last = min(len(self._rows), max(visible.stop, min(visible.start + MEASURED, len(self._rows))))
        for index in range(visible.start, last):
            cells = self._rows.cells(index)
            if cells is None:
                continue
            for place, (cell, column) in enumerate(zip(cells, columns, strict=True)):
                if len(cell.text) >= self._widths[place] and self._widths[place] < column.most:
                    self._widths[place] = min(column.most, max(self._widths[place], width(cell.text)))
        return self._widths != before

    def _shown_columns(self) -> list[tuple[int, int]]:
        """(column, width) of those on screen: the frozen ones, then from the sideways offset on."""
        room = self.size.width - 1
        shown: list[tuple[int, int]] = []
        order = [*range(min(self._frozen, len(self._widths))), *range(self._frozen + self._side, len(self._widths))]
        narrow = room < 72
        for place in order:
            wide = self._widths[place]
            if place < self._frozen and narrow:
                wide = min(wide, max(12, room // 2))
            if room <= 0 or (room < wide and room < 6 and shown):
                break
            shown.append((place, min(wide, room)))
            room -= wide + GAP
        return shown

    # Drawing

    def render_line(self, y: int) -> Strip:
        line = self._line(y)
        self._painted[y] = line
        return line

    def _line(self, y: int) -> Strip:
        if y == 0:
            return self._header()
        index = y - 1 + int(self.scroll_offset.y)
        if not len(self._rows):
            return self._notice(y)
        if index >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        return self._row(index)

    def _style(self, role: str, on: str = "") -> Style:
        style = self._styles_of_roles.get((role, on))
        if style is None:
            style = self.rich_style
            if role:
                style += self.get_component_rich_style(f"table--{role}", partial=True)
            if on:
                style += self.get_component_rich_style(f"table--{on}", partial=True)
            self._styles_of_roles[role, on] = style
        return style

    def _header(self) -> Strip:
        style = self._style("header")
        shown = self._shown_columns()
        columns = self._rows.columns
        segments = [Segment("‹" if self._side else " ", style)]
        used = 1
        for place, wide in shown:
            column = columns[place]
            segments.append(Segment(fit(clean(column.title), wide, column.align) + " " * GAP, style))
            used += wide + GAP
        strip = Strip(segments, used)
        if shown and shown[-1][0] < len(columns) - 1:
            strip = Strip.join([strip.adjust_cell_length(self.size.width - 1, style), Strip([Segment("›", style)], 1)])
        return strip.adjust_cell_length(self.size.width, style)

    def _row(self, index: int) -> Strip:
        here = index == self.cursor
        active = self.has_focus or self._driven
        on = "" if not here else "cursor" if active else "cursor-blurred"
        plain = self._style("", on)
        segments = [Segment(_MARK if here and active else " ", plain)]
        used = 1
        cells: Sequence[Cell] | None = self._rows.cells(index)
        for place, wide in self._shown_columns():
            column: Column = self._rows.columns[place]
            if cells is None:
                text, style = fit(GLYPHS.gap if place else GLYPHS.ellipsis, wide, column.align), self._style("dim", on)
            else:
                text, style = fit(cells[place].text, wide, column.align), self._style(cells[place].role, on)
            segments += (Segment(text, style), Segment(" " * GAP, plain))
            used += wide + GAP
        return Strip(segments, used).adjust_cell_length(self.size.width, plain)

    def _notice(self, y: int) -> Strip:
        lines = self._empty.split("\n")
        start = max(1, (self.size.height - len(lines)) // 3)
        style = self._style("empty")
        text = lines[y - start] if 0 <= y - start < len(lines) else ""
        text = fit(cut(text, self.size.width - 2), self.size.width, "center")
        return Strip([Segment(text, style)], self.size.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        strips = super().render_lines(crop)
        self._ask_for_missing()
        return strips

    def _ask_for_missing(self) -> None:
        missing = [index for index in self._visible() if self._rows.cells(index) is None]
        if missing:
            self.post_message(self.Wanted(self, missing[0], missing[-1]))

    # Keys and mouse

    def action_move(self, lines: int) -> None:
        self._go(self.cursor + lines)

    def action_page(self, pages: float) -> None:
        self._go(self.cursor + int(pages * max(1, self.size.height - 2)))

    def action_top(self) -> None:
        self._go(0)

    def action_bottom(self) -> None:
        self._go(len(self._rows) - 1)

    def action_g(self) -> None:
        now = time.monotonic()
        if now - self._last_g < GG_SECONDS:
            self._go(0)
            now = 0.0
        self._last_g = now

    def action_side(self, columns: int) -> None:
        most = max(0, len(self._widths) - self._frozen - 1)
        shown = self._shown_columns()
        if columns > 0 and (not shown or shown[-1][0] >= len(self._widths) - 1):
            return
        side = min(max(0, self._side + columns), most)
        if side != self._side:
            self._side = side
            self.repaint()

    def action_open(self) -> None:
        if len(self._rows):
            self.post_message(self.Opened(self, self.cursor))

    def _go(self, index: int) -> None:
        if len(self._rows):
            self.cursor = min(max(index, 0), len(self._rows) - 1)

    def on_click(self, event: events.Click) -> None:
        index = event.y - 1 + int(self.scroll_offset.y)
        if event.y >= 1 and index < len(self._rows):
            again = index == self.cursor
            self._go(index)
            if again and event.chain >= 2:
                self.action_open()


def _difference(old: Strip, new: Strip) -> tuple[int, int]:
    """The columns [first, last) in which two lines differ; first == last if they do not."""
    if old.cell_length != new.cell_length:
        return 0, max(old.cell_length, new.cell_length)
    olds, news = list(old), list(new)
    first = 0
    for one, other in zip(olds, news, strict=False):
        if one != other:
            break
        first += one.cell_length
    else:
        if len(olds) == len(news):
            return 0, 0
    last = new.cell_length
    for one, other in zip(reversed(olds), reversed(news), strict=False):
        if one != other or last - one.cell_length < first:
            break
        last -= one.cell_length
    return first, max(last, first)
