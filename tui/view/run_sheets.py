"""What is listed of one run, as it is exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from store.entities import Metric, MetricSummary, Point
from tui.view import cells
from tui.view.documents import summary_document
from tui.view.export import Heading, json_number
from tui.view.fields import Type
from tui.view.sheet import Sheet, SheetColumn
from tui.view.text import clean

_METRIC_COLUMNS: Final = (
    SheetColumn("key", Type.TEXT),
    SheetColumn("value", Type.NUMBER),
    SheetColumn("step", Type.INTEGER),
    SheetColumn("minimum", Type.NUMBER),
    SheetColumn("minimum_step", Type.INTEGER),
    SheetColumn("maximum", Type.NUMBER),
    SheetColumn("maximum_step", Type.INTEGER),
    SheetColumn("count", Type.INTEGER),
    SheetColumn("nans", Type.INTEGER),
    SheetColumn("infinities", Type.INTEGER),
)

_METRIC_TITLES: Final = ("Metric", "Latest", "Last step", "Min", "@ step", "Max", "@ step", "Points", "NaN", "inf")


def metrics_sheet(
    latest: Mapping[str, Metric], summaries: Mapping[str, MetricSummary], keys: Sequence[str]
) -> Sheet[str]:
    """A row a metric of these `keys`; of a history that was not summed up yet only the latest value is known.

    Where a server gave a sample of a history, a column more says so.
    """
    sampled = any(key in summaries and summaries[key].sampled for key in keys)
    titles = (*_METRIC_TITLES, *(["Sampled"] if sampled else []))

    def document(key: str) -> object:
        if (summary := summaries.get(key)) is not None:
            return {"key": key, **summary_document(summary)}
        metric = latest[key]
        return {
            "key": key,
            "value": json_number(metric.value),
            "step": metric.step,
            "timestamp": metric.timestamp,
        }

    def plain(key: str) -> Sequence[Any]:
        summary = summaries.get(key)
        if summary is None:
            return [key, latest[key].value, latest[key].step, *[None] * (8 if sampled else 7)]
        low, high = summary.minimum, summary.maximum
        ends = (*_extreme(low), *_extreme(high))
        return [
            *(key, summary.latest.value, summary.latest.step),
            *ends,
            *(summary.count, summary.nans, summary.infinities),
            *(["true" if summary.sampled else None] if sampled else []),
        ]

    def texts(key: str) -> Sequence[str]:
        return [_text(value) for value in plain(key)]

    return Sheet(
        [*_METRIC_COLUMNS, *([SheetColumn("sampled", Type.TEXT)] if sampled else [])],
        lambda: [Heading(title, "right" if place else "left") for place, title in enumerate(titles)],
        lambda: [keys],
        document,
        plain,
        texts,
    )


def _extreme(point: Point | None) -> tuple[float | None, int | None]:
    return (None, None) if point is None else (point.value, point.step)


def _text(value: object) -> str:
    if value is None:
        return cells.MISSING
    return cells.number(value) if isinstance(value, float) else clean(str(value))


def pairs_sheet(pairs: Mapping[str, str], keys: Sequence[str], noun: str) -> Sheet[str]:
    """A row for each of these `keys` of params or tags; `noun` is what they are."""
    return Sheet(
        [SheetColumn("key", Type.TEXT), SheetColumn("value", Type.TEXT)],
        lambda: [Heading(noun.capitalize()), Heading("Value")],
        lambda: [keys],
        lambda key: {"key": key, "value": pairs[key]},
        lambda key: [key, pairs[key]],
        lambda key: [clean(key), clean(pairs[key])],
    )
