"""One run: its overview, and its metrics, params, tags, data as table rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from store.entities import Curve, LoggedModel, Metric, MetricSummary, Point, Run
from store.kinds import NOTE_TAG, PARENT_TAG
from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.table import Cell, Column, ListRows
from tui.view.text import clean, clean_lines

ABOUT = "~"
"""Before a figure that is about a sample of a history."""

SAMPLED = f"{ABOUT} of the sample that the server gave; between its points there may be smaller and greater values"

_METRIC_COLUMNS = (
    Column("key", "Metric", least=10, most=34),
    Column("latest", "Latest", "right", least=8, most=12),
    Column("spark", "History", least=cells.SPARK_COLUMNS, most=cells.SPARK_COLUMNS),
    Column("minimum", "Min", "right", least=6, most=12),
    Column("minimum_step", "@ step", "right", least=6, most=12),
    Column("maximum", "Max", "right", least=6, most=12),
    Column("maximum_step", "@ step", "right", least=6, most=12),
    Column("step", "Last step", "right", least=9, most=20),
    Column("points", "Points", "right", least=6, most=18),
    Column("odd", "NaN/inf", "right", least=7, most=12),
)


def metric_rows(
    latest: Mapping[str, Metric], summaries: Mapping[str, MetricSummary], curves: Mapping[str, Curve]
) -> ListRows:
    """One row a metric. What is still being read shows as dots."""
    rows = []
    for key in sorted({*latest, *summaries}):
        summary, curve = summaries.get(key), curves.get(key)
        metric = summary.latest if summary else latest[key]
        row = [
            Cell(clean(key) or "(empty)", "name"),
            _value(metric.value),
            Cell(cells.sparkline(curve.buckets, cells.SPARK_COLUMNS) if curve else "", "accent"),
        ]
        if summary is None:
            waiting = Cell(GLYPHS.ellipsis, "dim")
            row += [waiting] * 4 + [Cell(str(metric.step)), waiting, waiting]
        else:
            odd = summary.nans + summary.infinities
            row += [
                *_extreme(summary.minimum, summary.sampled),
                *_extreme(summary.maximum, summary.sampled),
                Cell(str(summary.latest.step)),
                Cell(cells.points(summary.count, summary.sampled), "dim"),
                Cell(cells.count(odd), "warn") if odd else Cell(cells.MISSING, "dim"),
            ]
        rows.append((key, row))
    return ListRows(_METRIC_COLUMNS, rows)


def _value(value: float) -> Cell:
    text = cells.number(value)
    return Cell(text, "warn" if text in ("NaN", "inf", "-inf") else "")


def _extreme(point: Point | None, sampled: bool) -> tuple[Cell, Cell]:
    if point is None:
        return Cell(cells.MISSING, "dim"), Cell(cells.MISSING, "dim")
    about = ABOUT if sampled else ""
    return Cell(f"{about}{cells.number(point.value)}"), Cell(f"{about}{point.step}", "dim")


def pair_rows(pairs: Mapping[str, str], key_title: str, value_title: str = "Value") -> ListRows:
    """Params or tags. A missing key is no row; an empty value says so."""
    columns = (Column("key", key_title, least=10, most=40), Column("value", value_title, least=10, most=2000))
    return ListRows(
        columns,
        [
            (key, (Cell(clean(key), "name"), Cell(clean(value)) if value else Cell("(empty)", "dim")))
            for key, value in sorted(pairs.items())
        ],
    )


def data_rows(run: Run, models: Sequence[LoggedModel]) -> ListRows:
    """Datasets and logged models that the run read or wrote."""
    columns = (
        Column("what", "What", least=8, most=12),
        Column("name", "Name", least=10, most=40),
        Column("detail", "Digest, type", most=36),
        Column("context", "Context", most=24),
        Column("source", "Source", most=400),
    )
    by_id = {model.model_id: model for model in models}
    rows: list[tuple[str, tuple[Cell, ...]]] = []
    for item in run.dataset_inputs:
        dataset = item.dataset
        rows.append(
            (
                f"dataset {dataset.name} {dataset.digest}",
                (
                    Cell("dataset", "accent"),
                    Cell(clean(dataset.name), "name"),
                    Cell(clean(f"{dataset.digest} {dataset.source_type}"), "dim"),
                    Cell(clean(item.tags.get("mlflow.data.context", ""))),
                    Cell(clean(dataset.source), "dim"),
                ),
            )
        )
    read = [(entry.model_id, "model in", "") for entry in run.model_inputs]
    written = [(entry.model_id, "model out", f"step {entry.step}") for entry in run.model_outputs]
    for model_id, what, context in read + written:
        model = by_id.get(model_id)
        rows.append(
            (
                model_id,
                (
                    Cell(what, "accent"),
                    Cell(clean(model.name if model else model_id), "name"),
                    Cell(clean(f"{model.status} {model.model_type or ''}".strip() if model else ""), "dim"),
                    Cell(context),
                    Cell(clean(model.artifact_location if model else ""), "dim"),
                ),
            )
        )
    return ListRows(columns, rows)


def overview_rows(run: Run, experiment_name: str, badge: str = "") -> ListRows:
    """Everything about the run that is neither a param nor a metric; the `badge` belongs to its status."""
    tags = run.tags
    start, end = run.start_time, run.end_time
    lines = [
        ("name", clean(run.run_name) or "(no name)"),
        ("run id", clean(run.run_id)),
        ("experiment", f"{clean(experiment_name)} ({clean(run.experiment_id)})"),
        ("status", f"{cells.status_symbol(run.status)} {clean(run.status)}" + (f", {badge}" if badge else "")),
        ("stage", clean(run.lifecycle_stage)),
        ("start", cells.exact_moment(start)),
        ("end", cells.exact_moment(end)),
        ("duration", cells.duration(run.duration)),
        ("user", clean(run.user_id or tags.get("mlflow.user", "") or cells.MISSING)),
        ("source", clean(tags.get("mlflow.source.name", cells.MISSING))),
        ("source type", clean(tags.get("mlflow.source.type", cells.MISSING))),
        ("commit", clean(tags.get("mlflow.source.git.commit", cells.MISSING))),
        ("branch", clean(tags.get("mlflow.source.git.branch", cells.MISSING))),
        ("repository", clean(tags.get("mlflow.source.git.repoURL", cells.MISSING))),
        ("parent run", clean(tags.get(PARENT_TAG, cells.MISSING))),
        ("artifacts", clean(run.artifact_uri or cells.MISSING)),
    ]
    if run.deleted_time is not None:
        lines.insert(5, ("deleted", cells.exact_moment(run.deleted_time)))
    problems = [
        (f"problem {place}", (Cell("problem", "warn"), Cell(clean(text)))) for place, text in enumerate(run.problems)
    ]
    note = tags.get(NOTE_TAG, "")
    note_lines = clean_lines(note) if note else []
    rows = [
        (label, (Cell(label, "dim"), Cell(text))) for label, text in lines if text != cells.MISSING or label == "end"
    ]
    rows += problems
    rows += [
        (f"note {place}", (Cell("note" if not place else "", "dim"), Cell(line)))
        for place, line in enumerate(note_lines)
    ]
    return ListRows((Column("label", "", least=11, most=16), Column("text", "", least=20, most=2000)), rows)


def headline(run: Run, badge: str = "") -> list[tuple[str, str]]:
    """(text, role) pieces of the line above the tabs; the `badge` belongs to the run's status."""
    duration = run.duration
    return [
        (clean(run.run_name) or f"({clean(run.run_id)[:8]})", "title"),
        (f"{cells.status_symbol(run.status)} {clean(run.status)}", f"status-{run.status}"),
        *([(badge, "warn")] if badge else []),
        *([("incomplete", "warn")] if run.problems else []),
        *([("deleted", "status-FAILED")] if run.lifecycle_stage == "deleted" else []),
        (cells.moment(run.start_time), "dim"),
        *([(cells.duration(duration), "dim")] if duration is not None else []),
    ]
