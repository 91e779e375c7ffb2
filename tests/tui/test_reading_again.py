"""What could not be read says so, and is read when it is asked for again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

import pytest
from textual.pilot import Pilot

from store.entities import Run, RunParts
from store.errors import StoreUnreachable
from store.protocols import RunKeys
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, Gate, opened, run, shown
from tests.tui.test_browser import browser
from tui.screens.browser import Browser
from tui.widgets.error_bar import ErrorBar


@dataclass
class Failing(FakeStore):
    """Reads a run in full only while it is up."""

    down: bool = False

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        if parts is RunParts.ALL:
            self.counting.wait(cancel)
            if self.down:
                raise StoreUnreachable("it is down")
        return super().runs(run_ids, parts, cancel, keys)


async def see(pilot: Pilot[int], text: str) -> None:
    await wait_for(pilot, lambda: text in " ".join(screen_text(pilot.app).split()), text)


async def to_runs(pilot: Pilot[int]) -> Browser:
    screen = browser(pilot)
    await wait_for(pilot, lambda: screen.experiments.table.key and not screen.busy, "experiments")
    await pilot.press("down", "enter")
    return screen


@pytest.mark.parametrize("size", [(60, 20), (100, 30), (160, 45)])
async def test_a_run_that_could_not_be_read_is_read_when_the_store_is_back(size: tuple[int, int]) -> None:
    store = Failing([run(1), run(2)])
    async with shown(store, size=size) as pilot:
        screen = await to_runs(pilot)
        await see(pilot, "run-1")
        store.down = True
        await pilot.press("enter")
        await see(pilot, "the run was not read")
        await see(pilot, "r tries again")
        assert "reading the run …" not in screen_text(pilot.app)
        await pilot.press("r")
        await wait_for(pilot, lambda: screen.query_one(ErrorBar).shown and not screen.busy, "down still")
        await see(pilot, "the run was not read")
        store.down = False
        await pilot.press("r")
        await wait_for(pilot, lambda: screen.run_pane.run_shown is not None, "the run")
        assert screen.run_pane.run_shown.run_id == run(1).run_id
        await wait_for(pilot, lambda: "the run was not read" not in screen_text(pilot.app), "nothing is wrong any more")


async def test_a_run_whose_reading_was_cancelled_says_that_it_was_not_read() -> None:
    store = Failing([run(1)])
    async with shown(store) as pilot:
        screen = await to_runs(pilot)
        await see(pilot, "run-1")
        await wait_for(pilot, lambda: not screen.busy, "all read")
        store.counting = Gate()
        await pilot.press("enter")
        await see(pilot, "reading the run …")
        await pilot.press("ctrl+c")
        await see(pilot, "the run was not read r tries again")
        store.counting = opened()
        await pilot.press("r")
        await wait_for(pilot, lambda: screen.run_pane.run_shown is not None, "the run")


async def test_runs_that_could_not_be_read_are_read_when_the_store_is_back() -> None:
    down = True
    store = FakeStore(
        [run(1)], fails=lambda call: StoreUnreachable("it is down") if down and call == "run_ids" else None
    )
    async with shown(store) as pilot:
        screen = await to_runs(pilot)
        await see(pilot, "the runs were not read r tries again")
        down = False
        gate = Gate()
        real = store.run_ids

        def slow(*arguments: object) -> object:
            gate.wait(None)
            return real(*arguments)  # type: ignore[arg-type]  # passed on as they came

        store.run_ids = slow  # type: ignore[method-assign, assignment]  # as above
        await pilot.press("r")
        await see(pilot, "reading the runs …")
        gate.open()
        await see(pilot, "run-1")
        assert not screen.query_one(ErrorBar).shown
