"""Pages of runs from a PostgreSQL with 100,000 runs, next to queries written by hand for the driver.

    python -m tests.bench.bench_postgres

The store of the other benchmarks is copied into a server of the benchmark's own by COPY, which takes about a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from store.entities import RunParts
from store.opening import open_store
from store.protocols import RunQuery, Store
from tests.bench.bench_runs_cli import FILTER, SORT, Disagreement
from tests.bench.generator import RunsShape, cached_runs
from tests.bench.timing import Row, Settings, interleaved, run_alone, timed
from tests.support.copies import postgres_copy
from tests.support.servers import PostgresServer, private

REPEATS: Final = 15
TIMES: Final = 1.5
PAGE: Final = 100

PARTS: Final = RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS

NEWEST: Final = """
    SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active'
    AND experiment_id IN (SELECT experiment_id FROM experiments WHERE lifecycle_stage = 'active')
    ORDER BY start_time DESC, run_uuid LIMIT %s
"""

FILTERED: Final = """
    SELECT r.run_uuid FROM runs r
    JOIN latest_metrics f ON f.key = 'm3' AND f.run_uuid = r.run_uuid AND f.value > 0.5 AND NOT f.is_nan
    JOIN params p ON p.key = 'p2' AND p.run_uuid = r.run_uuid AND p.value = 'x'
    LEFT JOIN latest_metrics o ON o.key = 'm1' AND o.run_uuid = r.run_uuid
    WHERE r.lifecycle_stage = 'active'
    AND r.experiment_id IN (SELECT experiment_id FROM experiments WHERE lifecycle_stage = 'active')
    ORDER BY o.value IS NULL, o.is_nan, o.value DESC, r.start_time DESC, r.run_uuid LIMIT %s
"""

ORDERED: Final = """
    SELECT r.run_uuid FROM runs r
    LEFT JOIN latest_metrics o ON o.key = 'm1' AND o.run_uuid = r.run_uuid
    WHERE r.lifecycle_stage = 'active'
    AND r.experiment_id IN (SELECT experiment_id FROM experiments WHERE lifecycle_stage = 'active')
    ORDER BY o.value IS NULL, o.is_nan, o.value DESC, r.start_time DESC, r.run_uuid LIMIT %s
"""

QUERIES: Final[dict[str, tuple[RunQuery, str]]] = {
    "the newest": (RunQuery(limit=PAGE), NEWEST),
    "filter and sort": (RunQuery(filter=FILTER, order_by=(SORT,), limit=PAGE), FILTERED),
    "sort by a metric": (RunQuery(order_by=(SORT,), limit=PAGE), ORDERED),
}

ATTRIBUTES: Final = (
    "SELECT run_uuid, name, experiment_id, status, start_time, end_time, lifecycle_stage, artifact_uri, user_id"
    " FROM runs WHERE run_uuid = ANY(%s)"
)
METRICS: Final = "SELECT run_uuid, key, value, timestamp, step, is_nan FROM latest_metrics WHERE run_uuid = ANY(%s)"


def by_hand(connection: psycopg.Connection[Any], query: str) -> list[str]:
    """A page by the driver alone: its ids, then its parts."""
    ids = [row[0] for row in connection.execute(query, (PAGE,))]
    runs = {row[0]: (row, {}, {}, {}) for row in connection.execute(ATTRIBUTES, (ids,))}
    for row in connection.execute(METRICS, (ids,)):
        runs[row[0]][1][row[1]] = row[2:]
    for place, table in ((2, "params"), (3, "tags")):
        texts = f"SELECT run_uuid, key, value FROM {table} WHERE run_uuid = ANY(%s)"
        for run_id, key, value in connection.execute(texts, (ids,)):
            runs[run_id][place][key] = value
    connection.rollback()
    return ids


def through_store(store: Store, query: RunQuery) -> list[str]:
    """What the program does for a page."""
    page = store.run_ids(query)
    return [run.run_id for run in store.runs(page.items, PARTS)]


@contextmanager
def loaded(quick: bool) -> Any:
    """The address of the copy, while its server runs."""
    database = cached_runs(RunsShape(2_000) if quick else RunsShape())
    with private(lambda: PostgresServer("shared_buffers=1GB", "work_mem=16MB", "max_wal_size=8GB")) as server:
        uri = postgres_copy(database, server=server)
        name = uri.rpartition("/")[2]
        with server.admin(name) as connection:
            connection.execute("VACUUM ANALYZE")
        yield uri, server.admin_address(name)


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    rows = []
    with loaded(settings.quick) as (uri, address), psycopg.connect(address) as connection:
        store = open_store(uri)
        for name, (query, sql) in QUERIES.items():
            check_same(through_store(store, query), by_hand(connection, sql), name)
            ours, theirs = f"{PAGE} runs of a PostgreSQL, {name}", "psycopg by hand"
            cases: dict[str, Callable[[], float]] = {
                ours: timed(lambda query=query: through_store(store, query)),
                theirs: timed(lambda sql=sql: by_hand(connection, sql)),
            }
            rows.append(interleaved(cases, settings.rounds(REPEATS)).at_most(ours, theirs, TIMES))
        store.close()
    return rows


def check_same(ours: list[str], theirs: list[str], name: str) -> None:
    """Raises Disagreement unless both found the same runs in the same order."""
    if ours != theirs or not ours:
        raise Disagreement(f"flowdeck and the driver do not find the same runs: {name}")


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
