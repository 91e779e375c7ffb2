"""Which of MLflow's tables and columns a database has.

The alembic revision is only believed for naming the release: what can be read is decided by what is
there, so databases of custom builds, of releases to come and upgraded ones are read as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa

_INT = sa.BigInteger()
_TEXT = sa.Text()
_FLOAT = sa.Float(53)
_BOOL = sa.Boolean()

COLUMNS: Final[Mapping[str, Mapping[str, sa.types.TypeEngine[Any]]]] = {
    "alembic_version": {"version_num": _TEXT},
    "experiments": {
        "experiment_id": _INT,
        "name": _TEXT,
        "artifact_location": _TEXT,
        "lifecycle_stage": _TEXT,
        "creation_time": _INT,
        "last_update_time": _INT,
        "workspace": _TEXT,
    },
    "experiment_tags": {"key": _TEXT, "value": _TEXT, "experiment_id": _INT},
    "runs": {
        "run_uuid": _TEXT,
        "name": _TEXT,
        "user_id": _TEXT,
        "status": _TEXT,
        "start_time": _INT,
        "end_time": _INT,
        "lifecycle_stage": _TEXT,
        "artifact_uri": _TEXT,
        "experiment_id": _INT,
        "deleted_time": _INT,
    },
    "metrics": {
        "key": _TEXT,
        "value": _FLOAT,
        "timestamp": _INT,
        "run_uuid": _TEXT,
        "step": _INT,
        "is_nan": _BOOL,
    },
    "latest_metrics": {
        "key": _TEXT,
        "value": _FLOAT,
        "timestamp": _INT,
        "run_uuid": _TEXT,
        "step": _INT,
        "is_nan": _BOOL,
    },
    "params": {"key": _TEXT, "value": _TEXT, "run_uuid": _TEXT},
    "tags": {"key": _TEXT, "value": _TEXT, "run_uuid": _TEXT},
    "datasets": {
        "dataset_uuid": _TEXT,
        "name": _TEXT,
        "digest": _TEXT,
        "dataset_source_type": _TEXT,
        "dataset_source": _TEXT,
        "dataset_schema": _TEXT,
        "dataset_profile": _TEXT,
    },
    "inputs": {
        "input_uuid": _TEXT,
        "source_type": _TEXT,
        "source_id": _TEXT,
        "destination_type": _TEXT,
        "destination_id": _TEXT,
        "step": _INT,
    },
    "input_tags": {"input_uuid": _TEXT, "name": _TEXT, "value": _TEXT},
    "logged_models": {
        "model_id": _TEXT,
        "experiment_id": _INT,
        "name": _TEXT,
        "artifact_location": _TEXT,
        "creation_timestamp_ms": _INT,
        "last_updated_timestamp_ms": _INT,
        "status": sa.Integer(),
        "model_type": _TEXT,
        "source_run_id": _TEXT,
    },
    "assessments": {"assessment_id": _TEXT, "assessment_metadata": _TEXT},
    "logged_model_params": {"model_id": _TEXT, "param_key": _TEXT, "param_value": _TEXT},
    "logged_model_tags": {"model_id": _TEXT, "tag_key": _TEXT, "tag_value": _TEXT},
}
"""Every table and column that is read, or looked at when runs are changed. A database may have fewer."""

REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "experiments": frozenset({"experiment_id", "name", "lifecycle_stage"}),
    "runs": frozenset({"run_uuid", "experiment_id", "status", "start_time", "lifecycle_stage"}),
    "metrics": frozenset({"key", "value", "timestamp", "run_uuid", "step", "is_nan"}),
    "latest_metrics": frozenset({"key", "value", "timestamp", "run_uuid", "step", "is_nan"}),
    "params": frozenset({"key", "value", "run_uuid"}),
    "tags": frozenset({"key", "value", "run_uuid"}),
}
"""Without these (present since MLflow 1.8) a database is not an MLflow tracking store."""

RELEASES: Final[Mapping[str, str]] = {
    "0a8213491aaa": "1.8-1.9",
    "27a6a02d2cf1": "1.10",
    "84291f40a231": "1.11-1.12",
    "a8c4a736bde6": "1.13-1.14",
    "39d1c3be5f05": "1.15",
    "c48cb773bb87": "1.16-1.24",
    "bd07f7e963c5": "1.25-1.27",
    "cc1f77228345": "1.28",
    "97727af70f4d": "1.29-2.2",
    "3500859a5d39": "2.3",
    "7f2a7d5fae7d": "2.4-2.7",
    "acf3f17fdcc7": "2.8-2.12",
    "867495a8f9d4": "2.13.0",
    "5b0e9adcef9c": "2.13.2-2.14",
    "4465047574b1": "2.15-2.16",
    "f5a4f2784254": "2.17",
    "0584bdc529eb": "2.18-2.22",
    "6953534de441": "3.0.0-3.1.0",
    "bda7b8c39065": "3.0.1-3.1.4",
    "770bee3ae1dd": "3.2",
    "1a0cddfcaa16": "3.3",
    "71994744cf8e": "3.4",
    "bf29a5ff90ea": "3.5-3.7",
    "1bd49d398cd23": "3.8",
    "d3e4f5a6b7c8": "3.9",
    "1b5f0d9ad7c1": "3.10",
    "c3d6457b6d8a": "3.11",
    "7d34483879f0": "3.12",
    "da6fb0208061": "3.13",
    "b7e4c1a90f23": "3.14",
    "6f8d9c3b2a1e": "3.15",
    "b7e2c1a4d9f3": "3.16",
    "dc11669786a5": "3.17",
    "f4a9b2c7d1e6": "3.18",
}
"""Alembic head of each MLflow release."""

_FEATURES: Final = (
    ("datasets", "dataset_uuid", "datasets (MLflow 2.4)"),
    ("logged_models", "model_id", "logged models (MLflow 3.0)"),
    ("experiments", "creation_time", "experiment times (MLflow 1.29)"),
)


@dataclass(frozen=True)
class Schema:
    """The tables and columns, among those that are read, that one database has."""

    revision: str | None
    """Content of `alembic_version`; None if there is none."""
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    numbered: frozenset[str] = frozenset()
    """Tables with a `rowid`: SQLite's number of a row, by which the rows lie in the file."""
    _tables: dict[str, sa.TableClause] = field(default_factory=dict, repr=False, compare=False)

    def has(self, table: str, column: str | None = None) -> bool:
        found = self.columns.get(table)
        return found is not None and (column is None or column in found)

    def table(self, name: str) -> sa.TableClause:
        """The table with the columns it has; KeyError if the database lacks it."""
        table = self._tables.get(name)
        if table is None:
            present = self.columns[name]
            table = sa.table(
                name, *(sa.column(column, kind) for column, kind in COLUMNS[name].items() if column in present)
            )
            self._tables[name] = table
        return table

    def column(self, table: str, column: str) -> sa.ColumnElement[Any]:
        """The column, or NULL where this schema lacks it; labelled with its name either way."""
        if self.has(table, column):
            return self.table(table).c[column]
        return sa.null().label(column)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What this schema cannot hold, for people."""
        return tuple(text for table, column, text in _FEATURES if not self.has(table, column))

    @cached_property
    def release(self) -> str:
        """For people: which MLflow wrote this schema."""
        if self.revision is None:
            return "MLflow schema without a revision"
        release = RELEASES.get(self.revision)
        if release is not None:
            return f"MLflow {release}"
        newest = list(RELEASES.values())[-1]
        return f"unknown MLflow schema, perhaps newer than {newest}"

    @property
    def known(self) -> bool:
        return self.revision in RELEASES
