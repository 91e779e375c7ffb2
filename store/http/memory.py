"""What the last search brought along: REST gives whole runs where ids were asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Final

from store.entities import Run
from store.http.limits import Limits

EXPERIMENTS: Final = 1_000_000
"""Runs whose experiment is remembered, about 100 bytes each: with it many can be asked for in one request."""

_RUN: Final = 1_200
_TEXT: Final = 180
_METRIC: Final = 320
"""Bytes that a run, a param or tag, and a metric take beside their own text."""


class Found:
    """The runs of one search. Written by the thread that searches, read by any."""

    def __init__(self, limits: Limits) -> None:
        self._runs: dict[str, Run] = {}
        self._room = limits.memory
        self._fresh = limits.fresh
        self._read_at = time.monotonic()

    @property
    def full(self) -> bool:
        return self._room <= 0

    def add(self, run: Run) -> None:
        """Keeps a run, if there is room."""
        if self._room > 0:
            self._room -= _weight(run)
            self._runs[run.run_id] = run

    def read_page(self) -> None:
        """A page was read just now."""
        self._read_at = time.monotonic()

    def get(self, run_id: str) -> Run | None:
        """The run with all its parts; None if it is not there or no longer fresh."""
        return self._runs.get(run_id) if time.monotonic() - self._read_at < self._fresh else None


class Memory:
    """The last search, and the experiments of runs that any search found."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._found = Found(limits)
        self._experiments: dict[str, str] = {}
        self._lock = threading.Lock()

    def begin(self) -> Found:
        """Forgets the runs of the search before."""
        self._found = Found(self._limits)
        return self._found

    def get(self, run_id: str) -> Run | None:
        return self._found.get(run_id)

    def note_experiments(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Remembers the experiments of runs: (run id, experiment id)."""
        with self._lock:
            if len(self._experiments) > EXPERIMENTS:
                self._experiments.clear()
            self._experiments.update(pairs)

    def experiment_of(self, run_id: str) -> str | None:
        return self._experiments.get(run_id)


def _weight(run: Run) -> int:
    weight = _RUN + _METRIC * len(run.metrics) + _TEXT * (len(run.params) + len(run.tags))
    for pairs in (run.params, run.tags):
        weight += sum(map(len, pairs)) + sum(map(len, pairs.values()))
    return weight + sum(
        2_000 + len(item.dataset.source) + len(item.dataset.schema or "") + len(item.dataset.profile or "")
        for item in run.dataset_inputs
    )
