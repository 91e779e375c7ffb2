"""The frame that all panes share: a title line, a table, a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from tui.clock import now_ms
from tui.view.place import EXAMPLE
from tui.widgets.line import Line, Pieces
from tui.widgets.table import Table

if TYPE_CHECKING:
    from tui.widgets.prompt import Prompt


class Part(Vertical):
    """What the browser needs of everything that it shows side by side."""

    def clear_search(self) -> bool:
        """Ends what narrows the list; False if nothing does."""
        return False

    def take_focus(self) -> None:
        """Gives the focus to the child that takes keys."""
        raise NotImplementedError


class Pane(Part):
    """A part of the screen with a title and a table; focusing it focuses the table."""

    DEFAULT_CSS = """
    Pane {
        layers: base above;
        & > .-gone { display: none; }
    }
    """
    """The prompt lies above the last row: making room for it would paint the whole table again."""

    frozen = 1
    """Columns of the table that stay when the others are scrolled sideways."""

    empty = ""
    """What the table says before anything was read."""

    now = staticmethod(now_ms)
    """What time it is, by which runs are called silent."""

    prompt: Prompt | None = None
    """Where names are found and filters written; None before it was first used."""

    def compose(self) -> ComposeResult:
        yield Line(classes="title")
        yield Table(frozen=self.frozen, empty=self.empty)

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    async def ask(self, purpose: str, text: str, placeholder: str, wrong: range = range(0)) -> None:
        """Opens the prompt, which points at the characters that are `wrong`.

        It is made when it is first needed, because the first frame has no room for it.
        """
        if self.prompt is None:
            self.prompt = self.new_prompt()
            await self.mount(self.prompt)
        self.prompt.ask(purpose, text, placeholder, wrong)

    def new_prompt(self) -> Prompt:
        from tui.widgets.prompt import Prompt

        return Prompt()

    async def action_goto(self) -> None:
        await self.ask("row", "", EXAMPLE)

    def on_prompt_done(self, event: Prompt.Done) -> None:
        if event.prompt.purpose != "row":
            return
        event.stop()
        text = event.text.strip()
        if text and not self.table.go_to(text):
            event.prompt.ask("row", text, EXAMPLE, range(len(text)))
        else:
            self.take_focus()

    def on_prompt_dropped(self, event: Prompt.Dropped) -> None:
        if event.prompt.purpose == "row":
            event.stop()
            self.take_focus()

    def entitle(self, pieces: Pieces) -> None:
        self.query_one(".title", Line).show(pieces)

    def _say(self, selector: str, pieces: Pieces) -> None:
        """Shows a line that takes room only while it says something."""
        line = self.query_one(selector, Line)
        line.show(pieces)
        line.set_class(not pieces, "-gone")

    def take_focus(self) -> None:
        self.table.focus()
