"""A training that logs to an SQLite store in MLflow's schema, point by point."""

from __future__ import annotations

import argparse
import math
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


class Trainer:
    """One writer; every call is a transaction of its own, as MLflow's are."""

    def __init__(self, database: Path | str) -> None:
        self._database = str(database)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._database, timeout=20)) as connection, connection:
            yield connection

    def experiment(self, name: str) -> int:
        """The id of an experiment by name."""
        with self._connected() as connection:
            (found,) = connection.execute("SELECT experiment_id FROM experiments WHERE name = ?", (name,)).fetchone()
            return int(found)

    def new_experiment(self, name: str) -> int:
        """Its id."""
        with self._connected() as connection:
            made = connection.execute(
                "INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, last_update_time)"
                " VALUES (?, '/nowhere', 'active', ?, ?)",
                (name, now(), now()),
            )
            return int(made.lastrowid or 0)

    def start(self, experiment_id: int, name: str, *, at: int | None = None, parent: str = "") -> str:
        """A new running run, below another one if `parent` is its id; `at` is its start in ms since the epoch, now if
        None.
        """
        run_id = uuid.uuid4().hex
        with self._connected() as connection:
            connection.execute(
                "INSERT INTO runs (run_uuid, name, experiment_id, status, start_time, lifecycle_stage, source_type,"
                " user_id, artifact_uri) VALUES (?, ?, ?, 'RUNNING', ?, 'active', 'LOCAL', 'trainer', '/nowhere')",
                (run_id, name, experiment_id, now() if at is None else at),
            )
            connection.execute(
                "INSERT INTO tags (key, value, run_uuid) VALUES ('mlflow.runName', ?, ?)", (name, run_id)
            )
            if parent:
                connection.execute(
                    "INSERT INTO tags (key, value, run_uuid) VALUES ('mlflow.parentRunId', ?, ?)", (parent, run_id)
                )
        return run_id

    def log(self, run_id: str, key: str, value: float, step: int, *, at: int | None = None) -> None:
        """One point; `at` is its time in ms since the epoch, now if None."""
        is_nan = math.isnan(value)
        point = (key, 0.0 if is_nan else value, now() if at is None else at, step, run_id, is_nan)
        with self._connected() as connection:
            connection.execute(
                "INSERT INTO metrics (key, value, timestamp, step, run_uuid, is_nan) VALUES (?, ?, ?, ?, ?, ?)", point
            )
            connection.execute(
                "INSERT INTO latest_metrics (key, value, timestamp, step, run_uuid, is_nan) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (key, run_uuid) DO UPDATE SET value=excluded.value, timestamp=excluded.timestamp,"
                " step=excluded.step, is_nan=excluded.is_nan",
                point,
            )

    def param(self, run_id: str, key: str, value: str) -> None:
        with self._connected() as connection:
            connection.execute("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", (key, value, run_id))

    def end(self, run_id: str, status: str = "FINISHED") -> None:
        with self._connected() as connection:
            connection.execute("UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ?", (status, now(), run_id))


def now() -> int:
    """ms since the epoch."""
    return time.time_ns() // 1_000_000


def main() -> None:
    """`python -m tests.support.trainer DATABASE`: logs to new runs until it is stopped."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("database", type=Path)
    parser.add_argument("--experiment", default="resnet-cifar10")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two steps")
    parser.add_argument("--steps", type=int, default=60, help="steps of a run")
    arguments = parser.parse_args()
    trainer = Trainer(arguments.database)
    experiment = trainer.experiment(arguments.experiment)
    number = 0
    while True:
        number += 1
        run_id = trainer.start(experiment, f"live-{number}")
        trainer.param(run_id, "lr", str(0.1 / number))
        for step in range(arguments.steps):
            trainer.log(run_id, "train/loss", 2 / (1 + step / 10) + 0.05 * math.sin(step), step)
            trainer.log(run_id, "val/acc", 1 - 1 / (1 + step / 5), step)
            time.sleep(arguments.pause)
        trainer.end(run_id)


if __name__ == "__main__":
    main()
