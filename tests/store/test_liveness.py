"""A run that says RUNNING is called silent by its own rhythm."""

from __future__ import annotations

import pytest

from store.entities import Metric, Run
from store.liveness import SHORTEST_MS, UNKNOWN_RHYTHM_MS, silence

MINUTE = 60_000
START = 1_750_000_000_000


def run(*metrics: tuple[int, int], status: str = "RUNNING", start: int | None = START) -> Run:
    """With metrics of (step, minutes after the start)."""
    latest = {str(at): Metric(str(at), 1.0, START + m * MINUTE, step) for at, (step, m) in enumerate(metrics)}
    return Run("r", "n", "0", status, start, None, "active", None, None, metrics=latest)


@pytest.mark.parametrize(
    ("found", "quiet", "silent"),
    [
        (run((100, 100)), 19 * MINUTE, False),  # one step a minute
        (run((100, 100)), 21 * MINUTE, True),
        (run((100, 100), (10, 90)), 21 * MINUTE, True),
        (run((2, 120)), 19 * 60 * MINUTE, False),  # one step an hour
        (run((2, 120)), 21 * 60 * MINUTE, True),
        (run((100_000, 100)), SHORTEST_MS - 1, False),  # many a second
        (run((100_000, 100)), SHORTEST_MS + 1, True),
        (run((0, 100)), 3 * 60 * MINUTE, False),  # logged without steps
        (run((0, 100)), UNKNOWN_RHYTHM_MS + 1, True),
        (run((100, 100), status="FINISHED"), 10**12, False),
        (run((100, 100), status="SCHEDULED"), 10**12, False),
    ],
)
def test_silence_is_measured_in_steps(found: Run, quiet: int, silent: bool) -> None:
    last = max(metric.timestamp for metric in found.metrics.values())
    assert silence(found, last + quiet) == (quiet if silent else None)


def test_a_run_without_values_counts_from_its_start() -> None:
    assert silence(run(), START + UNKNOWN_RHYTHM_MS) is None
    assert silence(run(), START + UNKNOWN_RHYTHM_MS + 1) == UNKNOWN_RHYTHM_MS + 1
    assert silence(run(start=None), START) is None


def test_a_clock_that_is_behind_makes_nobody_silent() -> None:
    assert silence(run((100, 100)), START) is None
