"""Groups of runs as they are printed and exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from store.groups import Group, Grouping, Spread
from tui.view import cells
from tui.view.export import Heading, json_number
from tui.view.fields import Type
from tui.view.groups import key_title, spread_cells, value_text
from tui.view.run_cells import title
from tui.view.run_columns import RunColumn
from tui.view.sheet import Sheet, SheetColumn

_SPREAD: Final = ("n", "mean", "std", "min", "max")


def group_sheet(grouping: Grouping, groups: Sequence[Group], metrics: Sequence[RunColumn]) -> Sheet[Group]:
    """A row for each of these `groups` of the last level; `metrics` are those of the grouping."""
    columns = [SheetColumn(key.id, Type.TEXT) for key in grouping.keys]
    columns.append(SheetColumn("runs", Type.INTEGER))
    for metric in metrics:
        types = (Type.INTEGER, *[Type.NUMBER] * (len(_SPREAD) - 1))
        columns += [SheetColumn(f"{name} {metric.asked}", type_) for name, type_ in zip(_SPREAD, types, strict=True)]
    headings = [Heading(key_title(key)) for key in grouping.keys]
    headings.append(Heading("Runs", "right"))
    for metric in metrics:
        headings += [Heading(name, "right", 30) for name in (f"mean {title(metric)}", "std", "min", "max")]

    def document(group: Group) -> object:
        by: dict[str, Any] = {}
        for key, value in zip(grouping.keys, group.values, strict=True):
            by[key.id] = {"name": value[0], "digest": value[1]} if isinstance(value, tuple) else value
        spreads = {
            metric.asked: dict(zip(_SPREAD, map(_json, _numbers(spread)), strict=True))
            for metric, spread in zip(metrics, group.spreads, strict=True)
        }
        return {"by": by, "runs": group.runs, "metrics": spreads}

    def plain(group: Group) -> Sequence[Any]:
        values = [" ".join(value) if isinstance(value, tuple) else value for value in group.values]
        return [*values, group.runs, *(number for spread in group.spreads for number in _numbers(spread))]

    def texts(group: Group) -> Sequence[str]:
        spreads = (cell.text for spread in group.spreads for cell in spread_cells(spread, group.runs))
        return [*map(value_text, group.values), cells.count(group.runs), *spreads]

    return Sheet(columns, lambda: headings, lambda: [groups], document, plain, texts)


def _numbers(spread: Spread) -> tuple[float | int | None, ...]:
    """n, mean, std, min and max; None for what a spread of so few runs does not have."""
    if not spread.n:
        return (0, None, None, None, None)
    return (spread.n, spread.mean, spread.std, spread.least, spread.most)


def _json(number: float | int | None) -> object:
    return json_number(number) if isinstance(number, float) else number
