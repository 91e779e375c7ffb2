"""A page of runs from an MLflow server: through `store`, and by a bare httpx call that asks for the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from store.entities import Run, RunParts
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from tests.bench.generator import RunsShape, cached_runs
from tests.bench.timing import Case, Row, Settings, interleaved, run_alone, scratch, timed
from tests.support.mlflow_client import PYTHON_VARIABLE
from tests.support.mlflow_servers import mlflow_server
from tests.support.wire import relay

REPEATS: Final = 9
TURNS: Final = 2
"""Requests that are measured together: the server takes two connections to its database in turn, of which one answers
in a third of the time of the other."""
PAGE: Final = 100
TIMES: Final = 1.2
ROUND_TRIP: Final = 0.05
PARTS: Final = RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS
ORDER: Final = ("attributes.start_time DESC",)

OURS: Final = "MLflow 3.17.2 server, {runs} runs: first page, {count:,} in the store"
BARE: Final = "httpx, the same request, decoded"
OURS_FAR: Final = "the same over a round trip of 50 ms"
BARE_FAR: Final = "httpx over 50 ms"


class Different(AssertionError):
    """The two did not give the same runs."""


def page(store: Store, experiments: tuple[str, ...]) -> list[Run]:
    """The first page as the browser asks for it."""
    found = store.run_ids(RunQuery(experiments, order_by=ORDER, limit=PAGE))
    return store.runs(found.items, PARTS)


def bare_page(client: httpx.Client, uri: str, experiments: tuple[str, ...]) -> list[dict[str, Any]]:
    """What it costs at least."""
    body = {"experiment_ids": experiments, "max_results": PAGE, "order_by": ORDER, "run_view_type": "ACTIVE_ONLY"}
    runs: list[dict[str, Any]] = client.post(f"{uri}/api/2.0/mlflow/runs/search", json=body).json()["runs"]
    return runs


def _check(store: Store, client: httpx.Client, uri: str, experiments: tuple[str, ...]) -> None:
    ours, theirs = page(store, experiments), bare_page(client, uri, experiments)
    metrics = [len(run["data"]["metrics"]) for run in theirs]
    same = [run.run_id for run in ours] == [run["info"]["run_id"] for run in theirs]
    if not same or len(ours) != PAGE or [len(run.metrics) for run in ours] != metrics:
        raise Different("the pages differ")


def _each(ask: Callable[[], object]) -> Case:
    """The time of one request, of several."""

    def case() -> float:
        return timed(lambda: [ask() for _ in range(TURNS)])() / TURNS

    return case


def measure(settings: Settings) -> list[Row]:
    """The rows of the table; none without an MLflow."""
    if not Path(os.environ.get(PYTHON_VARIABLE, "")).is_file():
        return [Row("a page of runs from an MLflow server", f"not measured: {PYTHON_VARIABLE} is not set")]
    shape = RunsShape(400) if settings.quick else RunsShape(10_000)
    database = cached_runs(shape)
    ours = OURS.format(runs=PAGE, count=shape.runs)
    with scratch() as folder, mlflow_server(PYTHON_VARIABLE, database, folder) as server, relay(server.port) as way:
        far = f"http://127.0.0.1:{way.port}"
        store, far_store = open_store(server.uri), open_store(far)
        experiments = tuple(item.experiment_id for item in store.experiments(ExperimentQuery()).items)
        way.round_trip = ROUND_TRIP
        with httpx.Client(timeout=120, trust_env=False) as client, httpx.Client(timeout=120, trust_env=False) as slow:
            _check(store, client, server.uri, experiments)
            samples = interleaved(
                {
                    ours: _each(lambda: page(store, experiments)),
                    BARE: _each(lambda: bare_page(client, server.uri, experiments)),
                    OURS_FAR: _each(lambda: page(far_store, experiments)),
                    BARE_FAR: _each(lambda: bare_page(slow, far, experiments)),
                },
                settings.rounds(REPEATS),
            )
        store.close()
        far_store.close()
    return [samples.at_most(ours, BARE, TIMES), samples.at_most(OURS_FAR, BARE_FAR, TIMES)]


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
