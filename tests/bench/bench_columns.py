"""What columns ask of histories, a thousand of a thousand steps, next to the best statement for each by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

from store.entities import MetricColumn
from store.kinds import Aggregate
from store.opening import open_store
from store.protocols import RunQuery, Store
from tests.bench.generator import RunsShape, cached_runs
from tests.bench.timing import Case, Row, Settings, interleaved, milliseconds, run_alone, timed

REPEATS: Final = 7
HISTORIES: Final = RunsShape(runs=1_000, params=4, metrics=3, tags=2, points_per_metric=1_000)
QUICK: Final = RunsShape(runs=100, params=4, metrics=3, tags=2, points_per_metric=50)
METRIC: Final = "m1"

TIMES: Final = 1.5
SORT_SECONDS: Final = 1.0
"""Within which runs are sorted by the best of a thousand steps."""

SCREENFUL: Final = 42
"""Runs that a terminal of 45 lines shows."""

BUCKETS: Final = 16
"""Of a curve in a cell."""

# Without being told SQLite reads the metric of every run, which takes four and fourteen times as long.
_INDEXED: Final = "metrics INDEXED BY index_metrics_run_uuid_key_step"

_SORT: Final = (
    f"SELECT r.run_uuid, (SELECT max(value) FROM {_INDEXED} WHERE run_uuid = r.run_uuid AND key = ? AND is_nan = 0) "
    "AS best FROM runs r WHERE r.lifecycle_stage = 'active' ORDER BY best DESC, r.start_time DESC, r.run_uuid"
)

# SQLite takes a bare column from the row that holds the maximum.
_BEST: Final = (
    f"SELECT run_uuid, max(value), step FROM {_INDEXED} WHERE key = ? AND is_nan = 0 AND run_uuid IN ({{marks}}) "
    "GROUP BY run_uuid"
)

_ALL: Final = (
    f"SELECT run_uuid, min(value), max(value), avg(value) FROM {_INDEXED} WHERE key = ? AND is_nan = 0 "
    "AND run_uuid IN ({marks}) GROUP BY run_uuid"
)


class Disagreement(Exception):
    """The store and the statement do not say the same, so their times say nothing."""


def by_hand(path: Path, statement: str, *ids: str) -> list[Any]:
    """The rows of a statement about the metric, and about runs if it has `{marks}` for them."""
    marked = statement.format(marks=", ".join("?" * len(ids)))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(marked, (METRIC, *ids)).fetchall()


def sorted_by_best(store: Store) -> list[str]:
    """The ids of all runs by their maximum, those without the metric at last."""
    return list(store.run_ids(RunQuery(order_by=(f"max(metrics.{METRIC}) DESC",))).items)


def shown(store: Store, ids: Sequence[str], *aggregates: Aggregate) -> dict[str, tuple[float | None, ...]]:
    """What columns show of runs: the values, and the step of the last of them."""
    found = store.metric_values(ids, [MetricColumn(METRIC, one) for one in aggregates])
    return {
        run_id: (*(None if one is None else one.value for one in values), values[-1].step if values[-1] else None)
        for run_id, values in found.items()
    }


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    path = cached_runs(QUICK if settings.quick else HISTORIES)
    store = open_store(str(path))
    try:
        return [
            *_sorted(store, path, settings.rounds(REPEATS)),
            *_shown(store, path, settings.rounds(REPEATS)),
        ]
    finally:
        store.close()


def _sorted(store: Store, path: Path, repeats: int) -> list[Row]:
    name, baseline = "sort by max() of a thousand histories of a thousand steps", "by hand in SQL"
    expected = [row[0] for row in by_hand(path, _SORT)]
    if sorted_by_best(store) != expected:
        raise Disagreement("the runs are in another order")
    samples = interleaved(
        {name: timed(partial(sorted_by_best, store)), baseline: timed(partial(by_hand, path, _SORT))}, repeats
    )
    seconds = samples.median(name)
    limit = Row(
        "the same, in seconds",
        milliseconds(seconds),
        target=f"at most {SORT_SECONDS:g} s",
        within=seconds <= SORT_SECONDS,
    )
    return [samples.at_most(name, baseline, TIMES), limit]


def _shown(store: Store, path: Path, repeats: int) -> list[Row]:
    ids = sorted_by_best(store)[:SCREENFUL]
    best, by_best = f"a screen of {len(ids)} runs: a column of max() with its step", "by hand in SQL"
    every, by_every = f"a screen of {len(ids)} runs: columns of min(), max() and mean()", "by hand in SQL, no steps"
    curve = f"a screen of {len(ids)} runs: a column of curves"
    if shown(store, ids, Aggregate.MAX) != {run_id: tuple(values) for run_id, *values in by_hand(path, _BEST, *ids)}:
        raise Disagreement("the maxima are others")
    cases: dict[str, Case] = {
        best: timed(partial(shown, store, ids, Aggregate.MAX)),
        by_best: timed(partial(by_hand, path, _BEST, *ids)),
        every: timed(partial(shown, store, ids, Aggregate.MIN, Aggregate.MEAN, Aggregate.MAX)),
        by_every: timed(partial(by_hand, path, _ALL, *ids)),
        curve: timed(partial(store.sparklines, ids, METRIC, BUCKETS)),
    }
    samples = interleaved(cases, repeats)
    return [samples.compared(best, by_best), samples.compared(every, by_every), samples.compared(curve, by_best)]


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
