"""Runs as table rows: which columns, and what stands in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from store.entities import Run, RunParts, ViewType
from store.ids import place_of
from store.protocols import RunKeys, RunQuery
from tui.clock import now_ms
from tui.view import cells
from tui.view.facts import PARENT_TAG, run_duration
from tui.view.glyphs import GLYPHS
from tui.view.silence import silent
from tui.view.table import Cell, Column
from tui.view.text import clean

METRIC_COLUMNS = 8
"""Metrics that get a column of their own, those that most runs have first."""

PARAM_COLUMNS = 8
"""Params that get a column, those that differ between runs first."""

STATUS_ROLES = {"FINISHED": "good", "FAILED": "bad", "KILLED": "warn", "RUNNING": "live", "SCHEDULED": "dim"}


NEWEST_FIRST = ("attributes.start_time", False)
"""The order of MLflow's own page."""


_OR = re.compile(r"\bor\b", re.IGNORECASE)
_NOT_ITSELF = re.compile(r"[%\\']")
"""What means something else in a pattern; some databases take a backslash for an escape."""


@dataclass(frozen=True, slots=True)
class RunsView:
    """Which runs a table shows and in which order, as the user chose it."""

    experiment_ids: tuple[str, ...] | None = None
    """None: of every experiment."""
    filter: str = ""
    """In the language of `store.search`."""
    find: str = ""
    """A part of the run's name."""
    order: tuple[str, bool] = NEWEST_FIRST
    """An order_by key, and whether it is ascending."""
    stage: ViewType = ViewType.ACTIVE_ONLY

    @property
    def query(self) -> RunQuery:
        key, ascending = self.order
        order = () if self.order == NEWEST_FIRST else (f"{key} {'ASC' if ascending else 'DESC'}",)
        return RunQuery(self.experiment_ids, self._whole_filter[0], order, self.stage)

    @property
    def filter_at(self) -> int:
        """Where in the filter of `query` the user's own begins, behind what is looked for by name."""
        return self._whole_filter[1]

    @property
    def _whole_filter(self) -> tuple[str, int]:
        find = _find_clause(self.find)
        if not find or not self.filter:
            return find or self.filter, 0
        # OR binds less than AND.
        before, behind = (f"{find} AND (", ")") if _OR.search(self.filter) else (f"{find} AND ", "")
        return f"{before}{self.filter}{behind}", len(before)


def _find_clause(text: str) -> str:
    """MLflow's patterns have no escape: `%`, `\\` and quotes become `_`, which stands for any one character."""
    return f"attributes.run_name ILIKE '%{re.sub(_NOT_ITSELF, '_', text)}%'" if text else ""


@dataclass(frozen=True, slots=True)
class RunColumns:
    """The params and metrics that have a column."""

    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """The tag that the runs are sorted by."""
    other_metrics: int = 0
    """Metrics of the runs that were looked at which have none."""
    other_params: int = 0
    several_experiments: bool = False

    @property
    def keys(self) -> RunKeys:
        """What a row shows of the params, metrics and tags of its run."""
        return {
            RunParts.METRICS: self.metrics,
            RunParts.PARAMS: self.params,
            RunParts.TAGS: (*self.tags, PARENT_TAG),
        }


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


def promoted(columns: RunColumns, order_key: str) -> RunColumns:
    """With what runs are sorted by as the first of its kind, whether that metric, param or tag had a column or not."""
    kind, _, quoted = order_key.partition(".")
    key = quoted.strip("`")
    if kind == "metrics":
        others = tuple(one for one in columns.metrics if one != key)
        return replace(columns, metrics=(key, *others)[: max(METRIC_COLUMNS, 1)], tags=())
    if kind == "params":
        others = tuple(one for one in columns.params if one != key)
        return replace(columns, params=(key, *others)[: max(PARAM_COLUMNS, 1)], tags=())
    return replace(columns, tags=(key,) if kind == "tags" else ())


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


LOWER_IS_BETTER = ("loss", "err", "rmse", "mae", "mse", "perplexity", "ppl", "time", "latency")
"""Parts of the names of metrics of which the smallest is looked for first."""


def first_ascending(order_key: str) -> bool:
    """Which end of an order a user wants to see first: the newest, the best metric, the first name."""
    if order_key.endswith("_time"):
        return False
    if order_key.startswith("metrics."):
        return any(part in order_key.lower() for part in LOWER_IS_BETTER)
    return True


class RunRows:
    """Runs by id, as far as they are loaded."""

    def __init__(
        self,
        ids: Sequence[str],
        loaded: Mapping[str, Run],
        columns: RunColumns,
        experiment_names: Mapping[str, str],
        sorted_by: tuple[str, bool],
        now: Callable[[], int] = now_ms,
    ) -> None:
        """`now` is the time (ms since the epoch) by which runs are called silent."""
        self._ids = ids
        self._loaded = loaded
        self._chosen = columns
        self._names = experiment_names
        self._now = now
        self.columns = self._make_columns(sorted_by)

    def _make_columns(self, sorted_by: tuple[str, bool]) -> tuple[Column, ...]:
        columns = [
            Column("status", " ", least=1, most=1),
            Column("attributes.run_name", "Run", least=14, most=34),
        ]
        if self._chosen.several_experiments:
            columns.append(Column("experiment", "Experiment", least=8, most=24))
        columns += [
            Column("attributes.status", "Status", least=8, most=13),
            Column("attributes.start_time", "Started", least=16, most=16),
            Column("duration", "Duration", "right", most=12),
        ]
        columns += [Column(f"tags.`{key}`", clean(key), most=20) for key in self._chosen.tags]
        columns += [Column(f"metrics.`{key}`", clean(key), "right", least=6, most=20) for key in self._chosen.metrics]
        columns += [Column(f"params.`{key}`", clean(key), most=20) for key in self._chosen.params]
        columns += [
            Column("attributes.user_id", "User", most=14),
            Column("attributes.run_id", "Run id", least=8, most=32),
        ]
        key, ascending = sorted_by
        mark = GLYPHS.up if ascending else GLYPHS.down
        return tuple(
            Column(column.id, f"{column.title} {mark}", column.align, column.least, column.most)
            if column.id == key
            else column
            for column in columns
        )

    def __len__(self) -> int:
        return len(self._ids)

    def key(self, index: int) -> str:
        return self._ids[index]

    def find(self, key: str) -> int | None:
        return place_of(self._ids, key)

    def cells(self, index: int) -> Sequence[Cell] | None:
        run = self._loaded.get(self._ids[index])
        if run is None:
            return None
        badge = silent(run, self._now())
        role = "warn" if badge else STATUS_ROLES.get(run.status, "")
        found = [Cell(symbol(run), role), Cell(run_title(run), "dim" if run.lifecycle_stage == "deleted" else "name")]
        if self._chosen.several_experiments:
            found.append(Cell(clean(self._names.get(run.experiment_id, run.experiment_id)), "dim"))
        found += [
            Cell(badge or clean(run.status), role),
            Cell(cells.moment(run.start_time), "dim"),
            Cell(cells.duration(run_duration(run)), "dim"),
        ]
        for key in self._chosen.tags:
            tag = run.tags.get(key)
            found.append(Cell(cells.MISSING, "dim") if tag is None else Cell(clean(tag[:200])))
        for key in self._chosen.metrics:
            metric = run.metrics.get(key)
            found.append(Cell(cells.MISSING, "dim") if metric is None else Cell(cells.number(metric.value)))
        for key in self._chosen.params:
            value = run.params.get(key)
            found.append(Cell(cells.MISSING, "dim") if value is None else Cell(clean(value[:200])))
        found += [Cell(clean(run.user_id or ""), "dim"), Cell(clean(run.run_id), "dim")]
        return found


def symbol(run: Run) -> str:
    return GLYPHS.deleted if run.lifecycle_stage == "deleted" else cells.status_symbol(run.status)


def run_title(run: Run) -> str:
    """Its name, or the beginning of its id in parentheses; marked if it has a parent or could not be read whole."""
    name = clean(run.run_name) or f"({clean(run.run_id)[:8]})"
    if run.tags.get(PARENT_TAG):
        name = f"{GLYPHS.child} {name}"
    return f"{GLYPHS.problem} {name}" if run.problems else name
