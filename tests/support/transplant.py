"""The oracle's runs behind servers of several releases, with one long history added."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final

from tests.support import oracle
from tests.support.mlflow_servers import RELEASES, STORES, MlflowServer, shared_server

LONG_KEY: Final = "a long one"
LONG: Final = 30_000
"""Points: more than a page. Steps count from 0, a point a second, logged newest first."""
LONG_START: Final = 1_700_000_000_000

_TABLES: Final = (
    "experiments", "experiment_tags", "runs", "metrics", "latest_metrics", "params", "tags",
    "datasets", "inputs", "input_tags", "logged_models", "logged_model_params", "logged_model_tags",
)  # fmt: skip


@cache
def corpus_server(release: str) -> MlflowServer:
    """A server of `release` on the oracle's runs, shared by the tests of this process."""
    with tempfile.TemporaryDirectory() as folder:
        database = transplanted(STORES / release / "mlflow.db", Path(folder) / "mlflow.db")
        return shared_server(RELEASES[release], database)


def long_value(step: int) -> float:
    """The value at a step of the long history: a wave, with one spike."""
    return 99.5 if step == 21_415 else (step % 1000) / 1000


def transplanted(old: Path, database: Path) -> Path:
    """The oracle's runs, with the long history, in a database with the schema of `old`."""
    move(oracle.BUNDLED / "mlflow.db", old, database)
    add_long_history(database)
    return database


def move(source: Path, old: Path, database: Path) -> None:
    """Makes `database`: the runs of `source` in the schema of `old`; what it has no place for stays out."""
    shutil.copyfile(old, database)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS source", (str(source),))
        there = {row[0] for row in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")}
        connection.execute("BEGIN")
        for table in _TABLES:
            if table not in there:
                continue
            columns = [
                {row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")}
                for schema in ("main", "source")
            ]
            shared = ", ".join(f'"{name}"' for name in sorted(columns[0] & columns[1]))
            connection.execute(f"DELETE FROM main.{table}")
            connection.execute(f"INSERT INTO main.{table} ({shared}) SELECT {shared} FROM source.{table}")
        if "logged_models" not in there and "inputs" in there:
            connection.execute("DELETE FROM main.inputs WHERE source_type <> 'DATASET'")
        connection.execute("COMMIT")


def long_run(database: Path) -> str:
    """The id of the run that has the long history."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return str(connection.execute("SELECT min(run_uuid) FROM runs").fetchone()[0])


def add_long_history(database: Path) -> None:
    """Adds it to a database of the oracle's runs."""
    with closing(sqlite3.connect(database)) as connection, connection:
        _add_long_history(connection, long_run(database))


def _add_long_history(connection: sqlite3.Connection, run_id: str) -> None:
    insert = "INSERT INTO main.{} (run_uuid, key, value, timestamp, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)"
    points = [(run_id, LONG_KEY, long_value(step), LONG_START + step * 1000, step) for step in range(LONG)]
    connection.executemany(insert.format("metrics"), reversed(points))
    connection.execute(insert.format("latest_metrics"), points[-1])
