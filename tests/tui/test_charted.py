"""The list beside a chart says which metric is drawn."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tui.conftest import Walk, screen_text, wait_for
from tests.tui.test_browser import open_runs
from tui.view.glyphs import UNICODE


def marked(text: str) -> list[str]:
    """The names behind the cursor's sign in the left half of the screen."""
    rows = (line for line in text.splitlines()[2:-2] if line.startswith(UNICODE.cursor))
    return [re.split(r"  +", line[1:])[0] for line in rows]


@pytest.mark.parametrize("size", [(110, 30), (160, 45)])
async def test_the_metric_that_is_drawn_is_marked_while_the_chart_has_the_focus(
    walk: Walk, demo: Path, size: tuple[int, int]
) -> None:
    async with walk(demo, size) as pilot:
        screen = await open_runs(pilot, "resnet")
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.run_pane.summaries and not screen.busy, "the metrics")
        await pilot.press("down", "enter")
        await wait_for(pilot, lambda: screen.chart.notes and not screen.busy, "a chart")
        for key in ("n", "n", "N"):
            await pilot.press(key)
            await wait_for(pilot, lambda: not screen.busy, "drawn")
            await pilot.pause()
            assert screen.chart.metric is not None
            assert not screen.run_pane.table.has_focus
            assert marked(screen_text(pilot.app)) == [screen.chart.metric.key]
        charted = screen.chart.metric.key
        # Back in the list the cursor is where the chart was, and nothing but the cursor is marked.
        await pilot.press("escape")
        await wait_for(pilot, lambda: screen.level == 2, "the run")
        assert screen.run_pane.table.key == charted
        await pilot.press("down")
        await pilot.pause()
        assert screen.run_pane.table._marked is None
