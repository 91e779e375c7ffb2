"""What is said of a store without opening it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from store.checkup import ArtifactRoots, artifact_roots, journal_mode


@pytest.mark.parametrize(("mode", "told"), [("delete", "rollback journal"), ("wal", "write-ahead log")])
def test_journal_mode(tmp_path: Path, mode: str, told: str) -> None:
    database = tmp_path / "a.db"
    connection = sqlite3.connect(database)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("CREATE TABLE t (x)")
    connection.commit()
    assert journal_mode(database) == told
    connection.close()


def test_what_is_no_database_has_no_journal_mode(tmp_path: Path) -> None:
    assert journal_mode(tmp_path / "absent") == ""
    assert journal_mode(tmp_path) == ""
    (tmp_path / "text").write_text("SQLite")
    assert journal_mode(tmp_path / "text") == ""


def test_artifact_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mlruns" / "1").mkdir(parents=True)
    (tmp_path / "with space").mkdir()
    monkeypatch.chdir("/")
    locations = [
        "./mlruns/1",
        "./mlruns/2",
        f"file://{tmp_path}/with%20space",
        str(tmp_path),
        str(tmp_path),
        "s3://bucket/a",
        "s3://bucket/b",
        "mlflow-artifacts:/3",
        "sftp://user@host/x",
    ]
    assert artifact_roots(locations, tmp_path / "mlflow.db") == [
        ArtifactRoots("file", 4, 3, ("./mlruns/2",)),
        ArtifactRoots("mlflow-artifacts", 1, None),
        ArtifactRoots("s3", 2, None),
        ArtifactRoots("sftp", 1, None),
    ]
    assert artifact_roots([], None) == []
