"""Groups of runs as table rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final, TypeVar

from store.groups import Group, Grouping, GroupKey, Level, Spread, Value
from store.kinds import KeyKind
from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.group_order import OF_METRICS, GroupOrder, Measure, first_ascending, measured, ranked
from tui.view.order import is_number
from tui.view.run_cells import LONGEST_VALUE, NOTHING, title
from tui.view.run_columns import RunColumn
from tui.view.table import Cell, Column
from tui.view.text import clean

_T = TypeVar("_T")

LOOKED_AT: Final = 200
"""Groups whose values tell on which side of a column they stand."""

MOST_NAMED: Final = 4
"""Keys of a level that a title names."""

KEYS_BEFORE: Final = 2
"""Keys that stand before what groups are ranked by."""

NONE: Final = "(none)"
"""What stands for the runs that lack a key: a value that is called so looks otherwise."""


class GroupRows:
    """Groups, best first, each above its parts: what their runs have in common, how many, then every metric."""

    def __init__(
        self,
        grouping: Grouping,
        columns: Sequence[RunColumn],
        order: GroupOrder,
        folded: Collection[str] = (),
    ) -> None:
        """`columns` are those of the grouping's metrics; the parts of groups with `folded` keys are hidden."""
        # What groups are ranked by is what one wants to see beside their names.
        places = range(len(columns))
        self._places = sorted(places, key=lambda at: not _is(columns[at], order.column))
        self._keys = grouping.keys
        self._own = list(accumulate(len(level) for level in grouping.levels))
        self._folded = folded
        self.groups = _laid_out(grouping, columns, order, folded)
        """Of every row."""
        self._rows = {key_of_group(group): place for place, group in enumerate(self.groups)}
        self._early = min(KEYS_BEFORE, len(self._keys))
        self._ranked = sum(_is(column, order.column) for column in columns)
        keys = [self._key_column(place, order) for place in range(len(self._keys))]
        runs = Column("runs", f"Runs{_sign(order) if order.measure is Measure.RUNS else ''}", "right", least=4, most=9)
        metrics = [_metric_columns(columns[place], order) for place in self._places]
        self.columns = tuple(self._in_order(keys, [runs], metrics))

    def _key_column(self, place: int, order: GroupOrder) -> Column:
        key = self._keys[place]
        values = [group.values[place] for group in self.groups[:LOOKED_AT] if place < len(group.values)]
        numbers = [isinstance(value, str) and is_number(value) for value in values if value is not None]
        tree = place == 0 and len(self._own) > 1
        align = "right" if numbers and all(numbers) and not tree else "left"
        mark = _sign(order) if order.key == key else ""
        return Column(f"key {place}", f"{key_title(key)}{mark}", align, least=4, most=30)

    def __len__(self) -> int:
        return len(self.groups)

    def key(self, index: int) -> str:
        return key_of_group(self.groups[index])

    def find(self, key: str) -> int | None:
        return self._rows.get(key)

    def cells(self, index: int) -> Sequence[Cell]:
        group = self.groups[index]
        keys = [self._key_cell(group, place) for place in range(len(self._keys))]
        metrics = [spread_cells(group.spreads[place], group.runs) for place in self._places]
        return self._in_order(keys, [Cell(cells.count(group.runs), "accent")], metrics)

    def _in_order(self, keys: Sequence[_T], runs: Sequence[_T], metrics: Sequence[Sequence[_T]]) -> list[_T]:
        """What groups are ranked by comes before all but the first keys: there may be many of these."""
        first = [one for some in metrics[: self._ranked] for one in some]
        others = [one for some in metrics[self._ranked :] for one in some]
        return [*keys[: self._early], *runs, *first, *keys[self._early :], *others]

    def _key_cell(self, group: Group, place: int) -> Cell:
        if place >= len(group.values):
            return Cell("")
        value = group.values[place]
        text = value_text(value)
        if place == 0 and len(self._own) > 1:
            folded = key_of_group(group) in self._folded
            sign = (GLYPHS.folded if folded else GLYPHS.unfolded) if group.parts else " "
            text = f"{'  ' * group.depth}{sign} {text}"
        above = place < (self._own[group.depth - 1] if group.depth else 0)
        return Cell(text, "dim" if above or value is None else "name")


def key_of_group(group: Group) -> str:
    """What names a group among those of its grouping."""
    return repr(group.values)


def _laid_out(
    grouping: Grouping, columns: Sequence[RunColumn], order: GroupOrder, folded: Collection[str]
) -> list[Group]:
    measure, rows = measured(order, grouping, columns), list[Group]()

    def add(groups: Sequence[Group]) -> None:
        for group in ranked(groups, measure, ascending=order.ascending):
            rows.append(group)
            if group.parts and key_of_group(group) not in folded:
                add(group.parts)

    add(grouping.groups)
    return rows


def _is(column: RunColumn, other: RunColumn | None) -> bool:
    return other is not None and column.same(other)


def _sign(order: GroupOrder) -> str:
    return f" {GLYPHS.up if order.ascending else GLYPHS.down}"


def _metric_columns(column: RunColumn, order: GroupOrder) -> list[Column]:
    """Four of a metric, of which the first one has its name."""

    def mark(measure: Measure) -> str:
        return _sign(order) if order.measure is measure and _is(column, order.column) else ""

    name = title(column)
    return [
        Column(f"mean({column.id})", f"mean {name}{mark(Measure.MEAN)}", "right", least=6, most=30),
        Column(f"std({column.id})", f"std{mark(Measure.STD)}", "right", least=6, most=14),
        Column(f"min({column.id})", f"min{mark(Measure.MIN)}", "right", least=6, most=14),
        Column(f"max({column.id})", f"max{mark(Measure.MAX)}", "right", least=6, most=14),
    ]


def spread_cells(spread: Spread, runs: int) -> list[Cell]:
    """Mean, std, min and max of a metric over the runs of a group that has so many."""
    if not spread.n:
        return [NOTHING] * 4
    # A mean over fewer runs than the group has must not pass for one over all of them.
    of = "" if spread.n == runs else f" (n {cells.count(spread.n)})"
    # How far values are apart is not known to more digits.
    std = NOTHING if spread.std is None else Cell(cells.number(float(f"{spread.std:.3g}")), "dim")
    edges = [Cell(cells.number(edge), "dim") for edge in (spread.least, spread.most)]
    return [Cell(f"{cells.number(spread.mean)}{of}"), std, *edges]


def key_title(key: GroupKey) -> str:
    """A key as a column's heading."""
    return "dataset" if key.kind is KeyKind.DATASET else clean(key.key)


def value_text(value: Value) -> str:
    """What the runs of a group have in common, for people."""
    if value is None:
        return NONE
    if isinstance(value, str):
        return clean(value[:LONGEST_VALUE])
    name, digest = value
    return f"{clean(name[:LONGEST_VALUE])} ({clean(digest[:LONGEST_VALUE])})"


def levels_text(levels: Sequence[Level]) -> str:
    """What runs are grouped by, level by level."""
    named = (", ".join(map(key_title, level)) if len(level) <= MOST_NAMED else f"{len(level)} keys" for level in levels)
    return f"by {', then '.join(named)}"


def order_text(order: GroupOrder) -> str:
    """What groups are ranked by."""
    if order.key is not None:
        what = key_title(order.key)
    elif order.column is not None:
        what = f"{order.measure} {title(order.column)}"
    else:
        what = "number of runs"
    return f"{what}{_sign(order)}"


def order_choices(grouping: Grouping, columns: Sequence[RunColumn], directions: Mapping[str, bool]) -> list[GroupOrder]:
    """Everything that groups can be ranked by, each from the end that one wants to see first."""
    found = []
    for column in columns:
        for measure in OF_METRICS:
            order = GroupOrder(measure, True, column)
            found.append(replace(order, ascending=first_ascending(order, directions)))
    found.append(GroupOrder(Measure.RUNS, ascending=False))
    found += [GroupOrder(Measure.KEY, ascending=True, key=key) for key in grouping.keys]
    return found
