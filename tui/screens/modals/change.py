"""What a change does to which runs, to be agreed to or to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from tui.bindings import some_bindings
from tui.screens.modals.dialogue import Dialogue
from tui.view.changes import change_rows, totals
from tui.widgets.line import Line
from tui.widgets.table import Table

if TYPE_CHECKING:
    from store.changes import Outcome

WORD = "delete"
"""What is typed to delete."""


class Change(Dialogue[bool]):
    """Lists every value that changes, before and after; ends with True if that is agreed to."""

    CSS_PATH = ["dialogue.tcss", "change.tcss"]  # type: ignore[assignment]  # noqa: RUF012 (Textual takes both)
    BINDINGS = some_bindings("back", "redraw")

    def __init__(
        self, title: str, outcomes: Sequence[Outcome], names: Mapping[str, str], *, asks: bool, typed: bool = False
    ) -> None:
        """Without `asks` it only tells; `typed`: agreeing takes a word, not a key."""
        super().__init__()
        self._title = title
        self._outcomes = outcomes
        self._names = names
        self._asks = asks
        self._typed = typed

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Line(classes="title")
            yield Table(frozen=1, driven=self._asks)
            if not self._asks:
                return
            with Horizontal():
                if self._typed:
                    yield Label(f"type {WORD} and Enter")
                    field = Input(compact=True)
                    field.cursor_blink = False
                    yield field
                else:
                    yield Button("No", id="no", compact=True)
                    yield Button("Yes, change them", id="yes", compact=True)

    def on_mount(self) -> None:
        how = "Esc closes"
        if self._asks:
            how = "Esc changes nothing" if self._typed else "Enter on one of them, Tab to the other"
        self.query_one(Line).show([(self._title, "title"), (totals(self._outcomes), "accent"), (how, "dim")])
        table = self.query_one(Table)
        table.show(change_rows(self._outcomes, self._names))
        if not self._asks:
            table.focus()
            return
        table.can_focus = False
        # Whatever was typed before this was seen must not say yes.
        self.query(Input if self._typed else Button).first().focus()

    def on_key(self, event: events.Key) -> None:
        """What moves a cursor moves the list's."""
        table = self.query_one(Table)
        steps = {"up": -1, "down": 1}
        sides = {"left": -1, "right": 1}
        pages = {"pageup": -1.0, "pagedown": 1.0}
        if self._asks and event.key in steps:
            table.action_move(steps[event.key])
        elif self._asks and event.key in sides:
            table.action_side(sides[event.key])
        elif self._asks and event.key in pages:
            table.action_page(pages[event.key])
        else:
            return
        event.stop()
        event.prevent_default()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip() == WORD:
            self.dismiss(True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")

    def action_back(self) -> None:
        self.dismiss(False)
