"""Groups of runs as they are printed and exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from tui.view.export import Heading, json_number
from tui.view.fields import Type
from tui.view.sheet import Sheet, SheetColumn

if TYPE_CHECKING:
    from store.groups import Group, GroupKey, Spread
    from tui.view.run_columns import RunColumn

SPREAD: Final = ("n", "mean", "std", "min", "max")
"""What a metric comes to."""


def group_sheet(keys: Sequence[GroupKey], metrics: Sequence[RunColumn], groups: Sequence[Group]) -> Sheet[Group]:
    """A row a group: what its runs have in common, how many they are, and what each of these metrics comes to.

    Groups of an outer level have nothing under the `keys` of the inner ones.
    """

    def plain(group: Group) -> Sequence[Any]:
        values = [" ".join(value) if isinstance(value, tuple) else value for value in group.values]
        missing = [None] * (len(keys) - len(values))
        numbers = (number for spread in group.spreads[: len(metrics)] for number in _numbers(spread))
        return [*values, *missing, group.runs, *numbers]

    types = (Type.INTEGER, *[Type.NUMBER] * (len(SPREAD) - 1))
    return Sheet(
        [
            *(SheetColumn(key.id, Type.TEXT) for key in keys),
            SheetColumn("runs", Type.INTEGER),
            *(
                SheetColumn(f"{name} {column.asked}", type_)
                for column in metrics
                for name, type_ in zip(SPREAD, types, strict=True)
            ),
        ],
        lambda: _headings(keys, metrics),
        lambda: [groups],
        lambda group: _document(keys, metrics, group),
        plain,
        lambda group: _texts(keys, group),
    )


def _numbers(spread: Spread) -> tuple[int | float | None, ...]:
    """n, mean, std, min and max; None for what a spread of so few runs does not have."""
    if not spread.n:
        return (0, None, None, None, None)
    return (spread.n, spread.mean, spread.std, spread.least, spread.most)


def _document(keys: Sequence[GroupKey], metrics: Sequence[RunColumn], group: Group) -> dict[str, Any]:
    by: dict[str, Any] = {}
    for key, value in zip(keys, group.values, strict=False):
        by[key.id] = {"name": value[0], "digest": value[1]} if isinstance(value, tuple) else value
    spreads = {}
    for column, spread in zip(metrics, group.spreads, strict=True):
        numbers = (json_number(one) if isinstance(one, float) else one for one in _numbers(spread))
        spreads[column.asked] = dict(zip(SPREAD, numbers, strict=True))
    return {"by": by, "runs": group.runs, "metrics": spreads}


def _headings(keys: Sequence[GroupKey], metrics: Sequence[RunColumn]) -> Sequence[Heading]:
    from tui.view.groups import key_title
    from tui.view.run_cells import title

    headings = [Heading(key_title(key)) for key in keys]
    headings.append(Heading("Runs", "right"))
    for column in metrics:
        headings += [Heading(name, "right", 30) for name in (f"mean {title(column)}", "std", "min", "max")]
    return headings


def _texts(keys: Sequence[GroupKey], group: Group) -> Sequence[str]:
    from tui.view import cells
    from tui.view.groups import spread_cells, value_text

    return [
        *map(value_text, group.values),
        *[""] * (len(keys) - len(group.values)),
        cells.count(group.runs),
        *(cell.text for spread in group.spreads for cell in spread_cells(spread, group.runs)),
    ]
