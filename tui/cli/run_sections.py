"""One run as sections of text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from store.entities import MetricSummary, Point, Run
from store.kinds import NOTE_TAG
from store.liveness import silence
from tui.clock import now_ms
from tui.view import cells
from tui.view.export import Heading
from tui.view.text import clean, clean_lines

if TYPE_CHECKING:
    from tui.cli.show import Everything

_WIDEST: Final = 2000
"""Columns of a value that may be cut only by the terminal."""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table, or lines of text."""

    title: str
    headings: Sequence[Heading] = ()
    rows: Sequence[Sequence[str]] = ()
    lines: Sequence[str] = ()


def sections(everything: Everything) -> Iterator[Section]:
    """What there is of a run; parts that it lacks are left out."""
    run = everything.run
    yield Section(clean(run.run_name) or "(no name)", *_pairs("Attribute", _attributes(everything)))
    if everything.summaries:
        headings = [
            Heading("Metric"),
            *(Heading(name, "right") for name in ("Latest", "Step", "Min", "at step", "Max", "at step", "Points")),
            Heading("Not finite", "right"),
        ]
        yield Section("Metrics", headings, [_metric_row(summary) for summary in everything.summaries])
    if run.params:
        yield Section("Params", *_pairs("Param", list(run.params.items())))
    tags = [(key, value) for key, value in run.tags.items() if key != NOTE_TAG]
    if tags:
        yield Section("Tags", *_pairs("Tag", tags))
    if run.dataset_inputs:
        headings = [Heading(name) for name in ("Dataset", "Digest", "Context", "Source type")]
        yield Section("Datasets", [*headings, Heading("Source", most=_WIDEST)], _dataset_rows(run))
    if run.model_inputs or run.model_outputs:
        headings = [Heading(name) for name in ("Model", "Direction", "Step", "Name", "Status")]
        yield Section("Models", [*headings, Heading("Artifacts", most=_WIDEST)], _model_rows(everything))
    if run.problems:
        yield Section("Problems", lines=[clean(text) for text in run.problems])
    if note := run.tags.get(NOTE_TAG):
        yield Section("Note", lines=clean_lines(note))


def _pairs(name: str, pairs: Sequence[tuple[str, str]]) -> tuple[list[Heading], list[list[str]]]:
    return [Heading(name), Heading("Value", most=_WIDEST)], [[clean(key), clean(value)] for key, value in pairs]


def _attributes(everything: Everything) -> list[tuple[str, str]]:
    run = everything.run
    found = [
        ("run_id", run.run_id),
        ("experiment", f"{everything.experiment_name} ({run.experiment_id})"),
        ("status", _status(run)),
        ("start_time", cells.exact_moment(run.start_time)),
        ("end_time", cells.exact_moment(run.end_time)),
        ("duration", cells.duration(run.duration)),
        ("lifecycle_stage", run.lifecycle_stage),
        ("user_id", cells.MISSING if run.user_id is None else run.user_id),
        ("artifact_uri", cells.MISSING if run.artifact_uri is None else run.artifact_uri),
    ]
    if run.deleted_time is not None:
        found.append(("deleted_time", cells.exact_moment(run.deleted_time)))
    return found


def _status(run: Run) -> str:
    """With since when, for a run that says it is running and logs nothing any more."""
    now = now_ms()
    quiet = silence(run, now)
    return run.status if quiet is None else f"{run.status}, silent since {cells.moment(now - quiet)}"


def _metric_row(summary: MetricSummary) -> list[str]:
    return [
        clean(summary.key),
        cells.number(summary.latest.value),
        str(summary.latest.step),
        *_extreme(summary.minimum),
        *_extreme(summary.maximum),
        cells.points(summary.count, summary.sampled),
        cells.count(summary.nans + summary.infinities) if summary.nans + summary.infinities else cells.MISSING,
    ]


def _extreme(point: Point | None) -> tuple[str, str]:
    return (cells.MISSING, cells.MISSING) if point is None else (cells.number(point.value), str(point.step))


def _dataset_rows(run: Run) -> list[list[str]]:
    return [
        [
            clean(item.dataset.name),
            clean(item.dataset.digest),
            clean(item.tags.get("mlflow.data.context", cells.MISSING)),
            clean(item.dataset.source_type),
            clean(item.dataset.source),
        ]
        for item in run.dataset_inputs
    ]


def _model_rows(everything: Everything) -> list[list[str]]:
    known = {model.model_id: model for model in everything.models}
    run = everything.run
    edges = [(item.model_id, "read", cells.MISSING) for item in run.model_inputs]
    edges += [(item.model_id, "written", str(item.step)) for item in run.model_outputs]
    rows = []
    for model_id, direction, step in edges:
        model = known.get(model_id)
        told = (model.name, model.status, model.artifact_location) if model else (cells.MISSING,) * 3
        rows.append([clean(model_id), direction, step, *map(clean, told)])
    return rows
