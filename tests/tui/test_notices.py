"""What is told in passing."""

from __future__ import annotations

from textual.widgets._toast import Toast

from tests.tui.conftest import wait_for
from tests.tui.fakes import FakeStore, run, shown
from tests.tui.test_groups import to_runs


async def test_a_notice_that_is_on_screen_is_not_told_once_more() -> None:
    async with shown(FakeStore([run(1)]), size=(100, 24)) as pilot:
        screen = await to_runs(pilot)
        for _ in range(3):
            await pilot.press("c")
        screen.notify("another one")
        await pilot.pause()
        assert sorted(toast.message for toast in pilot.app._notifications) == [
            "0 runs marked: Space marks from 2 to 50 to compare",
            "another one",
        ]
        screen.notify("another one", severity="error")
        await pilot.pause()
        assert len(list(pilot.app._notifications)) == 3


async def test_a_notice_that_was_clicked_away_can_be_told_again() -> None:
    async with shown(FakeStore([run(1)]), size=(100, 24)) as pilot:
        await to_runs(pilot)
        for _ in range(2):
            await pilot.press("c")
            await wait_for(pilot, lambda: pilot.app.screen.query(Toast), "the notice")
            await pilot.click(Toast)
            await wait_for(pilot, lambda: not list(pilot.app._notifications), "none")
