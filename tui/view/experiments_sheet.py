"""Experiments as they are printed and exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tui.view.documents import experiment_document
from tui.view.export import Heading
from tui.view.fields import Type
from tui.view.sheet import Sheet, SheetColumn

if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats

_ATTRIBUTES: Final = (
    *("experiment_id", "name", "artifact_location", "lifecycle_stage", "creation_time", "last_update_time"),
)


def experiments_sheet(
    items: Sequence[Experiment], stats: Mapping[str, ExperimentStats] | None, *, stage: bool
) -> Sheet[Experiment]:
    """A row an experiment, for people with its runs: `stats` are None where nobody counts them.

    With `stage` people are told of each whether it is deleted.
    """
    tags = sorted({key for item in items for key in item.tags})

    def plain(item: Experiment) -> Sequence[Any]:
        return [*(getattr(item, name) for name in _ATTRIBUTES), *(item.tags.get(key) for key in tags)]

    return Sheet(
        [
            *(SheetColumn(name, Type.TIME if name.endswith("_time") else Type.TEXT) for name in _ATTRIBUTES),
            *(SheetColumn(f"tags.{key}", Type.TEXT) for key in tags),
        ],
        lambda: _headings(stage),
        lambda: [items],
        experiment_document,
        plain,
        lambda item: _texts(item, stats, stage),
    )


def _headings(stage: bool) -> Sequence[Heading]:
    return [
        Heading("ID", "right", 20),
        Heading("Name"),
        Heading("Runs", "right"),
        Heading("Running", "right"),
        Heading("Last run"),
        Heading("Created"),
        *([Heading("Stage")] if stage else []),
        Heading("Artifacts", most=200),
    ]


def _texts(item: Experiment, stats: Mapping[str, ExperimentStats] | None, stage: bool) -> Sequence[str]:
    from tui.view import cells
    from tui.view.experiments import experiment_title
    from tui.view.text import clean

    own = None if stats is None else stats.get(item.experiment_id)
    counted = [cells.count(own.runs if own else 0), cells.count(own.running if own else 0)]
    return [
        clean(item.experiment_id),
        experiment_title(item),
        *(counted if stats is not None else [cells.MISSING, cells.MISSING]),
        cells.moment(own.last_start_time if own else None),
        cells.moment(item.creation_time),
        *([clean(item.lifecycle_stage)] if stage else []),
        clean(item.artifact_location or cells.MISSING),
    ]
