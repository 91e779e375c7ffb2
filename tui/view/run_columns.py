"""Which columns the runs table has: those that a user chose, or those that tell most about the runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from store.entities import Run
from store.kinds import RunParts
from store.protocols import RunKeys
from tui.view.facts import PARENT_TAG

METRIC_COLUMNS: Final = 8
"""Metrics that get a column of their own, those that most runs have first."""

PARAM_COLUMNS: Final = 8
"""Params that get a column, those that differ between runs first."""

KINDS: Final = ("attributes", "metrics", "params", "tags")

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
    """attributes, metrics, params or tags."""
    key: str
    width: int | None = None
    """Terminal columns that the user gave it; None: as wide as its values."""

    @property
    def id(self) -> str:
        """How it is written, whatever its width: `attributes.status`, `metrics.rmse`."""
        return f"{self.kind}.{self.key}"

    def same(self, other: RunColumn) -> bool:
        """True if both show the same, however wide."""
        return replace(self, width=None) == replace(other, width=None)


def column_of(text: str) -> RunColumn:
    """The column whose `id` is `text`. Raises `ValueError`."""
    kind, _, key = text.partition(".")
    known = key in ATTRIBUTES or key == "run_name" if kind == "attributes" else bool(key)
    if kind not in KINDS or not known:
        raise ValueError(text)
    return RunColumn(kind, key)


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
        if column.kind in kinds:
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
        if column.kind == "metrics":
            metrics = (column.key, *(key for key in metrics if key != column.key))[:METRIC_COLUMNS]
        elif column.kind == "params":
            params = (column.key, *(key for key in params if key != column.key))[:PARAM_COLUMNS]
        elif column.kind == "tags":
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
