"""Experiments as table rows, and one experiment as a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from store.kinds import NOTE_TAG
from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.table import Cell, Column, ListRows
from tui.view.text import clean, clean_lines

if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats

ALL = ""
"""Key of the row that stands for every experiment."""

_COLUMNS = (
    Column("name", "Experiment", least=12, most=48),
    Column("runs", "Runs", "right"),
    Column("running", "Running", "right"),
    Column("last", "Last run", least=10, most=16),
    Column("tags", "Tags", most=60),
)


def experiment_rows(experiments: Sequence[Experiment], counted: Mapping[str, ExperimentStats] | None) -> ListRows:
    """One row an experiment; above them, if there are several, one for all. `counted` is None while nobody counted."""
    stats = counted or {}
    none = Cell(cells.MISSING if counted is None else "0", "dim")
    rows: list[tuple[str, tuple[Cell, ...]]] = []
    for experiment in experiments:
        own = stats.get(experiment.experiment_id)
        deleted = experiment.lifecycle_stage == "deleted"
        name = experiment_title(experiment)
        rows.append(
            (
                experiment.experiment_id,
                (
                    Cell(f"{GLYPHS.deleted} {name}", "dim") if deleted else Cell(name, "name"),
                    Cell(cells.count(own.runs)) if own else none,
                    _running(own.running if own else 0),
                    Cell(cells.moment(own.last_start_time if own else None), "dim"),
                    Cell(_tags(experiment.tags), "dim"),
                ),
            )
        )
    if len(experiments) > 1:
        known = [stats[item.experiment_id] for item in experiments if item.experiment_id in stats]
        starts = [item.last_start_time for item in known if item.last_start_time is not None]
        total = (
            Cell("All experiments", "accent"),
            Cell(cells.count(sum(item.runs for item in known))) if known else none,
            _running(sum(item.running for item in known)),
            Cell(cells.moment(max(starts, default=None)), "dim"),
            Cell(""),
        )
        rows.insert(0, (ALL, total))
    return ListRows(_COLUMNS, rows)


def experiment_title(experiment: Experiment) -> str:
    """Its name, marked if it could not be read whole."""
    name = clean(experiment.name) or "(no name)"
    return f"{GLYPHS.problem} {name}" if experiment.problems else name


def _running(number: int) -> Cell:
    return Cell(f"{GLYPHS.running} {cells.count(number)}", "live") if number else Cell(cells.MISSING, "dim")


def _tags(tags: Mapping[str, str]) -> str:
    return "  ".join(
        f"{clean(key)}={clean(value)}" for key, value in sorted(tags.items()) if not key.startswith("mlflow.")
    )


def experiment_card(experiment: Experiment, stats: ExperimentStats | None) -> list[tuple[str, str]]:
    """(label, text) lines; a line without a label is a title or a line of the note. No `stats`: nobody counted."""
    lines = [
        ("", clean(experiment.name) or "(no name)"),
        ("id", clean(experiment.experiment_id)),
        ("stage", clean(experiment.lifecycle_stage)),
        ("runs", cells.count(stats.runs) if stats else cells.MISSING),
    ]
    if stats and stats.running:
        lines.append(("running", cells.count(stats.running)))
    if stats and stats.last_start_time is not None:
        lines.append(("last run", cells.moment(stats.last_start_time)))
    if experiment.creation_time is not None:
        lines.append(("created", cells.moment(experiment.creation_time)))
    if experiment.last_update_time is not None:
        lines.append(("updated", cells.moment(experiment.last_update_time)))
    if experiment.workspace not in (None, "default"):
        lines.append(("workspace", clean(experiment.workspace or "")))
    lines.append(("artifacts", clean(experiment.artifact_location or cells.MISSING)))
    for key, value in sorted(experiment.tags.items()):
        if key != NOTE_TAG:
            lines.append((clean(key), clean(value)))
    lines += [("problem", clean(problem)) for problem in experiment.problems]
    note = experiment.tags.get(NOTE_TAG, "")
    if note:
        lines += [("", ""), *(("", line) for line in clean_lines(note))]
    return lines
