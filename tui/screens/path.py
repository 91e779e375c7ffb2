"""Moving about on the path experiments, runs, run, chart, whatever is read and shown there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from tui import messages
from tui.bindings import bindings
from tui.keys import Place
from tui.screens.layout import CHART, EXPERIMENTS, OWN, RUN, RUNS
from tui.screens.panes import Panes
from tui.screens.subject import subject
from tui.widgets.error_bar import ErrorBar
from tui.widgets.experiments_pane import ExperimentsPane
from tui.widgets.footer import Footer
from tui.widgets.pane import Pane
from tui.widgets.status_line import StatusLine

# What the first frame does not need is imported when the panes below the experiments are prepared.
if TYPE_CHECKING:
    from tui.widgets.chart_pane import ChartPane
    from tui.widgets.run_pane import RunPane
    from tui.widgets.runs_pane import RunsPane


class PathScreen(Screen[None]):
    """The panes, what is said below them, and the keys that lead from one to another."""

    BINDINGS = bindings(Place.EVERYWHERE)

    def __init__(self, title: str, *, read_only: bool) -> None:
        """`title` is the store's address for people; `read_only`: nothing may be changed, whatever the store allows."""
        super().__init__()
        self._title = title
        self._read_only = read_only

    def compose(self) -> ComposeResult:
        yield Panes()
        yield ErrorBar()
        yield StatusLine(self._title, read_only=self._read_only)
        yield Footer()

    def on_mount(self) -> None:
        self.panes.lay_out()
        self.show_status()
        self.experiments.take_focus()

    def on_resize(self, event: events.Resize) -> None:
        self.panes.lay_out()
        self.show_status()

    @property
    def panes(self) -> Panes:
        return self.query_one(Panes)

    @property
    def experiments(self) -> ExperimentsPane:
        return self.panes.experiments

    @property
    def runs(self) -> RunsPane:
        return self.panes.runs

    @property
    def run_pane(self) -> RunPane:
        return self.panes.run

    @property
    def chart(self) -> ChartPane:
        return self.panes.chart

    @property
    def status(self) -> StatusLine:
        return self.query_one(StatusLine)

    @property
    def is_live(self) -> bool:
        """True while what changes is shown by itself."""
        return False

    @property
    def busy(self) -> bool:
        """True while something is being read."""
        return False

    @property
    def level(self) -> int:
        """How far down the path one is."""
        return self.panes.level

    def show_status(self) -> None:
        self.status.tell(OWN[self.level], reading=self.busy)

    def stamp(self, as_of: str) -> None:
        """Says of every pane that it was read at this local time."""
        self.status.stamp(OWN, as_of)
        self.show_status()

    async def go(self, level: int) -> None:
        await self.panes.go(level)
        if self.panes.prepared:
            # The list beside a chart says which metric is drawn.
            metric = self.chart.metric
            self.run_pane.mark(metric.key if metric is not None and level == CHART else None)
        self.show_status()

    async def prepare(self) -> None:
        await self.panes.prepare()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the footer offers is what can be done."""
        if action == "change" and self.is_mounted:
            return self.level in (RUNS, RUN) or "undo" in parameters
        if action != "back" or not self.is_mounted:
            return True
        panes = self.panes
        error = self.query_one(ErrorBar).shown
        return error or panes.full or panes.level > EXPERIMENTS or bool(self.experiments.wanted)

    async def action_back(self) -> None:
        """One layer: the error, the full screen, the filter, then the level."""
        self.panes.stay()
        if self.query_one(ErrorBar).hide():
            return
        if self.panes.full:
            self.panes.toggle_full()
        elif not self.panes.clear_search() and self.level > EXPERIMENTS:
            await self.go(self.level - 1)

    async def action_level(self, level: int) -> None:
        self.panes.stay()
        here = self.panes.focused_pane
        if level == self.level + 1 and here == self.panes.own(self.level):
            # Down by one is what Enter does: it opens what the cursor is on.
            self.query_one(f"#{here}", Pane).table.action_open()
        else:
            await self.go(level)

    def action_pane(self, steps: int) -> None:
        self.panes.focus_next(steps)

    def action_full(self) -> None:
        self.panes.toggle_full()

    def action_copy_id(self) -> None:
        found = subject(self.panes)
        self.post_message(messages.CopyWanted(f"{found.what} id", found.id))

    def action_copy_value(self) -> None:
        self.post_message(messages.CopyWanted("value", subject(self.panes).value))
