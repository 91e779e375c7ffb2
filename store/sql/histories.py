"""Aggregates of a metric's history in SQL, as expressions about the run that a statement is about.

Each looks the run's points up through the run, never the metric's points of all runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from store.kinds import Aggregate
from store.search.syntax import Comparison, Operator, OrderKey
from store.sql.compare import Column, Condition, compare_number, compare_text
from store.sql.metrics import finite
from store.sql.schema import Schema

_SCALE = sa.literal(2.0**64, sa.Float(53))
"""A power of two: dividing by it loses no digit."""

Points = Callable[[Any, Any, str], list[Condition]]
"""Conditions for the points of a run's metric, of the columns of `metrics`, the run's id, and the key."""

_ABOVE_ALL = 1.7976931348623157e308
"""Greater than every finite value: infinities are kept as this number."""


def plain_points(dialect: str) -> Points:
    """The conditions without a hint for the planner."""

    def conditions(table: Any, run_id: Any, key: str) -> list[Condition]:
        return [table.run_uuid == run_id, compare_text(table.key, Operator.EQUAL, key, dialect)]

    return conditions


def mean(value: Column) -> Column:
    """The mean of the rows of a group, all of which have finite values.

    PostgreSQL's own average overflows from 1e154 on, a sum from 1.8e308 on.
    """
    return sa.func.sum(value / _SCALE, type_=sa.Float(53)) / sa.func.count() * _SCALE


class Histories:
    """Makes the expressions for one statement."""

    def __init__(self, schema: Schema, points: Points) -> None:
        self._metrics = schema.table("metrics")
        self._runs = schema.table("runs")
        self._points = points

    def condition(self, comparison: Comparison) -> Condition:
        """What a comparison with an aggregate asks."""
        value = self._value(comparison)
        if comparison.operator is Operator.IS_NULL:
            return value.is_(None)
        if comparison.operator is Operator.IS_NOT_NULL:
            return value.is_not(None)
        matches = compare_number(value, comparison.operator, comparison.value)
        if comparison.aggregate not in _SINGLE:
            return matches
        is_nan = self._single(comparison, sa.case((self._metrics.c.is_nan == sa.true(), 1), else_=0))
        if comparison.operator in (Operator.NOT_EQUAL, Operator.NOT_IN):
            return sa.or_(matches, is_nan == 1)
        return sa.and_(matches, is_nan == 0)

    def order(self, key: OrderKey) -> list[sa.ColumnElement[Any]]:
        """What to sort by: numbers, then NaN, then nothing."""
        value = self._value(key)
        if key.aggregate in _SINGLE:
            rank = self._single(key, sa.case((self._metrics.c.is_nan == sa.true(), 1), else_=0))
            return [sa.func.coalesce(rank, 2), value.asc() if key.ascending else value.desc()]
        # One expression, because an expression is worked out as often as it is written.
        last = sa.literal_column(repr(_ABOVE_ALL if key.ascending else -_ABOVE_ALL), sa.Float(53))
        found: Column = sa.func.coalesce(value, last)
        return [found.asc() if key.ascending else found.desc()]

    def _value(self, asked: Comparison | OrderKey) -> Column:
        value = self._metrics.c.value
        match asked.aggregate:
            case Aggregate.MIN:
                return self._all(asked, sa.func.min(value))
            case Aggregate.MAX:
                return self._all(asked, sa.func.max(value))
            case Aggregate.MEAN:
                return self._all(asked, mean(value))
        return self._single(asked, value)

    def _all(self, asked: Comparison | OrderKey, result: Column) -> Column:
        """Over every finite value."""
        statement = sa.select(result).where(*self._of(asked), finite(self._metrics.c))
        return statement.correlate(self._runs).scalar_subquery()

    def _single(self, asked: Comparison | OrderKey, result: Column) -> Column:
        """Of the first point, or of the last one at a step."""
        table = self._metrics.c
        statement = sa.select(result).where(*self._of(asked))
        if asked.aggregate is Aggregate.FIRST:
            statement = statement.order_by(table.step, table.timestamp, table.is_nan, table.value)
        else:
            statement = statement.where(table.step == sa.literal(asked.step, sa.BigInteger()))
            statement = statement.order_by(table.timestamp.desc(), table.is_nan.desc(), table.value.desc())
        return statement.limit(1).correlate(self._runs).scalar_subquery()

    def _of(self, asked: Comparison | OrderKey) -> list[Condition]:
        return self._points(self._metrics.c, self._runs.c.run_uuid, asked.key)


_SINGLE = (Aggregate.FIRST, Aggregate.AT)
"""Those that are the value of one point, which may be NaN."""
