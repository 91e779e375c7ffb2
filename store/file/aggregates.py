"""Aggregates of metrics in a tree: histories are read from their files and added up."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from store.entities import Run
from store.file.folders import Folder
from store.file.metrics import Histories
from store.kinds import Aggregate
from store.search.history import aggregate_of
from store.search.needs import asked_of_histories
from store.search.syntax import OrderKey


class Aggregates:
    """What the metrics of runs come to; each is worked out once, while its run is being looked at."""

    def __init__(self, histories: Histories, order: Sequence[OrderKey], cancel: Event | None) -> None:
        """`order` is what the runs will be sorted by."""
        self._order = asked_of_histories(None, order)
        self._histories = histories
        self._cancel = cancel
        self._values: dict[tuple[str, str, Aggregate, int | None], float | None] = {}
        self.about: Folder | None = None
        """The folder of the run that is being looked at."""
        self._read = 0

    def __call__(self, run: Run, key: str, aggregate: Aggregate, step: int | None) -> float | None:
        """See `store.search.match.Aggregated`. Raises `StoreError`s and `Cancelled`."""
        place = (run.run_id, key, aggregate, step)
        if place not in self._values:
            history = self._histories.history(self.about, run.run_id, key, self._cancel)
            self._read += 1
            self._values[place] = aggregate_of(history, aggregate, step)
        return self._values[place]

    def prepare(self, run: Run) -> None:
        """Works out what a run will be sorted by: later its folder is no longer at hand."""
        for key, aggregate, step in self._order:
            self(run, key, aggregate, step)

    @property
    def notes(self) -> tuple[str, ...]:
        """For people: how much was read."""
        if not self._read:
            return ()
        return (f"{self._read:,} histor{'y' if self._read == 1 else 'ies'} of metrics were read from files",)
