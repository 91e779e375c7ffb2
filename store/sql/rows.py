"""From database rows to entities.

Passwords stop here: what a store holds leaves it as it is, except for the passwords in its URIs. Locations (of
artifacts, of models, of datasets) pass `location`, the values of params and tags pass `value_text`, so no reader of an
entity can show, copy or log one.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from store.entities import Dataset, Experiment, Metric, Run, RunParts
from store.uris import redact

LOGGED_MODEL_STATUS: Final = {0: "UNSPECIFIED", 1: "PENDING", 2: "READY", 3: "FAILED"}
"""MLflow keeps the status of a logged model as an integer (LoggedModelStatus)."""

NAME_TAG: Final = "mlflow.runName"

_PASSWORD: Final = re.compile(r'(?P<user>\b[A-Za-z][A-Za-z0-9+.-]{0,40}://[^\s/?#:"<>]*:)[^\s/?#"<>]+@')
"""`scheme://user:password@`, all of it before the first slash behind the scheme: `https://host:80/path@v2` is none."""


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


def text(value: Any) -> str:
    """A text column; NULL becomes empty."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def optional_text(value: Any) -> str | None:
    return None if value is None else text(value)


def location(value: Any) -> str:
    """A column that holds a URI, or JSON with some: without their passwords and secret arguments; see `redact`."""
    found = text(value)
    # Nothing that `redact` hides lacks both.
    return redact(found) if "@" in found or "=" in found else found


def optional_location(value: Any) -> str | None:
    return None if value is None else location(value)


def value_text(value: Any) -> str:
    """The value of a param or a tag: any text, so only what is plainly the password of a URI becomes `***`."""
    found = value if isinstance(value, str) else text(value)
    if "@" in found and "://" in found:
        return _PASSWORD.sub(r"\g<user>***@", found)
    return found


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
