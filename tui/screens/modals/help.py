"""Every key, searchable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.keys import BY_ID, KEYS, Place, explained, shown_keys
from tui.screens.modals.picker import Choice, Picker
from tui.view.table import Cell, Column, ListRows
from tui.view.text import wrapped
from tui.widgets.table import Table
from tui.widgets.window import GAP

PLACES = list(Place)

KEYS_WIDTH = 20
"""Terminal columns that keys have at most."""


class Help(Picker):
    """The key table, below the names of the places where the keys work; typing narrows it."""

    _width = 0

    def __init__(self, keymap: Mapping[str, str]) -> None:
        keys = sorted(KEYS, key=lambda key: PLACES.index(key.place))
        self._sentences = {key.id: explained(key, keymap) for key in keys}
        choices = [Choice(key.id, shown_keys(key, keymap), f"{self._sentences[key.id]} {key.place}") for key in keys]
        super().__init__("Keys", choices, picks=False)

    def rows(self, kept: Sequence[Choice]) -> ListRows:
        """A line for every place, one for every key, and more where its sentence is longer than a line."""
        keys = min(KEYS_WIDTH, max((len(choice.text) for choice in self._choices), default=1))
        room = max(20, self.query_one(Table).size.width - 2 - keys - GAP)
        rows: list[tuple[str, tuple[Cell, Cell]]] = []
        place = None
        for choice in kept:
            key = BY_ID[choice.id]
            if key.place is not place:
                if rows:
                    rows.append((f"before {key.place}", (Cell(""), Cell(""))))
                place = key.place
                rows.append((f"in {place}", (Cell(""), Cell(place.value, "accent"))))
            label = choice.text
            for number, line in enumerate(wrapped(self._sentences[key.id], room)):
                rows.append((f"{key.id} {number}", (Cell(label, "name"), Cell(line, "dim"))))
                label = ""
        return ListRows((Column("keys", "", least=keys, most=keys), Column("text", "", least=room, most=room)), rows)

    def on_table_scrolled(self) -> None:
        """The table has a size, or another one."""
        if self.size.width != self._width:
            self._width = self.size.width
            self.narrow()
