"""Reading the histories of metrics; those that were read lately are kept in memory, and only added to."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from threading import Event, Lock
from typing import Final

from store.entities import History, Metric, MetricSummary
from store.file.folders import Folder
from store.file.keys import beyond_links, files, find_file
from store.file.layout import METRICS, shown
from store.file.metric_file import Held, every_point, read_points
from store.file.metric_lines import Points
from store.file.reading import Stamp, Unreadable, look
from store.series import latest_index, ordered, summary

HELD_POINTS: Final = 4_000_000
"""Points that are kept, of 24 bytes each: the histories that were looked at last."""


class Histories:
    """The histories of the runs of a tree; may be asked from any thread."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._points_held = 0
        self._lock = Lock()

    def history(self, folder: Folder | None, run_id: str, key: str, cancel: Event | None = None) -> History:
        """Every point of one metric, in order; none if there is no such metric or it cannot be read."""
        points = Points()
        if folder is not None:
            # What cannot be read is told of by the run.
            with suppress(Unreadable):
                path, stamp = find_file(folder, METRICS, key)
                points = self._points(beyond_links(folder, METRICS, key, path), stamp, cancel)
        return ordered(run_id, key, points.steps, points.timestamps, points.values)

    def summaries(self, folder: Folder, run_id: str, cancel: Event | None = None) -> list[MetricSummary]:
        """Of every metric of a run, by key in order; those without a point are left out."""
        found = {}
        for name, path, _ in files(folder, METRICS, [], cancel):
            key = shown(name)
            try:
                path, stamp = look(path, folder.bounds)
                points = self._points(path, stamp, cancel)
            except Unreadable:
                # The run itself says which of its metrics cannot be read.
                continue
            place = latest_index(points.steps, points.timestamps, points.values)
            if place < 0:
                continue
            latest = Metric(key, points.values[place], points.timestamps[place], points.steps[place])
            found[key] = summary(ordered(run_id, key, points.steps, points.timestamps, points.values), latest)
        return [found[key] for key in sorted(found)]

    def _points(self, path: str, stamp: Stamp, cancel: Event | None) -> Points:
        with self._lock:
            before = self._held.get(path)
        held = read_points(path, stamp, before, cancel)
        with self._lock:
            old = self._held.get(path)
            self._held[path] = held
            self._held.move_to_end(path)
            self._points_held += _room(held) - (0 if old is None else _room(old))
            while self._points_held > HELD_POINTS and len(self._held) > 1:
                _, oldest = self._held.popitem(last=False)
                self._points_held -= _room(oldest)
        return every_point(held)


def _room(held: Held) -> int:
    """Points that a history counts for; what surrounds them takes room, too."""
    return len(held.points.values) + 20
