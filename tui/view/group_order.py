"""What groups of runs are ranked by."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from store.direction import more_is_better
from store.groups import Group, Grouping, GroupKey, Spread, Value, group_key_of
from tui.view.order import Order
from tui.view.run_columns import RunColumn, column_of

_HELD_OUT: Final = re.compile(
    r"(?i)(?<![a-z])(?:val|valid|validation|eval|evaluation|test|dev|holdout|oof|cv)(?![a-z])"
)
"""Words in the names of metrics of data that a model was not trained on."""


class Measure(enum.StrEnum):
    """What of a metric, or of a group, counts."""

    MEAN = "mean"
    STD = "std"
    MIN = "min"
    MAX = "max"
    RUNS = "runs"
    """How many runs the group has."""
    KEY = "key"
    """What its runs have in common."""


OF_METRICS: Final = (Measure.MEAN, Measure.STD, Measure.MIN, Measure.MAX)


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """One thing that groups are ranked by, among those that are parts of the same one."""

    measure: Measure
    ascending: bool
    column: RunColumn | None = None
    """The metric, for what is measured of one."""
    key: GroupKey | None = None
    """For KEY: which."""

    @property
    def text(self) -> str:
        """How it is written down, for `group_order_of`: `mean(metrics.auc):desc`, `runs:asc`, `params.lr:asc`."""
        what = self.measure.value
        if self.column is not None:
            what = f"{self.measure}({self.column.asked})"
        elif self.key is not None:
            what = self.key.id
        return f"{what}:{'asc' if self.ascending else 'desc'}"


def group_order_of(text: str) -> GroupOrder:
    """The order whose `text` that is. Raises `ValueError`."""
    what, _, direction = text.rpartition(":")
    if direction not in ("asc", "desc"):
        raise ValueError(text)
    ascending = direction == "asc"
    if what == Measure.RUNS.value:
        return GroupOrder(Measure.RUNS, ascending)
    measure, _, inner = what.partition("(")
    if measure in OF_METRICS and inner.endswith(")"):
        column = column_of(inner[:-1])
        if column.kind != "metrics" or column.spark:
            raise ValueError(text)
        return GroupOrder(Measure(measure), ascending, column)
    return GroupOrder(Measure.KEY, ascending, key=group_key_of(what))


def usual_order(
    grouping: Grouping, columns: Sequence[RunColumn], order: Order, directions: Mapping[str, bool]
) -> GroupOrder:
    """By the mean of the metric that the runs are sorted by, else of one whose direction is known: rather of one that
    was measured on other data than a model was trained on.

    `columns` are those of the grouping's metrics. One that is the same in all groups ranks nothing. Where no metric
    has a direction, groups stand by what they have in common.
    """
    for sort in order[:1]:
        found = next((column for column in columns if column.same(sort.column)), None)
        if found is not None:
            return GroupOrder(Measure.MEAN, sort.ascending, found)
    means = [{group.spreads[place].mean for group in grouping.groups} for place in range(len(columns))]
    ranking = [column for column, mean in zip(columns, means, strict=True) if len(mean) > 1 or len(grouping.groups) < 2]
    for column in sorted(ranking, key=lambda column: not _HELD_OUT.search(column.key)):
        up = directions.get(column.key, more_is_better(column.key))
        if up is not None:
            return GroupOrder(Measure.MEAN, not up, column)
    return GroupOrder(Measure.KEY, ascending=True, key=grouping.keys[0])


def first_ascending(order: GroupOrder, directions: Mapping[str, bool] | None = None) -> bool:
    """From which end one wants to see groups first: the best mean, the least deviation, the most runs.

    `directions` are metrics of which the user said whether more is better.
    """
    if order.measure is Measure.RUNS:
        return False
    if order.column is None or order.measure is Measure.STD:
        return True
    key = order.column.key
    return (directions or {}).get(key, more_is_better(key)) is False


Measured = float | tuple[object, ...] | None
"""What a group has of what is ranked by: comparable with that of others, None where it has none."""


def ranked(groups: Sequence[Group], measure: Callable[[Group], Measured], *, ascending: bool) -> list[Group]:
    """Those without a value last, whichever way round; equal ones in the order in which their runs are listed."""
    values = [(group, value) for group in groups if (value := measure(group)) is not None]
    there = sorted(values, key=_second, reverse=not ascending)
    return [*(group for group, _ in there), *(group for group in groups if measure(group) is None)]


def _second(pair: tuple[Group, Any]) -> Any:
    return pair[1]


def can_rank(order: GroupOrder, grouping: Grouping, columns: Sequence[RunColumn]) -> bool:
    """True if groups have what the order looks at; `columns` are those of the grouping's metrics."""
    if order.key is not None:
        return order.key in grouping.keys
    return order.column is None or any(column.same(order.column) for column in columns)


def measured(order: GroupOrder, grouping: Grouping, columns: Sequence[RunColumn]) -> Callable[[Group], Measured]:
    """What of a group the order, which must be one that can rank these, looks at."""
    if order.measure is Measure.RUNS:
        return lambda group: float(group.runs)
    if order.key is not None:
        place = grouping.keys.index(order.key)
        return lambda group: _comparable(group.values[place]) if place < len(group.values) else None
    place = next((at for at, column in enumerate(columns) if order.column and column.same(order.column)), -1)
    if place < 0:
        return lambda group: None
    return lambda group: _of(group.spreads[place], order.measure)


def _of(spread: Spread, measure: Measure) -> float | None:
    if not spread.n:
        return None
    values = {Measure.MEAN: spread.mean, Measure.MIN: spread.least, Measure.MAX: spread.most}
    return values.get(measure, spread.std)


def _comparable(value: Value) -> tuple[object, ...] | None:
    """Numbers before texts, by their size."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return (1, 0.0, value)
        return (0, number, value) if not math.isnan(number) else (1, 0.0, value)
    return (1, 0.0, *value)
