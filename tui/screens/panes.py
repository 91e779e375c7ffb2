"""The panes of the path beside each other: which of them are on screen, and which has the focus."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import DescendantFocus

from tui.messages import ReadyToUse
from tui.screens.layout import EXPERIMENTS, GROUPS, OWN, RUNS, WIDE, panes
from tui.widgets.card_pane import CardPane
from tui.widgets.experiments_pane import ExperimentsPane
from tui.widgets.pane import Part

# What the first frame does not need is imported when the panes below the experiments are prepared.
if TYPE_CHECKING:
    from tui.widgets.chart_pane import ChartPane
    from tui.widgets.groups_pane import GroupsPane
    from tui.widgets.run_pane import RunPane
    from tui.widgets.runs_pane import RunsPane


class Panes(Horizontal):
    """Knows the level of the path that one is on, and shows the panes of it that there is room for."""

    def __init__(self) -> None:
        super().__init__(id="panes")
        self.level = EXPERIMENTS
        self.full = False
        """True while the pane that has the focus is alone."""
        self.grouped = False
        """True while groups of runs stand where the runs do else."""
        self.prepared = False
        """True once the panes below the experiments are there."""
        self._preparing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        yield ExperimentsPane(id="experiments")
        yield CardPane(id="card")

    @property
    def experiments(self) -> ExperimentsPane:
        return self.query_one(ExperimentsPane)

    @property
    def card(self) -> CardPane:
        return self.query_one(CardPane)

    @property
    def runs(self) -> RunsPane:
        from tui.widgets.runs_pane import RunsPane

        return self.query_one(RunsPane)

    @property
    def groups(self) -> GroupsPane:
        from tui.widgets.groups_pane import GroupsPane

        return self.query_one(GroupsPane)

    @property
    def run(self) -> RunPane:
        from tui.widgets.run_pane import RunPane

        return self.query_one(RunPane)

    @property
    def chart(self) -> ChartPane:
        from tui.widgets.chart_pane import ChartPane

        return self.query_one(ChartPane)

    async def prepare(self) -> None:
        """Makes the panes below the experiments, once: after the first frame, or when the first of them is wanted."""
        async with self._preparing:
            # Nothing is made any more for a program that ends.
            if self.prepared or not self.is_attached:
                return
            from tui.widgets.chart_pane import ChartPane
            from tui.widgets.groups_pane import GroupsPane
            from tui.widgets.run_pane import RunPane
            from tui.widgets.runs_pane import RunsPane

            below = (RunsPane(id="runs"), GroupsPane(id=GROUPS), RunPane(id="run"), ChartPane(id="chart"))
            for pane in below:
                pane.add_class("-hidden", update=False)
            await self.mount(*below)
            self.prepared = True
            # To the application itself: what is sent by the parent of a widget goes no further than that.
            self.app.post_message(ReadyToUse())

    def part(self, pane: str) -> Part:
        return self.query_one(f"#{pane}", Part)

    @property
    def on_screen(self) -> tuple[str, ...]:
        """Ids of the panes on screen, from left to right."""
        if self.full:
            return (self.focused_pane,)
        return tuple(self._in_place(pane) for pane in panes(self.level, self.app.size.width))

    def _in_place(self, pane: str) -> str:
        return GROUPS if pane == OWN[RUNS] and self.grouped else pane

    def own(self, level: int) -> str:
        """The id of the pane that a level is about."""
        return self._in_place(OWN[level])

    def group(self, grouped: bool) -> None:
        """Shows groups instead of runs, or runs again."""
        if grouped == self.grouped:
            return
        focused = self.focused_pane
        self.grouped = grouped
        self.lay_out()
        if focused in (OWN[RUNS], GROUPS):
            self.part(self.own(RUNS)).take_focus()

    @property
    def focused_pane(self) -> str:
        """The id of the pane that has the focus, else of the one that the level is about."""
        focused = self.screen.focused
        for pane in self.children:
            if focused is not None and pane in focused.ancestors:
                return pane.id or self.own(self.level)
        return self.own(self.level)

    def lay_out(self) -> None:
        """Shows the panes of this level that there is room for."""
        shown = self.on_screen
        levels = {f"-level-{level}": level == self.level for level in range(len(OWN))}
        self.screen.update_classes({**levels, "-wide": self.app.size.width >= WIDE}, update=False)
        for pane in self.children:
            pane.update_classes({"-hidden": pane.id not in shown, "-second": pane.id in shown[1:]}, update=False)
            # These classes are about the panes alone. Textual would match every rule anew for all that lies in them.
            self.app.stylesheet.apply(pane)
        self.screen.refresh_bindings()

    async def go(self, level: int) -> None:
        """To another level of the path."""
        if level != EXPERIMENTS:
            await self.prepare()
        self.level, self.full = level, False
        self.lay_out()
        self.part(self.own(level)).take_focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        # Not by `:focus-within`, for which Textual styles anew what lies in a pane, or leaves it as it is.
        for pane in self.children:
            for title in pane.children:
                if title.has_class("title"):
                    title.set_class(pane in event.widget.ancestors, "-focused")

    def focus_next(self, steps: int) -> None:
        """The focus to the next pane on screen."""
        shown, here = self.on_screen, self.focused_pane
        place = shown.index(here) if here in shown else 0
        self.part(shown[(place + steps) % len(shown)]).take_focus()

    def toggle_full(self) -> None:
        self.full = not self.full
        self.lay_out()

    def clear_search(self) -> bool:
        """Ends what narrows the list that has the focus; False if nothing does."""
        # The card has no search of its own: it belongs to the list beside it.
        pane = self.focused_pane
        return self.part("experiments" if pane == "card" else pane).clear_search()

    def stay(self) -> None:
        """What was typed ahead is not meant any more: nothing opens by itself later."""
        self.experiments.stay()
        if self.prepared:
            self.runs.stay()
            self.run.stay()
