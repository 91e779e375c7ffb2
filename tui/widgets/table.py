"""A table that draws only what is visible."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.bindings import bindings
from tui.keys import Place
from tui.view.glyphs import GLYPHS
from tui.view.table import Cell, Column, ListRows, Rows
from tui.view.text import clean, cut, fit, skip, width

GAP: Final = 2
"""Columns of space between two cells."""

MEASURED: Final = 200
"""Rows looked at to find the widths of columns: those around the visible ones."""

SCROLL_PART: Final = 3
"""When the cursor leaves the screen the table scrolls by this part of its height, not by a line: a scrolled
line repaints all of them, which over a slow link costs more than the line tells."""

GG_SECONDS: Final = 1.0
"""Two presses of g within this time are gg."""

WHEEL_ROWS: Final = 5
"""Rows that a turn of the mouse wheel scrolls."""

_NO_ROWS: Final = ListRows((), ())


class Table(Widget, can_focus=True):
    """Rows with a cursor; the first columns stay when the others are scrolled sideways.

    It scrolls by itself: Textual lays the screen out anew when the size of what is scrolled changes, and then
    paints all of it again.
    """

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
        "table--bar",
    }
    DEFAULT_CSS = """
    Table {
        height: 1fr;
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
        &> .table--bar { color: $primary; }
    }
    """

    cursor: reactive[int] = reactive(0, init=False, repaint=False)
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
        """A row was chosen, by Enter or by mouse; or, while there are none, is meant once they are there."""

        table: Table
        index: int

        @property
        def control(self) -> Table:
            return self.table

    @dataclass
    class Wanted(Message):
        """Rows came on screen that are not loaded."""

        table: Table

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
        self._top = 0
        self._side = 0
        self._inside = 0
        """Terminal columns of the last column that are scrolled away, once nothing is to the right of it."""
        self._longest = 0
        """Terminal columns of the longest text of the last column on screen."""
        self._missing = False
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
            self._side = self._inside = 0
            self._widths = []
        if cursor is None:
            found = rows.find(key) if key is not None else None
            cursor = self.cursor if found is None else found
        moved = min(max(cursor, 0), max(len(rows) - 1, 0))
        self._top = min(self._top, self._last_top())
        self._measure()
        if moved != self.cursor:
            self.set_reactive(Table.cursor, moved)
            self._keep_visible()
        self.repaint()
        self._ask_for_missing()

    def repaint(self) -> None:
        """Draws what is on screen again, with the columns as wide as it needs."""
        self._measure()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_of_roles.clear()

    def on_resize(self) -> None:
        self._top = min(self._top, self._last_top())
        self._inside = 0
        self._measure()
        self._keep_visible()
        self._ask_for_missing()
        self.post_message(self.Scrolled(self))

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._repaint_row(self.cursor)

    def watch_cursor(self, old: int, new: int) -> None:
        top = self._top
        self._keep_visible()
        self._repaint_row(old)
        self._repaint_row(new)
        self.post_message(self.Moved(self, new))
        if self._top == top and len(self._rows) and self._rows.cells(new) is None:
            self.post_message(self.Wanted(self))

    def _repaint_row(self, index: int) -> None:
        y = index - self._top + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    @property
    def on_screen(self) -> range:
        """The rows that are on screen."""
        return range(self._top, min(len(self._rows), self._top + max(0, self.size.height - 1)))

    def _last_top(self) -> int:
        return max(0, len(self._rows) - max(1, self.size.height - 1))

    def _keep_visible(self) -> None:
        room = self.size.height - 1
        if room <= 0 or not len(self._rows):
            return
        top = self._top
        jump = max(1, room // SCROLL_PART)
        if self.cursor < top:
            top = self.cursor if top - self.cursor > jump else top - jump
        elif self.cursor >= top + room:
            top = self.cursor - room + 1 if self.cursor - (top + room) >= jump else top + jump
        self._scroll(top)

    def _scroll(self, top: int) -> None:
        top = min(max(top, 0), self._last_top())
        if top != self._top:
            self._top = top
            self.repaint()
            self._ask_for_missing()
            self.post_message(self.Scrolled(self))

    # Layout

    def _measure(self) -> None:
        """Widens columns to the loaded rows around the visible ones, and looks which of those are not loaded."""
        columns = self._rows.columns
        if len(self._widths) != len(columns):
            self._widths = [min(max(column.least, width(column.title)), column.most) for column in columns]
        self._missing, self._longest = False, 0
        visible = self.on_screen
        last = min(len(self._rows), max(visible.stop, min(visible.start + MEASURED, len(self._rows))))
        for index in range(visible.start, last):
            cells = self._rows.cells(index)
            if cells is None:
                self._missing = self._missing or index in visible
                continue
            if index in visible and cells:
                self._longest = max(self._longest, width(cells[-1].text))
            for place, (cell, column) in enumerate(zip(cells, columns, strict=True)):
                if len(cell.text) >= self._widths[place] and self._widths[place] < column.most:
                    self._widths[place] = min(column.most, max(self._widths[place], width(cell.text)))

    def _shown_columns(self) -> list[tuple[int, int]]:
        """(column, width) of those on screen: the frozen ones, then from the sideways offset on."""
        room = self.size.width - 2
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
        if y == 0:
            return self._header()
        index = y - 1 + self._top
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
        text = GLYPHS.before if self._side or self._inside else " "
        for place, wide in shown:
            text += fit(clean(columns[place].title), wide, columns[place].align) + " " * GAP
        more = bool(shown) and (shown[-1][0] < len(columns) - 1 or self._hidden(shown[-1][1]) > 0)
        line = fit(text.rstrip(), self.size.width - 1) + (GLYPHS.after if more else " ")
        return Strip([Segment(line, style)], self.size.width)

    def _row(self, index: int) -> Strip:
        here = index == self.cursor
        active = self.has_focus or self._driven
        on = "" if not here else "cursor" if active else "cursor-blurred"
        plain = self._style("", on)
        segments = [Segment(GLYPHS.cursor if here and active else " ", plain)]
        used = 1
        cells: Sequence[Cell] | None = self._rows.cells(index)
        for place, wide in self._shown_columns():
            column: Column = self._rows.columns[place]
            if cells is None:
                text, style = fit(GLYPHS.gap if place else GLYPHS.ellipsis, wide, column.align), self._style("dim", on)
            else:
                text = skip(cells[place].text, self._inside) if place == len(cells) - 1 else cells[place].text
                text, style = fit(text, wide, column.align), self._style(cells[place].role, on)
            # The gap takes the cell's style: each change of style costs more bytes than a short cell.
            segments.append(Segment(text + " " * GAP, style))
            used += wide + GAP
        line = Strip(segments, used).adjust_cell_length(self.size.width - 1, plain)
        bar = Segment(self._bar(index - self._top), self._style("bar"))
        return Strip([*line.simplify(), bar], self.size.width)

    def _bar(self, line: int) -> str:
        """The scroll bar's part of a line below the header; a space where there is nothing to scroll."""
        room, total = self.size.height - 1, len(self._rows)
        if room <= 0 or total <= room:
            return " "
        size = max(1, room * room // total)
        first = round(self._top * (room - size) / (total - room))
        return GLYPHS.bar if first <= line < first + size else " "

    def _notice(self, y: int) -> Strip:
        lines = self._empty.split("\n")
        start = max(1, (self.size.height - len(lines)) // 3)
        style = self._style("empty")
        text = lines[y - start] if 0 <= y - start < len(lines) else ""
        text = fit(cut(text, self.size.width - 2), self.size.width, "center")
        return Strip([Segment(text, style)], self.size.width)

    def _ask_for_missing(self) -> None:
        if self._missing:
            self.post_message(self.Wanted(self))

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
        """Moves by whole columns; then, while the last one is cut, by half of what is seen of it."""
        shown = self._shown_columns()
        if not shown:
            return
        last, wide = shown[-1]
        most = max(0, len(self._widths) - self._frozen - 1)
        at_end = last == len(self._widths) - 1 and (wide >= self._widths[last] or self._side >= most)
        before = self._side, self._inside
        if columns > 0 and at_end:
            self._inside += min(max(0, self._hidden(wide)), max(1, wide // 2))
        elif columns < 0 and self._inside:
            self._inside = max(0, self._inside - max(1, wide // 2))
        else:
            self._side = min(max(0, self._side + columns), most)
        if before != (self._side, self._inside):
            self.repaint()

    def _hidden(self, wide: int) -> int:
        """Terminal columns of the last column's longest text to the right of what is seen, if that is `wide`."""
        return self._longest - self._inside - wide

    def action_open(self) -> None:
        self.post_message(self.Opened(self, self.cursor))

    def _go(self, index: int) -> None:
        if len(self._rows):
            self.cursor = min(max(index, 0), len(self._rows) - 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(self._top + WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(self._top - WHEEL_ROWS)

    def on_click(self, event: events.Click) -> None:
        index = event.y - 1 + self._top
        room = self.size.height - 1
        if event.y >= 1 and event.x == self.size.width - 1 and len(self._rows) > room > 1:
            self._go((event.y - 1) * (len(self._rows) - 1) // (room - 1))
        elif event.y >= 1 and index < len(self._rows):
            again = index == self.cursor
            self._go(index)
            if again and event.chain >= 2:
                self.action_open()
