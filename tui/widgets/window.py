"""Which rows and columns of a table are on screen, as its cursor moves and its content changes."""

from __future__ import annotations

from typing import Final

from tui.view.table import ListRows, Rows
from tui.view.text import width

GAP: Final = 2
"""Columns of space between two cells."""

MEASURED: Final = 200
"""Rows looked at to find the widths of columns: those around the visible ones."""

SCROLL_PART: Final = 3
"""When the cursor leaves the screen the table scrolls by this part of its height, not by a line: a scrolled
line repaints all of them, which over a slow link costs more than the line tells."""

LINES_OF_KINDS: Final = 28
"""Lines from which on one of them says of what kind columns are: terminals of 24 lines need each for rows."""

NARROW: Final = 72
"""Columns of room below which a column that stays has at most half of them, a third if there are more that stay than
the table's own."""

LEAST_BESIDE: Final = 16
"""Columns of room that those are left that do not stay: others that were chosen to stay give way to them."""

NO_ROWS: Final = ListRows((), ())


class Window:
    """The part of the rows that is seen: lines of titles, then rows from `top` on, columns from `side` on."""

    def __init__(self, frozen: int) -> None:
        """The first `frozen` columns stay when the others are scrolled sideways."""
        self.rows: Rows = NO_ROWS
        self._own = frozen
        """Columns that stay however narrow it is."""
        self.frozen = frozen
        self.columns = 0
        """Terminal columns there are, the mark of the cursor and the scroll bar included."""
        self.lines = 0
        """Terminal lines there are, those of the titles included."""
        self.top = 0
        """The first row on screen."""
        self.side = 0
        """Columns, after those that stay, that are scrolled away to the left."""
        self.inside = 0
        """Terminal columns of the last column that are scrolled away, once nothing is to the right of it."""
        self.missing = False
        """True if a row on screen is not loaded."""
        self._kinds = False
        """True if there are columns of several kinds."""
        self._widths: list[int] = []
        self._longest = 0
        """Terminal columns of the longest text of the last column on screen."""

    @property
    def widths(self) -> dict[str, int]:
        """Terminal columns of each column, by its id."""
        return {column.id: wide for column, wide in zip(self.rows.columns, self._widths, strict=False)}

    @property
    def heads(self) -> int:
        """Lines above the rows: that of the titles, and above it one of kinds where there is room for it."""
        return 2 if self._kinds and self.lines >= LINES_OF_KINDS else 1

    @property
    def room(self) -> int:
        """Rows that fit on the screen."""
        return max(0, self.lines - self.heads)

    @property
    def on_screen(self) -> range:
        return range(self.top, min(len(self.rows), self.top + self.room))

    @property
    def last_top(self) -> int:
        """The greatest `top` that leaves no line empty."""
        return max(0, len(self.rows) - max(1, self.room))

    def show(self, rows: Rows) -> None:
        """Other rows. With other columns the first one that is scrolled to stays where it is, if it is among them."""
        before, after = [column.id for column in self.rows.columns], [column.id for column in rows.columns]
        if before != after:
            held = self.held
            first = before[held + self.side] if self.side and held + self.side < len(before) else None
            self.side = after.index(first) - held if first in after[held:] else 0
            self.inside = 0
            self._widths = []
        self.rows = rows
        self._kinds = len({column.kind for column in rows.columns if column.kind}) > 1
        self.top = min(self.top, self.last_top)

    def resize(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self.top = min(self.top, self.last_top)
        self.inside = 0

    def top_for(self, cursor: int) -> int:
        """The `top` that shows the row of the cursor: the present one if it does."""
        top, room = self.top, self.room
        if room <= 0 or not len(self.rows):
            return top
        jump = max(1, room // SCROLL_PART)
        if cursor < top:
            return cursor if top - cursor > jump else top - jump
        if cursor >= top + room:
            return cursor - room + 1 if cursor - (top + room) >= jump else top + jump
        return top

    def measure(self) -> None:
        """Widens columns to the loaded rows around the visible ones, and looks which of those are not loaded."""
        columns = self.rows.columns
        if len(self._widths) != len(columns):
            self._widths = [0] * len(columns)
        # Titles and bounds of columns change while the columns stay.
        self._widths = [
            min(max(wide, column.least, width(column.title)), column.most)
            for wide, column in zip(self._widths, columns, strict=True)
        ]
        self.missing, self._longest = False, 0
        visible = self.on_screen
        last = min(len(self.rows), max(visible.stop, min(visible.start + MEASURED, len(self.rows))))
        for index in range(visible.start, last):
            cells = self.rows.cells(index)
            if cells is None:
                self.missing = self.missing or index in visible
                continue
            if index in visible and cells:
                self._longest = max(self._longest, width(cells[-1].text))
            for place, (cell, column) in enumerate(zip(cells, columns, strict=True)):
                if len(cell.text) >= self._widths[place] and self._widths[place] < column.most:
                    self._widths[place] = min(column.most, max(self._widths[place], width(cell.text)))

    @property
    def held(self) -> int:
        """How many of the columns that are to stay do: those for which there is room, the first ones first."""
        room = self.columns - 2
        for place in range(min(self.frozen, len(self._widths))):
            left = room - self._wide(place, room) - GAP
            if place >= self._own and left < LEAST_BESIDE:
                return place
            room = left
        return min(self.frozen, len(self._widths))

    def _wide(self, place: int, room: int) -> int:
        """Terminal columns of a column that stays, where `room` is left for it and all behind it."""
        wide, whole = self._widths[place], self.columns - 2
        if whole >= NARROW:
            return wide
        return min(wide, max(12, room // 2 if self.frozen <= self._own else whole // 3))

    def shown_columns(self) -> list[tuple[int, int]]:
        """(column, width) of those on screen: the frozen ones, then from the sideways offset on."""
        room = self.columns - 2
        shown: list[tuple[int, int]] = []
        held = self.held
        for place in (*range(held), *range(held + self.side, len(self._widths))):
            wide = self._wide(place, room) if place < held else self._widths[place]
            if room <= 0 or (room < wide and room < 6 and shown):
                break
            shown.append((place, min(wide, room)))
            room -= wide + GAP
        return shown

    def more_to_the_right(self) -> bool:
        """True if a column, or the end of a text in the last one, is not on screen."""
        shown = self.shown_columns()
        return bool(shown) and (shown[-1][0] < len(self._widths) - 1 or self._hidden(shown[-1][1]) > 0)

    def move_sideways(self, columns: int) -> bool:
        """Moves by whole columns; then, while the last one is cut, by half of what is seen of it. True if it moved."""
        shown = self.shown_columns()
        if not shown:
            return False
        last, wide = shown[-1]
        most = max(0, len(self._widths) - self.held - 1)
        at_end = last == len(self._widths) - 1 and (wide >= self._widths[last] or self.side >= most)
        before = self.side, self.inside
        if columns > 0 and at_end:
            self.inside += min(max(0, self._hidden(wide)), max(1, wide // 2))
        elif columns < 0 and self.inside:
            self.inside = max(0, self.inside - max(1, wide // 2))
        else:
            self.side = min(max(0, self.side + columns), most)
        return before != (self.side, self.inside)

    def _hidden(self, wide: int) -> int:
        """Terminal columns of the last column's longest text to the right of what is seen, if that is `wide`."""
        return self._longest - self.inside - wide

    def handle(self) -> range:
        """Lines below the titles that the handle of the scroll bar takes; none if there is nothing to scroll."""
        return handle(self.top, self.room, len(self.rows))


def handle(top: int, room: int, total: int) -> range:
    """Lines that the handle of a scroll bar takes: `room` of `total` lines are on screen, from `top` on."""
    if room <= 0 or total <= room:
        return range(0)
    size = max(1, room * room // total)
    first = round(top * (room - size) / (total - room))
    return range(first, first + size)
