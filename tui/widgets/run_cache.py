"""Runs that were read, as many as are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from store.entities import Run
from store.protocols import RunKeys

KEPT_ROWS = 4000
"""Runs kept in memory after they were read: some hundred screens."""


class RunCache(dict[str, Run]):
    """Runs by id, those that were read last at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[str, RunKeys] = {}
        """What was read of runs that were not read whole; some of them may be forgotten."""

    def having(self, keys: RunKeys | None) -> Mapping[str, Run]:
        """The runs of which at least these keys were read; None: all runs."""
        return self if keys is None else _Having(self, self._keys, keys)

    def remember(self, runs: Iterable[Run], needed: Collection[str], keys: RunKeys | None = None) -> None:
        """Keeps these, of which these keys were read; once there are too many, forgets the oldest ones not needed."""
        for run in runs:
            self.pop(run.run_id, None)
            self[run.run_id] = run
            if keys is None:
                self._keys.pop(run.run_id, None)
            else:
                self._keys[run.run_id] = keys
        if len(self._keys) > 2 * KEPT_ROWS:
            self._keys = {run_id: own for run_id, own in self._keys.items() if run_id in self}
        if len(self) > KEPT_ROWS:
            keep = set(needed)
            for run_id in list(self)[: len(self) - KEPT_ROWS // 2]:
                if run_id not in keep:
                    del self[run_id]

    def forget(self, run_ids: Iterable[str]) -> None:
        """Forgets these: they are read again when they are wanted."""
        for run_id in run_ids:
            self.pop(run_id, None)

    def keep_only(self, run_ids: Collection[str]) -> None:
        """Forgets all others: they are read again when they are wanted."""
        keep = set(run_ids)
        for run_id in [run_id for run_id in self if run_id not in keep]:
            del self[run_id]

    def gone(self, run_ids: Iterable[str], needed: Collection[str]) -> None:
        """Remembers that these were deleted for good after the list was read."""
        self.remember((_gone(run_id) for run_id in run_ids), needed)


class _Having(Mapping[str, Run]):
    """The runs of which enough was read."""

    def __init__(self, runs: Mapping[str, Run], read: Mapping[str, RunKeys], keys: RunKeys) -> None:
        self._runs = runs
        self._read = read
        self._keys = {part: frozenset(some) for part, some in keys.items()}

    def __getitem__(self, run_id: str) -> Run:
        run, read = self._runs[run_id], self._read.get(run_id)
        if read is not None and any(part in read and not some <= {*read[part]} for part, some in self._keys.items()):
            raise KeyError(run_id)
        return run

    def __iter__(self) -> Iterator[str]:
        return (run_id for run_id in self._runs if run_id in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _gone(run_id: str) -> Run:
    return Run(run_id, "(no longer in the store)", "", "", None, None, "deleted", None, None)
