"""From database rows to entities."""

from __future__ import annotations

import math
from typing import Any, Final

from store.entities import Dataset, Experiment, Metric, Run, RunParts
from store.texts import location, optional_location, optional_text, text


def integer(value: Any) -> int:
    """An integer column; SQLite lets other writers put anything there, and what is no number counts as 0."""
    if isinstance(value, int):
        return int(value)
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0


def optional_integer(value: Any) -> int | None:
    return None if value is None else integer(value)


def number(value: Any, is_nan: Any) -> float:
    """A metric's value: NaN is stored as 0 beside `is_nan` (MLflow since 1.0)."""
    if is_nan:
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


EXPERIMENT_COLUMNS: Final = (
    "experiment_id",
    "name",
    "artifact_location",
    "lifecycle_stage",
    "creation_time",
    "last_update_time",
    "workspace",
)


def experiment(row: Any, tags: dict[str, str]) -> Experiment:
    """From a row of `EXPERIMENT_COLUMNS`."""
    return Experiment(
        experiment_id=str(row[0]),
        name=text(row[1]),
        artifact_location=optional_location(row[2]),
        lifecycle_stage=text(row[3]),
        creation_time=optional_integer(row[4]),
        last_update_time=optional_integer(row[5]),
        tags=tags,
        workspace=optional_text(row[6]),
    )


RUN_COLUMNS: Final = (
    "run_uuid",
    "name",
    "experiment_id",
    "status",
    "start_time",
    "end_time",
    "lifecycle_stage",
    "artifact_uri",
    "user_id",
    "deleted_time",
)


def run(row: Any, parts: RunParts, **found: Any) -> Run:
    """From a row of `RUN_COLUMNS` and the parts that were found for it."""
    return Run(
        run_id=text(row[0]),
        run_name=text(row[1]),
        experiment_id=str(row[2]),
        status=text(row[3]),
        start_time=optional_integer(row[4]),
        end_time=optional_integer(row[5]),
        lifecycle_stage=text(row[6]),
        artifact_uri=optional_location(row[7]),
        user_id=optional_text(row[8]),
        deleted_time=optional_integer(row[9]),
        parts=parts,
        **found,
    )


METRIC_COLUMNS: Final = ("run_uuid", "key", "value", "timestamp", "step", "is_nan")


def metric(key: Any, value: Any, timestamp: Any, step: Any, is_nan: Any) -> Metric:
    """From the columns of `METRIC_COLUMNS` behind the run's."""
    # Rows as MLflow writes them need no conversion; a page of runs has tens of thousands.
    if type(value) is float and not is_nan and type(timestamp) is int and type(step) is int and type(key) is str:
        return Metric(key, value, timestamp, step)
    return Metric(key=text(key), value=number(value, is_nan), timestamp=integer(timestamp), step=integer(step))


DATASET_COLUMNS: Final = (
    "dataset_uuid",
    "name",
    "digest",
    "dataset_source_type",
    "dataset_source",
    "dataset_schema",
    "dataset_profile",
)


def dataset(row: Any) -> Dataset:
    """From a row of `DATASET_COLUMNS`."""
    return Dataset(
        name=text(row[1]),
        digest=text(row[2]),
        source_type=text(row[3]),
        source=location(row[4]),
        schema=optional_text(row[5]),
        profile=optional_text(row[6]),
    )
