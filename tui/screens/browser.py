"""The path experiments, runs, run, chart: what is asked for is read, what was read is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from store.errors import Cancelled
from store.kinds import ViewType
from tui import messages, reading
from tui.config import INTERVAL
from tui.screens.exports import ExportsScreen
from tui.screens.groups import GROUP as GROUPS
from tui.screens.groups import PROPOSING
from tui.screens.layout import CHART, RUN, RUNS
from tui.screens.live import GROUP as LIVE
from tui.screens.stores import GROUP as OTHER_STORE
from tui.view.experiments import ALL
from tui.view.stages import STAGES
from tui.view.text import clean
from tui.widgets.error_bar import ErrorBar
from tui.widgets.experiments_pane import ExperimentsPane
from tui.work import WorkEnded, WorkFailed

# What the first frame does not need is imported when the panes below the experiments are prepared.
if TYPE_CHECKING:
    from store.entities import ExperimentStats
    from store.protocols import Store
    from tui.spot import Spot
    from tui.view.stores import Which
    from tui.views import ViewBook
    from tui.widgets.chart_pane import ChartPane
    from tui.widgets.run_pane import RunPane
    from tui.widgets.runs_list import RunsList

UNCOUNTED = 0.3
"""Seconds that experiments wait for their runs to be counted before they are shown without."""

PAINTED = 0.05
"""Seconds after which experiments are on screen, so that what the next keys need can be imported: three frames."""


class Browser(ExportsScreen):
    """Reads one store and shows it, a level at a time."""

    def __init__(
        self,
        which: Which,
        given: Which,
        *,
        opener: reading.Opener,
        read_only: bool,
        store: Store | None = None,
        spot: Spot | None = None,
        interval: float = INTERVAL,
        live: bool = False,
        views: ViewBook,
    ) -> None:
        """`given` is the store that was named on the command line; `store` is what `which` names, if it is open;
        `spot` is where to go back to; `read_only`: nothing may be changed, whatever the store allows; `interval` is
        live mode's, in seconds; `live`: it is on from the beginning; `views` are those that were kept.
        """
        super().__init__(
            which, given, opener=opener, read_only=read_only, spot=spot, interval=interval, live=live, views=views
        )
        self._handed = store
        self._uncounted: messages.ExperimentsRead | None = None
        """Experiments whose runs are being counted, while none are on screen."""

    def on_mount(self) -> None:
        self.experiments.entitle([("Experiments", "title")])
        # At once, not after the first frame: the two share the processor, and both are there sooner.
        if self._handed is None:
            self._read_experiments()
        else:
            # What was told in passing of the store that was left is not true of this one.
            self.app.clear_notifications()
            self.on_store_opened(messages.StoreOpened(self._handed, self._handed.info))
            self._read("experiments", "reading the experiments", reading.read_experiments, self._stage)

    @property
    def busy(self) -> bool:
        return self._session.busy

    # Reading

    def _read_experiments(self) -> None:
        what = "reading the experiments"
        if self._session.store is None:
            opening = (self._opener, self._which.text, self._stage)
            self._session.start("experiments", f"opening {self._title}", reading.open_and_read, *opening)
        else:
            self._session.read("experiments", what, reading.read_again, self._opener, self._which.text, self._stage)
        self.show_status()

    async def on_work_failed(self, message: WorkFailed) -> None:
        if await self.returned_in_vain(message):
            return
        if message.group == LIVE:
            # Live mode tells of it in its own way.
            return
        if message.group == "experiments":
            self._show_uncounted()
            self.experiments.failed()
            if self._early is not None:
                self._early = None
                self.runs.failed()
        if isinstance(message.error, Cancelled):
            self.notify(clean(f"cancelled: {message.what}"), markup=False, timeout=3)
        else:
            self.export_failed(message)
            self.missed(message.error)
            self.query_one(ErrorBar).tell(message.what, message.error, message.group)
        if message.group == "runs":
            mistake = self.runs.failed(message.error)
            self.groups_failed()
            if mistake is not None:
                await self.filtering.mend(mistake)
        elif message.group == "hits":
            self.runs.no_hits()
        elif message.group == "nesting":
            self.runs.not_nested()
        elif message.group == GROUPS:
            self.groups_failed()
        elif message.group == PROPOSING:
            self.not_proposed()

    def on_work_ended(self, message: WorkEnded) -> None:
        self._session.ended(message)
        if message.group == OTHER_STORE and not self._session.is_running(OTHER_STORE):
            self.status.doing()
        self.export_ended(message)
        self.change_ended(message)
        if message.group == "run" and not self._session.is_running("run"):
            self.run_pane.ended()
        if message.group == "sparks" and not self._session.is_running("sparks"):
            self.run_pane.sparks_ended()
            self.chart.ask_again()
        self.show_status()

    def on_store_opened(self, message: messages.StoreOpened) -> None:
        self._session.replace(message.store)
        self.status.opened(message.info)
        if self._early is not None:
            early, self._early = self._early, None
            self._read("runs", "reading the runs", reading.read_runs, early)
        from store.entities import NO_COUNTS

        for notice in message.info.notices:
            if notice == NO_COUNTS:
                # The columns say it at every sight of them.
                continue
            self.notify(clean(notice), severity="warning", markup=False, timeout=12)

    def on_store_replaced(self, message: messages.StoreReplaced) -> None:
        """All that is on screen was read as another schema has it."""
        self.on_store_opened(messages.StoreOpened(message.store, message.info))
        self._read("experiments", "reading the experiments", reading.read_experiments, self._stage)
        self._read_below()

    # Experiments

    def on_experiments_read(self, message: messages.ExperimentsRead) -> None:
        if not message.counting:
            self._uncounted = None
            self.show_experiments(message)
        elif self.experiments.table.key is None:
            self._uncounted = message
            self.set_timer(UNCOUNTED, self._show_uncounted)

    def _show_uncounted(self) -> None:
        """Shows experiments without their runs: counting them takes long, or failed."""
        if self._uncounted is not None:
            shown, self._uncounted = self._uncounted, None
            self.show_experiments(shown)

    def show_experiments(self, message: messages.ExperimentsRead) -> None:
        self._experiments = {item.experiment_id: item for item in message.experiments}
        self._stats, self._names = message.stats, message.names
        self.status.opened(message.info)
        self.status.counted(self._experiments, message.stats)
        if self.panes.prepared:
            self.runs.names_are(message.names)
        self.experiments.show(message.experiments, message.stats, self._stage)
        self._was_read("experiments", "experiments")
        # Not after the next refresh: what the table asks for itself is painted later than that.
        self.set_timer(PAINTED, self.prepare)
        if self._spot is not None:
            self.call_after_refresh(self.return_to_spot, tuple(self._names))

    def on_experiments_pane_moved(self, message: ExperimentsPane.Moved) -> None:
        chosen, key = self._experiments.get(message.experiment_id), message.experiment_id
        self.panes.card.show(chosen, self._stats_of(key))

    def _stats_of(self, experiment_id: str) -> ExperimentStats | None:
        """None while nobody counted; experiments without runs are left out of what was counted."""
        from store.entities import ExperimentStats

        if self._stats is None:
            return None
        return self._stats.get(experiment_id) or ExperimentStats(experiment_id, 0, 0, None)

    async def on_experiments_pane_opened(self, message: ExperimentsPane.Opened) -> None:
        await self.prepare()
        chosen = self._experiments.get(message.experiment_id)
        deleted = chosen is not None and chosen.lifecycle_stage == "deleted"
        ids = None if message.experiment_id == ALL else (message.experiment_id,)
        await self.open_runs(ids, ViewType.ALL if deleted else self._stage)
        await self.go(RUNS)

    # Run

    async def on_runs_list_opened(self, message: RunsList.Opened) -> None:
        self._read_run(message.run_id)
        await self.go(RUN)

    def _read_run(self, run_id: str) -> None:
        self._session.cancel("sparks")
        self.run_pane.sparks_ended()
        self.run_pane.wait(run_id)
        self._read("run", "reading the run", reading.read_run, run_id)

    def read_run(self, run_id: str) -> None:
        self._read_run(run_id)

    def on_run_read(self, message: messages.RunRead) -> None:
        self._returning_to = ""
        key = message.run.experiment_id
        self.run_pane.show(message.run, message.models, self._names.get(key, key))
        charted = self.chart.run_shown
        if charted is not None and charted.run_id != message.run.run_id:
            self.chart.clear()
            self.run_pane.mark(None)
        self._was_read("run", "run")

    def on_summaries_read(self, message: messages.SummariesRead) -> None:
        self.run_pane.summed_up(message.run_id, message.summaries)
        shown, run = self.chart.run_shown, self.run_pane.run_shown
        if shown is not None and run is not None and shown.run_id == run.run_id and self.chart.metric is not None:
            self.chart.show(run, self.run_pane.summaries, self.run_pane.curves, self.chart.metric.key)

    def on_run_pane_summaries_wanted(self, message: RunPane.SummariesWanted) -> None:
        if not self._session.is_running("run"):
            self._read_run(message.run_id)

    def on_run_pane_sparks_wanted(self, message: RunPane.SparksWanted) -> None:
        self._read("sparks", "reading histories", reading.read_sparks, message.run, message.summaries)

    def on_sparks_read(self, message: messages.SparksRead) -> None:
        self.run_pane.sparked(message.run_id, message.curves)
        self.chart.curves_came()

    def on_run_pane_value_opened(self, message: RunPane.ValueOpened) -> None:
        from tui.screens.modals.value import Value

        self.app.push_screen(Value(message.value))

    # Chart

    async def on_run_pane_metric_opened(self, message: RunPane.MetricOpened) -> None:
        # A thread that is to read this very history starts first: laying out the screen takes a while.
        await asyncio.sleep(0)
        await self.go(CHART)
        self.chart.show(message.run, self.run_pane.summaries, self.run_pane.curves, message.summary.key)

    def on_chart_pane_wanted(self, message: ChartPane.Wanted) -> None:
        if self.level == CHART:
            self.run_pane.mark(message.wish.summary.key)
        if self.run_pane.is_reading_only(message.wish):
            # The list of metrics reads this very history: it is drawn when that is done.
            return
        if not message.growing:
            self._session.cancel("sparks")
            self.run_pane.sparks_ended()
        self._read("chart", "reading the history", reading.read_chart, message.wish, silent=message.growing)

    def on_chart_drawn(self, message: messages.ChartDrawn) -> None:
        self.chart.drawn(message.curve, message.buckets, message.drawing)
        self._was_read("chart", "chart")
        self.run_pane.want_sparks()

    def on_chart_pane_pick_wanted(self, message: ChartPane.PickWanted) -> None:
        from tui.screens.modals.picker import Choice

        self._pick("Metric", [Choice(key, key) for key in message.keys], message.key, self.chart.pick)

    # Keys

    def action_refresh(self) -> None:
        """Reads again what is on screen; cursors stay where they are."""
        self.query_one(ErrorBar).hide()
        self._missed = False
        self.retry()
        self._read_experiments()
        self._read_below()

    def _read_below(self) -> None:
        """Reads again what the panes below the experiments show."""
        if not self.panes.prepared:
            return
        if self.runs.view is not None:
            self.runs.ask_again()
        if self.run_pane.run_wanted is not None:
            self._read_run(self.run_pane.run_wanted)

    def action_next_stage(self) -> None:
        """Active, deleted or all experiments, and runs of those that are opened from now on."""
        self._stage = STAGES[(STAGES.index(self._stage) + 1) % len(STAGES)]
        self._read_experiments()

    async def cancel_reading(self) -> bool:
        """Ends what is being read; False if nothing was."""
        ended = self._session.cancel_all()
        if ended:
            self.status.doing()
            self._early = None
            self._show_uncounted()
            self.experiments.failed()
            self.not_proposed()
            self._drop_arrived()
            if self.panes.prepared:
                self.runs.failed()
                self.groups_failed()
                self.run_pane.stay()
                self.run_pane.ended()
                self.run_pane.sparks_ended()
            self.show_status()
        return ended
