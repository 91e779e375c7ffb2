"""Stores that take long, know only a part, or read what is damaged: what is known is shown, and what is not is said."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from textual.pilot import Pilot

from store.entities import Experiment, ExperimentStats, Metric, MetricSummary, Point, StoreInfo
from store.errors import StoreBusy
from store.protocols import Headway
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, Gate, run, shown
from tests.tui.test_browser import browser
from tui.screens.browser import Browser
from tui.view.glyphs import UNICODE


async def to_runs(pilot: Pilot[int]) -> Browser:
    screen = browser(pilot)
    await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
    await pilot.press("enter")
    return screen


async def see(pilot: Pilot[int], text: str) -> None:
    await wait_for(pilot, lambda: text in screen_text(pilot.app), text)


async def until_reached(pilot: Pilot[int], gate: Gate) -> None:
    await wait_for(pilot, gate.reached.is_set, "the store came to the gate")


async def test_a_long_reading_tells_how_far_it_is_and_shows_rows_as_they_come() -> None:
    runs = [run(number) for number in range(5)]
    ids = [item.run_id for item in runs]
    first, second, third = Gate(), Gate(), Gate()
    store = FakeStore(
        runs,
        steps=[
            (Headway("runs", 0, None), first),
            (Headway("runs", 12_340, 20_000), second),
            (Headway("runs", 15_000, 20_000, (ids[3], ids[1])), third),
        ],
    )
    async with shown(store) as pilot:
        screen = await to_runs(pilot)
        await until_reached(pilot, first)
        await see(pilot, "reading runs: 0")
        first.open()
        await see(pilot, "reading runs: 12 340 of 20 000")
        second.open()
        await see(pilot, "run-3")
        assert "reading runs: 15 000 of 20 000" in screen_text(pilot.app)
        assert [screen.runs.table.rows.key(index) for index in range(2)] == [ids[3], ids[1]]
        await pilot.press("down")
        assert screen.runs.table.key == ids[1]
        third.open()
        await wait_for(pilot, lambda: len(screen.runs.table.rows) == 5, "all of them")
        # The cursor stayed on its run.
        assert screen.runs.table.key == ids[1]
        assert "reading runs" not in screen_text(pilot.app)
        assert "5 runs" in screen_text(pilot.app)


async def test_earlier_rows_stay_while_others_are_looked_for() -> None:
    gate = Gate()
    store = FakeStore([run(1), run(2)])
    async with shown(store) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: len(screen.runs.table.rows) == 2 and not screen.busy, "runs")
        store.steps = [(Headway("runs", 7, 9, (run(9).run_id,)), gate)]
        await pilot.press("S")
        await see(pilot, "reading runs: 7 of 9")
        assert len(screen.runs.table.rows) == 2
        await pilot.press("ctrl+c")
        await wait_for(pilot, lambda: not screen.busy, "cancelled")
        assert "reading runs" not in screen_text(pilot.app)
        assert "2 runs" in screen_text(pilot.app)


async def test_how_runs_were_found_is_said_below_them_and_only_then() -> None:
    store = FakeStore([run(1)], notes=("filtered here: 2 000 runs were read", "sorted here \x1b[2J"))
    async with shown(store) as pilot:
        screen = await to_runs(pilot)
        await see(pilot, "filtered here: 2 000 runs were read")
        assert "sorted here ␛[2J" in screen_text(pilot.app)
        lines = screen_text(pilot.app).splitlines()
        assert "filtered here" in lines[-3]
        store.notes = ()
        await pilot.press("r")
        await wait_for(pilot, lambda: "filtered here" not in screen_text(pilot.app), "no notes")
        assert not screen.busy or screen.runs.answered


async def test_what_could_not_be_read_is_marked_in_lists_and_told_on_top_of_the_run() -> None:
    damaged = run(2, problems=("params/lr: no text", "metrics/loss: line 3 is cut"))
    odd = Experiment("1", "iris", None, "active", problems=("meta.yaml: half of it",))
    async with shown(FakeStore([run(1), damaged], [odd]), size=(120, 30)) as pilot:
        screen = browser(pilot)
        await see(pilot, f"{UNICODE.problem} iris")
        await to_runs(pilot)
        await see(pilot, f"{UNICODE.problem} run-2")
        assert f"{UNICODE.problem} run-1" not in screen_text(pilot.app)
        await pilot.press("down", "enter")
        await see(pilot, "! params/lr: no text · ! metrics/loss: line 3 is cut")
        await pilot.press("escape", "up", "enter")
        await wait_for(pilot, lambda: "run-1 ·" in screen_text(pilot.app), "the run that is whole")
        await wait_for(pilot, lambda: "params/lr" not in screen_text(pilot.app), "no problems")
        assert screen.run_pane.run_shown is not None


async def test_experiments_are_shown_before_their_runs_are_counted() -> None:
    counting = Gate()
    experiments = [Experiment("1", "iris", None, "active"), Experiment("2", "digits", None, "active")]
    counts = {"2": ExperimentStats("2", 4321, 0, 1_700_000_000_000)}
    async with shown(FakeStore([run(1)], experiments, counts, counting=counting), size=(120, 30)) as pilot:
        screen = browser(pilot)
        await see(pilot, "digits")
        assert screen.busy
        table = screen.experiments.table
        assert [table.rows.cells(index)[1].text for index in range(3)] == ["-", "-", "-"]
        assert "0 runs" not in screen_text(pilot.app)
        assert "2 experiments" in screen_text(pilot.app)
        chosen = table.key
        counting.open()
        await see(pilot, "4321 runs")
        # Counted: the one with runs is first, an experiment without any has none, and the cursor stayed.
        assert [table.rows.key(index) for index in range(3)] == ["", "2", "1"]
        assert [table.rows.cells(index)[1].text for index in range(3)] == ["4321", "4321", "0"]
        assert table.key == chosen


async def test_a_store_that_cannot_count_shows_no_counts() -> None:
    async with shown(FakeStore([run(1)], stats={}), size=(120, 30)) as pilot:
        screen = browser(pilot)
        await see(pilot, "iris")
        await wait_for(pilot, lambda: not screen.busy, "read")
        assert screen.experiments.table.rows.cells(0)[1].text == "-"
        assert "1 experiment ·" in screen_text(pilot.app)
        assert "runs" not in screen_text(pilot.app).splitlines()[-2]


async def test_experiments_are_shown_though_counting_their_runs_fails() -> None:
    busy = StoreBusy("counting took too long")
    store = FakeStore([run(1)], fails=lambda call: busy if call == "experiment_stats" else None)
    async with shown(store) as pilot:
        await see(pilot, "counting took too long")
        await see(pilot, "iris")


async def test_figures_about_a_sample_say_so() -> None:
    latest = Metric("loss", 0.5, 1, 9)
    whole = MetricSummary("acc", replace(latest, key="acc"), 10, 0, 0, Point(1, 1, 0.25), Point(2, 2, 0.75), 0, 9, 0, 9)
    part = MetricSummary("loss", latest, 2500, 0, 0, Point(1, 1, 0.25), Point(2, 2, 0.75), 0, 9, 0, 9, sampled=True)
    measured = run(1, metrics={"loss": latest, "acc": replace(latest, key="acc")})
    store = FakeStore([measured], summaries=[whole, part])
    async with shown(store, size=(140, 30)) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: len(screen.runs.table.rows) == 1, "runs")
        await pilot.press("enter")
        await see(pilot, "~0.25")
        assert "2500 sampled" in screen_text(pilot.app)
        assert "the sample that the server gave" in screen_text(pilot.app)
        row = next(line for line in screen_text(pilot.app).splitlines() if "acc  " in line)
        assert "~" not in row
        await pilot.press("right_square_bracket")
        await wait_for(pilot, lambda: "the sample" not in screen_text(pilot.app), "params need no such note")


async def test_reading_again_notices_another_schema_and_keeps_the_new_store() -> None:
    old = FakeStore([run(1)])
    same = FakeStore([run(1)])
    upgraded = FakeStore([run(1), run(2)], info=StoreInfo("fake", "fake://", "MLflow 9.9", "bbbb"))
    # Opened three times: at the start, and by each `r`.
    async with shown(old, same, upgraded) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: len(screen.runs.table.rows) == 1 and not screen.busy, "runs")
        await pilot.press("r")
        await wait_for(pilot, lambda: same.closed and not screen.busy, "the same schema")
        assert not old.closed
        await pilot.press("r")
        await see(pilot, "MLflow 9.9")
        await wait_for(pilot, lambda: len(screen.runs.table.rows) == 2, "the runs of the new store")
        assert not upgraded.closed
    assert old.closed
    assert upgraded.closed


async def test_read_only_is_said_though_the_store_would_take_changes() -> None:
    writable = StoreInfo("fake", "fake://", "MLflow 3.17", "aaaa", read_only=False)
    for asked in (False, True):
        async with shown(FakeStore([run(1)], info=writable), size=(120, 30), read_only=asked) as pilot:
            await see(pilot, "as of")
            assert ("read-only" in screen_text(pilot.app)) is asked


async def test_a_quick_store_shows_its_experiments_once() -> None:
    """No second painting, and no row that moves, where counting takes no time."""
    store = FakeStore([run(1)])
    async with shown(store) as pilot:
        screen = browser(pilot)
        seen: list[str] = []
        await wait_for(pilot, lambda: screen.experiments.table.key is not None, "experiments")
        seen.append(screen.experiments.table.rows.cells(0)[1].text)
        await asyncio.sleep(0.4)
        await pilot.pause()
        seen.append(screen.experiments.table.rows.cells(0)[1].text)
        assert seen == ["3", "3"]
