"""Marks: single runs, ranges, all of a list; they stay whatever the list shows."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from store.entities import Experiment
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, run, shown
from tests.tui.test_browser import browser
from tui.screens.browser import Browser
from tui.view.glyphs import GLYPHS
from tui.widgets import marking_pane


async def to_runs(pilot: Pilot[int]) -> Browser:
    screen = browser(pilot)
    await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
    await pilot.press("A")
    await wait_for(pilot, lambda: len(screen.runs.table.rows) > 0 and not screen.busy, "runs")
    return screen


def ids(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{number:032x}" for number in numbers)


async def test_a_mark_is_set_and_taken_away_and_leads_on() -> None:
    async with shown(FakeStore([run(number) for number in range(5)]), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        assert screen.runs.targets() == ids(0)
        await pilot.press("space", "space")
        assert screen.runs.marks == ids(0, 1)
        assert screen.runs.table.cursor == 2
        assert "2 marked" in screen_text(pilot.app)
        lines = screen_text(pilot.app).splitlines()
        assert [line for line in lines if GLYPHS.mark in line] == [
            line for line in lines if "run-0" in line or "run-1" in line
        ]
        await pilot.press("up", "space")
        assert screen.runs.marks == screen.runs.targets() == ids(0)
        await pilot.press("M")
        assert screen.runs.marks == ()
        assert "marked" not in screen_text(pilot.app)


async def test_a_range_goes_from_the_last_mark_to_the_cursor_in_both_directions() -> None:
    async with shown(FakeStore([run(number) for number in range(9)]), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await pilot.press("v")
        await wait_for(pilot, lambda: "mark a run of this list first" in screen_text(pilot.app), "what is missing")
        await pilot.press("down", "space", "down", "v")
        assert screen.runs.marks == ids(1, 2, 3)
        await pilot.press("home", "v")
        assert set(screen.runs.marks) == set(ids(0, 1, 2, 3))


async def test_all_of_a_list_are_marked_also_those_that_were_never_read_and_then_none() -> None:
    async with shown(FakeStore([run(number) for number in range(700)]), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: screen.runs.settled, "all ids")
        await pilot.press("ctrl+a")
        assert len(screen.runs.marks) == 700
        assert "700 marked" in screen_text(pilot.app)
        await pilot.press("ctrl+a")
        assert screen.runs.marks == ()


async def test_marks_stay_when_the_list_is_another_one() -> None:
    store = FakeStore([run(number) for number in range(3)], [Experiment("1", "iris", "x", "active")])
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await pilot.press("space", "S", "r")
        await wait_for(pilot, lambda: not screen.busy, "read again")
        assert screen.runs.marks == ids(0)
        store.all_runs = [run(number) for number in range(1, 3)]
        await pilot.press("r")
        await wait_for(pilot, lambda: "1 marked, 1 of them not here" in screen_text(pilot.app), "it is elsewhere")
        await pilot.press("1", "enter")
        await wait_for(pilot, lambda: screen.level == 1 and not screen.busy, "the runs of the experiment")
        assert screen.runs.marks == ids(0)


async def test_too_many_marks_are_refused_and_nothing_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking_pane, "MOST_MARKS", 10)
    async with shown(FakeStore([run(number) for number in range(11)]), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await pilot.press("ctrl+a")
        await wait_for(pilot, lambda: "11 runs cannot be marked at a time, 10 can" in screen_text(pilot.app), "told")
        assert screen.runs.marks == ()
