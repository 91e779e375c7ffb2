"""How far a long reading has come, told on a terminal while it lasts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tui.cli.diagnostics import StatusLine

if TYPE_CHECKING:
    from store.protocols import Headway, Progress

PAUSE_S: Final = 0.1
"""Between two changes of the line: oftener than that nobody reads it, and a slow link would be kept busy."""


@contextmanager
def headway_shown() -> Iterator[Progress | None]:
    """What to hand to a store as `progress`; None where nobody watches. The line is gone afterwards."""
    if not StatusLine.possible():
        yield None
        return
    from tui.view.headway import headway_text

    line, due = StatusLine(), 0.0

    def show(headway: Headway) -> None:
        nonlocal due
        if (now := time.monotonic()) >= due:
            due = now + PAUSE_S
            line.show(headway_text(headway))

    try:
        yield show
    finally:
        line.erase()
