"""Runs with thousands of metrics: only those that have a column are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Event

from store.entities import Metric, Run, RunParts
from store.protocols import RunKeys
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, run, shown
from tests.tui.test_browser import browser
from tui.reading import FIRST_RUNS, SAMPLE, WIDE
from tui.view.run_columns import RunColumn

METRICS = 10_000
KEYS = [f"layer/{number:05d}" for number in range(METRICS)]


def wide(number: int, status: str = "FINISHED") -> Run:
    metrics = {key: Metric(key, float(number), 1, 1) for key in (*KEYS[: WIDE + 1], KEYS[-1])}
    return run(number, status=status, metrics=metrics)


@dataclass
class WideStore(FakeStore):
    """Counts the metrics that were read of each run."""

    metrics_read: dict[str, int] = field(default_factory=dict)

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        found = super().runs(run_ids, parts, cancel)
        if keys is not None:
            wanted = keys[RunParts.METRICS]
            found = [
                replace(one, metrics={key: value for key, value in one.metrics.items() if key in wanted})
                for one in found
            ]
        for one in found:
            self.metrics_read[one.run_id] = max(self.metrics_read.get(one.run_id, 0), len(one.metrics))
        return found


async def test_of_wide_runs_only_what_has_a_column_is_read_but_all_of_those_that_are_running() -> None:
    running = FIRST_RUNS - 1
    store = WideStore([wide(number, "RUNNING" if number == running else "FINISHED") for number in range(200)])
    async with shown(store, size=(120, 30)) as pilot:
        screen = browser(pilot)
        await pilot.press("A")
        await wait_for(pilot, lambda: screen.panes.prepared and screen.runs.settled, "the runs")
        await pilot.press("end")
        await wait_for(pilot, lambda: "run-199 " in screen_text(pilot.app), "the last row")
        whole = {run_id for run_id, count in store.metrics_read.items() if count > WIDE}
        assert whole == {f"{number:032x}" for number in (*range(SAMPLE), running)}
        assert max(count for run_id, count in store.metrics_read.items() if run_id not in whole) <= 8


async def test_a_column_that_was_not_read_is_read_before_anything_is_said_of_it() -> None:
    store = WideStore([wide(number) for number in range(60)])
    async with shown(store, size=(160, 30)) as pilot:
        screen = browser(pilot)
        await pilot.press("A")
        await wait_for(pilot, lambda: screen.panes.prepared and screen.runs.settled, "the runs")
        assert screen.runs.keys is not None
        assert KEYS[-1] not in screen.runs.keys[RunParts.METRICS]
        screen.runs.sort_by(RunColumn("metrics", KEYS[-1]))
        await wait_for(pilot, lambda: f"{KEYS[-1]} ↓" in screen_text(pilot.app), "the column")
        await wait_for(pilot, lambda: "…" not in [line[1] for line in screen_text(pilot.app).splitlines()], "its rows")
        place = next(i for i, column in enumerate(screen.runs.table.rows.columns) if KEYS[-1] in column.title)
        for number in screen.runs.table.on_screen:
            cells = screen.runs.table.rows.cells(number)
            assert cells is not None
            assert cells[place].text == str(number)


async def test_runs_that_are_not_wide_are_read_whole() -> None:
    store = WideStore([run(number) for number in range(200)])
    async with shown(store, size=(120, 30)) as pilot:
        screen = browser(pilot)
        await pilot.press("A")
        await wait_for(pilot, lambda: screen.panes.prepared and screen.runs.settled, "the runs")
        assert screen.runs.keys is None
