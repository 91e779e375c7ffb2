"""A table that draws only what is visible."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.bindings import bindings
from tui.keys import Place
from tui.view.place import row_of
from tui.view.table import Rows
from tui.widgets.table_lines import KINDS, Lines
from tui.widgets.twice import Twice
from tui.widgets.window import Window

WHEEL_ROWS: Final = 5
"""Rows that a turn of the mouse wheel scrolls."""


class Table(Widget, can_focus=True):
    """Rows with a cursor; the first columns stay when the others are scrolled sideways.

    It scrolls by itself: Textual lays the screen out anew when the size of what is scrolled changes, and then
    paints all of it again.
    """

    BINDINGS = bindings(Place.LISTS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        *(f"table--{kind}" for kind in KINDS),
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
        &> .table--metrics { color: $text-primary; }
        &> .table--params { color: $text-accent; }
        &> .table--tags, &> .table--datasets { color: $foreground; }
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
        self._window = Window(frozen)
        self._lines = Lines(self._window, self._style)
        self._empty = empty
        self._driven = driven
        self._marked: str | None = None
        self._marks: Container[str] = ()
        self._g = Twice()
        self._meant = ""
        """Where the cursor was sent to last, if that depends on how many rows there are."""
        self._styles_of_roles: dict[tuple[str, str], Style] = {}

    @property
    def rows(self) -> Rows:
        return self._window.rows

    @property
    def key(self) -> str | None:
        """What the cursor is on."""
        return self.rows.key(self.cursor) if len(self.rows) else None

    @property
    def marks(self) -> Container[str]:
        """The keys of the rows that are marked."""
        return self._marks

    @marks.setter
    def marks(self, keys: Container[str]) -> None:
        self._marks = keys
        self.refresh()

    @property
    def frozen(self) -> int:
        """Columns that stay when the others are scrolled sideways."""
        return self._window.frozen

    @frozen.setter
    def frozen(self, columns: int) -> None:
        self._window.frozen = columns

    @property
    def widths(self) -> dict[str, int]:
        """Terminal columns of each column, by its id."""
        return self._window.widths

    @property
    def on_screen(self) -> range:
        """The rows that are on screen."""
        return self._window.on_screen

    @property
    def columns_on_screen(self) -> list[int]:
        """The columns that are on screen, as far as there is room."""
        return [place for place, _ in self._window.shown_columns()]

    def show(self, rows: Rows, *, empty: str | None = None, cursor: int | None = None) -> None:
        """Shows `rows`; the cursor stays on the row with the same key, else on the same line.

        Rows that come above those on screen do not move these; at the top they are seen. `empty` is what is said
        when there are none; `cursor` puts the cursor on that row.
        """
        key, line = self.key, self.cursor - self._window.top
        seen = self.cursor in self.on_screen
        anchor = self.rows.key(self._window.top) if 0 < self._window.top < len(self.rows) else None
        self._window.show(rows)
        if empty is not None:
            self._empty = empty
        stays = cursor is None
        if cursor is None:
            found = rows.find(key) if key is not None else None
            cursor = self.cursor if found is None else found
            if anchor is not None and (place := rows.find(anchor)) is not None:
                self._window.top = min(place, self._window.last_top)
        moved = min(max(cursor, 0), max(len(rows) - 1, 0))
        self._window.measure()
        self.set_reactive(Table.cursor, moved)
        if moved not in self.on_screen and (seen or not stays):
            if stays:
                self._window.top = min(max(moved - line, 0), self._window.last_top)
            self._keep_visible()
        self.repaint()
        self._ask_for_missing()

    def mark(self, key: str | None) -> None:
        """Puts the cursor's sign before the row with this key whoever has the focus, and the cursor on it."""
        if key == self._marked:
            return
        before, self._marked = self._marked, key
        for one in (before, key):
            place = None if one is None else self.rows.find(one)
            if place is not None:
                self._repaint_row(place)
                if one == key:
                    self.cursor = place

    def repaint(self) -> None:
        """Draws what is on screen again, with the columns as wide as it needs."""
        self._window.measure()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_of_roles.clear()

    def on_resize(self) -> None:
        self._window.resize(*self.size)
        self._window.measure()
        self._keep_visible()
        self._ask_for_missing()
        self.post_message(self.Scrolled(self))

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._repaint_row(self.cursor)

    def watch_cursor(self, old: int, new: int) -> None:
        top = self._window.top
        self._keep_visible()
        self._repaint_row(old)
        self._repaint_row(new)
        self.post_message(self.Moved(self, new))
        if self._window.top == top and len(self.rows) and self.rows.cells(new) is None:
            self.post_message(self.Wanted(self))

    def _repaint_row(self, index: int) -> None:
        heads = self._window.heads
        y = index - self._window.top + heads
        if heads <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _keep_visible(self) -> None:
        self._scroll(self._window.top_for(self.cursor))

    def _scroll(self, top: int) -> None:
        top = min(max(top, 0), self._window.last_top)
        if top != self._window.top:
            self._window.top = top
            self.repaint()
            self._ask_for_missing()
            self.post_message(self.Scrolled(self))

    def _ask_for_missing(self) -> None:
        if self._window.missing:
            self.post_message(self.Wanted(self))

    # Drawing

    def render_line(self, y: int) -> Strip:
        # A line may be wanted before the message about another size was handled.
        self._window.columns, self._window.lines = self.size
        heads = self._window.heads
        if y < heads:
            return self._lines.header() if y == heads - 1 else self._lines.kinds()
        index = y - heads + self._window.top
        if not len(self.rows):
            return self._lines.notice(y, self._empty)
        if index >= len(self.rows):
            return Strip.blank(self.size.width, self.rich_style)
        here, active = index == self.cursor, self.has_focus or self._driven
        on = "" if not here else "cursor" if active else "cursor-blurred"
        key = self.rows.key(index)
        pointed = (here and active) or (self._marked is not None and key == self._marked)
        return self._lines.row(index, on, pointed, key in self._marks)

    def _style(self, role: str, on: str) -> Style:
        style = self._styles_of_roles.get((role, on))
        if style is None:
            style = self.rich_style
            if role:
                style += self.get_component_rich_style(f"table--{role}", partial=True)
            if on:
                style += self.get_component_rich_style(f"table--{on}", partial=True)
            self._styles_of_roles[role, on] = style
        return style

    # Keys and mouse

    def action_move(self, lines: int) -> None:
        self._go(self.cursor + lines)

    def action_page(self, pages: float) -> None:
        self._go(self.cursor + int(pages * max(1, self.size.height - 1 - self._window.heads)))

    def action_top(self) -> None:
        self._go(0)

    def action_bottom(self) -> None:
        self.go_to("100%")

    def action_g(self) -> None:
        if self._g.pressed():
            self._go(0)

    def action_side(self, columns: int) -> None:
        """Moves by whole columns; then, while the last one is cut, by half of what is seen of it."""
        if self._window.move_sideways(columns):
            self.repaint()

    def bring_row(self, index: int) -> None:
        """Scrolls up until that row is on screen, as far as the cursor stays there."""
        if index < self._window.top:
            self._scroll(max(index, self.cursor - self._window.room + 1))

    def bring(self, column: int) -> None:
        """Scrolls sideways until that column is on screen."""
        while column not in self.columns_on_screen:
            ahead = column > max(self.columns_on_screen, default=0)
            if not self._window.move_sideways(1 if ahead else -1):
                break
        self.repaint()

    def action_open(self) -> None:
        self.post_message(self.Opened(self, self.cursor))

    def go_to(self, text: str) -> bool:
        """Puts the cursor on the row that `text` means, see `tui.view.place`; False if it means none."""
        place = row_of(text, len(self.rows))
        if place is None:
            return False
        self._go(place)
        self._meant = text
        return True

    def go_to_row(self, index: int) -> None:
        """Puts the cursor on a row."""
        self._go(index)

    def go_on(self) -> None:
        """All rows are there now: a last row or a share that was meant while there were fewer is elsewhere."""
        meant, self._meant = self._meant, ""
        if meant:
            self.go_to(meant)

    def stay(self) -> None:
        """Where the cursor was sent to is not meant of the rows that come next."""
        self._meant = ""

    def _go(self, index: int) -> None:
        self._meant = ""
        if len(self.rows):
            self.cursor = min(max(index, 0), len(self.rows) - 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(self._window.top + WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(self._window.top - WHEEL_ROWS)

    def on_click(self, event: events.Click) -> None:
        line, room = event.y - self._window.heads, self._window.room
        index = line + self._window.top
        if line >= 0 and event.x == self.size.width - 1 and len(self.rows) > room > 1:
            self._go(line * (len(self.rows) - 1) // (room - 1))
        elif line >= 0 and index < len(self.rows):
            again = index == self.cursor
            self._go(index)
            if again and event.chain >= 2:
                self.action_open()
