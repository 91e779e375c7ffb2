"""MLflow's enumerations and tags: apart from the entities, because the first frame needs no more than these."""

from __future__ import annotations

import enum
from typing import Final

CALENDAR_END: Final = 253_402_214_400_000
"""Milliseconds since the epoch at which the last day of the year 9999 begins in UTC: Python has no later year, and
zones east of Greenwich are there earlier."""

INFINITE: Final = 1.797e308
"""SQL stores keep an infinity as ±1.7976931348623157e308 (MLflow's sanitize_metric_value):
a magnitude from here on is shown and plotted as infinite."""


def is_infinite(value: float) -> bool:
    """True for ±inf and for the numbers that stand for them in SQL stores."""
    return abs(value) >= INFINITE


class RunStatus(enum.StrEnum):
    """The states of a run (MLflow's RunStatus); databases and REST use the names."""

    RUNNING = "RUNNING"
    SCHEDULED = "SCHEDULED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


class ViewType(enum.Enum):
    """Which lifecycle stages a search looks at (MLflow's ViewType)."""

    ACTIVE_ONLY = "active"
    DELETED_ONLY = "deleted"
    ALL = "all"


class RunParts(enum.Flag):
    """The parts of a run that cost a query each; attributes and the name always come."""

    ATTRIBUTES = 0
    PARAMS = enum.auto()
    METRICS = enum.auto()
    TAGS = enum.auto()
    INPUTS = enum.auto()
    """Datasets and logged models read and written by the run."""
    ALL = PARAMS | METRICS | TAGS | INPUTS


class Axis(enum.StrEnum):
    """What a metric is plotted against."""

    STEP = "step"
    RELATIVE = "relative"
    """Milliseconds since the run's start."""
    WALL = "wall"
    """Milliseconds since the epoch."""
    ORDER = "order"
    """The position in the history, from 0: for histories whose steps are all the same."""


class Aggregate(enum.StrEnum):
    """What of a metric's history counts."""

    LATEST = "latest"
    MIN = "min"
    MAX = "max"
    FIRST = "first"
    MEAN = "mean"
    AT = "at"
    """The value at a step."""


class KeyKind(enum.StrEnum):
    """What has free keys, by the word that stands before one."""

    METRIC = "metrics"
    PARAM = "params"
    TAG = "tags"
    DATASET = "datasets"


NAME_TAG: Final = "mlflow.runName"
"""The tag that has a run's name once more, and alone before MLflow 1.29."""

NOTE_TAG: Final = "mlflow.note.content"
"""The tag that has the note of an experiment or a run, in Markdown."""

PARENT_TAG: Final = "mlflow.parentRunId"
"""The tag by which a nested run names its parent."""

USER_TAG: Final = "mlflow.user"
"""The tag that names who started a run."""

CONTEXT_TAG: Final = "mlflow.data.context"
"""The tag of a dataset's use by a run that says what for."""

LOGGED_MODEL_STATUS: Final = {0: "UNSPECIFIED", 1: "PENDING", 2: "READY", 3: "FAILED"}
"""The states of a logged model (MLflow's LoggedModelStatus) by the integers that databases and trees keep."""
