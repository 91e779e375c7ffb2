"""Filters and orders beyond MLflow's language, next to a filter by one metric: numbers in texts, expressions, words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from store.opening import open_store
from store.protocols import RunQuery
from tests.bench.generator import RunsShape, cached_runs
from tests.bench.timing import Row, Settings, interleaved, run_alone, timed

REPEATS: Final = 7
PAGE: Final = 1_000
BASE: Final = "{runs:,} runs: filter by a metric"
CASES: Final = {
    "a param as a number": RunQuery(filter="params.p0 > 0.5", limit=PAGE),
    "sort by a param as a number": RunQuery(order_by=("number(params.p0) DESC",), limit=PAGE),
    "OR of two metrics": RunQuery(filter="metrics.m1 > 0.9 or metrics.m2 < 0.1", limit=PAGE),
    "NOT": RunQuery(filter="not metrics.m1 > 0.5", limit=PAGE),
    "a regular expression": RunQuery(filter="params.p0 ~ '9$'", limit=PAGE),
    "a word that nothing has": RunQuery(filter="nothing-has-it", limit=PAGE),
}


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
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
