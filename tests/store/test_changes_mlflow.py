"""Changes of runs leave the rows that MLflow's own calls leave, on a twin of the same database."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
import yaml

from store.changes import Change, DeleteRuns, EndRuns, Rename, RestoreRuns, Result, SetTags, undo_of
from store.entities import RunParts
from store.opening import open_changes
from store.protocols import RunQuery
from store.sql.reach import driver_url
from store.uris import parse
from tests.support.backends import opened
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.mlflow_changes import change_with_mlflow
from tests.support.mlflow_client import mlflow_python

STORES: Final = Path(__file__).resolve().parents[1] / "data" / "stores"
MOMENT_MS: Final = 60_000
"""How far apart two clocks may be read."""


def rows_of(address: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    engine = sa.create_engine(f"sqlite:///{address}" if "://" not in address else driver_url(parse(address), {}))
    with engine.connect() as connection:
        # Reflection of all constraints would take longer than all the rest.
        tables = sa.inspect(connection).get_table_names()
        quote = engine.dialect.identifier_preparer.quote_identifier
        found = {
            table: sorted(
                (dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {quote(table)}")).mappings()), key=repr
            )
            for table in tables
        }
    engine.dispose()
    return found


def assert_twins(ours: str, theirs: str) -> None:
    """Equal but for the times of the two writes."""
    mine, other = (
        {row["run_uuid"]: row for row in rows.pop("runs")} | {"": rows} for rows in (rows_of(ours), rows_of(theirs))
    )
    assert mine.keys() == other.keys()
    for run_id, row in mine.items():
        for column in ("end_time", "deleted_time"):
            if run_id and row[column] != other[run_id][column]:
                assert abs(row[column] - other[run_id][column]) < MOMENT_MS
                row[column] = other[run_id][column]
    assert mine == other


def add_assessments(uri: str, run_ids: Sequence[str]) -> None:
    """An assessment that came from each run, in as much of the table as deleting runs needs."""
    engine = sa.create_engine(driver_url(parse(uri), {}))
    with engine.begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE assessments (assessment_id VARCHAR(50) PRIMARY KEY, assessment_metadata TEXT)")
        )
        rows = [
            {"id": f"a-{number}", "metadata": json.dumps({"mlflow.assessment.sourceRunId": run_id})}
            for number, run_id in enumerate(run_ids)
        ]
        connection.execute(sa.text("INSERT INTO assessments VALUES (:id, :metadata)"), rows)
    engine.dispose()


def python_of(release: str) -> str:
    """The interpreter of a release."""
    if release == "3.17.2":
        return mlflow_python()
    python = os.environ.get("FLOWDECK_MLFLOW_2_PYTHON", "")
    if not Path(python).is_file():
        pytest.skip("FLOWDECK_MLFLOW_2_PYTHON names no interpreter with MLflow 2.22")
    return python


def apply(database: str, change: Change, run_ids: Sequence[str]) -> None:
    """Makes a change, which changes every run."""
    changes = open_changes(parse(database))
    try:
        assert {item.result for item in changes.apply(change, run_ids)} == {Result.CHANGED}
    finally:
        changes.close()


@pytest.mark.parametrize(
    ("release", "kind"),
    [
        ("3.17.2", "sqlite"),
        ("2.22.5", "sqlite"),
        pytest.param("3.17.2", "postgresql", marks=pytest.mark.xdist_group("contract-postgresql")),
        pytest.param("3.17.2", "mariadb", marks=pytest.mark.xdist_group("contract-mariadb")),
    ],
)
def test_every_kind_of_change_leaves_the_rows_that_mlflow_leaves(release: str, kind: str, tmp_path: Path) -> None:
    python = python_of(release)
    source = STORES / release / "mlflow.db"
    if kind == "sqlite":
        ours, theirs = str(tmp_path / "ours.db"), str(tmp_path / "theirs.db")
        for copy in (ours, theirs):
            shutil.copy(source, copy)
    else:
        copied = postgres_copy if kind == "postgresql" else mariadb_copy
        ours, theirs = (copied(source, writable=True) for _ in range(2))
    theirs_for_mlflow = f"sqlite:///{theirs}" if kind == "sqlite" else theirs
    theirs_for_mlflow = theirs_for_mlflow.replace("postgresql://", "postgresql+psycopg://")
    with closing(sqlite3.connect(source)) as connection:
        active = [
            row[0]
            for row in connection.execute(
                "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active' ORDER BY status = 'RUNNING' DESC, run_uuid"
            )
        ]
    running, first, second = active[:3]
    if kind != "sqlite":
        for copy in (ours, theirs):
            add_assessments(copy, [first, second, running])
    now = int(time.time() * 1000)
    apply(ours, SetTags((("new/key", "ä 1"), ("mlflow.note.content", "# Note\n"))), [first, second])
    apply(ours, SetTags((("new/key", "2"),), ("mlflow.note.content",)), [first])
    apply(ours, Rename("another name"), [first])
    apply(ours, SetTags((("mlflow.runName", "by tag"),)), [second])
    apply(ours, EndRuns("KILLED", now), [running])
    apply(ours, DeleteRuns(now), [first, second])
    apply(ours, RestoreRuns(), [second])
    calls: list[list[Any]] = []
    for run in (first, second):
        calls += [["set_tag", run, "new/key", "ä 1"], ["set_tag", run, "mlflow.note.content", "# Note\n"]]
    calls += [
        ["set_tag", first, "new/key", "2"],
        ["delete_tag", first, "mlflow.note.content"],
        ["update_run", first, None, "another name"],
        ["set_tag", second, "mlflow.runName", "by tag"],
        ["set_terminated", running, "KILLED", now],
        ["delete_run", first],
        ["delete_run", second],
        ["restore_run", second],
    ]
    change_with_mlflow(python, theirs_for_mlflow, calls)
    assert_twins(ours, theirs)


def files_of(tree: Path) -> dict[str, Any]:
    """Every file of a tree; of a meta.yaml what it says."""
    found: dict[str, Any] = {}
    for path in sorted(tree.rglob("*")):
        if path.is_file():
            content = path.read_text("utf-8")
            found[str(path.relative_to(tree))] = yaml.safe_load(content) if path.name == "meta.yaml" else content
    return found


@pytest.mark.parametrize("release", ["3.17.2", "2.22.5"])
def test_every_kind_of_change_of_a_tree_leaves_the_files_that_mlflow_leaves(release: str, tmp_path: Path) -> None:
    python = python_of(release)
    source = STORES / f"{release}-file" / "mlruns"
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for copy in (ours, theirs):
        shutil.copytree(source, copy)
        for meta in copy.glob("*/*/meta.yaml"):
            # Empty folders, without which MLflow sees no run.
            for part in ("artifacts", "metrics", "params"):
                meta.with_name(part).mkdir(exist_ok=True)
    with opened(str(ours)) as store:
        ids = store.run_ids(RunQuery()).items
        runs = store.runs(ids, RunParts.ATTRIBUTES)
    running = next(run.run_id for run in runs if run.status == "RUNNING")
    first, second = [run.run_id for run in runs if run.run_id != running][:2]
    now = int(time.time() * 1000)
    apply(str(ours), SetTags((("new/key", "ä 1"), ("mlflow.note.content", "# Note\n"))), [first, second])
    apply(str(ours), SetTags((("new/key", "2"),), ("mlflow.note.content",)), [first])
    apply(str(ours), Rename("another name: #1"), [first])
    apply(str(ours), SetTags((("mlflow.runName", "by tag"),)), [second])
    apply(str(ours), EndRuns("KILLED", now), [running])
    apply(str(ours), DeleteRuns(now), [first, second])
    apply(str(ours), RestoreRuns(), [second])
    calls: list[list[Any]] = []
    for run_id in (first, second):
        calls += [["set_tag", run_id, "new/key", "ä 1"], ["set_tag", run_id, "mlflow.note.content", "# Note\n"]]
    calls += [
        ["set_tag", first, "new/key", "2"],
        ["delete_tag", first, "mlflow.note.content"],
        ["update_run", first, None, "another name: #1"],
        ["set_tag", second, "mlflow.runName", "by tag"],
        ["set_terminated", running, "KILLED", now],
        ["delete_run", first],
        ["delete_run", second],
        ["restore_run", second],
    ]
    change_with_mlflow(python, str(theirs), calls)
    mine, other = files_of(ours), files_of(theirs)
    deleted = next(name for name in mine if name.endswith(f"{first}/meta.yaml"))
    assert abs(mine[deleted].pop("deleted_time") - other[deleted].pop("deleted_time")) < MOMENT_MS
    assert mine == other


@pytest.mark.parametrize("release", sorted(path.parent.name for path in STORES.glob("*/mlflow.db")))
def test_every_change_of_every_schema_is_taken_back(release: str, tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    shutil.copy(STORES / release / "mlflow.db", database)
    before = rows_of(str(database))
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute(
            "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active' ORDER BY status = 'RUNNING' DESC"
        ).fetchall()
    ids = [row[0] for row in found]
    now = int(time.time() * 1000)
    changes = open_changes(parse(str(database)))
    try:
        for change, runs in (
            (SetTags((("a", "1"), ("mlflow.user", "somebody"))), ids),
            (Rename("renamed"), ids),
            (EndRuns("FAILED", now), ids[:1]),
            (DeleteRuns(now), ids),
        ):
            outcomes = changes.apply(change, runs)
            assert {item.result for item in outcomes} == {Result.CHANGED}
            assert rows_of(str(database)) != before
            undo = undo_of(outcomes)
            assert undo is not None
            assert {item.result for item in changes.apply(undo, runs)} == {Result.CHANGED}
            assert rows_of(str(database)) == before
    finally:
        changes.close()
