"""Views of runs that have a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from textual import events
from textual.widgets import Input

from tui.screens.modals.picker import Choice, Picker
from tui.view.runs import RunsView
from tui.view.runs_texts import view_text
from tui.view.table import Rows
from tui.views import LONGEST_NAME
from tui.widgets.table import Table

NEW: Final = "\n"
"""The id of the line that gives the present view a name: what is typed has no line break."""


@dataclass(frozen=True, slots=True)
class ViewChoice:
    """A name, and what is to be done with it: the view that has it is shown, unless one of these."""

    name: str
    save: bool = False
    """The view on screen gets it."""
    forget: bool = False


class Views(Picker):
    """The views with a name; what is typed is a name for the view on screen as well."""

    def __init__(self, named: Mapping[str, RunsView]) -> None:
        self._named = named
        choices = [Choice(name, name, view_text(view)) for name, view in sorted(named.items())]
        super().__init__("Views", choices, hint="type a name to save, Delete forgets")
        self.chosen: ViewChoice | None = None

    def on_mount(self) -> None:
        super().on_mount()
        if not self._named:
            self.query_one(Table).show(self.rows(()), empty="no view has a name yet: type one for this view")

    @property
    def _typed(self) -> str:
        return self.query_one(Input).value.strip()[:LONGEST_NAME]

    def rows(self, kept: Sequence[Choice]) -> Rows:
        """The views, and above them the name that was typed if no view has it, below them if it is a view's own."""
        typed = self._typed
        if not typed:
            return super().rows(kept)
        save = Choice(NEW, f"save as {typed}", "replaces the view of this name" if typed in self._named else "")
        return super().rows([*kept, save] if kept else [save])

    def _pick(self) -> None:
        key = self.query_one(Table).key
        if key is not None:
            self.chosen = ViewChoice(self._typed, save=True) if key == NEW else ViewChoice(key)
            self.dismiss(key)

    def on_key(self, event: events.Key) -> None:
        """As in every picker; Delete forgets the view under the cursor."""
        key = self.query_one(Table).key
        if event.key == "delete" and key is not None and key in self._named:
            event.stop()
            event.prevent_default()
            self.chosen = ViewChoice(key, forget=True)
            self.dismiss(key)
        else:
            super().on_key(event)
