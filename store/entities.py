"""What a tracking store holds, as frozen dataclasses named as MLflow names them.

Times are milliseconds since the epoch, sizes are bytes. Text is exactly what the store holds:
it was written by other people and is not fit for a terminal before `tui.view` cleaned it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from store.kinds import INFINITE as INFINITE
from store.kinds import Aggregate as Aggregate
from store.kinds import Axis as Axis
from store.kinds import KeyKind as KeyKind
from store.kinds import RunParts as RunParts
from store.kinds import RunStatus as RunStatus
from store.kinds import ViewType as ViewType
from store.kinds import is_infinite as is_infinite

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Experiment:
    """A named group of runs."""

    experiment_id: str
    name: str
    artifact_location: str | None
    lifecycle_stage: str
    """`active` or `deleted`."""
    creation_time: int | None = None
    """Not recorded before MLflow 1.29."""
    last_update_time: int | None = None
    """Not recorded before MLflow 1.29."""
    tags: Mapping[str, str] = field(default_factory=dict)
    workspace: str | None = None
    """None before MLflow 3.10."""
    problems: tuple[str, ...] = ()
    """What of it could not be read, and why: entries of a tree that are malformed or half-written."""


@dataclass(frozen=True, slots=True)
class ExperimentStats:
    """What the runs of one experiment add up to, deleted runs left out."""

    experiment_id: str
    runs: int
    running: int
    last_start_time: int | None
    """Start of the newest run."""


@dataclass(frozen=True, slots=True)
class Metric:
    """The latest value of a metric: the greatest (step, timestamp, value), not the last one logged."""

    key: str
    value: float
    timestamp: int
    step: int


@dataclass(frozen=True, slots=True)
class Point:
    """One logged value of a metric."""

    step: int
    timestamp: int
    value: float


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset that runs were given."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class DatasetInput:
    """A dataset as one run used it; the tag `mlflow.data.context` says what for."""

    dataset: Dataset
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelInput:
    """A logged model that a run read."""

    model_id: str


@dataclass(frozen=True, slots=True)
class ModelOutput:
    """A logged model that a run wrote."""

    model_id: str
    step: int


@dataclass(frozen=True, slots=True)
class Run:
    """One execution that was tracked. Parts that were not asked for are empty: see `parts`."""

    run_id: str
    run_name: str
    """The `name` column or, where that is empty (MLflow 1.28 and older), the tag `mlflow.runName`."""
    experiment_id: str
    status: str
    """A `RunStatus` in every store that MLflow wrote; kept as text because other writers exist."""
    start_time: int | None
    end_time: int | None
    lifecycle_stage: str
    artifact_uri: str | None
    user_id: str | None
    deleted_time: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    dataset_inputs: tuple[DatasetInput, ...] = ()
    model_inputs: tuple[ModelInput, ...] = ()
    model_outputs: tuple[ModelOutput, ...] = ()
    parts: RunParts = RunParts.ATTRIBUTES
    """What was read."""
    problems: tuple[str, ...] = ()
    """What of it could not be read, and why: entries of a tree that are malformed or half-written."""

    @property
    def duration(self) -> int | None:
        """Milliseconds from start to end; None for a run that has not ended."""
        return None if self.start_time is None or self.end_time is None else self.end_time - self.start_time


@dataclass(frozen=True, slots=True)
class LoggedModel:
    """A model that a run logged as an entity of its own (MLflow 3.0 and newer)."""

    model_id: str
    experiment_id: str
    name: str
    artifact_location: str
    creation_timestamp: int
    last_updated_timestamp: int
    status: str
    """UNSPECIFIED, PENDING, READY or FAILED."""
    model_type: str | None = None
    source_run_id: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """What the whole history of one metric of one run adds up to.

    NaN and infinities take no part in `minimum` and `maximum`, which are None if nothing finite was logged.
    """

    key: str
    latest: Metric
    count: int
    """Points in the history, NaN and infinities included."""
    nans: int
    infinities: int
    minimum: Point | None
    """The first point (smallest step, then timestamp) at which the smallest finite value was logged."""
    maximum: Point | None
    first_step: int
    last_step: int
    first_timestamp: int
    last_timestamp: int
    sampled: bool = False
    """True if a server gave a sample of a long history: everything but `latest` is about that sample."""

    @property
    def one_step(self) -> bool:
        """True if several points share one step: `log_metric` was called without a step."""
        return self.count > 1 and self.first_step == self.last_step


@dataclass(frozen=True, slots=True)
class MetricColumn:
    """What of a metric's history is asked for each of several runs."""

    key: str
    aggregate: Aggregate
    step: int | None = None
    """Of AT: the step."""


@dataclass(frozen=True, slots=True)
class Aggregated:
    """What the history of one metric of one run comes to."""

    value: float
    step: int | None
    """At which the minimum, maximum, first, latest or asked value was logged; None for a mean."""


@dataclass(frozen=True, slots=True)
class KeyCount:
    """A key that runs have, and how many of them."""

    kind: KeyKind
    key: str
    runs: int | None
    """None: not counted."""


@dataclass(frozen=True, slots=True)
class History:
    """Every point of one metric of one run, ordered by (step, timestamp, value), in columns.

    24 bytes a point; iterating makes `Point`s.
    """

    run_id: str
    key: str
    steps: array[int]
    timestamps: array[int]
    values: array[float]

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Point]:
        for step, timestamp, value in zip(self.steps, self.timestamps, self.values, strict=True):
            yield Point(step, timestamp, value)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The points of a history that share one column of a chart."""

    x_first: float
    x_last: float
    """Smallest and greatest x in the bucket, in the axis' unit."""
    minimum: float
    maximum: float
    """Over the finite values; both are NaN if there is none."""
    count: int
    """Points, NaN and infinities included."""
    nans: int = 0
    infinities: int = 0

    @property
    def finite(self) -> bool:
        return not math.isnan(self.minimum)


@dataclass(frozen=True, slots=True)
class Curve:
    """A history thinned to buckets for drawing; no minimum and no maximum is lost."""

    run_id: str
    key: str
    axis: Axis
    buckets: tuple[Bucket, ...]
    """In order of x; empty buckets are left out."""
    count: int
    """Points it was made from, NaN and infinities included."""
    nans: int
    infinities: int
    sampled: bool = False
    """True if those points are a sample that a server gave of a longer history."""


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file or folder below an artifact root."""

    path: str
    """Relative to the root, with `/`."""
    is_dir: bool
    file_size: int | None
    """Bytes; None for folders."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The first items of an answer."""

    items: Sequence[T]
    """A tuple, or what takes less room and is equal to one; see `store.ids`."""
    more: bool
    """True if the answer goes on after the last item."""
    notes: tuple[str, ...] = ()
    """How it was found, where that was not by the store alone: what was filtered or sorted here, over how much."""


NO_COUNTS = "a server does not count runs: how many an experiment has is not known"
"""The notice of a store that does not; where it is plain to see nobody needs to be told."""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What store this is."""

    kind: str
    """SQLite, PostgreSQL, MySQL, mlruns, HTTP ..."""
    uri: str
    """Its address, redacted."""
    schema: str
    """For people: `MLflow 3.17 (dc11669786a5)`, `newer than MLflow 3.18 (ab12…)`."""
    revision: str | None = None
    """The alembic revision that the database says it has."""
    read_only: bool = True
    notices: tuple[str, ...] = ()
    """What a user should know about how it is read: what is missing in this schema, a private copy, ..."""
    counts_runs: bool = True
    """False if `Store.experiment_stats` has nothing to say: servers do not count runs."""
