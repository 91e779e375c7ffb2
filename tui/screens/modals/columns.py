"""Choosing the columns of the runs table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.bindings import bindings, key_of
from tui.keys import Place
from tui.view.column_choice import ColumnChoice, choice_rows, column_named
from tui.view.run_columns import RunColumn
from tui.widgets.line import Line
from tui.widgets.table import Table

TYPE: Final = "type to find a column"


@dataclass(frozen=True, slots=True)
class ColumnsChosen:
    """How the choice ended."""

    choice: ColumnChoice | None
    """None: the program chooses again."""


class ColumnsScreen(ModalScreen[ColumnsChosen]):
    """The columns that are shown and all others; typing narrows them, in the list letters change one."""

    CSS_PATH = "columns.tcss"
    BINDINGS = bindings(Place.COLUMNS)

    def __init__(
        self, choice: ColumnChoice, widths: Mapping[str, int], known: Mapping[RunColumn, int], note: str
    ) -> None:
        """`widths` are those of the columns on screen by id; `known` is what runs have under keys -> how many runs, and
        `note` says whose keys these are.
        """
        super().__init__()
        self._choice = choice
        self._widths = widths
        self._known = known
        self._note = note

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Line(classes="title")
            entry = Input(placeholder=TYPE, compact=True)
            entry.cursor_blink = False
            yield entry
            yield Table(frozen=2, empty="nothing is called that")
            yield Line(classes="hint")

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    @property
    def entry(self) -> Input:
        return self.query_one(Input)

    def on_mount(self) -> None:
        self._list()
        self.entry.focus()
        self._hint()

    def _list(self) -> None:
        shown = len(self._choice.columns)
        pieces = [("Columns", "title"), (f"{shown} shown", "accent")]
        if self._note:
            pieces.append((self._note, "dim"))
        self.query_one(".title", Line).show(pieces)
        self.table.show(choice_rows(self._choice, self._known, self.entry.value))

    def _hint(self) -> None:
        def named(*entries: str) -> str:
            return "/".join(key_of(self, entry) for entry in entries)

        if self.table.has_focus:
            hint = (
                f"{named('column_toggle')} show or hide, {named('column_up', 'column_down')} move, "
                f"{named('column_narrower', 'column_wider')} width, {named('column_fit')} fits, "
                f"{named('column_freeze')} stays, {named('column_reset')} as before"
            )
        else:
            hint = "Enter shows or hides, Tab goes to the list, Esc is done"
        self.query_one(".hint", Line).show([(hint, "dim")])

    def on_descendant_focus(self) -> None:
        self._hint()

    def on_input_changed(self) -> None:
        self._list()

    def on_input_submitted(self) -> None:
        self.action_column_toggle()

    def on_table_opened(self, event: Table.Opened) -> None:
        event.stop()
        self.action_column_toggle()

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    def on_key(self, event: events.Key) -> None:
        """While something is typed, what moves a cursor moves the list's."""
        table = self.table
        if event.key == "tab":
            (self.entry if table.has_focus else table).focus()
        elif event.key == "escape":
            self._leave()
        elif self.entry.has_focus and event.key in ("up", "down"):
            table.action_move(-1 if event.key == "up" else 1)
        elif self.entry.has_focus and event.key in ("pageup", "pagedown"):
            table.action_page(-1.0 if event.key == "pageup" else 1.0)
        else:
            return
        event.stop()
        event.prevent_default()

    def _leave(self) -> None:
        """One layer: what was typed, then the choice is done."""
        if self.entry.value:
            self.entry.value = ""
        else:
            self.dismiss(ColumnsChosen(self._choice))

    # Keys of the list

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is typed is typed."""
        return not action.startswith("column_") or action == "column_toggle" or self.table.has_focus

    def _change(self, choice: ColumnChoice, key: str) -> None:
        """Another choice; the cursor stays on the column with that id, or on what has taken its place."""
        place = self._choice.place(key)
        self._choice = choice
        self._list()
        if choice.place(key) is None and place is not None and place < len(choice.columns):
            found = self.table.rows.find(choice.columns[place].id)
            if found is not None:
                self.table.cursor = found

    def action_column_toggle(self) -> None:
        key = self.table.key
        if key is not None:
            self._change(self._choice.toggled(column_named(key, self._choice)), key)

    def action_column_move(self, steps: int) -> None:
        self._change(self._choice.moved(self.table.key or "", steps), "")

    def action_column_size(self, steps: int) -> None:
        key = self.table.key or ""
        self._change(self._choice.sized(key, steps or None, self._widths.get(key, 12)), key)

    def action_column_freeze(self) -> None:
        self._change(self._choice.frozen_to(self.table.key or ""), "")

    def action_column_reset(self) -> None:
        self.dismiss(ColumnsChosen(None))
