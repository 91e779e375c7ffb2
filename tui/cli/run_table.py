"""Runs as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from store.entities import Run
from tui.cli.run_columns import RunColumn
from tui.view import cells
from tui.view.export import Heading
from tui.view.glyphs import GLYPHS
from tui.view.run_columns import RunColumns, choose_columns
from tui.view.text import clean

_ID_COLUMNS = 8
"""Characters of a run id where none was asked for: enough to name the run with."""

_TIMES = ("start_time", "end_time", "deleted_time")


class RunTable:
    """Collects rows of text, so that runs need not be kept."""

    def __init__(self, columns: Sequence[RunColumn], experiment_names: dict[str, str], *, stage: bool) -> None:
        self.rows: list[list[str]] = []
        self._columns = list(columns)
        self._names = experiment_names
        self._short_id = not columns
        self._stage = stage
        self._seen: set[tuple[str, str]] = set()

    def add(self, runs: Sequence[Run], *, several_experiments: bool) -> None:
        if not self._columns:
            chosen = choose_columns(runs, several_experiments=several_experiments)
            self._columns = _default_columns(chosen, several_experiments, self._stage)
        for run in runs:
            self.rows.append([self._cell(run, column) for column in self._columns])
            if self._short_id:
                self._seen.update(("metrics", key) for key in run.metrics)
                self._seen.update(("params", key) for key in run.params)

    def _cell(self, run: Run, column: RunColumn) -> str:
        if column.kind == "metrics":
            metric = run.metrics.get(column.name)
            return cells.MISSING if metric is None else cells.number(metric.value)
        if column.key == "run_id" and column.kind == "attributes" and self._short_id:
            return clean(run.run_id[:_ID_COLUMNS])
        value = column.value(run, self._names)
        if column.key == "run_name" and column.kind == "attributes" and run.problems:
            return f"{GLYPHS.problem} {clean(value)}"
        if value is None:
            return cells.MISSING
        if column.kind == "attributes":
            if column.key in _TIMES:
                return cells.moment(value)
            if column.key == "duration":
                return cells.duration(value)
        return clean(str(value))

    @property
    def headings(self) -> list[Heading]:
        numbers = ("duration",)
        keys = [column.key for column in self._columns]
        return [
            Heading(
                # Names as -c takes them, unless the program chose the columns and a key alone is clear.
                clean(column.key if self._short_id and keys.count(column.key) == 1 else column.title),
                "right" if column.kind == "metrics" or column.title in numbers else "left",
                28 if self._short_id and column.kind == "params" else 40 if self._short_id else 200,
            )
            for column in self._columns
        ]

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Metrics and params that have no column though none were chosen: (kind, key)."""
        shown = {(column.kind, column.key) for column in self._columns}
        return sorted(self._seen - shown)


def _default_columns(chosen: RunColumns, several_experiments: bool, stage: bool) -> list[RunColumn]:
    attributes: Iterable[str] = ("run_id", "run_name", "status", "start_time", "duration")
    columns = [RunColumn("attributes", name) for name in attributes]
    if several_experiments:
        columns.insert(2, RunColumn("attributes", "experiment"))
    if stage:
        columns.append(RunColumn("attributes", "lifecycle_stage"))
    columns += [RunColumn("metrics", key) for key in chosen.metrics]
    columns += [RunColumn("params", key) for key in chosen.params]
    return columns
