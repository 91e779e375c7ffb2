"""Runs as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from store.entities import Run
from tui.view.export import Heading
from tui.view.field_texts import field_heading, field_text
from tui.view.fields import RunField
from tui.view.run_columns import RunColumns, choose_columns
from tui.view.text import clean

_ID_COLUMNS = 8
"""Characters of a run id where none was asked for: enough to name the run with."""


class RunTable:
    """Collects rows of text, so that runs need not be kept."""

    def __init__(self, columns: Sequence[RunField], experiment_names: dict[str, str], *, stage: bool) -> None:
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

    def taken(self) -> list[list[str]]:
        """The rows that were added since they were taken last."""
        taken, self.rows = self.rows, []
        return taken

    def _cell(self, run: Run, column: RunField) -> str:
        if column.key == "run_id" and column.kind == "attributes" and self._short_id:
            return clean(run.run_id[:_ID_COLUMNS])
        return field_text(column, run, self._names)

    @property
    def headings(self) -> list[Heading]:
        if not self._short_id:
            return [field_heading(column) for column in self._columns]
        keys = [column.key for column in self._columns]
        made = [field_heading(column, 28 if column.kind == "params" else 40) for column in self._columns]
        # The program chose the columns: a key alone will do where it is clear.
        return [
            replace(heading, title=clean(column.key)) if keys.count(column.key) == 1 else heading
            for heading, column in zip(made, self._columns, strict=True)
        ]

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Metrics and params that have no column though none were chosen: (kind, key)."""
        shown = {(column.kind, column.key) for column in self._columns}
        return sorted(self._seen - shown)


def _default_columns(chosen: RunColumns, several_experiments: bool, stage: bool) -> list[RunField]:
    attributes: Iterable[str] = ("run_id", "run_name", "status", "start_time", "duration")
    columns = [RunField("attributes", name) for name in attributes]
    if several_experiments:
        columns.insert(2, RunField("attributes", "experiment"))
    if stage:
        columns.append(RunField("attributes", "lifecycle_stage"))
    columns += [RunField("metrics", key) for key in chosen.metrics]
    columns += [RunField("params", key) for key in chosen.params]
    return columns
