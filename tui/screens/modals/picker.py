"""Picking one of many by typing a part of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from tui.screens.modals.dialogue import Dialogue
from tui.view.table import Cell, Column, ListRows, Rows
from tui.view.text import clean
from tui.widgets.line import Line
from tui.widgets.table import Table


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be picked."""

    id: str
    text: str
    detail: str = ""


class Picker(Dialogue[str | None]):
    """A list that narrows while one types; ends with the id of what was picked, or None."""

    def __init__(
        self, title: str, choices: Sequence[Choice], chosen: str | None = None, *, hint: str = "", picks: bool = True
    ) -> None:
        """The cursor starts on the id `chosen`; `hint` is a clean text for the title; without `picks` it only lists."""
        super().__init__()
        self._hint = hint
        self._title = title
        self._choices = choices
        self._chosen = chosen
        self._picks = picks

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Line(classes="title")
            field = Input(placeholder="type to narrow", compact=True)
            field.cursor_blink = False
            yield field
            yield Table(frozen=1, empty="nothing is called that", driven=True)

    def on_mount(self) -> None:
        self.say(self._hint, "warn")
        table = self.query_one(Table)
        table.can_focus = False
        self.narrow()
        if self._chosen is not None:
            place = table.rows.find(self._chosen)
            if place is not None:
                table.cursor = place
        self.query_one(Input).focus()

    def say(self, hint: str, role: str) -> None:
        """A clean text in the title, with its role."""
        how = "Enter picks, Esc closes" if self._picks else "Esc closes"
        self.query_one(Line).show([(self._title, "title"), *([(hint, role)] if hint else []), (how, "dim")])

    def narrow(self) -> None:
        """Shows what has every word that was typed."""
        words = self.query_one(Input).value.casefold().split()
        kept = [
            choice
            for choice in self._choices
            if all(word in f"{choice.text} {choice.detail}".casefold() for word in words)
        ]
        self.query_one(Table).show(self.rows(kept))

    def rows(self, kept: Sequence[Choice]) -> Rows:
        """The rows of these choices."""
        rows = [(choice.id, (Cell(clean(choice.text), "name"), Cell(clean(choice.detail), "dim"))) for choice in kept]
        columns = (Column("text", "", least=10, most=48), Column("detail", "", least=1, most=200))
        return ListRows(columns, rows)

    def on_input_changed(self) -> None:
        self.narrow()

    def on_input_submitted(self) -> None:
        self._pick()

    def on_table_opened(self) -> None:
        self._pick()

    def _pick(self) -> None:
        if self._picks:
            self.dismiss(self.query_one(Table).key)

    def on_key(self, event: events.Key) -> None:
        """Typing narrows; what moves a cursor moves the list's."""
        table = self.query_one(Table)
        moves: dict[str, Callable[[], object]] = {
            "up": lambda: table.action_move(-1),
            "down": lambda: table.action_move(1),
            "pageup": lambda: table.action_page(-1.0),
            "pagedown": lambda: table.action_page(1.0),
            "escape": lambda: self.dismiss(None),
        }
        if event.key in moves:
            event.stop()
            event.prevent_default()
            moves[event.key]()
