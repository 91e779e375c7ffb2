"""The newest runs of a large file are told before all of them were looked at."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from store.opening import open_store
from store.protocols import Headway, RunQuery
from store.sql import glimpse
from tests.bench.generator import RunsShape, generate_runs

RUNS = 400


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("glimpse") / "mlflow.db"
    generate_runs(path, RunsShape(RUNS, params=1, metrics=1, tags=1))
    return path


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glimpse, "LARGE", RUNS)
    monkeypatch.setattr(glimpse, "LAST_ROWS", 150)


def told(path: Path, query: RunQuery) -> tuple[list[Headway], list[str]]:
    found: list[Headway] = []
    store = open_store(str(path))
    try:
        return found, list(store.run_ids(query, progress=found.append).items)
    finally:
        store.close()


@pytest.mark.parametrize("experiments", [None, ("1",), ("2", "3")])
def test_what_is_told_belongs_to_the_answer_in_its_order(database: Path, experiments: tuple[str, ...] | None) -> None:
    heard, ids = told(database, RunQuery(experiments, limit=30))
    (headway,) = heard
    assert (headway.what, headway.done, headway.total) == ("runs", 150, None)
    every = told(database, RunQuery(experiments))[1]
    places = [every.index(run_id) for run_id in headway.found]
    assert places == sorted(places)
    assert 0 < len(places) <= 31
    # This store was written in the order of time, as training does it.
    assert list(headway.found[: len(ids)]) == ids[: len(headway.found)]


def test_runs_that_came_in_another_order_are_where_they_belong_in_the_end(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "imported.db"
    path.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET start_time = start_time + 1000000000 WHERE rowid < 100")
    heard, ids = told(path, RunQuery(limit=30))
    assert not set(heard[0].found) & set(ids)
    every = told(path, RunQuery())[1]
    assert every[:30] == ids
    assert set(heard[0].found) <= set(every)


@pytest.mark.parametrize(
    "query",
    [
        RunQuery(),
        RunQuery(limit=30, filter="params.p0 != 'x'"),
        RunQuery(limit=30, order_by=("metrics.m0",)),
        RunQuery(("77",), limit=30),
    ],
)
def test_nothing_is_told_where_the_end_of_the_file_tells_nothing(database: Path, query: RunQuery) -> None:
    assert told(database, query)[0] == []


def test_small_stores_have_no_need_of_it(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glimpse, "LARGE", RUNS + 1)
    assert told(database, RunQuery(limit=30))[0] == []


def test_a_table_without_row_numbers_is_read_all_the_same(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA legacy_alter_table = ON")
        (made,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'runs'").fetchone()
        connection.execute("ALTER TABLE runs RENAME TO kept_runs")
        connection.execute(f"{made} WITHOUT ROWID")
        connection.execute("INSERT INTO runs SELECT * FROM kept_runs")
    heard, ids = told(path, RunQuery(limit=30))
    assert heard == []
    assert ids == told(database, RunQuery(limit=30))[1]
