"""A million runs: only what is seen is read, and every row is a key or two away."""

from __future__ import annotations

import gc
import re
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from threading import Event

from textual.pilot import Pilot
from textual.widgets import Input

from store.entities import Page, Run, RunParts
from store.ids import RunIds
from store.protocols import Progress, RunKeys, RunQuery
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, Gate, opened, run, shown
from tests.tui.test_browser import browser
from tui.app import FlowdeckApp
from tui.screens.browser import Browser
from tui.view.hits import Hits
from tui.widgets.runs_list import NEAR

COUNT = 1_000_000
FAR = 900_000


@cache
def every_id() -> RunIds:
    return RunIds(f"{number:032x}" for number in range(COUNT))


@dataclass
class Million(FakeStore):
    """Runs that are made when they are asked for: number 0 stands first."""

    rest: Gate = field(default_factory=opened)
    """Passed before the ids of all are told."""
    rows: Gate = field(default_factory=opened)
    """Passed before rows are read."""
    gone: set[int] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    """Ids of the rows that were read."""

    def run_ids(self, query: RunQuery, cancel: Event | None = None, progress: Progress | None = None) -> Page[str]:
        if name := re.search(r"ILIKE '%(.*)%'", query.filter):
            numbers = [int(digits) for digits in re.findall(r"^run-(\d+)$", name[1])]
            hits = [*numbers, *(10 * number for number in numbers)]
            return Page(RunIds(f"{number:032x}" for number in sorted(hits) if number < COUNT), False)
        if query.limit is not None:
            return Page(every_id()[: query.limit], True)
        self.rest.wait(cancel)
        return Page(every_id(), False)

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        self.asked += run_ids
        if len(self.asked) > len(every_id()[:100]):
            self.rows.wait(cancel)
        numbers = [int(run_id, 16) for run_id in run_ids]
        return [run(number) for number in numbers if number not in self.gone]


async def all_runs(pilot: Pilot[int], *, complete: bool = True) -> Browser:
    screen = browser(pilot)
    await pilot.press("A")
    await wait_for(pilot, lambda: screen.panes.prepared and screen.runs.answered, "the first runs")
    if complete:
        await wait_for(pilot, lambda: screen.runs.settled, "all runs")
    return screen


async def test_the_total_is_known_and_only_rows_near_the_screen_are_read() -> None:
    store = Million()
    async with shown(store, size=(120, 30)) as pilot:
        screen = await all_runs(pilot)
        assert "1 000 000 runs" in screen_text(pilot.app)
        await pilot.press("end")
        assert screen.runs.table.cursor == COUNT - 1
        await wait_for(pilot, lambda: f"run-{COUNT - 1}" in screen_text(pilot.app), "the last row")
        await pilot.press("home")
        assert screen.runs.table.cursor == 0
        await wait_for(pilot, lambda: "run-0 " in screen_text(pilot.app), "the first row")
        assert len(store.asked) <= 100 + 2 * (2 * NEAR + 30)


async def test_rows_that_are_not_read_yet_have_their_places() -> None:
    store = Million(rows=Gate())
    async with shown(store, size=(120, 30)) as pilot:
        screen = await all_runs(pilot)
        await pilot.press("end")
        await wait_for(pilot, store.rows.reached.is_set, "the rows are being read")
        await pilot.pause()
        assert "run-" not in screen_text(pilot.app)
        assert sum("…" in line[:4] for line in screen_text(pilot.app).splitlines()) >= 20
        # Nothing waits for them.
        await pilot.press("up", "up", "pageup", "j")
        assert screen.runs.table.cursor < COUNT - 20
        store.rows.open()
        await wait_for(pilot, lambda: f"run-{screen.runs.table.cursor} " in screen_text(pilot.app), "the rows")


async def test_a_number_or_a_share_leads_to_its_row() -> None:
    async with shown(Million(), size=(120, 30)) as pilot:
        screen = await all_runs(pilot)
        await pilot.press("number_sign", *"75%", "enter")
        await wait_for(pilot, lambda: screen.runs.table.cursor == 749_999, "three quarters down")
        await wait_for(pilot, lambda: "run-749999 " in screen_text(pilot.app), "its row")
        await pilot.press("number_sign", *"123456", "enter")
        await wait_for(pilot, lambda: "run-123455 " in screen_text(pilot.app), "the row with that number")
        assert screen.runs.table.has_focus
        await pilot.press("number_sign", *"75x", "enter")
        assert screen.runs.query_one(Input).value == "75x"
        await pilot.press("escape")
        assert screen.runs.table.cursor == 123_455
        assert screen.runs.table.has_focus


async def test_the_end_that_was_typed_ahead_is_the_end_of_all_runs() -> None:
    store = Million(rest=Gate())
    async with shown(store, size=(120, 30)) as pilot:
        screen = await all_runs(pilot, complete=False)
        assert "more than 100 runs" in screen_text(pilot.app)
        await pilot.press("end")
        assert screen.runs.table.cursor == 99
        store.rest.open()
        await wait_for(pilot, lambda: screen.runs.table.cursor == COUNT - 1, "the last of all")


async def test_a_cursor_that_was_moved_after_the_end_stays_where_it_is() -> None:
    store = Million(rest=Gate())
    async with shown(store, size=(120, 30)) as pilot:
        screen = await all_runs(pilot, complete=False)
        await pilot.press("end", "up")
        store.rest.open()
        await wait_for(pilot, lambda: screen.runs.settled, "all runs")
        assert screen.runs.table.cursor == 98


async def test_a_run_is_found_by_its_name_wherever_it_is() -> None:
    store = Million()
    async with shown(store, size=(160, 30)) as pilot:
        screen = await all_runs(pilot)
        await pilot.press("J", *"run-90000", "enter")
        await wait_for(pilot, lambda: screen.runs.table.cursor == 90_000, "the first hit")
        assert "1 of 2 with “run-90000”" in screen_text(pilot.app)
        assert "1 000 000 runs" in screen_text(pilot.app)
        await pilot.press("n")
        assert screen.runs.table.cursor == FAR
        await wait_for(pilot, lambda: f"run-{FAR} " in screen_text(pilot.app), "its row")
        await pilot.press("n")
        assert screen.runs.table.cursor == 90_000
        await pilot.press("N", "N", "j")
        assert screen.runs.table.cursor == 90_001
        assert "with “run-90000”" not in screen_text(pilot.app)
        assert len(store.asked) < 1_000


async def test_what_no_run_is_called_is_said_and_the_cursor_stays() -> None:
    async with shown(Million(), size=(120, 30)) as pilot:
        screen = await all_runs(pilot)
        await pilot.press("j", "J", *"[bold]", "enter")
        await wait_for(pilot, lambda: "no run of this list" in screen_text(pilot.app), "the notice")
        assert "[bold]" in screen_text(pilot.app)
        assert screen.runs.table.cursor == 1


async def test_a_search_waits_for_the_whole_list_and_keys_that_were_typed_ahead_count() -> None:
    store = Million(rest=Gate())
    async with shown(store, size=(120, 30)) as pilot:
        screen = await all_runs(pilot, complete=False)
        await pilot.press("J", *"run-90000", "enter", "n")
        assert screen.runs.table.cursor == 0
        store.rest.open()
        await wait_for(pilot, lambda: screen.runs.table.cursor == FAR, "the second hit")


async def test_rows_that_were_deleted_meanwhile_say_so() -> None:
    store = Million(gone=set(range(FAR, FAR + 10)))
    async with shown(store, size=(120, 30)) as pilot:
        await all_runs(pilot)
        await pilot.press("number_sign", *str(FAR + 20), "enter")
        await wait_for(pilot, lambda: "no longer in the store" in screen_text(pilot.app), "what is gone")
        assert screen_text(pilot.app).count("no longer in the store") == 10
        assert f"run-{FAR + 10} " in screen_text(pilot.app)


async def test_a_list_that_changes_leaves_the_cursor_on_its_run() -> None:
    async with shown(Million(), size=(120, 30)) as pilot:
        screen = await all_runs(pilot)
        await pilot.press("number_sign", *str(FAR), "enter")
        await wait_for(pilot, lambda: screen.runs.table.cursor == FAR - 1, "the row")
        key, known = screen.runs.table.key, screen.runs.ids
        newer = RunIds([f"{COUNT:032x}", *known[:1000], *known[1010:]])
        assert screen.runs.renew(known, Page(newer, False))
        assert screen.runs.table.key == key
        assert screen.runs.table.cursor == FAR - 1 + 1 - 10


async def test_nothing_is_kept_for_each_of_a_million_runs() -> None:
    every_id()
    async with shown(Million(), size=(120, 30)) as pilot:
        screen = await all_runs(pilot)
        # Once for all that is imported and cached on first use.
        await pilot.press("end", "home", "J", *"run-90000", "enter")
        await wait_for(pilot, lambda: screen.runs.table.cursor == 90_000, "the hit")
        tracemalloc.start()
        try:
            await pilot.press("home", "r")
            await wait_for(pilot, lambda: screen.runs.settled, "the runs again")
            await pilot.press("end", "pageup", "N")
            await wait_for(pilot, lambda: screen.runs.table.cursor == FAR, "the hit before it")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 5_000_000


async def test_runs_that_are_asked_for_before_the_store_is_open_come_when_it_is() -> None:
    for key in ("A", "enter"):
        gate, store = Gate(), Million()

        def opener(uri: str, cancel: Event, gate: Gate = gate, store: Million = store) -> Million:
            gate.wait(cancel)
            return store

        app = FlowdeckApp("fake://", "test store", opener=opener)
        async with app.run_test(size=(120, 30)) as pilot:
            screen = browser(pilot)
            await pilot.press(key)
            await wait_for(pilot, gate.reached.is_set, "the store is being opened")
            gate.open()
            await wait_for(pilot, lambda screen=screen: screen.level == 1, "the runs")
            await wait_for(pilot, lambda screen=screen: screen.runs.settled, "all runs")
            await wait_for(pilot, lambda: "run-0 " in screen_text(pilot.app), "their rows")


async def test_a_list_that_is_not_shown_any_more_is_not_kept_for_its_hits() -> None:
    async with shown(Million(), size=(160, 30)) as pilot:
        screen = await all_runs(pilot)
        own, newer = every_id()[:200_000], RunIds([f"{COUNT:032x}", *every_id()[:100_000]])
        assert screen.runs.renew(screen.runs.ids, Page(own, False))
        await pilot.press("J", *"run-90000", "enter")
        await wait_for(pilot, lambda: screen.runs.table.cursor == 90_000, "the first hit")
        assert screen.runs.renew(own, Page(newer, False))
        assert "with “run-90000”" not in screen_text(pilot.app)
        await pilot.press("n")
        await wait_for(pilot, lambda: "1 of 1 with “run-90000”" in screen_text(pilot.app), "the hit in the other list")
        assert screen.runs.table.cursor == 90_001

        def is_kept() -> bool:
            return any(isinstance(item, Hits) for item in gc.get_referrers(own))

        await wait_for(pilot, lambda: not is_kept(), "nothing keeps the list")
