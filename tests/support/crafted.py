"""Small stores with exactly the rows that a test needs."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

ORIGIN = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"

TABLES = (
    *("latest_metrics", "metrics", "params", "tags", "inputs", "input_tags", "datasets", "logged_model_params"),
    *("logged_model_tags", "logged_models", "runs", "experiment_tags"),
)


class Crafted:
    """A database in MLflow 3.17's schema, empty but for what is added."""

    def __init__(self, database: Path) -> None:
        self.database = database
        shutil.copy(ORIGIN, database)
        with closing(sqlite3.connect(database)) as connection, connection:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}")
            connection.execute("DELETE FROM experiments WHERE experiment_id > 0")

    def experiment(self, identity: int, name: str, *, stage: str = "active") -> None:
        self._insert("experiments", (identity, name, f"/nowhere/{identity}", stage, 1000, 1000, "default"))

    def run(
        self,
        run_id: str,
        name: str,
        *,
        experiment: int = 0,
        stage: str = "active",
        start: int = 1_700_000_000_000,
        metrics: Mapping[str, float] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """A finished run of one second; its metrics have one point each."""
        row = (
            run_id,
            name,
            "UNKNOWN",
            "",
            "",
            "user",
            "FINISHED",
            start,
            start + 1000,
            "",
            stage,
            f"/nowhere/{run_id}",
        )
        columns = (
            "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,"
            " source_version, lifecycle_stage, artifact_uri, experiment_id"
        )
        with closing(sqlite3.connect(self.database)) as connection, connection:
            marks = ", ".join("?" * 13)
            connection.execute(f"INSERT INTO runs ({columns}) VALUES ({marks})", (*row, experiment))
        for key, value in (params or {}).items():
            self._insert("params", (key, value, run_id))
        for key, value in (tags or {}).items():
            self._insert("tags", (key, value, run_id))
        for key, number in (metrics or {}).items():
            self.points(run_id, key, [(0, start, number)])

    def points(self, run_id: str, key: str, points: list[tuple[int, int, float]]) -> None:
        """A metric's history of (step, timestamp, value)."""
        for step, timestamp, value in points:
            self._insert("metrics", (key, value, timestamp, run_id, step, False))
        step, timestamp, value = max(points)
        self._insert("latest_metrics", (key, value, timestamp, step, False, run_id))

    def _insert(self, table: str, row: tuple[object, ...]) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
