"""What stands in the columns of the runs table, and above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from store.entities import Aggregated, Run
from store.kinds import Aggregate
from tui.view import cells
from tui.view.facts import datasets_text
from tui.view.glyphs import GLYPHS
from tui.view.order import is_number
from tui.view.run_columns import ATTRIBUTES, RunColumn
from tui.view.run_values import UNREAD, RunValues
from tui.view.table import Cell, Column
from tui.view.text import clean

Maker = Callable[[Run, str], Cell]
"""(run, its badge if it fell silent) -> what stands in one column."""

STATUS_ROLES: Final = {"FINISHED": "good", "FAILED": "bad", "KILLED": "warn", "RUNNING": "live", "SCHEDULED": "dim"}

LOOKED_AT: Final = 60
"""Runs whose values tell on which side of a column they stand."""

LONGEST_VALUE: Final = 200
"""Characters of a text that are looked at: no column is so wide."""

NOTHING: Final = Cell(cells.MISSING, "dim")
WAITING: Final = Cell(GLYPHS.ellipsis, "dim")

_TIMES: Final = ("start_time", "end_time")

_WIDTHS: Final[Mapping[str, tuple[int, int]]] = {
    "experiment": (8, 24),
    "status": (8, 13),
    "start_time": (16, 16),
    "end_time": (16, 16),
    "duration": (1, 12),
    "user_id": (1, 14),
    "run_id": (8, 32),
    "artifact_uri": (8, 40),
    "lifecycle_stage": (7, 8),
}
"""Least and most terminal columns of an attribute."""


def title(column: RunColumn) -> str:
    """A column's heading; see `titles` for several."""
    key = clean(column.key)
    if column.kind == "attributes":
        return ATTRIBUTES.get(column.key, key)
    if column.kind == "datasets":
        return key or "Datasets"
    if column.spark:
        return f"{key} {GLYPHS.curve}"
    if column.aggregate is Aggregate.LATEST:
        return key
    if column.aggregate is Aggregate.AT:
        return f"{key} @{column.step}"
    return f"best {key}" if column.best else f"{column.aggregate} {key}"


def titles(columns: Sequence[RunColumn]) -> list[str]:
    """Their headings; those that columns of other kinds have as well say the kind."""
    plain = [title(column) for column in columns]
    kinds: dict[str, set[str]] = {}
    for column, text in zip(columns, plain, strict=True):
        kinds.setdefault(text, set()).add(column.kind)
    return [
        f"{column.kind}.{text}" if len(kinds[text]) > 1 and column.kind != "attributes" else text
        for column, text in zip(columns, plain, strict=True)
    ]


def heading(column: RunColumn, title: str, runs: Sequence[Run]) -> Column:
    """A column as the table takes it, with this title; `runs` are some whose values it shows."""
    least, most, align = 1, 20, "left"
    if column.kind == "attributes":
        least, most = _WIDTHS[column.key]
        align = "right" if column.key == "duration" else "left"
    elif column.kind == "datasets":
        least, most = 6, 40
    elif column.spark:
        least = most = cells.SPARK_COLUMNS
    elif column.kind == "metrics":
        least, most, align = 6, 24, "right"
    elif column.kind in ("params", "tags"):
        texts = [text for run in runs if (text := _texts(column, run)) is not None]
        align = "right" if texts and all(map(is_number, texts)) else "left"
    if column.width is not None:
        least = most = column.width
    return Column(column.id, title, align, least, most, column.kind)


def _texts(column: RunColumn, run: Run) -> str | None:
    return (run.params if column.kind == "params" else run.tags).get(column.key)


def maker(column: RunColumn, names: Mapping[str, str], values: RunValues) -> Maker:
    """Makes the cells of one column; `names` are those of the experiments by id."""
    key = column.key
    if column.kind == "attributes":
        return _attribute(key, names)
    if column.kind == "datasets":

        def datasets(run: Run, badge: str) -> Cell:
            found = values.datasets(run.run_id)
            text = "" if found is None else datasets_text(found, key)
            return WAITING if found is None else Cell(clean(text[:LONGEST_VALUE])) if text else NOTHING

        return datasets
    if column.kind != "metrics":

        def text(run: Run, badge: str) -> Cell:
            found = _texts(column, run)
            return NOTHING if found is None else Cell(clean(found[:LONGEST_VALUE]))

        return text
    if column.spark:

        def curve(run: Run, badge: str) -> Cell:
            drawn = values.curve(key, run.run_id)
            return WAITING if drawn is None else Cell(drawn, "accent") if drawn else NOTHING

        return curve
    history = column.history
    if history is None:

        def latest(run: Run, badge: str) -> Cell:
            metric = run.metrics.get(key)
            return NOTHING if metric is None else Cell(cells.number(metric.value))

        return latest
    wanted, stepped = history, column.aggregate in (Aggregate.MIN, Aggregate.MAX)

    def aggregated(run: Run, badge: str) -> Cell:
        found = values.number(wanted, run.run_id)
        if isinstance(found, Aggregated):
            number = cells.number(found.value)
            return Cell(f"{number} @{found.step}" if stepped else number)
        return WAITING if found == UNREAD else NOTHING

    return aggregated


def _attribute(key: str, names: Mapping[str, str]) -> Maker:
    makers: Mapping[str, Maker] = {
        "experiment": lambda run, badge: Cell(clean(names.get(run.experiment_id, run.experiment_id)), "dim"),
        "status": lambda run, badge: Cell(
            badge or clean(run.status), "warn" if badge else STATUS_ROLES.get(run.status, "")
        ),
        "start_time": lambda run, badge: Cell(cells.moment(run.start_time), "dim"),
        "end_time": lambda run, badge: Cell(cells.moment(run.end_time), "dim"),
        "duration": lambda run, badge: Cell(cells.duration(run.duration), "dim"),
        "user_id": lambda run, badge: Cell(clean(run.user_id or ""), "dim"),
        "run_id": lambda run, badge: Cell(clean(run.run_id), "dim"),
        "artifact_uri": lambda run, badge: Cell(clean(run.artifact_uri or ""), "dim"),
        "lifecycle_stage": lambda run, badge: Cell(clean(run.lifecycle_stage), "dim"),
    }
    return makers[key]
