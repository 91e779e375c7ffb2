"""Runs in groups by a param, with what a metric comes to, next to one statement by hand."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

from store.entities import MetricColumn
from store.grouping import group_runs
from store.groups import group_key_of
from store.kinds import Aggregate
from store.opening import open_store
from store.protocols import RunQuery, Store
from tests.bench.bench_columns import Disagreement
from tests.bench.generator import RunsShape, cached_runs
from tests.bench.timing import Row, Settings, interleaved, run_alone, timed

REPEATS: Final = 7
QUICK: Final = RunsShape(runs=3_000, params=4, metrics=3, tags=2)
PARAM, METRIC = "p2", "m1"
TIMES: Final = 1.5

_GROUPED: Final = (
    "SELECT p.value, count(*), avg(m.value), min(m.value), max(m.value) FROM runs r "
    "LEFT JOIN params p ON p.key = ? AND p.run_uuid = r.run_uuid "
    "LEFT JOIN latest_metrics m ON m.key = ? AND m.run_uuid = r.run_uuid AND m.is_nan = 0 "
    "WHERE r.lifecycle_stage = 'active' GROUP BY p.value"
)


def by_hand(path: Path) -> list[Any]:
    """(value, runs, mean, minimum, maximum) of every group."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(_GROUPED, (PARAM, METRIC)).fetchall()


def through_store(store: Store) -> list[Any]:
    """The same of the runs of a list, which is found first."""
    ids = store.run_ids(RunQuery()).items
    found = group_runs(store, ids, [(group_key_of(f"params.{PARAM}"),)], [MetricColumn(METRIC, Aggregate.LATEST)])
    return [
        (group.values[0], group.runs, spread.mean, spread.least, spread.most)
        for group in found.groups
        for spread in group.spreads
    ]


def check_same(ours: list[Any], theirs: list[Any]) -> None:
    """Raises `Disagreement`."""
    pairs = list(zip(sorted(ours), sorted(theirs), strict=True))
    if not pairs or not all(one[:2] == other[:2] and one[3:] == other[3:] for one, other in pairs):
        raise Disagreement("the groups are others")
    if not all(math.isclose(one[2], other[2], rel_tol=1e-9) for one, other in pairs):
        raise Disagreement("the means are others")


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    shape = QUICK if settings.quick else RunsShape()
    path = cached_runs(shape)
    store = open_store(str(path))
    ours, theirs = f"{shape.runs:,} runs: listed, and grouped by a param with a metric", "one statement by sqlite3"
    try:
        check_same(through_store(store), by_hand(path))
        cases = {ours: timed(partial(through_store, store)), theirs: timed(partial(by_hand, path))}
        return [interleaved(cases, settings.rounds(REPEATS)).at_most(ours, theirs, TIMES)]
    finally:
        store.close()


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
