"""Telling how far a search of a tree has come."""

from __future__ import annotations

import time
from typing import Final

from store.entities import Run
from store.protocols import Headway, Progress
from store.search.order import Order

REPORT_S: Final = 0.1
"""Seconds between two reports of headway, at least."""

REPORT_SHARE: Final = 10
"""Reports take at most one part in so many of the time: putting what was found in order is work, too."""


class Reports:
    """Tells now and then how far a search has come."""

    def __init__(self, progress: Progress | None, total: int, found: list[Run], order: Order[Run]) -> None:
        self._progress = progress
        self._total = total
        self._found = found
        self._order = order
        self._next = time.monotonic() + REPORT_S

    def report(self, done: int) -> None:
        if self._progress is None or (now := time.monotonic()) < self._next:
            return
        ids = tuple(run.run_id for run in self._order.sorted(self._found))
        self._progress(Headway("runs", done, max(self._total, done), ids))
        spent = time.monotonic() - now
        self._next = now + max(REPORT_S, REPORT_SHARE * spent)
