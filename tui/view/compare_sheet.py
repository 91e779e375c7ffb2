"""A comparison of runs as it is printed and exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from tui.view.export import Heading, json_number
from tui.view.fields import Type
from tui.view.sheet import Sheet, SheetColumn

if TYPE_CHECKING:
    from store.compare import Comparison, Row


def compare_sheet(comparison: Comparison, rows: Sequence[Row], names: Mapping[str, str]) -> Sheet[Row]:
    """A row a key, for people with how far the runs are from the baseline; `names` are those of experiments by id."""
    titles = ("section", "key", *(run.run_id for run in comparison.runs))

    @cache
    def shown() -> tuple[Sequence[Heading], Sequence[int]]:
        return _headings(comparison, rows)

    def texts(row: Row) -> Sequence[str]:
        from tui.view.compare import change_text, heading_of, value_text

        _, places = shown()
        return [
            heading_of(row),
            *(value_text(row, place, names) if place >= 0 else change_text(row, ~place) for place in places),
        ]

    return Sheet(
        [SheetColumn(title, Type.TEXT) for title in titles],
        lambda: shown()[0],
        lambda: [rows],
        lambda row: _document(comparison, row),
        lambda row: (str(row.section), row.key, *row.values),
        texts,
    )


def _headings(comparison: Comparison, rows: Sequence[Row]) -> tuple[Sequence[Heading], Sequence[int]]:
    """Titles, and of which run each column after the first is: its place, or its complement for what changed."""
    from tui.view.compare import baseline_mark, change_text, run_titles

    headings, places = [Heading("Key", most=40)], []
    for place, title in enumerate(run_titles(comparison)):
        mark = baseline_mark() if place == comparison.baseline else ""
        headings.append(Heading(f"{title}{mark}", "right", 30))
        places.append(place)
        if place != comparison.baseline and any(change_text(row, place) for row in rows):
            headings.append(Heading("", most=40))
            places.append(~place)
    return headings, places


def _document(comparison: Comparison, row: Row) -> dict[str, Any]:
    ids = [run.run_id for run in comparison.runs]

    def by_run(values: Sequence[object]) -> dict[str, object]:
        plain = (json_number(value) if isinstance(value, float) else value for value in values)
        return dict(zip(ids, plain, strict=True))

    return {
        "section": row.section,
        "key": row.key,
        "differs": row.differs,
        "baseline": ids[comparison.baseline],
        "values": by_run(row.values),
        "difference": by_run(row.differences),
        "percent": by_run(row.percents),
        "better": by_run(row.better),
    }
