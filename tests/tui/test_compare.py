"""Marked runs side by side in the program."""

from __future__ import annotations

from textual.pilot import Pilot

from store.entities import Metric
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, run, shown
from tests.tui.test_marks import ids, to_runs
from tui.screens.browser import Browser
from tui.screens.modals.compare import CompareScreen

STORE = FakeStore(
    [
        run(number, metrics={"loss": Metric("loss", value, 1, 1)}, params={"lr": str(number), "seed": "7"})
        for number, value in enumerate((0.5, 0.25, 1.0))
    ]
)


async def comparing(pilot: Pilot[int], marks: int) -> tuple[Browser, CompareScreen]:
    screen = await to_runs(pilot)
    await pilot.press(*["space"] * marks, "c")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")
    await pilot.pause()
    compared = pilot.app.screen
    assert isinstance(compared, CompareScreen)
    return screen, compared


def line(pilot: Pilot[int], key: str) -> str:
    return next(text for text in screen_text(pilot.app).splitlines() if key in text)


async def test_marked_runs_are_shown_with_what_differs_and_what_is_better() -> None:
    async with shown(STORE, size=(140, 30)) as pilot:
        _, compared = await comparing(pilot, 3)
        assert [one.run_id for one in compared.comparison.runs] == list(ids(0, 1, 2))
        assert "-0.25 (-50%) better" in line(pilot, "metrics.loss")
        assert "+0.5 (+100%) worse" in line(pilot, "metrics.loss")
        assert "params.seed" not in screen_text(pilot.app)
        await pilot.press("x")
        assert "params.seed" in screen_text(pilot.app)
        await pilot.press("x")
        assert "params.seed" not in screen_text(pilot.app)


async def test_another_run_becomes_the_baseline_and_is_gone_to() -> None:
    async with shown(STORE, size=(140, 30)) as pilot:
        screen, compared = await comparing(pilot, 3)
        await pilot.press("n", "B")
        assert compared.comparison.baseline == 2
        assert "-0.5 (-50%) better" in line(pilot, "metrics.loss")
        await pilot.press("enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen and screen.level == 2, "the run")
        await wait_for(pilot, lambda: screen.run_pane.run_shown is not None, "it was read")
        assert screen.run_pane.run_shown is not None
        assert screen.run_pane.run_shown.run_id == ids(2)[0]


async def test_keys_are_found_as_one_types_and_esc_goes_back_by_layers() -> None:
    async with shown(STORE, size=(80, 24)) as pilot:
        screen, compared = await comparing(pilot, 2)
        await pilot.press("slash", *"LOSS")
        assert "metrics.loss" in screen_text(pilot.app)
        assert "params.lr" not in screen_text(pilot.app)
        await pilot.press("escape")
        assert pilot.app.screen is compared
        assert "params.lr" in screen_text(pilot.app)
        await pilot.press("escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs")
        assert screen.runs.marks == ids(0, 1)


async def test_it_is_said_how_many_runs_can_be_compared() -> None:
    async with shown(STORE, size=(120, 30)) as pilot:
        await to_runs(pilot)
        await pilot.press("space", "c")
        await wait_for(pilot, lambda: "1 run marked: Space marks from 2 to 50" in screen_text(pilot.app), "told")


async def test_what_the_user_said_of_a_metric_counts_more_than_its_name() -> None:
    async with shown(STORE, size=(140, 30)) as pilot:
        screen = await to_runs(pilot)
        screen.runs.directions = {"loss": True}
        await pilot.press("space", "space", "c")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")
        await pilot.pause()
        assert "-0.25 (-50%) worse" in line(pilot, "metrics.loss")
        await pilot.press("B")
        assert "+0.25 (+100%) better" in line(pilot, "metrics.loss")


async def test_marked_runs_that_are_gone_are_told() -> None:
    store = FakeStore(STORE.all_runs)
    async with shown(store, size=(140, 30)) as pilot:
        await to_runs(pilot)
        await pilot.press("space", "space", "space")
        store.all_runs = store.all_runs[:2]
        await pilot.press("c")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")
        await wait_for(pilot, lambda: "1 marked run not in the store any more" in screen_text(pilot.app), "told")
