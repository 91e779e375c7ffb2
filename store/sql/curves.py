"""Thinning metric histories to the buckets of a chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from store import series
from store.entities import Axis, Bucket, Curve, MetricSummary, Run
from store.sql.engine import fetch
from store.sql.metrics import finite, has_step_index, history, points_of
from store.sql.rows import integer, number
from store.sql.schema import Schema

POINTS_PER_RANGE: Final = 400
"""Points in a bucket from which a statement for each bucket, over a range of an index, costs less than one that groups
by an expression, for which SQLite sorts all points (measured: equal at 200)."""

_LEAST_INTEGER: Final = -(2**63)

_AFTER_ALL: Final = b"\xff"
"""In SQLite's order a blob comes after every number, and after the text that another writer may have put there."""

_EXACT_RANGE: Final = 2**62
"""Differences of steps up to here do not overflow 64 bits, even if a point lies outside the range."""


def curve(
    connection: sa.Connection, schema: Schema, run: Run, summary: MetricSummary, axis: Axis, buckets: int
) -> Curve:
    """The history in at most `buckets` columns of equal width; each keeps its smallest and greatest value.

    `summary` gives the range of x. Points that were logged since then fall into the first or last bucket.
    """
    if axis is Axis.ORDER:
        return series.curve(history(connection, schema, run.run_id, summary.key), axis, buckets, run.start_time)
    thin = _in_columns
    if axis is Axis.STEP and summary.count >= POINTS_PER_RANGE * buckets and has_step_index(connection):
        thin = _in_ranges
    odd = summary.nans + summary.infinities > 0
    found = thin(connection, schema, run, summary, axis, buckets, odd=odd)
    if not odd and sum(bucket.count for bucket in found) != summary.count:
        # Points were logged since the summary was made, a NaN perhaps, which looks like a 0.
        found = thin(connection, schema, run, summary, axis, buckets, odd=True)
    return series.curve_of(run.run_id, summary.key, axis, found)


def _in_ranges(
    connection: sa.Connection, schema: Schema, run: Run, summary: MetricSummary, axis: Axis, buckets: int, *, odd: bool
) -> list[Bucket]:
    """The buckets by step, each of its own range of the index of steps: half the time of sorting a long history.

    Without `odd` every value is taken for a finite one.
    """
    statement = _range_statement(schema.table("metrics").c, run.run_id, summary.key, odd)
    low, span = summary.first_step, summary.last_step - summary.first_step
    begins = [low - (-place * span // buckets) for place in range(1, buckets)]
    found = []
    for begin, end in zip([_LEAST_INTEGER, *begins], [*begins, _AFTER_ALL], strict=True):
        first, last, least, most, count, usual, nans = connection.execute(statement, {"begin": begin, "end": end}).one()
        if not count:
            continue
        found.append(
            Bucket(
                x_first=integer(first),
                x_last=integer(last),
                minimum=number(least, False) if usual else math.nan,
                maximum=number(most, False) if usual else math.nan,
                count=count,
                nans=nans,
                infinities=count - usual - nans,
            )
        )
    return found


def _range_statement(table: Any, run_id: str, key: str, odd: bool) -> sa.Select[Any]:
    """(first step, last step, minimum, maximum, points, finite points, NaN) of the steps `begin` to before `end`."""
    step: sa.ColumnElement[int] = table.step
    begin, end = sa.bindparam("begin", type_=sa.types.NullType()), sa.bindparam("end", type_=sa.types.NullType())
    inside = (table.run_uuid == run_id, table.key == key, step >= begin, step < end)

    def ends(of: sa.ColumnElement[int]) -> sa.ScalarSelect[Any]:
        # Alone, it is the first or last entry of the range in the index; beside others it would look at each point.
        return sa.select(of).where(*inside).correlate(None).scalar_subquery()

    value: Any = sa.case((finite(table), table.value)) if odd else table.value
    usual = sa.func.count(value) if odd else sa.func.count()
    nans = sa.func.coalesce(sa.func.sum(sa.cast(table.is_nan, sa.Integer)), 0) if odd else sa.literal(0, sa.Integer)
    return sa.select(
        ends(sa.func.min(step)),
        ends(sa.func.max(step)),
        sa.func.min(value),
        sa.func.max(value),
        sa.func.count(),
        usual,
        nans,
    ).where(*inside)


def _in_columns(
    connection: sa.Connection, schema: Schema, run: Run, summary: MetricSummary, axis: Axis, buckets: int, *, odd: bool
) -> list[Bucket]:
    """The buckets by step or time. Without `odd` every value is taken for a finite one, which is a third faster."""
    table = schema.table("metrics").c
    base = 0
    if axis is Axis.STEP:
        x, low, high = table.step, summary.first_step, summary.last_step
    else:
        x, low, high = table.timestamp, summary.first_timestamp, summary.last_timestamp
        if axis is Axis.RELATIVE:
            base = low if run.start_time is None else run.start_time
    at_x = place(connection, x, low, high, buckets)
    # Rows of finite values and of odd ones are added up apart; both kinds of a bucket are merged below.
    kind = sa.case((finite(table), 0), else_=1) if odd else sa.literal(0, sa.Integer)
    points = points_of(connection, table, run.run_id, summary.key)
    columns = (at_x.label("bucket"), kind.label("kind"), x.label("x"), table.value, table.is_nan)
    if connection.dialect.name == "sqlite":
        groups = [sa.text("bucket"), sa.text("kind")] if odd else [sa.text("bucket")]
        statement = _added_up(columns, odd).where(*points).group_by(*groups)
    else:
        # SQL Server groups by no name that the same SELECT makes.
        inner = tuple(sa.select(*columns).where(*points).subquery().c)
        statement = _added_up(inner, odd).group_by(*inner[:2])
    found: dict[int, Bucket] = {}
    for number_, is_odd, first, last, least, most, count, nan_count in fetch(connection, statement):
        if not is_odd:
            bucket = Bucket(
                integer(first) - base, integer(last) - base, number(least, False), number(most, False), count
            )
        else:
            bad = int(nan_count)  # MySQL adds up to a decimal
            bucket = Bucket(integer(first) - base, integer(last) - base, math.nan, math.nan, count, bad, count - bad)
        at = min(max(int(number_), 0), buckets - 1)
        found[at] = bucket if at not in found else series.merged(found[at], bucket)
    return [found[at] for at in sorted(found)]


def _added_up(columns: Sequence[Any], odd: bool) -> sa.Select[Any]:
    """What a bucket is made of, from its number, its kind, x, the value and whether that is NaN."""
    bucket, kind, x, value, is_nan = columns
    nans = sa.func.sum(sa.cast(is_nan, sa.Integer)) if odd else sa.literal(0, sa.Integer)
    return sa.select(
        bucket,
        kind,
        sa.func.min(x),
        sa.func.max(x),
        sa.func.min(value),
        sa.func.max(value),
        sa.func.count(),
        nans,
    )


def place(
    connection: sa.Connection, x: sa.ColumnElement[int], low: int, high: int, buckets: int
) -> sa.ColumnElement[int]:
    """The number of the bucket of `x`: below 0 or too great for points outside of `low` to `high`."""
    if low == high:
        return sa.literal(0, sa.Integer)
    distance: Any = x - low
    if high - low > _EXACT_RANGE:
        distance = sa.cast(x, sa.Float(53)) - float(low)
    quotient = distance / sa.literal((high - low) / buckets, sa.Float)
    if connection.dialect.name == "sqlite":
        # CAST cuts here, and stays within 64 bits; that of the others rounds, and fails beyond them.
        return sa.cast(quotient, sa.BigInteger)
    inside = sa.case((quotient < 0, 0), (quotient > buckets, buckets), else_=quotient)
    return sa.cast(sa.func.floor(inside), sa.BigInteger)
