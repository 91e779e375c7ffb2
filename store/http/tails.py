"""The newest points of histories, without those that were read before.

A server cannot be asked for points by time. Where it gives histories in pages (MLflow 3.1 and newer), a page is named
by the number of points before it: what was skipped once, because it was too old, is skipped again. That is sound in
both orders that servers give: by time, in which nothing older comes later, and as a file grows, in which nothing comes
before what was read.
"""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from threading import Event, Lock
from typing import Final

from store import series
from store.entities import History
from store.http.failures import Refused
from store.http.histories import HISTORY, PAGE, Columns, named, pages_histories
from store.http.paging import pages
from store.http.release import Server
from store.http.wire import Wire

REREAD_MS: Final = 60_000
"""Points of the last minute are not skipped next time: whoever follows a metric looks back that far."""

KEPT: Final = 2_000
"""Histories of which is known where their end begins."""

_NOTHING: Final = (0, -(2**63))


class Tails:
    """Where the ends of histories begin that were asked for; may be used from any thread."""

    def __init__(self) -> None:
        self._begins: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        """By run and key: how many points come before the end, and the greatest timestamp of those."""
        self._lock = Lock()

    def history(self, wire: Wire, server: Server, run_id: str, key: str, since: int, cancel: Event | None) -> History:
        """The points of `since` (ms since the epoch) or later; servers before MLflow 3.1 give all for that."""
        with self._lock:
            skipped, before = self._begins.get((run_id, key), _NOTHING)
        if before >= since or not pages_histories(server):
            skipped, before = _NOTHING
        points = _read(wire, run_id, key, skipped, cancel)
        if skipped and not len(points.values):
            # The history is shorter than it was: the run was deleted for good and logged anew.
            skipped, before = _NOTHING
            points = _read(wire, run_id, key, skipped, cancel)
        if len(points.values):
            self._remember((run_id, key), skipped, before, points)
        return series.newest(points.ordered(run_id, key), since)

    def _remember(self, name: tuple[str, str], skipped: int, before: int, points: Columns) -> None:
        """Skips next time what is older than a minute, up to the first point that is not."""
        end = max(points.timestamps) - REREAD_MS
        for timestamp in points.timestamps:
            if timestamp > end:
                break
            skipped, before = skipped + 1, max(before, timestamp)
        with self._lock:
            self._begins[name] = (skipped, before)
            self._begins.move_to_end(name)
            if len(self._begins) > KEPT:
                self._begins.popitem(last=False)


def _read(wire: Wire, run_id: str, key: str, skipped: int, cancel: Event | None) -> Columns:
    points = Columns()
    try:
        for answer in pages(wire, HISTORY, named(run_id, key), PAGE, None, cancel, get=True, token=_token(skipped)):
            points.add(answer)
    except Refused as error:
        # Half of the points of a run that was deleted meanwhile are no answer.
        if not error.absent or len(points.values):
            raise
    return points


def _token(skipped: int) -> str:
    """What servers call the page after so many points."""
    return base64.b64encode(json.dumps({"offset": skipped}).encode()).decode() if skipped else ""
