"""Live mode shows what changes, asks for nothing else, and leaves alone what the user did."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest
from textual import events
from textual.pilot import Pilot

from store.entities import Axis, Experiment, RunParts
from store.errors import StoreUnreachable
from store.groups import GroupKey
from store.kinds import KeyKind
from store.opening import open_store
from store.protocols import Store
from tests.support.counting import CountingStore
from tests.support.trainer import Trainer, now
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, run
from tests.tui.test_browser import browser
from tui.app import FlowdeckApp
from tui.config import Config
from tui.pace import Pace
from tui.screens.browser import Browser
from tui.view.order import SortKey
from tui.view.run_columns import RunColumn
from tui.widgets.error_bar import ErrorBar

QUICK = 0.05
"""Seconds between two looks."""

RESNET = "resnet-cifar10"


@pytest.fixture
def database(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(demo, tmp_path / "mlflow.db"))


@pytest.fixture
def trainer(database: Path) -> Trainer:
    return Trainer(database)


@asynccontextmanager
async def living(
    store: Store, interval: float = QUICK, size: tuple[int, int] = (160, 40)
) -> AsyncIterator[tuple[Pilot[int], Browser]]:
    """The program with live mode on, once the experiments are there."""

    def opener(uri: str, cancel: Event) -> Store:
        return store

    app = FlowdeckApp("counted://", "test store", Config(interval=interval), opener=opener)
    async with app.run_test(size=size) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("R")
        assert screen.is_live
        yield pilot, screen


async def see(pilot: Pilot[int], text: str) -> None:
    await wait_for(pilot, lambda: text in screen_text(pilot.app), text)


async def open_experiment(pilot: Pilot[int], screen: Browser, name: str = RESNET) -> None:
    table = screen.experiments.table
    place = next(i for i in range(len(table.rows)) if any(c.text == name for c in table.rows.cells(i) or ()))
    table.cursor = place
    await pilot.press("enter")
    await wait_for(pilot, lambda: screen.runs.answered and not screen.busy, "runs")


async def open_run(pilot: Pilot[int], screen: Browser, run_id: str) -> None:
    table = screen.runs.table
    await wait_for(pilot, lambda: table.rows.find(run_id) is not None, "the run in the list")
    table.cursor = table.rows.find(run_id) or 0
    await pilot.press("enter")
    await wait_for(
        pilot,
        lambda: screen.run_pane.run_shown is not None and screen.run_pane.summaries and not screen.busy,
        "the run and its metrics",
    )


async def looks(pilot: Pilot[int], store: CountingStore, number: int = 2) -> None:
    """Waits for so many more looks to have ended."""
    seen = store.names().count("experiment_stats")
    await wait_for(pilot, lambda: store.names().count("experiment_stats") > seen + number, f"{number} looks")


def counted(database: Path) -> CountingStore:
    return CountingStore(open_store(str(database)))


async def test_a_new_run_appears_and_the_cursor_stays_on_its_run(database: Path, trainer: Trainer) -> None:
    async with living(counted(database)) as (pilot, screen):
        await open_experiment(pilot, screen)
        table = screen.runs.table
        await pilot.press("down", "down")
        key, before = table.key, len(table.rows)
        trainer.start(trainer.experiment(RESNET), "begun-just-now")
        await see(pilot, "begun-just-now")
        assert len(table.rows) == before + 1
        assert table.key == key
        assert table.rows.key(table.cursor) == key
        assert f"{before + 1} runs" in screen_text(pilot.app)


async def test_rows_do_not_move_under_the_eyes_of_whoever_scrolled(database: Path, trainer: Trainer) -> None:
    store = counted(database)
    async with living(store, size=(160, 24)) as (pilot, screen):
        await open_experiment(pilot, screen, "churn-xgboost")
        table = screen.runs.table
        await pilot.press("G")
        await wait_for(pilot, lambda: not screen.busy and table.on_screen.start > 0, "the end of the list")
        await pilot.press("up", "up", "right")
        top, columns, total = table.rows.key(table.on_screen.start), table.columns_on_screen, len(table.rows)
        key = table.key
        trainer.start(trainer.experiment("churn-xgboost"), "above-all-others")
        await wait_for(pilot, lambda: len(table.rows) == total + 1, "the new run in the list")
        assert table.rows.key(table.on_screen.start) == top
        assert (table.key, table.columns_on_screen) == (key, columns)


@pytest.mark.long
async def test_only_running_rows_are_read_and_show_what_they_log(database: Path, trainer: Trainer) -> None:
    store = counted(database)
    run_id = trainer.start(trainer.experiment(RESNET), "training")
    trainer.log(run_id, "train/loss", 9.25, 1)
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        await see(pilot, "9.25")
        running = {
            item.run_id
            for item in store.inner.runs(list(screen.runs.ids), RunParts.ATTRIBUTES)
            if item.status in ("RUNNING", "SCHEDULED")
        }
        await looks(pilot, store)
        store.calls.clear()
        trainer.log(run_id, "train/loss", 8.125, 2)
        await see(pilot, "8.125")
        await looks(pilot, store)
        read = {run_id for call in store.calls if call.name == "runs" for run_id in call.arguments[0]}  # type: ignore[attr-defined]
        assert run_id in read
        assert read == running
        assert set(store.names()) <= {"experiment_stats", "experiments", "runs"}


async def test_a_run_that_ends_is_shown_as_ended(database: Path, trainer: Trainer) -> None:
    run_id = trainer.start(trainer.experiment(RESNET), "about-to-end")
    async with living(counted(database)) as (pilot, screen):
        await open_experiment(pilot, screen)
        row = screen.runs.table.rows.find(run_id)
        assert row is not None
        trainer.end(run_id, "FAILED")
        await wait_for(
            pilot, lambda: "FAILED" in [c.text for c in screen.runs.table.rows.cells(row) or ()], "the row says so"
        )


async def test_metrics_that_a_run_logs_first_get_their_columns(database: Path, trainer: Trainer) -> None:
    run_id = trainer.start(trainer.new_experiment("just-begun"), "no-metrics-yet")
    async with living(counted(database)) as (pilot, screen):
        await open_experiment(pilot, screen, "just-begun")
        assert "brand/new" not in screen_text(pilot.app)
        trainer.log(run_id, "brand/new", 0.75, 1)
        await see(pilot, "brand/new")


async def test_what_runs_are_filtered_and_sorted_by_is_followed(database: Path, trainer: Trainer) -> None:
    experiment = trainer.experiment(RESNET)
    first, second = trainer.start(experiment, "first-live"), trainer.start(experiment, "second-live")
    trainer.log(first, "score", 1.0, 1)
    trainer.log(second, "score", 2.0, 1)
    async with living(counted(database)) as (pilot, screen):
        await open_experiment(pilot, screen)
        screen.runs._ask(filter="metrics.score > 0", order=(SortKey(RunColumn("metrics", "score"), False),))
        await wait_for(pilot, lambda: list(screen.runs.ids) == [second, first], "sorted")
        trainer.log(first, "score", 3.0, 2)
        await wait_for(pilot, lambda: list(screen.runs.ids) == [first, second], "sorted otherwise")
        third = trainer.start(experiment, "third-live")
        trainer.log(third, "score", 2.5, 1)
        await wait_for(pilot, lambda: list(screen.runs.ids) == [first, third, second], "the third run")
        assert screen.runs.view is not None
        assert screen.runs.view.filter == "metrics.score > 0"


async def test_of_an_open_run_only_new_points_are_read(database: Path, trainer: Trainer) -> None:
    store = counted(database)
    run_id = trainer.start(trainer.experiment(RESNET), "training", at=now() - 600_000)
    for step in range(300):
        trainer.log(run_id, "train/loss", 2.0 - step / 300, step, at=now() - 600_000 + 1000 * step)
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        await open_run(pilot, screen, run_id)
        pane = screen.run_pane
        await wait_for(pilot, lambda: "train/loss" in pane.curves, "a sparkline")
        store.calls.clear()
        for step, value in ((300, math.nan), (301, -7.5), (302, 0.25)):
            trainer.log(run_id, "train/loss", value, step)
            await wait_for(pilot, lambda step=step: pane.summaries["train/loss"].last_step == step, f"step {step}")
        assert {"metric_summaries", "curve"}.isdisjoint(store.names())
        histories = [call.arguments for call in store.calls if call.name == "history"]
        assert histories
        assert all(since is not None for _, _, since in histories)
        (whole,) = [item for item in store.inner.metric_summaries(run_id) if item.key == "train/loss"]
        assert repr(pane.summaries["train/loss"]) == repr(whole)
        assert pane.curves["train/loss"].count == 303
        assert min(bucket.minimum for bucket in pane.curves["train/loss"].buckets if bucket.finite) == -7.5
        # A metric that is new is read whole.
        trainer.log(run_id, "val/loss", 0.5, 302)
        await see(pilot, "val/loss")
        assert pane.table.key is not None


@pytest.mark.parametrize("axis", [Axis.STEP, Axis.RELATIVE, Axis.WALL])
async def test_the_chart_on_screen_grows(database: Path, trainer: Trainer, axis: Axis) -> None:
    store = counted(database)
    run_id = trainer.start(trainer.experiment(RESNET), "training", at=now() - 60_000)
    for step in range(40):
        trainer.log(run_id, "train/loss", 2.0 - step / 40, step, at=now() - 60_000 + 1000 * step)
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        await open_run(pilot, screen, run_id)
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.chart.notes, "a chart")
        for _ in range([Axis.STEP, Axis.RELATIVE, Axis.WALL].index(axis)):
            await pilot.press("a")
        await wait_for(
            pilot, lambda: screen.chart.curve[0] is not None and screen.chart.curve[0].axis is axis, "the axis"
        )
        await wait_for(pilot, lambda: not screen.busy, "drawn")
        store.calls.clear()
        for step in (40, 41):
            trainer.log(run_id, "train/loss", 12.5, step)
            await wait_for(pilot, lambda step=step: f"{step + 1} points" in screen.chart.notes, f"{step + 1} points")
        assert "curve" not in store.names()
        assert "max 12.5" in screen_text(pilot.app)


@pytest.mark.long
async def test_a_run_that_ends_is_read_once_more_and_then_left_alone(database: Path, trainer: Trainer) -> None:
    store = counted(database)
    run_id = trainer.start(trainer.experiment(RESNET), "about-to-end")
    trainer.log(run_id, "train/loss", 1.0, 1)
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        await open_run(pilot, screen, run_id)
        store.calls.clear()
        trainer.log(run_id, "train/loss", 2.0, 2)
        trainer.end(run_id)
        await see(pilot, "about-to-end · ✓ FINISHED")
        await wait_for(pilot, lambda: not screen.busy, "the last reading")
        assert screen.run_pane.summaries["train/loss"].count == 2
        await looks(pilot, store, 3)
        assert store.names().count("metric_summaries") == 1
        last = len(store.names()) - store.names()[::-1].index("metric_summaries")
        assert "history" not in store.names()[last:]


async def test_find_as_you_type_and_the_tab_stay(database: Path, trainer: Trainer) -> None:
    run_id = trainer.start(trainer.experiment(RESNET), "training")
    for key in ("train/loss", "val/loss", "lr"):
        trainer.log(run_id, key, 1.0, 1)
    async with living(counted(database)) as (pilot, screen):
        await open_experiment(pilot, screen)
        await open_run(pilot, screen, run_id)
        await pilot.press("slash", *"loss", "enter", "down")
        pane = screen.run_pane
        assert (len(pane.table.rows), pane.table.key) == (2, "val/loss")
        trainer.log(run_id, "val/loss", 0.5, 2)
        trainer.log(run_id, "a/first/metric", 0.5, 2)
        await wait_for(pilot, lambda: "a/first/metric" in pane.summaries, "the new metric")
        assert (len(pane.table.rows), pane.table.key, pane.wanted) == (2, "val/loss", "loss")


@pytest.mark.long
async def test_a_quiet_store_is_asked_ever_more_rarely(database: Path) -> None:
    store = counted(database)
    async with living(store, interval=0.1) as (pilot, screen):
        await open_experiment(pilot, screen)
        store.calls.clear()
        await looks(pilot, store, 5)
        times = [call.at for call in store.calls if call.name == "experiment_stats"]
        gaps = [later - sooner for sooner, later in pairwise(times)]
        assert min(gaps) >= 0.1
        assert screen._pace.factor > 5
        assert set(store.names()) <= {"experiment_stats", "experiments", "runs"}


async def test_a_new_experiment_appears_in_the_list(database: Path, trainer: Trainer) -> None:
    async with living(counted(database)) as (pilot, screen):
        chosen = screen.experiments.table.key
        trainer.new_experiment("an-experiment-without-runs")
        await see(pilot, "an-experiment-without-runs")
        trainer.start(trainer.new_experiment("an-experiment-with-a-run"), "first")
        await see(pilot, "an-experiment-with-a-run")
        assert screen.experiments.table.key == chosen


@pytest.mark.long
async def test_one_look_at_a_time_though_the_store_is_slow(database: Path) -> None:
    store = counted(database)
    under_way: list[int] = []
    most: list[int] = []
    real = store.inner.experiment_stats

    class Slow(CountingStore):
        def experiment_stats(self, cancel: Event | None = None):  # type: ignore[no-untyped-def]
            under_way.append(1)
            most.append(len(under_way))
            time.sleep(0.2)
            under_way.pop()
            return real(cancel)

    async with living(Slow(store.inner), interval=0.01) as (pilot, _):
        await wait_for(pilot, lambda: len(most) > 3, "looks")
    assert max(most) == 1


@pytest.mark.long
async def test_an_error_is_told_once_and_goes_away_by_itself(database: Path, trainer: Trainer) -> None:
    down = [False]
    store = CountingStore(
        open_store(str(database)),
        fails=lambda call: StoreUnreachable("the server at db-1 does not answer", "start it") if down[0] else None,
    )
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        bar = screen.query_one(ErrorBar)
        down[0] = True
        await see(pilot, "the server at db-1 does not answer")
        assert "live: retrying in" in screen_text(pilot.app)
        assert "live, retrying" in screen_text(pilot.app)
        assert len(screen.runs.table.rows) > 0
        await pilot.press("escape")
        assert not bar.shown
        await looks(pilot, store, 2)
        assert not bar.shown
        down[0] = False
        trainer.start(trainer.experiment(RESNET), "after-the-outage")
        await see(pilot, "after-the-outage")
        down[0] = True
        await wait_for(pilot, lambda: bar.shown, "another outage is told again")
        down[0] = False
        await wait_for(pilot, lambda: not bar.shown, "the bar goes away")
        await wait_for(pilot, lambda: "retrying" not in screen_text(pilot.app), "nothing is painted of it any more")


async def test_reading_again_by_hand_ends_the_waiting_for_a_store_that_was_down(database: Path) -> None:
    down = [False]
    store = CountingStore(
        open_store(str(database)), fails=lambda call: StoreUnreachable("db-1 does not answer") if down[0] else None
    )
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        await wait_for(pilot, lambda: not screen._session.is_running("live"), "the end of a look")
        # As after many looks that failed.
        screen._pace = Pace(60.0)
        down[0] = True
        await see(pilot, "; r tries now")
        down[0] = False
        await pilot.press("r")
        await wait_for(pilot, lambda: "retrying" not in screen_text(pilot.app), "it is back")


async def test_cancelling_ends_no_look_and_an_idle_program_quits(database: Path) -> None:
    store = counted(database)
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        assert not await screen.cancel_reading()
        await looks(pilot, store)
        assert screen.is_live


async def test_it_is_slow_while_the_terminal_has_lost_the_focus(database: Path) -> None:
    store = counted(database)
    async with living(store, interval=0.05) as (pilot, screen):
        pilot.app.post_message(events.AppBlur())
        await wait_for(pilot, lambda: not screen._pace.seen, "the focus is lost")
        wait = screen._pace.wait
        assert wait is not None
        assert wait >= 6 * 0.05
        pilot.app.post_message(events.AppFocus())
        await wait_for(pilot, lambda: screen._pace.seen, "the focus is back")
        await looks(pilot, store, 1)


async def test_whoever_comes_back_late_sees_what_is_new_at_once(database: Path) -> None:
    store = counted(database)
    async with living(store, interval=60.0) as (pilot, screen):
        await wait_for(pilot, lambda: not screen._session.is_running("live"), "the first look")
        pilot.app.post_message(events.AppBlur())
        await wait_for(pilot, lambda: not screen._pace.seen, "the focus is lost")
        screen._looked_at -= 3600
        store.calls.clear()
        pilot.app.post_message(events.AppFocus())
        await wait_for(pilot, lambda: "experiment_stats" in store.names(), "a look")


async def test_switching_it_off_ends_it(database: Path, trainer: Trainer) -> None:
    store = counted(database)
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        await see(pilot, "live, updated")
        await pilot.press("R")
        assert not screen.is_live
        await see(pilot, "as of")
        await wait_for(pilot, lambda: not screen._session.is_running("live"), "the last look")
        store.calls.clear()
        await pilot.pause(0.5)
        assert store.calls == []


async def test_no_interval_means_no_live_mode(database: Path) -> None:
    app = FlowdeckApp(str(database), "test store", Config(interval=0))
    async with app.run_test(notifications=True) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None, "experiments")
        await pilot.press("R")
        assert not screen.is_live
        await see(pilot, "interval = 0")


async def test_a_store_that_cannot_count_is_watched_by_its_newest_runs() -> None:
    store = FakeStore([run(2), run(1)], stats={})
    store.info = replace(store.info, counts_runs=False)
    async with living(store) as (pilot, screen):
        await pilot.press("down", "enter")
        await see(pilot, "run-2")
        store.all_runs = [run(3), run(2), run(1)]
        await see(pilot, "run-3")
        assert screen.runs.table.key == run(2).run_id


async def test_what_is_logged_first_to_an_empty_store_appears() -> None:
    store = FakeStore((), (), {})
    app = FlowdeckApp("fake://", "test store", Config(interval=QUICK), opener=lambda uri, cancel: store)
    async with app.run_test(size=(100, 30)) as pilot:
        await see(pilot, "this store has no experiments yet")
        await pilot.press("R")
        store.all_experiments = (Experiment("1", "the-very-first", "s3://bucket", "active"),)
        await see(pilot, "the-very-first")


def silent_ago(minutes: float) -> int:
    return now() - int(minutes * 60_000)


async def test_a_run_that_logs_nothing_any_more_gets_a_badge(database: Path, trainer: Trainer) -> None:
    run_id = trainer.start(trainer.experiment(RESNET), "gone-silent", at=silent_ago(400))
    for step in range(1, 11):
        trainer.log(run_id, "train/loss", 1.0, step, at=silent_ago(400 - step))
    alive = trainer.start(trainer.experiment(RESNET), "still-alive", at=silent_ago(10))
    trainer.log(alive, "train/loss", 1.0, 10, at=silent_ago(0))
    store = counted(database)
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        rows = screen.runs.table.rows

        def status(key: str) -> str:
            found = rows.cells(rows.find(key) or 0)
            assert found is not None
            return found[2].text

        assert status(run_id) == "silent 6 h"
        assert status(alive) == "RUNNING"
        await open_run(pilot, screen, run_id)
        assert "gone-silent · ● RUNNING · silent 6 h" in screen_text(pilot.app)
        trainer.log(run_id, "train/loss", 1.0, 11)
        await wait_for(pilot, lambda: "silent 6 h" not in screen_text(pilot.app).replace(RESNET, ""), "it is alive")


def test_the_helper_counts_what_it_passes_on(database: Path) -> None:
    store = counted(database)
    made: list[Callable[[], object]] = [store.experiment_stats, lambda: store.matching_run_ids("a", 1)]
    for call in made:
        call()
    assert store.names() == ["experiment_stats", "matching_run_ids"]


@pytest.mark.long
async def test_groups_follow_what_their_runs_log(database: Path, trainer: Trainer) -> None:
    store = counted(database)
    async with living(store) as (pilot, screen):
        await open_experiment(pilot, screen)
        screen.runs.group_by(((GroupKey(KeyKind.PARAM, "optimizer"),),))
        await wait_for(pilot, lambda: screen.panes.groups.group is not None and not screen.busy, "groups")

        def grouped() -> int:
            rows = screen.panes.groups.table.rows
            return sum(int((rows.cells(index) or ())[1].text) for index in range(len(rows)))

        before = grouped()
        run_id = trainer.start(trainer.experiment(RESNET), "begun-just-now")
        await wait_for(pilot, lambda: grouped() == before + 1, "a group has one run more")

        def summed_up() -> int:
            grouping = screen.panes.groups.grouping
            assert grouping is not None
            place = [column.key for column in grouping.metrics].index("val/acc")
            return sum(group.spreads[place].n for group in grouping.groups)

        known = summed_up()
        trainer.log(run_id, "val/acc", 0.5, 7)
        await wait_for(pilot, lambda: summed_up() == known + 1, "its value counts")
        trainer.end(run_id)
        await wait_for(pilot, lambda: not screen.busy, "rest")
        # Where nothing changes nothing is grouped again.
        await looks(pilot, store, 3)
        settled = screen.panes.groups.grouping
        await looks(pilot, store, 3)
        assert screen.panes.groups.grouping is settled


@pytest.mark.long
async def test_what_could_not_be_read_is_read_when_the_store_is_back(database: Path) -> None:
    down = [False]
    store = CountingStore(
        open_store(str(database)), fails=lambda call: StoreUnreachable("db-1 does not answer") if down[0] else None
    )
    async with living(store) as (pilot, screen):
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) > 1, "the experiments")
        down[0] = True
        await pilot.press("A")
        await see(pilot, "the runs were not read")
        await see(pilot, "live, retrying")
        down[0] = False
        await wait_for(pilot, lambda: len(screen.runs.table.rows) > 0, "the runs, without a key")
        await wait_for(pilot, lambda: not screen.query_one(ErrorBar).shown, "nothing is told any more")


async def test_a_store_that_was_never_open_is_opened_when_it_is_there(database: Path) -> None:
    down = [True]

    def opener(uri: str, cancel: Event) -> Store:
        if down[0]:
            raise StoreUnreachable("nothing listens there")
        return open_store(str(database))

    app = FlowdeckApp("fake://", "test store", Config(interval=0.05), opener=opener)
    async with app.run_test(size=(110, 30)) as pilot:
        screen = app.screen
        assert isinstance(screen, Browser)
        await see(pilot, "nothing listens there")
        await pilot.press("R")
        await see(pilot, "live, retrying")
        down[0] = False
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) > 1, "the experiments, without a key")
        await wait_for(pilot, lambda: not screen.query_one(ErrorBar).shown, "nothing is told any more")
