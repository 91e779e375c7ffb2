"""Aggregates of metrics over REST: a server works out none, so histories are read and added up here."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from store.entities import History, Run
from store.http.histories import whole_histories
from store.http.wire import Wire
from store.kinds import Aggregate
from store.protocols import Headway, Progress
from store.search.history import aggregate_of
from store.search.needs import Asked

_Place = tuple[str, Asked]
"""A run, by its id, and what is asked of one of its metrics."""


class Aggregates:
    """What the metrics of runs come to, each history being read once."""

    def __init__(
        self, wire: Wire, asked: Sequence[Asked], cancel: Event | None, progress: Progress | None = None
    ) -> None:
        self._wire = wire
        self._asked = asked
        self._cancel = cancel
        self._progress = progress
        self._values: dict[_Place, float | None] = {}
        self.read = 0
        """Histories that were read."""

    def __call__(self, run: Run, key: str, aggregate: Aggregate, step: int | None) -> float | None:
        """See `store.search.match.Aggregated`. Raises `StoreError`s and `Cancelled`."""
        place = (run.run_id, (key, aggregate, step))
        if place not in self._values:
            self.prepare([run])
        return self._values[place]

    def prepare(self, runs: Sequence[Run]) -> None:
        """Reads what is asked of these runs, several at a time."""
        wanted = []
        for run in runs:
            for key in dict.fromkeys(key for key, _, _ in self._asked):
                if any((run.run_id, asked) in self._values for asked in self._asked if asked[0] == key):
                    continue
                if key in run.metrics:
                    wanted.append((run.run_id, key))
                else:  # without a latest value there is no history
                    self._keep(run.run_id, key, None)
        for history in whole_histories(self._wire, wanted, self._cancel):
            self.read += 1
            if self._progress is not None:
                self._progress(Headway("histories", self.read, None))
            self._keep(history.run_id, history.key, history)

    def _keep(self, run_id: str, key: str, history: History | None) -> None:
        for asked in self._asked:
            name, aggregate, step = asked
            if name == key:
                value = None if history is None else aggregate_of(history, aggregate, step)
                self._values[run_id, asked] = value
