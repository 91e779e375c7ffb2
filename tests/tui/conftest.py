"""The program in Textual's own test harness, on the demo store."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tui.app import FlowdeckApp

WAIT = 20.0
"""Seconds after which something that should have happened never will."""


@pytest.fixture(autouse=True)
def _nothing_is_set_aside() -> Iterator[None]:
    """What one test's program set aside from the collector of garbage is not kept for the others."""
    yield
    gc.unfreeze()


async def wait_for(pilot: Pilot[int], condition: Callable[[], object], what: str) -> None:
    """Waits until `condition` holds; a failure shows the screen."""
    waited = 0.0
    while not condition():
        await pilot.pause(0.02)
        waited += 0.02
        assert waited < WAIT, f"never happened: {what}\n{screen_text(pilot.app)}"


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
