"""Which columns the runs table has: those that a user chose, or those that tell most about the runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from store.entities import MetricColumn, Run
from store.kinds import PARENT_TAG, Aggregate, RunParts
from store.protocols import RunKeys

METRIC_COLUMNS: Final = 8
"""Metrics that get a column of their own, those that most runs have first."""

PARAM_COLUMNS: Final = 8
"""Params that get a column, those that differ between runs first."""

KINDS: Final = ("attributes", "metrics", "params", "tags", "datasets")

BEST: Final = {"best-max": Aggregate.MAX, "best-min": Aggregate.MIN}
"""What the written form of a column with best values begins with: what was best when it was chosen stays so."""

SPARK: Final = "spark"
"""What the written form of a column with curves begins with."""

ATTRIBUTES: Final = {
    "experiment": "Experiment",
    "status": "Status",
    "start_time": "Started",
    "end_time": "Ended",
    "duration": "Duration",
    "user_id": "User",
    "run_id": "Run id",
    "artifact_uri": "Artifacts",
    "lifecycle_stage": "Stage",
}
"""Attributes that a column may show, and their titles; the name of the run is always there."""


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One column behind the name of the run."""

    kind: str
    """attributes, metrics, params, tags or datasets."""
    key: str
    """Of a dataset its name; empty for all datasets in one column."""
    aggregate: Aggregate = Aggregate.LATEST
    """Of a metric: what of its history is shown."""
    step: int | None = None
    """For the value at a step: which."""
    spark: bool = False
    """Of a metric: its curve, instead of a number."""
    width: int | None = None
    """Terminal columns that the user gave it; None: as wide as its values."""
    best: bool = False
    """Of a metric: its minimum or its maximum is shown because that is the best value."""

    @property
    def id(self) -> str:
        """How it is written, whatever its width: `metrics.rmse`, `max(metrics.acc)`, `at(metrics.acc, 5)`."""
        plain = self.kind if self.kind == "datasets" and not self.key else f"{self.kind}.{self.key}"
        if self.spark:
            return f"{SPARK}({plain})"
        if self.aggregate is Aggregate.LATEST:
            return plain
        step = "" if self.step is None else f", {self.step}"
        return f"{'best-' if self.best else ''}{self.aggregate}({plain}{step})"

    @property
    def asked(self) -> str:
        """The same for the command line, which is told what is best."""
        return replace(self, best=False).id

    @property
    def history(self) -> MetricColumn | None:
        """What has to be computed from histories for it."""
        if self.kind != "metrics" or self.spark or self.aggregate is Aggregate.LATEST:
            return None
        return MetricColumn(self.key, self.aggregate, self.step)

    @property
    def computed(self) -> bool:
        """True if it shows what has to be read apart from the runs: something of histories, or datasets."""
        return self.spark or self.kind == "datasets" or self.history is not None

    def same(self, other: RunColumn) -> bool:
        """True if both show the same, however wide."""
        return replace(self, width=None, best=False) == replace(other, width=None, best=False)


def column_of(text: str) -> RunColumn:
    """The column whose `id` is `text`. Raises `ValueError`."""
    form = text.partition("(")[0] if text.endswith(")") else ""
    if form not in (SPARK, *BEST, *Aggregate):
        kind, _, key = text.partition(".")
        found = RunColumn(kind, key)
    else:
        inner, step = text[len(form) + 1 : -1], None
        if form == Aggregate.AT:
            inner, _, number = inner.rpartition(", ")
            step = int(number)
        kind, _, key = inner.partition(".")
        if kind != "metrics":
            raise ValueError(text)
        spark, best = form == SPARK, form in BEST
        aggregate = Aggregate.LATEST if spark else BEST[form] if best else Aggregate(form)
        found = RunColumn(kind, key, aggregate, step, spark, best=best)
    if kind == "attributes":
        known = found.key in ATTRIBUTES or found.key == "run_name"
    else:
        # MLflow takes metrics and params without a name.
        known = text == "datasets" if kind == "datasets" and not found.key else "." in text
    if kind not in KINDS or not known:
        raise ValueError(text)
    return found


@dataclass(frozen=True, slots=True)
class RunColumns:
    """The params and metrics that have a column where the user chose none."""

    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    sorted_by: tuple[RunColumn, ...] = ()
    """What the runs are sorted by and would have no column else."""
    other_metrics: int = 0
    """Metrics of the runs that were looked at which have none."""
    other_params: int = 0
    several_experiments: bool = False

    @property
    def keys(self) -> RunKeys:
        """What a row shows of the params, metrics and tags of its run."""
        return keys_of(self.listed())

    def listed(self, *, narrow: bool = False) -> tuple[RunColumn, ...]:
        """All columns in their order; where there is little room, what was measured comes before times and states."""
        experiment = (RunColumn("attributes", "experiment"),) if self.several_experiments else ()
        state = tuple(RunColumn("attributes", key) for key in ("status", "start_time", "duration"))
        measured = (
            *self.sorted_by,
            *(RunColumn("metrics", key) for key in self.metrics),
            *(RunColumn("params", key) for key in self.params),
        )
        rest = tuple(RunColumn("attributes", key) for key in ("user_id", "run_id"))
        if narrow:
            return (*measured, *experiment, *state, *rest)
        return (*experiment, *state, *measured, *rest)


def keys_of(columns: Iterable[RunColumn]) -> RunKeys:
    """What has to be read of the params, metrics and tags of runs for these columns, and for their names."""
    kinds = {"metrics": RunParts.METRICS, "params": RunParts.PARAMS, "tags": RunParts.TAGS}
    keys: dict[RunParts, list[str]] = {part: [] for part in kinds.values()}
    for column in columns:
        if column.kind in kinds and not column.computed:
            keys[kinds[column.kind]].append(column.key)
    keys[RunParts.TAGS].append(PARENT_TAG)
    return {part: tuple(wanted) for part, wanted in keys.items()}


def choose_columns(runs: Sequence[Run], *, several_experiments: bool) -> RunColumns:
    """The columns that tell most about these runs.

    Metrics by how many runs have them; system metrics last. Params that differ between runs before those
    that do not.
    """
    metrics = Counter(key for run in runs for key in run.metrics)
    params = Counter(key for run in runs for key in run.params)
    values: dict[str, set[str]] = {}
    for run in runs:
        for key, value in run.params.items():
            values.setdefault(key, set()).add(value)
    ranked_metrics = sorted(metrics, key=lambda key: (key.startswith("system/"), -metrics[key], key))
    ranked_params = sorted(params, key=lambda key: (len(values[key]) < 2, -params[key], key))
    return RunColumns(
        metrics=tuple(ranked_metrics[:METRIC_COLUMNS]),
        params=tuple(ranked_params[:PARAM_COLUMNS]),
        other_metrics=max(0, len(metrics) - METRIC_COLUMNS),
        other_params=max(0, len(params) - PARAM_COLUMNS),
        several_experiments=several_experiments,
    )


def promoted(columns: RunColumns, first: Sequence[RunColumn]) -> RunColumns:
    """With what runs are sorted by before the others of its kind, whether that had a column or not."""
    metrics, params = columns.metrics, columns.params
    others = []
    for column in reversed(first):
        if column.kind == "metrics" and not column.computed:
            metrics = (column.key, *(key for key in metrics if key != column.key))[:METRIC_COLUMNS]
        elif column.kind == "params":
            params = (column.key, *(key for key in params if key != column.key))[:PARAM_COLUMNS]
        elif column.kind == "tags" or column.computed:
            others.append(column)
    return replace(columns, metrics=metrics, params=params, sorted_by=tuple(reversed(others)))


def widened(columns: RunColumns, runs: Sequence[Run]) -> RunColumns:
    """With columns for the params and metrics that these runs have besides, after the others, as far as there is room.

    Runs that began a moment ago have none yet.
    """
    metrics, more_metrics = _widened(columns.metrics, METRIC_COLUMNS, [key for run in runs for key in run.metrics])
    params, more_params = _widened(columns.params, PARAM_COLUMNS, [key for run in runs for key in run.params])
    return replace(
        columns,
        metrics=metrics,
        params=params,
        other_metrics=columns.other_metrics or more_metrics,
        other_params=columns.other_params or more_params,
    )


def _widened(shown: tuple[str, ...], most: int, keys: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Which keys have a column now, and how many of the new ones have none, if there were columns left."""
    if len(shown) >= most:
        return shown, 0
    new = sorted({*keys}.difference(shown), key=lambda key: (key.startswith("system/"), key))
    return (*shown, *new)[:most], max(0, len(shown) + len(new) - most)
