"""Writing collected rows into a SQLite database with MLflow 3.17.2's schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Final

from store.demo.draft import Row

REVISION: Final = "dc11669786a5"
"""The alembic revision of the schema in tables.sql and indexes.sql."""

COLUMNS: Final[Mapping[str, str]] = {
    "alembic_version": "version_num",
    "workspaces": "name, description",
    "experiments": "experiment_id, name, artifact_location, lifecycle_stage, creation_time,"
    " last_update_time, workspace",
    "experiment_tags": "key, value, experiment_id",
    "runs": "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,"
    " end_time, source_version, lifecycle_stage, artifact_uri, experiment_id, deleted_time",
    "metrics": "key, timestamp, step, run_uuid, value, is_nan",
    "latest_metrics": "key, value, timestamp, step, is_nan, run_uuid",
    "params": "key, value, run_uuid",
    "tags": "key, value, run_uuid",
    "datasets": "dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source,"
    " dataset_schema, dataset_profile",
    "inputs": "input_uuid, source_type, source_id, destination_type, destination_id, step",
    "input_tags": "input_uuid, name, value",
    "logged_models": "model_id, experiment_id, name, artifact_location, creation_timestamp_ms,"
    " last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id, status_message",
    "logged_model_params": "model_id, experiment_id, param_key, param_value",
    "logged_model_tags": "model_id, experiment_id, tag_key, tag_value",
    "logged_model_metrics": "model_id, metric_name, metric_timestamp_ms, metric_step, metric_value,"
    " experiment_id, run_id, dataset_uuid, dataset_name, dataset_digest",
    "registered_models": "name, creation_time, last_updated_time, description, workspace",
    "registered_model_tags": "key, value, name, workspace",
    "registered_model_aliases": "alias, version, name, workspace",
    "model_versions": "name, version, creation_time, last_updated_time, description, user_id,"
    " current_stage, source, run_id, status, status_message, run_link, storage_location, workspace",
    "model_version_tags": "key, value, name, version, workspace",
}
"""The columns that the rows of each table fill, in an order that satisfies the foreign keys."""

_FRESH: Final[Mapping[str, Sequence[Row]]] = {
    "alembic_version": [(REVISION,)],
    "workspaces": [("default", "Default workspace for legacy resources")],
}
"""What is in a database that MLflow has just made."""

_FAST: Final = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -65536")
"""Nobody else knows the file yet, and a half-written one is thrown away: nothing needs to be recoverable."""


def write_database(path: Path, rows: Mapping[str, Sequence[Row]]) -> None:
    """Makes the database; the file must not exist. Raises sqlite3.Error or OSError."""
    package = files("store.demo")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for setting in _FAST:
            connection.execute(f"PRAGMA {setting}")
        connection.executescript(f"BEGIN;{package.joinpath('tables.sql').read_text('utf-8')}COMMIT;")
        connection.execute("BEGIN")
        for table, columns in COLUMNS.items():
            marks = ", ".join("?" * (columns.count(",") + 1))
            values: Sequence[Row] = rows.get(table) or _FRESH.get(table, ())
            if table == "metrics":
                # In the order of the primary key, so that its index only ever grows at the end.
                values = sorted(values)
            connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)
        connection.execute("COMMIT")
        connection.executescript(f"BEGIN;{package.joinpath('indexes.sql').read_text('utf-8')}COMMIT;")
