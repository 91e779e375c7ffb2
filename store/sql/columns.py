"""Aggregates of metrics for many runs at once, for the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Any, Final

import sqlalchemy as sa

from store.entities import Aggregated, MetricColumn
from store.kinds import Aggregate
from store.sql.engine import IDS_PER_QUERY, check, fetch
from store.sql.histories import mean
from store.sql.metrics import finite, points_of_runs
from store.sql.rows import integer, number
from store.sql.runs import latest_metrics
from store.sql.schema import Schema

RUNS_PER_LOOKUP: Final = 150
"""Runs whose extremes are looked up by one statement: each binds its id and two values (old SQLite takes 999)."""

_OVER_ALL: Final = (Aggregate.MIN, Aggregate.MAX, Aggregate.MEAN)
"""What takes a look at every finite value of a history."""

_STEPS: Final = range(-(2**63), 2**63)
"""Those that a database can hold."""

_Values = dict[MetricColumn, dict[str, Aggregated]]
"""What was found, by column and run id."""


def metric_values(
    connection: sa.Connection,
    schema: Schema,
    run_ids: Sequence[str],
    columns: Sequence[MetricColumn],
    cancel: Event | None = None,
) -> dict[str, tuple[Aggregated | None, ...]]:
    """See `store.protocols.Store.metric_values`."""
    found: dict[str, tuple[Aggregated | None, ...]] = {}
    by_key: dict[str, list[MetricColumn]] = {}
    for column in dict.fromkeys(columns):
        by_key.setdefault(column.key, []).append(column)
    wanted = list(dict.fromkeys(run_ids))
    runs = schema.table("runs").c
    for start in range(0, len(wanted), IDS_PER_QUERY):
        check(cancel)
        some = wanted[start : start + IDS_PER_QUERY]
        there = {row[0] for row in fetch(connection, sa.select(runs.run_uuid).where(runs.run_uuid.in_(some)))}
        values: _Values = {column: {} for column in columns}
        reader = _Reader(connection, schema, [run_id for run_id in some if run_id in there], values)
        reader.latest([column for column in values if column.aggregate is Aggregate.LATEST])
        for key, asked in by_key.items():
            check(cancel)
            reader.read(key, asked)
        for run_id in reader.run_ids:
            found[run_id] = tuple(values[column].get(run_id) for column in columns)
    return found


class _Reader:
    """Reads what is asked about some runs."""

    def __init__(self, connection: sa.Connection, schema: Schema, run_ids: Sequence[str], values: _Values) -> None:
        self._connection = connection
        self._schema = schema
        self._table = schema.table("metrics").c
        self._values = values
        self.run_ids = run_ids

    def latest(self, columns: Sequence[MetricColumn]) -> None:
        if not columns or not self.run_ids:
            return
        keys = {column.key for column in columns}
        for run_id, metrics in latest_metrics(self._connection, self._schema, self.run_ids, keys).items():
            for column in columns:
                if (one := metrics.get(column.key)) is not None:
                    self._values[column][run_id] = Aggregated(one.value, one.step)

    def read(self, key: str, columns: Sequence[MetricColumn]) -> None:
        """What is asked of the histories of one metric."""
        if not self.run_ids:
            return
        asked = {column.aggregate: column for column in columns}
        if not asked.keys().isdisjoint(_OVER_ALL):
            self._over_all(key, asked)
        if Aggregate.FIRST in asked:
            self._first(asked[Aggregate.FIRST])
        for column in columns:
            if column.aggregate is Aggregate.AT and column.step is not None:
                self._at(column, column.step)

    def _over_all(self, key: str, asked: dict[Aggregate, MetricColumn]) -> None:
        """What takes a look at every finite value, in one go, and then where the extremes are."""
        wanted = [one for one in _OVER_ALL if one in asked]
        table = self._table
        points = points_of_runs(self._connection, table, self.run_ids, key)
        statement = sa.select(table.run_uuid, *map(self._added_up, wanted)).where(*points, finite(table))
        rows = fetch(self._connection, statement.group_by(table.run_uuid))
        extremes: dict[Aggregate, dict[str, float]] = {}
        for row in rows:
            for one, value in zip(wanted, row[1:], strict=True):
                if one is Aggregate.MEAN:
                    self._values[asked[one]][row[0]] = Aggregated(number(value, False), None)
                else:
                    extremes.setdefault(one, {})[row[0]] = value
        self._find_extremes(key, asked, extremes)

    def _added_up(self, aggregate: Aggregate) -> sa.ColumnElement[Any]:
        """What finds it among the finite values."""
        match aggregate:
            case Aggregate.MIN:
                return sa.func.min(self._table.value)
            case Aggregate.MAX:
                return sa.func.max(self._table.value)
        return mean(self._table.value)

    def _find_extremes(
        self, key: str, asked: dict[Aggregate, MetricColumn], extremes: dict[Aggregate, dict[str, float]]
    ) -> None:
        """The smallest step at which each extreme was logged."""
        table = self._table
        runs = list(dict.fromkeys(run_id for values in extremes.values() for run_id in values))
        for start in range(0, len(runs), RUNS_PER_LOOKUP):
            some = runs[start : start + RUNS_PER_LOOKUP]
            values = sorted({of[run_id] for of in extremes.values() for run_id in some})
            points = points_of_runs(self._connection, table, some, key)
            # Extremes of other runs come along; one list of values is looked up faster than a condition for each run.
            statement = sa.select(table.run_uuid, table.value, sa.func.min(table.step))
            statement = statement.where(*points, table.value.in_(values), sa.not_(table.is_nan))
            for run_id, value, step in fetch(self._connection, statement.group_by(table.run_uuid, table.value)):
                for one, of in extremes.items():
                    if of[run_id] == value:
                        self._values[asked[one]][run_id] = Aggregated(number(value, False), integer(step))

    def _first(self, column: MetricColumn) -> None:
        """The earliest value at the first step of each run."""
        table = self._table
        points = points_of_runs(self._connection, table, self.run_ids, column.key)
        statement = sa.select(table.run_uuid, sa.func.min(table.step)).where(*points).group_by(table.run_uuid)
        steps_of = {row[0]: row[1] for row in fetch(self._connection, statement)}
        runs = list(steps_of)
        for start in range(0, len(runs), RUNS_PER_LOOKUP):
            some = runs[start : start + RUNS_PER_LOOKUP]
            # At the first steps of other runs there are later points of this one.
            steps = sorted({steps_of[run_id] for run_id in some})
            points = points_of_runs(self._connection, table, some, column.key)
            order = [table.step, table.timestamp, table.is_nan, table.value]
            for run_id, step, value, is_nan in self._ranked([*points, table.step.in_(steps)], order):
                self._values[column][run_id] = Aggregated(number(value, is_nan), integer(step))

    def _at(self, column: MetricColumn, step: int) -> None:
        table = self._table
        if step not in _STEPS:
            return
        points = points_of_runs(self._connection, table, self.run_ids, column.key)
        order = [table.timestamp.desc(), table.is_nan.desc(), table.value.desc()]
        rows = self._ranked([*points, table.step == sa.literal(step, sa.BigInteger())], order)
        for run_id, _, value, is_nan in rows:
            self._values[column][run_id] = Aggregated(number(value, is_nan), step)

    def _ranked(self, conditions: Sequence[Any], order: Sequence[Any]) -> Sequence[Any]:
        """(run, step, value, whether that is NaN) of the point of each run that comes first in the order."""
        table = self._table
        ranked = (
            sa.select(
                table.run_uuid,
                table.step,
                table.value,
                table.is_nan,
                sa.func.row_number().over(partition_by=table.run_uuid, order_by=order).label("place"),
            )
            .where(*conditions)
            .subquery()
        )
        columns = (ranked.c.run_uuid, ranked.c.step, ranked.c.value, ranked.c.is_nan)
        return fetch(self._connection, sa.select(*columns).where(ranked.c.place == 1))
