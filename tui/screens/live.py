"""Live mode: what changes in the store is shown by itself."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Final

from textual.timer import Timer

from store.errors import FlowdeckError, StoreBusy, StoreUnreachable
from tui import looking, messages, reading
from tui.bindings import key_of
from tui.pace import Pace
from tui.screens.layout import OWN
from tui.screens.stores import StoresScreen
from tui.widgets.error_bar import ErrorBar
from tui.work import WorkEnded, WorkFailed

if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats
    from store.follow import Followed
    from tui.following import OpenRun
    from tui.spot import Spot
    from tui.view.runs import RunsView
    from tui.view.stores import Which

GROUP: Final = "live"
"""The work that looks at the store: one look at a time, and nothing but leaving the store cancels it."""


SOON: Final = 0.01
"""Seconds for which no timer is set: Textual's do not ring if their time is over before they begin to run."""


class LiveScreen(StoresScreen):
    """Looks at the store now and then, and shows what changed where it is shown."""

    def __init__(
        self,
        which: Which,
        given: Which,
        *,
        opener: reading.Opener,
        read_only: bool,
        spot: Spot | None,
        interval: float,
        live: bool,
    ) -> None:
        """`interval` is in seconds, between two looks while things change; 0: there is no live mode. `live`: it is on
        from the beginning.
        """
        super().__init__(which, given, opener=opener, read_only=read_only, spot=spot)
        self._experiments: dict[str, Experiment] = {}
        self._stats: Mapping[str, ExperimentStats] | None = None
        self._pace = Pace(interval)
        self._is_live = False
        self._begins_live = live
        self._next: Timer | None = None
        self._looked_at = 0.0
        """When the last look ended, in seconds of `monotonic`."""
        self._failing = False
        self._missed = False
        """True if something that is on screen could not be read because the store did not answer."""
        self._due = False
        """True if runs came or ended and their list was not asked for since."""
        self._newest: tuple[RunsView | None, list[str] | None] = (None, None)
        """The newest runs that the last look found, for the experiments of this view."""
        self._followed: Mapping[str, Followed] = {}
        """The metrics of the open run of which new points were read."""

    def on_mount(self) -> None:
        self.watch(self.app, "app_focus", self._focus_changed, init=False)
        if self._begins_live:
            self.action_live()

    @property
    def is_live(self) -> bool:
        return self._is_live

    def action_live(self) -> None:
        """Live mode on or off."""
        if self._pace.wait is None:
            self.notify("live mode is off in the configuration file: interval = 0", severity="warning", timeout=4)
            return
        self._is_live = not self._is_live
        self.status.live(self._is_live)
        self._failing = False
        if self._is_live:
            self._pace = Pace(self._pace.interval, seen=self.app.app_focus)
            self._look()
        else:
            self._stop_waiting()
            self._session.cancel(GROUP)
            self.query_one(ErrorBar).hide(GROUP)
        self.show_status()

    def _focus_changed(self, seen: bool) -> None:
        self._pace = self._pace.focused(seen)
        if self._is_live and seen and not self._session.is_running(GROUP):
            self._wait(since=self._looked_at)

    # When

    def _wait(self, since: float) -> None:
        """Looks again when it is time, counted from that moment."""
        self._stop_waiting()
        wait = self._pace.wait
        if self._is_live and wait is not None:
            left = since + wait - monotonic()
            if left > SOON:
                self._next = self.set_timer(left, self._look)
            else:
                self.call_later(self._look)

    def retry(self) -> None:
        """Looks at once if the last look failed."""
        if self._failing:
            self._stop_waiting()
            self._look()

    def _stop_waiting(self) -> None:
        if self._next is not None:
            self._next.stop()
            self._next = None

    def _look(self) -> None:
        if not self._is_live or self._session.is_running(GROUP):
            return
        scene = self._scene()
        if scene is None or not self._session.read(GROUP, "looking what changed", looking.look, scene):
            if self._missed:
                # Not even the experiments are there, or the store was never open.
                self._pace = self._pace.failed()
                self.status.failing(True)
                self._read_missed()
            self._wait(since=monotonic())

    def missed(self, error: FlowdeckError) -> None:
        """What was to be read failed with this error: it is read once the store answers again."""
        self._missed = isinstance(error, (StoreUnreachable, StoreBusy))

    def action_refresh(self) -> None:
        """Reads again what is on screen."""
        raise NotImplementedError

    def _read_missed(self) -> None:
        self._missed = False
        self.action_refresh()

    def on_work_ended(self, message: WorkEnded) -> None:
        if message.group == GROUP and not self._session.is_running(GROUP):
            self._looked_at = monotonic()
            self._wait(since=self._looked_at)

    async def on_work_failed(self, message: WorkFailed) -> None:
        if message.group != GROUP or not self._is_live:
            return
        self._pace = self._pace.failed()
        bar = self.query_one(ErrorBar)
        # What was hidden by hand stays hidden, and what else failed is more important.
        if bar.group == GROUP or not (self._failing or bar.shown):
            then = f"live: retrying in {self._pace.wait or 0:.0f} s; {key_of(self, 'refresh')} tries now"
            bar.tell(message.what, message.error, GROUP, then)
        self._failing = True
        self.status.failing(True)
        self.show_status()

    # What

    def _scene(self) -> looking.Scene | None:
        """What is on screen, as it is known; None before anything is."""
        if not self.experiments.was_read:
            return None
        known = looking.Scene(
            self._stage, self._stats, list(self._experiments.values()), "experiments" in self.panes.on_screen
        )
        if not self.panes.prepared or self.runs.view is None:
            return known
        runs = self.runs
        settled = runs.settled
        newest = self._newest[1] if _same_runs(self._newest[0], runs.view) else None
        return looking.Scene(
            known.stage,
            known.stats,
            known.experiments,
            known.lists_experiments,
            view=runs.view if settled else None,
            ids=runs.ids if settled else (),
            newest=newest,
            due=self._due,
            rows=runs.watched(),
            near=runs.near,
            keys=runs.keys,
            opened=self._open_run(),
        )

    def _open_run(self) -> OpenRun | None:
        """The run that is shown in full, if it may still change and is on screen."""
        from tui.following import OpenRun

        pane = self.run_pane
        run = pane.run_shown
        if run is None or run.status not in looking.UNFINISHED or not {"run", "chart"} & set(self.panes.on_screen):
            return None
        shown = self.chart.run_shown
        charted, buckets = self.chart.curve if shown is not None and shown.run_id == run.run_id else (None, 0)
        return OpenRun(run, pane.models, pane.summaries, dict(pane.curves), charted, buckets, self._followed)

    def on_looked(self, message: messages.Looked) -> None:
        if not self._is_live:
            return
        scene = message.scene
        self._pace = self._pace.looked(changed=message.changed, took=message.took)
        self._failing = False
        self.status.failing(False)
        self.query_one(ErrorBar).hide(GROUP)
        if message.experiments is not None and scene.stage is self._stage:
            self.show_experiments(message.experiments)
        self._newest = (scene.view, None if message.newest is None else list(message.newest))
        if self.panes.prepared and self.runs.view is not None:
            self._renew_runs(message)
        for pane in OWN:
            self.status.was_read(pane, changed=message.changed)
        self.show_status()
        if self._missed:
            self._read_missed()

    def _renew_runs(self, message: messages.Looked) -> None:
        scene = message.scene
        self._due = (scene.due or message.moved) and scene.view is None
        if message.page is not None and not self.runs.renew(scene.ids, message.page):
            self._due = True
        self.runs.update_rows(message.asked, message.runs, scene.keys)
        self.run_pane.judge()
        growth, opened = message.grown, scene.opened
        if growth is None or opened is None:
            return
        if growth.ended:
            if self.run_pane.run_shown is opened.run:
                self.read_run(opened.run.run_id)
        elif self.run_pane.grow(opened, growth):
            self._followed = growth.followed
            shown = self.chart.run_shown
            if shown is not None and shown.run_id == growth.run.run_id and self.chart.metric is not None:
                self.chart.grow(
                    growth.run, self.run_pane.summaries, self.run_pane.curves, opened.charted, growth.charted
                )

    def show_experiments(self, message: messages.ExperimentsRead) -> None:
        """Shows which experiments there are."""
        raise NotImplementedError


def _same_runs(one: RunsView | None, other: RunsView | None) -> bool:
    """True if these are views of the same runs, filtered or sorted in whatever way."""
    if one is None or other is None:
        return False
    return (one.experiment_ids, one.stage) == (other.experiment_ids, other.stage)
