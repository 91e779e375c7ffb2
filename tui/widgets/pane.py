"""The frame that all panes share: a title line, a table, a prompt."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from tui.widgets.line import Line, Pieces
from tui.widgets.prompt import Prompt
from tui.widgets.table import Table


class Pane(Vertical):
    """A part of the screen with a title and a table; focusing it focuses the table."""

    DEFAULT_CSS = """
    Pane {
        layers: base above;
    }
    """
    """The prompt lies above the last row: making room for it would paint the whole table again."""

    frozen = 1
    """Columns of the table that stay when the others are scrolled sideways."""

    empty = ""
    """What the table says before anything was read."""

    def compose(self) -> ComposeResult:
        yield Line(classes="title")
        yield Table(frozen=self.frozen, empty=self.empty)
        yield Prompt()

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    @property
    def prompt(self) -> Prompt:
        return self.query_one(Prompt)

    def entitle(self, pieces: Pieces) -> None:
        self.query_one(".title", Line).show(pieces)

    def take_focus(self) -> None:
        self.table.focus()
