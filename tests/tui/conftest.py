"""The program in Textual's own test harness, on the demo store."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import textual._wait
from textual.pilot import Pilot

from tui.app import FlowdeckApp

textual._wait.SLEEP_GRANULARITY = 0.005
"""Seconds for which the program must do little after each key; Textual's 0.02 would be most of these tests' time."""
textual._wait.SLEEP_IDLE = 0.002
"""Seconds of work that are little."""

WAIT = 20.0
"""Seconds after which something that should have happened never will."""


@pytest.fixture(autouse=True)
def _nothing_is_set_aside() -> Iterator[None]:
    """What one test's program set aside from the collector of garbage is not kept for the others."""
    yield
    gc.unfreeze()


async def wait_for(pilot: Pilot[int], condition: Callable[[], object], what: str) -> None:
    """Waits until `condition` holds; a failure shows the screen."""
    deadline = time.monotonic() + WAIT
    while not condition():
        await asyncio.sleep(0.01)
        assert time.monotonic() < deadline, f"never happened: {what}\n{screen_text(pilot.app)}"
    await pilot.pause(0)  # what made it hold may have messages of its own


def screen_text(app: object) -> str:
    """The screen as lines of text."""
    assert isinstance(app, FlowdeckApp)
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


Walk = Callable[..., object]


@pytest.fixture
def walk() -> Walk:
    @asynccontextmanager
    async def run(uri: Path | str, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Pilot[int]]:
        app = FlowdeckApp(str(uri), "test store")
        async with app.run_test(size=size) as pilot:
            yield pilot

    return run
