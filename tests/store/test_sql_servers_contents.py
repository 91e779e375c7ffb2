"""What MLflow releases wrote into PostgreSQL holds for flowdeck what it holds for the release that wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from store.entities import RunParts, ViewType
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from tests.store.test_contents import NEWER_GRAMMAR, VIEWS, Stored, expected
from tests.store.test_contents import _run as run_as_recorded
from tests.store.test_contents import _searches as recorded_searches
from tests.store.test_contents import number as number_as_recorded
from tests.support.cli import invoke
from tests.support.copies import new_postgres_database
from tests.support.servers import READER, postgres

FOLDERS: Final = Path(__file__).resolve().parents[1] / "data" / "stores"


@cache
def loaded(name: str) -> str:
    """The address of a database that holds the dump in that folder."""
    server = postgres()
    database = new_postgres_database(server)
    with server.admin(database) as connection:
        connection.execute((FOLDERS / name / "dump.sql").read_text("utf-8").encode())
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
    return server.uri(database)


@pytest.fixture(params=["2.9.2-pg", "3.17.2-pg"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def wanted(name: str) -> dict[str, Any]:
    return expected(stored(name))


def stored(name: str) -> Stored:
    return Stored(FOLDERS / name / "dump.sql", FOLDERS / name / "expected.json")


@pytest.fixture
def store(name: str) -> Iterator[Store]:
    found = open_store(loaded(name))
    yield found
    found.close()


def test_the_release_is_known(name: str, store: Store) -> None:
    assert store.info.kind == "PostgreSQL"
    assert store.info.schema.startswith({"2.9.2-pg": "MLflow 2.8-2.12", "3.17.2-pg": "MLflow 3.17"}[name])


def test_experiments(store: Store, wanted: dict[str, Any]) -> None:
    found = store.experiments(ExperimentQuery(view=ViewType.ALL)).items
    have = {
        item.experiment_id: {
            "experiment_id": item.experiment_id,
            "name": item.name,
            "artifact_location": item.artifact_location,
            "lifecycle_stage": item.lifecycle_stage,
            "creation_time": item.creation_time,
            "tags": dict(item.tags),
        }
        for item in found
    }
    assert have == {item["experiment_id"]: item for item in wanted["experiments"]}


def test_runs(store: Store, wanted: dict[str, Any]) -> None:
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    found = {run.run_id: run for run in store.runs(ids, RunParts.ALL)}
    assert len(found) == len(wanted["runs"])
    for item in wanted["runs"]:
        run = found[item["run_id"]]
        assert run_as_recorded(run) == {key: value for key, value in item.items() if key != "metric_history"}
        for key, points in item["metric_history"].items():
            history = store.history(run.run_id, key)
            assert [[point.step, point.timestamp, number_as_recorded(point.value)] for point in history] == points


def test_searches(name: str, store: Store, wanted: dict[str, Any]) -> None:
    names = {run_id: label for label, run_id in wanted["ids"].items() if isinstance(run_id, str)}
    tried = 0
    for label, search in recorded_searches(stored(name)):
        query = RunQuery(
            filter=search["filter"] or "", order_by=tuple(search["order_by"] or ()), view=VIEWS[search.get("view")]
        )
        assert [names[run_id] for run_id in store.run_ids(query).items] == search["result"], label
        tried += 1
    assert tried > len(NEWER_GRAMMAR)


def test_runs_as_json(name: str, wanted: dict[str, Any]) -> None:
    printed = invoke("runs", "--all", "-n", "0", "-o", "json", "-s", loaded(name)).json
    assert {run["run_id"]: run["params"] for run in printed} == {run["run_id"]: run["params"] for run in wanted["runs"]}


def test_dumps_hold_no_command_of_psql(name: str) -> None:
    """They are given to the server as they are."""
    text = (FOLDERS / name / "dump.sql").read_text("utf-8")
    assert not [line for line in text.splitlines() if line.startswith("\\")]
