"""Stores whose runs a test may change: the reference store behind each kind of database, and as a tree of files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from store.changes import Outcome, Result
from store.entities import Run, RunParts, ViewType
from store.opening import open_changes
from store.protocols import Changes, RunQuery
from store.uris import parse
from tests.support.backends import opened
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.reference import reference_database
from tests.support.tree_copy import tree_copy

DATABASES: Final[tuple[Any, ...]] = (
    *(pytest.param(name, marks=pytest.mark.xdist_group(f"contract-{name}")) for name in ("postgresql", "mariadb")),
    "sqlite",
    "sqlite-wal",
)
"""Parameters for fixtures."""


@contextmanager
def changing(uri: str) -> Iterator[Changes]:
    """The store's runs, to be changed."""
    changes = open_changes(parse(uri))
    try:
        yield changes
    finally:
        changes.close()


def runs_of(uri: str) -> dict[str, Run]:
    """Every run by id."""
    with opened(uri) as store:
        ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
        return {run.run_id: run for run in store.runs(ids, RunParts.ALL)}


def results(outcomes: Iterable[Outcome]) -> set[Result]:
    """What became of the runs."""
    return {outcome.result for outcome in outcomes}


def database_of(folder: Path, runs: int = 0) -> Path:
    """The reference store, with so many runs more."""
    database = reference_database(folder)
    with closing(sqlite3.connect(database)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
        model = dict(zip(columns, connection.execute("SELECT * FROM runs").fetchone(), strict=True))
        for number in range(runs):
            row = {**model, "run_uuid": f"{number:032x}", "lifecycle_stage": "active", "deleted_time": None}
            marks = ", ".join("?" * len(columns))
            connection.execute(f"INSERT INTO runs VALUES ({marks})", [row[column] for column in columns])
    return database


class Changeable:
    """Makes stores of a kind that can be changed: those of `DATABASES`, or `tree`."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self._folder = folder

    def uri(self, runs: int = 0) -> str:
        """The address of a new copy of the reference store, with so many runs more."""
        database = database_of(self._folder, runs)
        if self.kind == "postgresql":
            return postgres_copy(database, writable=True)
        if self.kind == "mariadb":
            return mariadb_copy(database, writable=True)
        if self.kind == "tree":
            with opened(str(database)) as store:
                tree_copy(store, self._folder / "mlruns")
            return str(self._folder / "mlruns")
        if self.kind == "sqlite-wal":
            with closing(sqlite3.connect(database)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        return f"sqlite:///{database}"
