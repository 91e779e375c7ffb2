"""Schemas of all releases are named and read as they are, unknown ones too, and nothing else is taken for a store."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from store.entities import Run, RunParts
from store.errors import NotAStore
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from store.sql.schema import COLUMNS, RELEASES, REQUIRED, Schema
from tests.support import sqlite_states as states
from tests.support.sqlite_states import RUN, make, untouched

STORES: Final = Path(__file__).parents[1] / "data" / "stores"
"""Databases that real releases of MLflow wrote."""

OPTIONAL: Final = sorted(set(states.TABLES) - set(REQUIRED))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Store]:
    with untouched(path.parent):
        store = open_store(str(path))
        try:
            yield store
        finally:
            store.close()


def read_all(store: Store) -> Run:
    """Everything that is read anywhere, once."""
    assert [experiment.name for experiment in store.experiments(ExperimentQuery()).items] == ["first"]
    assert store.run_ids(RunQuery()).items == (RUN,)
    assert store.experiment_stats()["1"].runs == 1
    assert store.matching_run_ids("the run", 5) == [RUN]
    assert store.matching_run_ids(RUN[:6], 5) == [RUN]
    (summary,) = store.metric_summaries(RUN)
    assert summary.count == len(store.history(RUN, "loss")) == 3
    assert store.logged_models(["m-1"]) == []
    (run,) = store.runs([RUN], RunParts.ALL)
    assert (run.params, run.tags["who"]) == ({"lr": "0.1"}, "me")
    return run


# ------------------------------------------------------------------------------------------ names of releases


@pytest.mark.parametrize("revision", list(RELEASES))
def test_a_known_revision_names_its_release(revision: str) -> None:
    schema = Schema(revision)
    assert schema.known
    assert schema.release == f"MLflow {RELEASES[revision]}"


def test_every_revision_names_releases_of_its_own() -> None:
    assert len(set(RELEASES.values())) == len(RELEASES)


def test_a_revision_nobody_knows_yet_is_read_and_said(tmp_path: Path) -> None:
    path = make(tmp_path / "mlflow.db", revision="abcdef012345")
    with opened(path) as store:
        assert store.info.revision == "abcdef012345"
        assert "perhaps newer than 3.18" in store.info.schema
        assert "abcdef012345" in store.info.schema
        assert "read with the tables and columns that are there" in store.info.notices[0]
        read_all(store)


@pytest.mark.parametrize("without", [[], ["alembic_version"]])
def test_a_database_without_a_revision_is_read_and_said(tmp_path: Path, without: list[str]) -> None:
    path = make(tmp_path / "mlflow.db", revision=None, without=without)
    with opened(path) as store:
        assert store.info.revision is None
        assert store.info.schema == "MLflow schema without a revision"
        assert store.info.notices != ()
        read_all(store)


def test_the_newest_schema_lacks_nothing(tmp_path: Path) -> None:
    with opened(make(tmp_path / "mlflow.db")) as store:
        assert store.info.schema == f"MLflow 3.17 ({states.HEAD})"
        assert store.info.notices == ()
        assert (store.info.kind, store.info.uri, store.info.read_only) == ("SQLite", str(tmp_path / "mlflow.db"), True)


# ------------------------------------------------------------------------------------------ less, and more


def test_the_oldest_schema_is_read_with_what_it_has(tmp_path: Path) -> None:
    path = make(
        tmp_path / "mlflow.db",
        revision="0a8213491aaa",
        without=[table for table in OPTIONAL if table not in ("alembic_version", "experiment_tags")],
        lacking={"runs": ["deleted_time"], "experiments": ["creation_time", "last_update_time", "workspace"]},
    )
    with opened(path) as store:
        run = read_all(store)
        assert (run.deleted_time, run.dataset_inputs, run.model_outputs) == (None, (), ())
        (experiment,) = store.experiments(ExperimentQuery()).items
        assert (experiment.creation_time, experiment.workspace) == (None, None)
        assert store.info.schema == "MLflow 1.8-1.9 (0a8213491aaa)"
        (notice,) = store.info.notices
        for missing in ("datasets", "logged models", "experiment times"):
            assert missing in notice


CONTENT: Final = (
    "INSERT INTO experiment_tags (key, value, experiment_id) VALUES ('team', 'a', 1)",
    (
        "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source)"
        " VALUES ('d-1', 1, 'iris', 'abc', 'local', 'iris.csv')"
    ),
    (
        "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id)"
        f" VALUES ('i-1', 'DATASET', 'd-1', 'RUN', '{RUN}')"
    ),
    (
        "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step)"
        f" VALUES ('i-2', 'RUN_OUTPUT', '{RUN}', 'MODEL_OUTPUT', 'm-2', 7)"
    ),
    "INSERT INTO input_tags (input_uuid, name, value) VALUES ('i-1', 'context', 'train')",
    (
        "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms,"
        " last_updated_timestamp_ms, status) VALUES ('m-2', 1, 'tree', 'there', 1, 2, 2)"
    ),
    "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES ('m-2', 1, 'depth', '3')",
    "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES ('m-2', 1, 'kind', 'x')",
)
"""A row in every table that is not required."""

LOST: Final[dict[str, set[str]]] = {
    "alembic_version": {"revision"},
    "experiment_tags": {"experiment tags"},
    "datasets": {"datasets", "dataset tags"},
    "inputs": {"datasets", "dataset tags", "models written"},
    "input_tags": {"dataset tags"},
    "logged_models": {"models", "model params", "model tags"},
    "logged_model_params": {"model params"},
    "logged_model_tags": {"model tags"},
}
"""What a store cannot tell without a table, as `optional_content` calls it."""

NOTICED: Final = {"datasets": "no datasets", "logged_models": "no logged models", "alembic_version": "revision"}
"""Tables whose absence is worth a notice, and its words."""


def optional_content(store: Store) -> dict[str, object]:
    """What is read from the tables that are not required, by name."""
    run = read_all(store)
    (experiment,) = store.experiments(ExperimentQuery()).items
    models = store.logged_models(["m-2"])
    return {
        "revision": store.info.revision,
        "experiment tags": experiment.tags,
        "datasets": [item.dataset for item in run.dataset_inputs],
        "dataset tags": [item.tags for item in run.dataset_inputs if item.tags],
        "models written": run.model_outputs,
        "models": [item.model_id for item in models],
        "model params": [item.params for item in models if item.params],
        "model tags": [item.tags for item in models if item.tags],
    }


@pytest.mark.parametrize("table", OPTIONAL)
def test_a_table_that_is_not_required_may_be_missing(tmp_path: Path, table: str) -> None:
    path = make(tmp_path / "mlflow.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in CONTENT:
            connection.execute(statement)
        connection.commit()
        with opened(path) as store:
            whole = optional_content(store)
            assert all(whole.values())
        connection.execute(f"DROP TABLE {table}")
        connection.commit()
    with opened(path) as store:
        found = optional_content(store)
        lost = LOST.get(table, set())
        assert {name for name, content in found.items() if not content} == lost
        assert all(found[name] == whole[name] for name in found.keys() - lost)
        assert len(store.info.notices) == (table in NOTICED)
        assert all(NOTICED[table] in notice for notice in store.info.notices)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column)
        for table in REQUIRED
        for column in COLUMNS[table]
        # A primary key cannot be dropped; what is required may not be.
        if column not in REQUIRED[table]
    ],
)
def test_a_column_that_is_not_required_may_be_missing(tmp_path: Path, table: str, column: str) -> None:
    path = make(tmp_path / "mlflow.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO tags (key, value, run_uuid) VALUES ('mlflow.runName', 'the run', ?)", (RUN,)
        )
        connection.execute("UPDATE runs SET user_id = 'me', end_time = 5, artifact_uri = 'here', deleted_time = 6")
        connection.execute(
            "UPDATE experiments SET artifact_location = 'there', creation_time = 1, last_update_time = 2,"
            " workspace = 'w'"
        )
        connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.commit()
    with opened(path) as store:
        run = read_all(store)
        (experiment,) = store.experiments(ExperimentQuery()).items
        found = {
            **{f"runs.{name}": getattr(run, name) for name in ("user_id", "end_time", "artifact_uri", "deleted_time")},
            # The name is in a tag, too, which is where older releases kept it.
            "runs.name": run.run_name,
            **{
                f"experiments.{name}": getattr(experiment, name)
                for name in ("artifact_location", "creation_time", "last_update_time", "workspace")
            },
        }
        assert f"{table}.{column}" in found
        assert {name for name, value in found.items() if value is None} == {f"{table}.{column}"} - {"runs.name"}
        assert run.run_name == "the run"
        assert len(store.info.notices) == (column == "creation_time")
        assert all("no experiment times" in notice for notice in store.info.notices)


@pytest.mark.parametrize("table", list(REQUIRED))
def test_a_required_table_may_not_be_missing(tmp_path: Path, table: str) -> None:
    path = make(tmp_path / "mlflow.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TABLE {table}")
        connection.commit()
    with untouched(tmp_path), pytest.raises(NotAStore) as caught:
        open_store(str(path))
    assert f"its tables {table} are missing or lack columns" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(("table", "column"), [("metrics", "step"), ("metrics", "is_nan"), ("runs", "lifecycle_stage")])
def test_a_required_column_may_not_be_missing(tmp_path: Path, table: str, column: str) -> None:
    path = make(tmp_path / "mlflow.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO something_else")
        connection.commit()
    with untouched(tmp_path), pytest.raises(NotAStore) as caught:
        open_store(str(path))
    assert table in caught.value.message


def test_more_tables_and_columns_do_not_disturb(tmp_path: Path) -> None:
    path = make(tmp_path / "mlflow.db", revision="abcdef012345")
    with opened(path) as store:
        before = read_all(store), store.experiments(ExperimentQuery()).items
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for table in REQUIRED:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN brand_new TEXT DEFAULT 'x'")
        connection.execute("CREATE TABLE plugin (id INTEGER PRIMARY KEY, run_uuid TEXT)")
        connection.execute("CREATE VIEW overview AS SELECT * FROM runs")
        connection.execute("CREATE TRIGGER watch AFTER INSERT ON runs BEGIN SELECT 1; END")
        connection.commit()
    with opened(path) as store:
        assert (read_all(store), store.experiments(ExperimentQuery()).items) == before
        (notice,) = store.info.notices
        assert "perhaps newer" in notice


def test_views_in_place_of_tables_are_not_a_store(tmp_path: Path) -> None:
    """They may call anything: what reads a database of unknown origin keeps to tables."""
    path = make(tmp_path / "mlflow.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE runs RENAME TO real_runs")
        connection.execute("CREATE VIEW runs AS SELECT * FROM real_runs")
        connection.commit()
    with untouched(tmp_path), pytest.raises(NotAStore):
        open_store(str(path))


def test_upper_case_names_of_tables_are_no_obstacle_to_an_error(tmp_path: Path) -> None:
    """SQLite takes RUNS for runs; whatever is concluded, it is not a crash."""
    path = make(tmp_path / "mlflow.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE runs RENAME TO r")
        connection.execute("ALTER TABLE r RENAME TO RUNS")
        connection.commit()
    with untouched(tmp_path), pytest.raises(NotAStore):
        open_store(str(path))


def test_a_column_that_is_missing_is_null() -> None:
    schema = Schema(None, {"runs": frozenset({"run_uuid"})})
    assert schema.has("runs")
    assert schema.has("runs", "run_uuid")
    assert not schema.has("runs", "name")
    assert not schema.has("datasets")
    assert str(schema.column("runs", "run_uuid")) == "runs.run_uuid"
    assert str(schema.column("runs", "name")) == "NULL"
    assert [column.name for column in schema.table("runs").c] == ["run_uuid"]
    with pytest.raises(KeyError):
        schema.table("datasets")


def test_what_is_required_is_read() -> None:
    for table, columns in REQUIRED.items():
        assert columns <= set(COLUMNS[table])


# ------------------------------------------------------------------------------------------ written by MLflow itself


def written() -> list[Any]:
    """The databases beside their manifests, if they are in this checkout."""
    found = sorted(path for path in STORES.glob("*/mlflow.db")) if STORES.is_dir() else []
    reason = f"no databases in {STORES}"
    return [pytest.param(path, id=path.parent.name) for path in found] or [
        pytest.param(Path(), id="none", marks=pytest.mark.skip(reason=reason))
    ]


@pytest.mark.parametrize("path", written())
def test_a_database_of_a_real_release_is_named_by_it(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    with opened(path) as store:
        assert store.info.revision == revision
        assert store.info.schema == f"MLflow {RELEASES[revision]} ({revision})"
        assert all("this schema has no" in notice for notice in store.info.notices)
        runs = store.runs(store.run_ids(RunQuery()).items, RunParts.ALL)
        assert runs
        for run in runs:
            for summary in store.metric_summaries(run.run_id):
                assert summary.count == len(store.history(run.run_id, summary.key))
    manifest = path.with_name("manifest.json")
    if manifest.is_file():
        release = json.loads(manifest.read_text())["mlflow"].split(".")
        first, _, last = RELEASES[revision].partition("-")
        assert _minor(first) <= [int(number) for number in release[:2]] <= _minor(last or first)


def _minor(release: str) -> list[int]:
    return [int(number) for number in release.split(".")[:2]]


@pytest.mark.parametrize("table", ["params", "latest_metrics"])
def test_rows_without_numbers_are_found_as_those_that_have_them(tmp_path: Path, table: str) -> None:
    numbered, path = tmp_path / "mlflow" / "mlflow.db", tmp_path / "other" / "mlflow.db"
    for made in (numbered, path):
        made.parent.mkdir()
        make(made)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        columns = ", ".join(name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})"))
        connection.execute(f"ALTER TABLE {table} RENAME TO kept")
        connection.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY (key, run_uuid)) without\trowid")
        connection.execute(f"INSERT INTO {table} SELECT * FROM kept")
    query = RunQuery(filter="params.lr = '0.1' and metrics.loss > 0" if table == "params" else "metrics.loss > 0")
    with opened(numbered) as store, opened(path) as other:
        assert store.run_ids(query).items == other.run_ids(query).items == (RUN,)
