"""The path experiments, runs, run, chart: panes beside each other as far as the terminal is wide."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from store.kinds import ViewType
from tui import messages, reading
from tui.bindings import bindings
from tui.keys import Place
from tui.screens.layout import CHART, EXPERIMENTS, OWN, RUN, RUNS, WIDE, panes
from tui.view import cells
from tui.view.experiments import ALL
from tui.view.stages import STAGES
from tui.view.status import Status, status_pieces
from tui.view.text import clean
from tui.widgets.card_pane import CardPane
from tui.widgets.error_bar import ErrorBar
from tui.widgets.experiments_pane import ExperimentsPane
from tui.widgets.footer import Footer
from tui.widgets.line import Line
from tui.widgets.pane import Pane, Part
from tui.work import Jobs, WorkEnded, WorkFailed, deliver

# What the first frame does not need is imported when the panes below the experiments are prepared.
if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats, StoreInfo
    from store.protocols import Store
    from tui.screens.modals.picker import Choice
    from tui.widgets.chart_pane import ChartPane
    from tui.widgets.run_pane import RunPane
    from tui.widgets.runs_pane import RunsPane


class Browser(Screen[None]):
    """Reads one store and shows it, a level at a time."""

    BINDINGS = bindings(Place.EVERYWHERE)

    def __init__(self, uri: str, title: str) -> None:
        super().__init__()
        self._uri = uri
        self._title = title
        self._store: Store | None = None
        self._info: StoreInfo | None = None
        self._experiments: dict[str, Experiment] = {}
        self._stats: Mapping[str, ExperimentStats] = {}
        self._stage = ViewType.ACTIVE_ONLY
        self._level = EXPERIMENTS
        self._full = False
        self._names: Mapping[str, str] = {}
        self._as_of: dict[str, str] = {}
        """Pane -> local time at which what it shows was read."""
        self._jobs = Jobs(self)
        self._prepared = False
        self._preparing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield ExperimentsPane(id="experiments")
            yield CardPane(id="card")
        yield ErrorBar()
        yield Line(id="status")
        yield Footer()

    def on_mount(self) -> None:
        self.experiments.entitle([("Experiments", "title")])
        self._arrange()
        self._show_status()
        self.experiments.take_focus()
        # At once, not after the first frame: the two share the processor, and both are there sooner.
        self._read_experiments()

    def on_unmount(self) -> None:
        self._jobs.cancel_all()
        if self._store is not None:
            self._store.close()

    # The panes

    @property
    def experiments(self) -> ExperimentsPane:
        return self.query_one(ExperimentsPane)

    @property
    def runs(self) -> RunsPane:
        from tui.widgets.runs_pane import RunsPane

        return self.query_one(RunsPane)

    @property
    def run_pane(self) -> RunPane:
        from tui.widgets.run_pane import RunPane

        return self.query_one(RunPane)

    @property
    def chart(self) -> ChartPane:
        from tui.widgets.chart_pane import ChartPane

        return self.query_one(ChartPane)

    async def prepare(self) -> None:
        """Makes the panes below the experiments, once: after the first frame, or when the first of them is wanted."""
        async with self._preparing:
            if self._prepared:
                return
            from tui.widgets.chart_pane import ChartPane
            from tui.widgets.run_pane import RunPane
            from tui.widgets.runs_pane import RunsPane

            below = (RunsPane(id="runs"), RunPane(id="run"), ChartPane(id="chart"))
            for pane in below:
                pane.add_class("-hidden")
            await self.query_one("#panes").mount(*below)
            self._prepared = True
            self.post_message(messages.ReadyToUse())

    @property
    def busy(self) -> bool:
        """True while something is being read."""
        return bool(self._jobs.running)

    def _panes_on_screen(self) -> tuple[str, ...]:
        if self._full:
            return (self._focused_pane(),)
        return panes(self._level, self.app.size.width)

    def _focused_pane(self) -> str:
        focused = self.focused
        for pane in self.query_one("#panes").children:
            if focused is not None and pane in focused.ancestors:
                return pane.id or OWN[self._level]
        return OWN[self._level]

    def _arrange(self) -> None:
        """Shows the panes of this level that there is room for."""
        shown = self._panes_on_screen()
        for pane in self.query_one("#panes").children:
            pane.set_class(pane.id not in shown, "-hidden")
            pane.set_class(pane.id in shown[1:], "-second")
        for level in range(len(OWN)):
            self.set_class(level == self._level, f"-level-{level}")
        self.set_class(self.app.size.width >= WIDE, "-wide")
        self.refresh_bindings()

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()
        self._show_status()

    async def _go(self, level: int) -> None:
        if level != EXPERIMENTS:
            await self.prepare()
        self._level = level
        self._full = False
        self._arrange()
        self._focus(OWN[level])
        self._show_status()

    def _focus(self, pane: str) -> None:
        self.query_one(f"#{pane}", Part).take_focus()

    # Reading

    def _start(self, group: str, what: str, work: Callable[..., None], *arguments: object) -> None:
        """Runs a function of `tui.reading` in a thread; its messages come to this screen."""
        self._jobs.run(group, what, lambda cancel: work(*arguments, lambda message: deliver(self, message), cancel))
        self._show_status()

    def _read(self, group: str, what: str, work: Callable[..., None], *arguments: object) -> None:
        """`_start` for what reads the store that is open."""
        if self._store is not None:
            self._start(group, what, work, self._store, *arguments)

    def _read_experiments(self) -> None:
        if self._store is None:
            self._start("experiments", f"opening {self._title}", reading.open_and_read, self._uri, self._stage)
        else:
            self._read("experiments", "reading the experiments", reading.read_experiments, self._stage)

    def on_store_opened(self, message: messages.StoreOpened) -> None:
        self._store = message.store
        self._info = message.info
        for notice in self._info.notices:
            self.notify(clean(notice), severity="warning", markup=False, timeout=12)

    def on_experiments_read(self, message: messages.ExperimentsRead) -> None:
        self._info = message.info
        self._experiments = {item.experiment_id: item for item in message.experiments}
        self._stats, self._names = message.stats, message.names
        self.experiments.show(message.experiments, message.stats, self._stage)
        self._was_read("experiments", "experiments")
        self.call_after_refresh(self.prepare)

    def _was_read(self, pane: str, *groups: str) -> None:
        """What a pane shows was read just now; errors of the work that did it are settled."""
        self.query_one(ErrorBar).hide(*groups)
        self._as_of[pane] = datetime.now().astimezone().strftime("%H:%M:%S")
        self._show_status()

    def on_work_failed(self, message: WorkFailed) -> None:
        self.query_one(ErrorBar).tell(message.what, message.error, message.group)
        if message.group == "experiments":
            self.experiments.failed()
        elif message.group == "runs":
            self.runs.failed()

    def on_work_ended(self, message: WorkEnded) -> None:
        self._jobs.ended(message)
        if message.group == "sparks" and "sparks" not in self._jobs.running:
            self.run_pane.sparks_ended()
            self.chart.ask_again()
        self._show_status()

    def stamp(self, as_of: str) -> None:
        """Says of every pane that it was read at this local time."""
        self._as_of = dict.fromkeys(OWN, as_of)
        self._show_status()

    def _show_status(self) -> None:
        known = [stats for key, stats in self._stats.items() if key in self._experiments]
        status = Status(
            title=self._title,
            info=self._info,
            experiments=len(self._experiments),
            runs=sum(stats.runs for stats in known),
            running=sum(stats.running for stats in known),
            as_of=self._as_of.get(OWN[self._level]) or self._as_of.get("experiments", ""),
            reading=self.busy,
        )
        self.query_one("#status", Line).show(status_pieces(status, self.app.size.width))

    # Experiments

    def on_experiments_pane_moved(self, message: ExperimentsPane.Moved) -> None:
        chosen = self._experiments.get(message.experiment_id)
        self.query_one(CardPane).show(chosen, self._stats.get(message.experiment_id))

    async def on_experiments_pane_opened(self, message: ExperimentsPane.Opened) -> None:
        from tui.view.runs import RunsView

        await self.prepare()
        ids = None if message.experiment_id == ALL else (message.experiment_id,)
        chosen = self._experiments.get(message.experiment_id)
        deleted = chosen is not None and chosen.lifecycle_stage == "deleted"
        view = RunsView(experiment_ids=ids, stage=ViewType.ALL if deleted else self._stage)
        shown = self.runs.view
        same = shown is not None and (shown.experiment_ids, shown.stage) == (view.experiment_ids, view.stage)
        if not (same and self.runs.answered):
            self.runs.start(view, self._names)
        await self._go(RUNS)

    # Runs

    def on_runs_pane_asked(self, message: RunsPane.Asked) -> None:
        self._read("runs", "reading the runs", reading.read_runs, message.view)

    def on_runs_found(self, message: messages.RunsFound) -> None:
        self.runs.found(message.view, message.ids, message.complete, message.runs, message.columns)
        self._was_read("runs", "runs")

    def on_runs_pane_wanted(self, message: RunsPane.Wanted) -> None:
        self._read("rows", "reading runs", reading.read_rows, message.ids)

    def on_runs_read(self, message: messages.RunsRead) -> None:
        self.runs.read(message.ids, message.runs)
        self._was_read("runs", "rows")

    async def on_runs_pane_opened(self, message: RunsPane.Opened) -> None:
        self._read_run(message.run_id)
        await self._go(RUN)

    def on_runs_pane_sort_wanted(self, message: RunsPane.SortWanted) -> None:
        from tui.screens.modals.picker import Choice

        choices = [Choice(key, title, key.partition(".")[0]) for key, title in message.choices]
        self._pick("Sort by", choices, message.key, self.runs.sort_by)

    def _pick(self, title: str, choices: Sequence[Choice], chosen: str, then: Callable[[str], None]) -> None:
        def picked(key: str | None) -> None:
            if key is not None:
                then(key)

        from tui.screens.modals.picker import Picker

        self.app.push_screen(Picker(title, choices, chosen), picked)

    # Run

    def _read_run(self, run_id: str) -> None:
        self._jobs.cancel("sparks")
        self.run_pane.sparks_ended()
        self.run_pane.wait(run_id)
        self._read("run", "reading the run", reading.read_run, run_id)

    def on_run_read(self, message: messages.RunRead) -> None:
        key = message.run.experiment_id
        self.run_pane.show(message.run, message.models, self._names.get(key, key))
        charted = self.chart.run_shown
        if charted is not None and charted.run_id != message.run.run_id:
            self.chart.clear()
        self._was_read("run", "run")

    def on_summaries_read(self, message: messages.SummariesRead) -> None:
        self.run_pane.summed_up(message.run_id, message.summaries)
        shown, run = self.chart.run_shown, self.run_pane.run_shown
        if shown is not None and run is not None and shown.run_id == run.run_id and self.chart.metric is not None:
            self.chart.show(run, self.run_pane.summaries, self.run_pane.curves, self.chart.metric.key)

    def on_run_pane_summaries_wanted(self, message: RunPane.SummariesWanted) -> None:
        if "run" not in self._jobs.running:
            self._read_run(message.run_id)

    def on_run_pane_sparks_wanted(self, message: RunPane.SparksWanted) -> None:
        self._read("sparks", "reading histories", reading.read_sparks, message.run, message.summaries)

    def on_sparks_read(self, message: messages.SparksRead) -> None:
        self.run_pane.sparked(message.run_id, message.curves)
        self.chart.curves_came()

    # Chart

    async def on_run_pane_metric_opened(self, message: RunPane.MetricOpened) -> None:
        await self._go(CHART)
        self.chart.show(message.run, self.run_pane.summaries, self.run_pane.curves, message.summary.key)

    def on_chart_pane_wanted(self, message: ChartPane.Wanted) -> None:
        if self.run_pane.is_reading_only(message.wish):
            # The list of metrics reads this very history: it is drawn when that is done.
            return
        self._jobs.cancel("sparks")
        self.run_pane.sparks_ended()
        self._read("chart", "reading the history", reading.read_chart, message.wish)

    def on_chart_drawn(self, message: messages.ChartDrawn) -> None:
        self.chart.drawn(message.run_id, message.key, message.axis, message.drawing)
        self._was_read("chart", "chart")
        self.run_pane.want_sparks()

    def on_chart_pane_pick_wanted(self, message: ChartPane.PickWanted) -> None:
        from tui.screens.modals.picker import Choice

        self._pick("Metric", [Choice(key, key) for key in message.keys], message.key, self.chart.pick)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the footer offers is what can be done."""
        if action != "back" or not self.is_mounted:
            return True
        error = self.query_one(ErrorBar).shown
        return error or self._full or self._level > EXPERIMENTS or bool(self.experiments.wanted)

    async def action_back(self) -> None:
        """One layer: the error, the full screen, the filter, then the level."""
        self._stay()
        if self.query_one(ErrorBar).hide():
            return
        if self._full:
            self.action_full()
            return
        pane = self._focused_pane()
        # The card has no search of its own: it belongs to the list beside it.
        if self.query_one("#experiments" if pane == "card" else f"#{pane}", Part).clear_search():
            return
        if self._level > EXPERIMENTS:
            await self._go(self._level - 1)

    def _stay(self) -> None:
        """What was typed ahead is not meant any more: nothing opens by itself later."""
        if self._prepared:
            self.runs.stay()
            self.run_pane.stay()

    async def action_level(self, level: int) -> None:
        self._stay()
        here = self._focused_pane()
        if level == self._level + 1 and here == OWN[self._level]:
            # Down by one is what Enter does: it opens what the cursor is on.
            self.query_one(f"#{here}", Pane).table.action_open()
        else:
            await self._go(level)

    def action_pane(self, steps: int) -> None:
        shown = self._panes_on_screen()
        here = self._focused_pane()
        place = shown.index(here) if here in shown else 0
        self._focus(shown[(place + steps) % len(shown)])

    def action_full(self) -> None:
        self._full = not self._full
        self._arrange()

    def action_refresh(self) -> None:
        """Reads again what is on screen; cursors stay where they are."""
        self.query_one(ErrorBar).hide()
        self._read_experiments()
        if not self._prepared:
            return
        if self.runs.view is not None:
            self.runs.ask_again()
        if self.run_pane.run_shown is not None:
            self._read_run(self.run_pane.run_shown.run_id)

    def action_next_stage(self) -> None:
        """Active, deleted or all experiments, and runs of those that are opened from now on."""
        self._stage = STAGES[(STAGES.index(self._stage) + 1) % len(STAGES)]
        self._read_experiments()

    def cancel_reading(self) -> bool:
        """Ends what is being read; False if nothing was."""
        ended = self._jobs.cancel_all()
        if ended:
            self.experiments.failed()
            if self._prepared:
                self.runs.failed()
                self.run_pane.stay()
                self.run_pane.sparks_ended()
            self._show_status()
        return ended

    def _subject(self) -> tuple[str, str, str]:
        """(what it is, its id, its value or URI) of what the cursor is on."""
        pane = self._focused_pane()
        if pane in ("experiments", "card"):
            chosen = self.experiments.chosen
            return ("experiment", chosen.experiment_id, chosen.artifact_location or "") if chosen else ("", "", "")
        run = self.run_pane.run_shown
        if pane == "runs":
            found = self.runs.chosen
            return ("run", self.runs.key, (found.artifact_uri or "") if found else "")
        if run is None:
            return ("", "", "")
        if pane == "chart":
            metric = self.chart.metric
            return ("run", run.run_id, cells.exact(metric.latest.value) if metric else "")
        return ("run", run.run_id, self.run_pane.value_under_cursor)

    def action_copy_id(self) -> None:
        what, key, _ = self._subject()
        self.post_message(messages.CopyWanted(f"{what} id", key))

    def action_copy_value(self) -> None:
        _, _, value = self._subject()
        self.post_message(messages.CopyWanted("value", value))
