"""Changes of runs leave the rows that MLflow's own calls leave, on a twin of the same database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from store.changes import Change, DeleteRuns, EndRuns, Rename, RestoreRuns, Result, SetTags, undo_of
from store.opening import open_changes
from store.uris import parse
from tests.support.mlflow_changes import change_with_mlflow
from tests.support.mlflow_client import mlflow_python

STORES: Final = Path(__file__).resolve().parents[1] / "data" / "stores"
MOMENT_MS: Final = 60_000
"""How far apart two clocks may be read."""


def rows_of(database: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: sorted((dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')), key=repr)
            for table in tables
        }


def assert_twins(ours: Path, theirs: Path) -> None:
    """Equal but for the times of the two writes."""
    mine, other = rows_of(ours), rows_of(theirs)
    for rows, others in zip(mine["runs"], other["runs"], strict=True):
        for column in ("end_time", "deleted_time"):
            if rows.get(column) != others.get(column):
                assert abs(rows[column] - others[column]) < MOMENT_MS
                rows[column] = others[column]
    assert mine == other


def python_of(release: str) -> str:
    """The interpreter of a release."""
    if release == "3.17.2":
        return mlflow_python()
    python = os.environ.get("FLOWDECK_MLFLOW_2_PYTHON", "")
    if not Path(python).is_file():
        pytest.skip("FLOWDECK_MLFLOW_2_PYTHON names no interpreter with MLflow 2.22")
    return python


def apply(database: Path, change: Change, run_ids: Sequence[str]) -> None:
    """Makes a change, which changes every run."""
    changes = open_changes(parse(str(database)))
    try:
        assert {item.result for item in changes.apply(change, run_ids)} == {Result.CHANGED}
    finally:
        changes.close()


@pytest.mark.parametrize("release", ["3.17.2", "2.22.5"])
def test_every_kind_of_change_leaves_the_rows_that_mlflow_leaves(release: str, tmp_path: Path) -> None:
    python = python_of(release)
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    for copy in (ours, theirs):
        shutil.copy(STORES / release / "mlflow.db", copy)
    with closing(sqlite3.connect(ours)) as connection:
        active = [
            row[0]
            for row in connection.execute(
                "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active' ORDER BY status = 'RUNNING' DESC, run_uuid"
            )
        ]
    running, first, second = active[:3]
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
    change_with_mlflow(python, f"sqlite:///{theirs}", calls)
    assert_twins(ours, theirs)


@pytest.mark.parametrize("release", sorted(path.parent.name for path in STORES.glob("*/mlflow.db")))
def test_every_change_of_every_schema_is_taken_back(release: str, tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    shutil.copy(STORES / release / "mlflow.db", database)
    before = rows_of(database)
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
            assert rows_of(database) != before
            undo = undo_of(outcomes)
            assert undo is not None
            assert {item.result for item in changes.apply(undo, runs)} == {Result.CHANGED}
            assert rows_of(database) == before
    finally:
        changes.close()
