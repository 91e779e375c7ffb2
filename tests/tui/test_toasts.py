"""What is told in passing covers neither a prompt nor the status line and the footer."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets._toast import Toast

from tests.tui.conftest import screen_text, wait_for
from tests.tui.test_browser import browser
from tui.app import FlowdeckApp

SIZES = [(60, 20), (80, 24), (160, 45)]


@pytest.mark.parametrize("size", SIZES)
async def test_notices_lie_above_the_status_line(demo: Path, size: tuple[int, int]) -> None:
    app = FlowdeckApp(str(demo), "test store")
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key and not screen.busy, "experiments")
        await pilot.pause()
        await pilot.press("slash")
        await wait_for(pilot, lambda: "find:" in screen_text(pilot.app), "the prompt")
        below = screen_text(pilot.app).splitlines()[-3:]
        assert "find:" in below[0]
        for number in range(3):
            pilot.app.notify(f"notice {number}: " + "words " * 12, markup=False, timeout=60)
        await wait_for(pilot, lambda: len(screen.query(Toast)) == 3, "toasts")
        await wait_for(pilot, lambda: "notice 2" in screen_text(pilot.app), "the last one")
        await pilot.pause()
        assert screen_text(pilot.app).splitlines()[-3:] == below
        for toast in screen.query(Toast):
            assert toast.region.bottom <= size[1] - 3
            assert 0 < toast.region.width <= toast.region.right <= size[0]
