"""Reading metric histories: whole, summed up, or thinned for a chart."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from store.entities import INFINITE, Axis, Bucket, Curve, History, Metric, MetricSummary, Point, Run
from store.sql.engine import fetch
from store.sql.rows import METRIC_COLUMNS, integer, metric, number, text
from store.sql.schema import Schema

KEYS_PER_QUERY: Final = 100
"""Metrics whose extremes are looked up by one statement: each binds three values."""


def history(connection: sa.Connection, schema: Schema, run_id: str, key: str) -> History:
    """Every point, ordered by (step, timestamp, value) with NaN last among equals."""
    table = schema.table("metrics").c
    statement = (
        sa.select(table.step, table.timestamp, table.value, table.is_nan)
        .where(table.run_uuid == run_id, table.key == key)
        .order_by(table.step, table.timestamp, table.is_nan, table.value)
    )
    rows = fetch(connection, statement)
    try:
        columns = tuple(zip(*rows, strict=True)) if rows else ((), (), (), ())
        steps, timestamps, values = array("q", columns[0]), array("q", columns[1]), array("d", columns[2])
    except (TypeError, OverflowError):
        # Another writer put something else than numbers there.
        steps = array("q", (integer(row[0]) for row in rows))
        timestamps = array("q", (integer(row[1]) for row in rows))
        values = array("d", (number(row[2], False) for row in rows))
        columns = ((), (), (), tuple(row[3] for row in rows))
    for index, is_nan in enumerate(columns[3]):
        if is_nan:
            values[index] = math.nan
    return History(run_id, key, steps, timestamps, values)


def metric_summaries(connection: sa.Connection, schema: Schema, run_id: str) -> list[MetricSummary]:
    """Of every metric of a run, ordered by key."""
    table = schema.table("metrics").c
    latest_table = schema.table("latest_metrics").c
    latest = {
        row[1]: metric(row)
        for row in fetch(
            connection,
            sa.select(*(latest_table[name] for name in METRIC_COLUMNS)).where(latest_table.run_uuid == run_id),
        )
    }
    finite = _finite(table)
    totals = fetch(
        connection,
        sa.select(
            table.key,
            sa.func.count(),
            sa.func.sum(sa.case((table.is_nan, 1), else_=0)),
            sa.func.sum(sa.case((finite, 1), else_=0)),
            sa.func.min(sa.case((finite, table.value))),
            sa.func.max(sa.case((finite, table.value))),
            sa.func.min(table.step),
            sa.func.max(table.step),
            sa.func.min(table.timestamp),
            sa.func.max(table.timestamp),
        )
        .where(table.run_uuid == run_id)
        .group_by(table.key),
    )
    extremes = _first_points(connection, schema, run_id, [(row[0], row[4], row[5]) for row in totals])
    found = {}
    for key, count, nans, finites, low, high, first_step, last_step, first_time, last_time in totals:
        if key not in latest:
            latest[key] = _last_point(connection, schema, run_id, key)
        found[key] = MetricSummary(
            key=text(key),
            latest=latest[key],
            count=int(count),
            nans=int(nans),
            infinities=int(count) - int(nans) - int(finites),
            minimum=None if low is None else extremes.get((key, low)),
            maximum=None if high is None else extremes.get((key, high)),
            first_step=integer(first_step),
            last_step=integer(last_step),
            first_timestamp=integer(first_time),
            last_timestamp=integer(last_time),
        )
    for key, value in latest.items():
        if key not in found:
            found[key] = _summary_of_one(value)
    return [found[key] for key in sorted(found)]


def _finite(table: Any) -> sa.ColumnElement[bool]:
    return sa.and_(sa.not_(table.is_nan), table.value > -INFINITE, table.value < INFINITE)


def _first_points(
    connection: sa.Connection, schema: Schema, run_id: str, wanted: Sequence[tuple[str, Any, Any]]
) -> dict[tuple[str, float], Point]:
    """For each (key, lowest, highest): the first point, by (step, timestamp), with either value."""
    table = schema.table("metrics").c
    found: dict[tuple[str, float], Point] = {}
    pairs = [(key, low, high) for key, low, high in wanted if low is not None]
    for start in range(0, len(pairs), KEYS_PER_QUERY):
        these = [
            sa.and_(table.key == key, table.value.in_((low, high)))
            for key, low, high in pairs[start : start + KEYS_PER_QUERY]
        ]
        rank = sa.func.row_number().over(
            partition_by=(table.key, table.value), order_by=(table.step, table.timestamp)
        )
        ranked = (
            sa.select(table.key, table.value, table.step, table.timestamp, rank.label("place"))
            .where(table.run_uuid == run_id, sa.not_(table.is_nan), sa.or_(*these))
            .subquery()
        )
        statement = sa.select(ranked.c.key, ranked.c.value, ranked.c.step, ranked.c.timestamp).where(
            ranked.c.place == 1
        )
        for key, value, step, timestamp in fetch(connection, statement):
            found[key, value] = Point(integer(step), integer(timestamp), float(value))
    return found


def _last_point(connection: sa.Connection, schema: Schema, run_id: str, key: str) -> Metric:
    """What `latest_metrics` should hold: by (step, timestamp, value), NaN counting as its stored 0."""
    table = schema.table("metrics").c
    statement = (
        sa.select(*(table[name] for name in METRIC_COLUMNS))
        .where(table.run_uuid == run_id, table.key == key)
        .order_by(table.step.desc(), table.timestamp.desc(), table.value.desc())
        .limit(1)
    )
    return metric(fetch(connection, statement)[0])


def _summary_of_one(value: Metric) -> MetricSummary:
    """Of a metric that has a latest value and, against MLflow's rules, no history."""
    usable = abs(value.value) < INFINITE
    point = Point(value.step, value.timestamp, value.value) if usable else None
    return MetricSummary(
        key=value.key,
        latest=value,
        count=0,
        nans=0,
        infinities=0,
        minimum=point,
        maximum=point,
        first_step=value.step,
        last_step=value.step,
        first_timestamp=value.timestamp,
        last_timestamp=value.timestamp,
    )


def curve(
    connection: sa.Connection, schema: Schema, run: Run, summary: MetricSummary, axis: Axis, buckets: int
) -> Curve:
    """The history in at most `buckets` columns of equal width; each keeps its smallest and greatest value.

    `summary` gives the range of x. Points that were logged since then fall into the first or last bucket.
    """
    table = schema.table("metrics").c
    mine = sa.and_(table.run_uuid == run.run_id, table.key == summary.key)
    source: Any = table
    if axis is Axis.ORDER:
        place = (sa.func.row_number().over(order_by=(table.step, table.timestamp, table.value)) - 1).label("place")
        inner = sa.select(place, table.value, table.is_nan).where(mine).subquery()
        source, x, mine = inner.c, inner.c.place, sa.true()
        low, high = 0, max(0, summary.count - 1)
    elif axis is Axis.STEP:
        x, low, high = table.step, summary.first_step, summary.last_step
    else:
        x, low, high = table.timestamp, summary.first_timestamp, summary.last_timestamp
    width = (high - low) / buckets
    place_of = sa.literal(0) if width == 0 else _place(connection, (x - low) / sa.literal(width, sa.Float))
    statement = sa.select(
        place_of.label("bucket"),
        sa.func.min(x),
        sa.func.max(x),
        sa.func.min(source.value),
        sa.func.max(source.value),
        sa.func.count(),
    ).where(mine)
    odd: Sequence[Any] = ()
    if summary.nans or summary.infinities:
        finite = _finite(source)
        counts = sa.select(
            place_of.label("bucket"),
            sa.func.min(x),
            sa.func.max(x),
            sa.func.sum(sa.case((source.is_nan, 1), else_=0)),
            sa.func.count(),
        )
        odd = fetch(connection, counts.where(mine, sa.not_(finite)).group_by(sa.text("bucket")))
        statement = statement.where(finite)
    rows = fetch(connection, statement.group_by(sa.text("bucket")))
    base = _base(run, summary, axis)
    found: dict[int, Bucket] = {}
    for place_number, first, last, least, most, count in rows:
        at = min(max(int(place_number), 0), buckets - 1)
        bucket = Bucket(first - base, last - base, float(least), float(most), int(count))
        found[at] = bucket if at not in found else _merged(found[at], bucket)
    for place_number, first, last, nans, count in odd:
        at = min(max(int(place_number), 0), buckets - 1)
        bucket = Bucket(first - base, last - base, math.nan, math.nan, int(count), int(nans), int(count) - int(nans))
        found[at] = bucket if at not in found else _merged(found[at], bucket)
    ordered = tuple(found[at] for at in sorted(found))
    return Curve(
        run_id=run.run_id,
        key=summary.key,
        axis=axis,
        buckets=ordered,
        count=sum(bucket.count for bucket in ordered),
        nans=sum(bucket.nans for bucket in ordered),
        infinities=sum(bucket.infinities for bucket in ordered),
    )


def _place(connection: sa.Connection, quotient: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """`quotient`, never negative, cut to an integer: SQLite's CAST cuts, that of the others rounds."""
    if connection.dialect.name == "sqlite":
        return sa.cast(quotient, sa.BigInteger)
    return sa.cast(sa.func.floor(quotient), sa.BigInteger)


def _base(run: Run, summary: MetricSummary, axis: Axis) -> int:
    if axis is not Axis.RELATIVE:
        return 0
    return summary.first_timestamp if run.start_time is None else run.start_time


def _merged(one: Bucket, other: Bucket) -> Bucket:
    values = [
        value
        for value in (one.minimum, one.maximum, other.minimum, other.maximum)
        if not math.isnan(value)
    ]
    return Bucket(
        x_first=min(one.x_first, other.x_first),
        x_last=max(one.x_last, other.x_last),
        minimum=min(values, default=math.nan),
        maximum=max(values, default=math.nan),
        count=one.count + other.count,
        nans=one.nans + other.nans,
        infinities=one.infinities + other.infinities,
    )
