"""Filters and orders beyond MLflow's language: the best value of histories, numbers in texts, expressions, words.

Histories are added up by the database: the baseline is the statement that a person would write for it. What else is
asked of a large store is compared with a filter by one metric.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from store.opening import open_store
from store.protocols import RunQuery, Store
from tests.bench.generator import RunsShape, cached_runs
from tests.bench.timing import Case, Row, Settings, interleaved, milliseconds, run_alone, timed

REPEATS: Final = 7
PAGE: Final = 1_000
BEST_TIMES: Final = 1.5
BEST_SECONDS: Final = 1.0
"""Within which runs are sorted by the best of a thousand steps."""

HISTORIES: Final = RunsShape(runs=1_000, params=4, metrics=3, tags=2, points_per_metric=1_000)
METRIC: Final = "m1"

BY_HAND: Final = "a thousand histories of a thousand steps, sorted by their maximum: by hand in SQL"
BEST: Final = "the same, --sort 'max(metrics.KEY):desc'"
BASE: Final = "{runs:,} runs: filter by a metric"
CASES: Final = {
    "a param as a number": RunQuery(filter="params.p0 > 0.5", limit=PAGE),
    "sort by a param as a number": RunQuery(order_by=("number(params.p0) DESC",), limit=PAGE),
    "OR of two metrics": RunQuery(filter="metrics.m1 > 0.9 or metrics.m2 < 0.1", limit=PAGE),
    "NOT": RunQuery(filter="not metrics.m1 > 0.5", limit=PAGE),
    "a regular expression": RunQuery(filter="params.p0 ~ '9$'", limit=PAGE),
    "a word that nothing has": RunQuery(filter="nothing-has-it", limit=PAGE),
}

_STATEMENT: Final = (
    "SELECT m.run_uuid FROM metrics m JOIN runs r ON r.run_uuid = m.run_uuid WHERE m.key = ? AND m.is_nan = 0 AND "
    "r.lifecycle_stage = 'active' GROUP BY m.run_uuid ORDER BY max(m.value) DESC, r.start_time DESC, m.run_uuid"
)


def by_hand(path: Path) -> list[str]:
    """The ids of all runs, those with the greatest maximum first."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return [str(row[0]) for row in connection.execute(_STATEMENT, (METRIC,))]


def sorted_by_best(store: Store) -> list[str]:
    """The same through the store; runs without the metric are behind the others."""
    return list(store.run_ids(RunQuery(order_by=(f"max(metrics.{METRIC}) DESC",))).items)


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    histories = RunsShape(runs=100, params=4, metrics=3, tags=2, points_per_metric=50) if settings.quick else HISTORIES
    return [*_of_histories(cached_runs(histories), settings), *_of_many(settings)]


def _of_histories(path: Path, settings: Settings) -> list[Row]:
    store = open_store(str(path))
    try:
        expected = by_hand(path)
        if sorted_by_best(store)[: len(expected)] != expected:
            raise AssertionError("the runs are in another order")
        cases: dict[str, Case] = {BY_HAND: timed(lambda: by_hand(path)), BEST: timed(lambda: sorted_by_best(store))}
        samples = interleaved(cases, settings.rounds(REPEATS))
    finally:
        store.close()
    seconds = samples.median(BEST)
    limit = Row(BEST, milliseconds(seconds), target=f"at most {BEST_SECONDS:g} s", within=seconds <= BEST_SECONDS)
    return [samples.at_most(BEST, BY_HAND, BEST_TIMES), limit]


def _of_many(settings: Settings) -> list[Row]:
    shape = RunsShape(runs=2_000, params=4, metrics=8, tags=6) if settings.quick else RunsShape()
    base = BASE.format(runs=shape.runs)
    store = open_store(str(cached_runs(shape)))

    def asking(query: RunQuery) -> Callable[[], object]:
        return lambda: store.run_ids(query)

    try:
        cases = {base: timed(asking(RunQuery(filter="metrics.m1 > 0.5", limit=PAGE)))}
        cases.update({name: timed(asking(query)) for name, query in CASES.items()})
        samples = interleaved(cases, settings.rounds(REPEATS))
    finally:
        store.close()
    return [samples.compared(name, base) for name in CASES]


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
