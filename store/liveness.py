"""Whether a run that says it is running still is: by its own rhythm."""

from __future__ import annotations

from typing import Final

from store.entities import Run, RunStatus

PATIENCE: Final = 20
"""A run is silent after so many of its own intervals without a value."""

SHORTEST_MS: Final = 10 * 60_000
"""Nothing is called silent before: a validation, a checkpoint or a slow disk take their time."""

UNKNOWN_RHYTHM_MS: Final = 24 * 3_600_000
"""After so long a run without a rhythm is silent: it has logged nothing, or all of it at once."""


def silence(run: Run, now: int) -> int | None:
    """For how long (ms) a run that says RUNNING has been silent at `now` (ms since the epoch); None if it is not.

    Its metrics must have been read. The rhythm is the mean time between two steps up to its newest value. Runs that
    count no steps have no rhythm that could be told from the newest values alone.
    """
    if run.status != RunStatus.RUNNING:
        return None
    times = [metric.timestamp for metric in run.metrics.values()]
    known = [time for time in (run.start_time, *times) if time is not None]
    if not known:
        return None
    last = max(known)
    quiet = now - last
    steps = max((metric.step for metric in run.metrics.values()), default=0)
    began = min(known)
    patience = UNKNOWN_RHYTHM_MS
    if steps > 0 and last > began:
        patience = max(SHORTEST_MS, PATIENCE * (last - began) // steps)
    return quiet if quiet > patience else None
