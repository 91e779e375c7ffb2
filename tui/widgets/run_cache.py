"""Runs that were read, as many as are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from store.entities import Run

KEPT_ROWS = 4000
"""Runs kept in memory after they were read: some hundred screens."""


class RunCache(dict[str, Run]):
    """Runs by id, those that were read last at the end."""

    def remember(self, runs: Iterable[Run], needed: Collection[str]) -> None:
        """Keeps these; once there are too many, forgets the oldest that are not needed."""
        for run in runs:
            self.pop(run.run_id, None)
            self[run.run_id] = run
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


def _gone(run_id: str) -> Run:
    return Run(run_id, "(no longer in the store)", "", "", None, None, "deleted", None, None)
