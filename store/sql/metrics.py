"""Reading metric histories: whole, summed up, or thinned for a chart."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

from store.entities import INFINITE, Axis, Bucket, Curve, History, Metric, MetricSummary, Point, Run
from store.sql.engine import fetch
from store.sql.rows import METRIC_COLUMNS, integer, metric, number, text
from store.sql.schema import Schema

KEYS_PER_QUERY: Final = 400
"""Metrics whose extremes are looked up by one statement: each binds two values (old SQLite takes 999)."""

_LEAST_INTEGER: Final = -(2**63)

_EXACT_RANGE: Final = 2**62
"""Differences of steps up to here do not overflow 64 bits, even if a point lies outside the range."""


def history(connection: sa.Connection, schema: Schema, run_id: str, key: str) -> History:
    """Every point, ordered by (step, timestamp, value) with NaN last among equals."""
    table = schema.table("metrics").c
    statement = sa.select(table.step, table.timestamp, table.is_nan, table.value)
    rows = list(fetch(connection, statement.where(*_points_of(connection, table, run_id, key))))
    try:
        # Rows come nearly in order, and then Python sorts them in a fifth of the time that an ORDER BY takes.
        rows.sort()
        steps, timestamps = array("q", map(itemgetter(0), rows)), array("q", map(itemgetter(1), rows))
        values = array("d", map(itemgetter(3), rows))
    except (TypeError, OverflowError):
        # Another writer put something else than numbers there.
        rows = sorted(
            (integer(step), integer(timestamp), bool(is_nan), number(value, False))
            for step, timestamp, is_nan, value in rows
        )
        steps, timestamps = array("q", map(itemgetter(0), rows)), array("q", map(itemgetter(1), rows))
        values = array("d", map(itemgetter(3), rows))
    for index, row in enumerate(rows):
        if row[2]:
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
    totals = fetch(
        connection,
        sa.select(
            table.key,
            sa.func.count(),
            sa.func.sum(sa.cast(table.is_nan, sa.Integer)),
            sa.func.min(table.value),
            sa.func.max(table.value),
            sa.func.min(table.step),
            sa.func.max(table.step),
            sa.func.min(table.timestamp),
            sa.func.max(table.timestamp),
        )
        .where(table.run_uuid == run_id)
        .group_by(table.key),
    )
    # (finite values, smallest, greatest) by key. Most metrics have neither NaN nor infinities, and conditions
    # on every row of a long history would cost as much again as adding it up.
    ranges = {row[0]: (row[1], row[3], row[4]) for row in totals}
    odd = [key for key, _, nans, low, high, *_ in totals if nans or not (_is_finite(low) and _is_finite(high))]
    ranges.update(_finite_ranges(connection, schema, run_id, odd))
    extremes = _first_points(connection, schema, run_id, ranges)
    found = {}
    for key, count, nans, _, _, first_step, last_step, first_time, last_time in totals:
        finites, low, high = ranges[key]
        if key not in latest:
            latest[key] = _last_point(connection, schema, run_id, key) or Metric(
                text(key), math.nan, integer(last_time), integer(last_step)
            )
        found[key] = MetricSummary(
            key=text(key),
            latest=latest[key],
            count=int(count),
            nans=int(nans),
            infinities=int(count) - int(nans) - int(finites),
            minimum=extremes.get((key, low)),
            maximum=extremes.get((key, high)),
            first_step=integer(first_step),
            last_step=integer(last_step),
            first_timestamp=integer(first_time),
            last_timestamp=integer(last_time),
        )
    for key, value in latest.items():
        if key not in found:
            found[key] = _summary_of_one(value)
    return sorted(found.values(), key=lambda summary: summary.key)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and -INFINITE < value < INFINITE


def _finite(table: Any) -> sa.ColumnElement[bool]:
    return sa.and_(sa.not_(table.is_nan), table.value > -INFINITE, table.value < INFINITE)


def _finite_ranges(
    connection: sa.Connection, schema: Schema, run_id: str, keys: Sequence[Any]
) -> dict[Any, tuple[int, Any, Any]]:
    """For each key: how many finite values it has, the smallest and the greatest of them."""
    table = schema.table("metrics").c
    found: dict[Any, tuple[int, Any, Any]] = dict.fromkeys(keys, (0, None, None))
    for start in range(0, len(keys), KEYS_PER_QUERY):
        statement = (
            sa.select(table.key, sa.func.count(), sa.func.min(table.value), sa.func.max(table.value))
            .where(table.run_uuid == run_id, _by_run(connection, table).in_(keys[start : start + KEYS_PER_QUERY]))
            .where(_finite(table))
            .group_by(table.key)
        )
        for key, count, low, high in fetch(connection, statement):
            found[key] = (count, low, high)
    return found


def _first_points(
    connection: sa.Connection, schema: Schema, run_id: str, ranges: dict[Any, tuple[int, Any, Any]]
) -> dict[tuple[Any, Any], Point]:
    """For each key, by (key, value): the first point, by (step, timestamp), with its lowest and highest value."""
    table = schema.table("metrics").c
    found: dict[tuple[Any, Any], Point] = {}
    wanted = [(key, low, high) for key, (_, low, high) in ranges.items() if low is not None]
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        some = wanted[start : start + KEYS_PER_QUERY]
        rank = sa.func.row_number().over(partition_by=(table.key, table.value), order_by=(table.step, table.timestamp))
        # Values that are the extremes of another metric come along and are not looked at: one list of values is
        # looked up for each row in a third of the time that a condition for each metric takes.
        ranked = (
            sa.select(table.key, table.value, table.step, table.timestamp, rank.label("place"))
            .where(
                table.run_uuid == run_id,
                table.value.in_(sorted({value for _, *both in some for value in both})),
                sa.not_(table.is_nan),
            )
            .subquery()
        )
        statement = sa.select(ranked.c.key, ranked.c.value, ranked.c.step, ranked.c.timestamp)
        for key, value, step, timestamp in fetch(connection, statement.where(ranked.c.place == 1)):
            found[key, value] = Point(integer(step), integer(timestamp), float(value))
    return found


def _last_point(connection: sa.Connection, schema: Schema, run_id: str, key: str) -> Metric | None:
    """What `latest_metrics` should hold: by (step, timestamp, value), NaN counting as its stored 0."""
    table = schema.table("metrics").c
    statement = (
        sa.select(*(table[name] for name in METRIC_COLUMNS))
        .where(*_points_of(connection, table, run_id, key))
        .order_by(table.step.desc(), table.timestamp.desc(), table.value.desc())
        .limit(1)
    )
    rows = fetch(connection, statement)
    return metric(rows[0]) if rows else None


def _points_of(connection: sa.Connection, table: Any, run_id: str, key: str) -> list[sa.ColumnElement[bool]]:
    """The points of one metric of one run, found through the run.

    SQLite without statistics, which is every database of MLflow's, prefers the primary key, because it covers
    the query: it begins with the metric's key, and every run has a `loss`.
    """
    mine = table.run_uuid == run_id
    if connection.dialect.name != "sqlite":
        return [mine, table.key == key]
    if "run_uuid,key" in _index_beginnings(connection):
        # MLflow 3.12 and newer: (run_uuid, key, step). A third column tips the scales.
        return [mine, table.key == key, table.step >= _LEAST_INTEGER]
    return [mine, _by_run(connection, table) == key]


def _by_run(connection: sa.Connection, table: Any) -> sa.ColumnElement[str]:
    """The column `key`, barred on SQLite from choosing the index where one on the run exists (since MLflow 1.25)."""
    key: sa.ColumnElement[str] = table.key
    if connection.dialect.name == "sqlite" and any(
        beginning.startswith("run_uuid") for beginning in _index_beginnings(connection)
    ):
        return sa.literal_column("+metrics.key", sa.Text())
    return key


def _index_beginnings(connection: sa.Connection) -> set[str]:
    """The first two columns of each index of `metrics` on SQLite, joined by a comma."""
    statement = sa.text(
        "SELECT group_concat(name) FROM (SELECT list.name AS owner, info.name FROM pragma_index_list('metrics') "
        "AS list, pragma_index_info(list.name) AS info WHERE info.seqno < 2 ORDER BY owner, info.seqno) GROUP BY owner"
    )
    return {str(row[0]) for row in fetch(connection, statement)}


def _summary_of_one(value: Metric) -> MetricSummary:
    """Of a metric that has a latest value and, against MLflow's rules, no history."""
    point = Point(value.step, value.timestamp, value.value) if _is_finite(value.value) else None
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
    if axis is Axis.ORDER:
        found = _in_order(history(connection, schema, run.run_id, summary.key).values, buckets)
    else:
        odd = summary.nans + summary.infinities > 0
        found = _in_columns(connection, schema, run, summary, axis, buckets, odd=odd)
        if not odd and sum(bucket.count for bucket in found) != summary.count:
            # Points were logged since the summary was made, a NaN perhaps, which looks like a 0.
            found = _in_columns(connection, schema, run, summary, axis, buckets, odd=True)
    return Curve(
        run_id=run.run_id,
        key=summary.key,
        axis=axis,
        buckets=tuple(found),
        count=sum(bucket.count for bucket in found),
        nans=sum(bucket.nans for bucket in found),
        infinities=sum(bucket.infinities for bucket in found),
    )


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
    place = _place(connection, x, low, high, buckets)
    # Rows of finite values and of odd ones are added up apart; both kinds of a bucket are merged below.
    kind = sa.case((_finite(table), 0), else_=1) if odd else sa.literal(0, sa.Integer)
    nans = sa.func.sum(sa.cast(table.is_nan, sa.Integer)) if odd else sa.literal(0, sa.Integer)
    statement = sa.select(
        place.label("bucket"),
        kind.label("kind"),
        sa.func.min(x),
        sa.func.max(x),
        sa.func.min(table.value),
        sa.func.max(table.value),
        sa.func.count(),
        nans,
    ).where(*_points_of(connection, table, run.run_id, summary.key))
    groups = [sa.text("bucket"), sa.text("kind")] if odd else [sa.text("bucket")]
    found: dict[int, Bucket] = {}
    for number_, is_odd, first, last, least, most, count, nan_count in fetch(connection, statement.group_by(*groups)):
        if not is_odd:
            bucket = Bucket(
                integer(first) - base, integer(last) - base, number(least, False), number(most, False), count
            )
        else:
            bucket = Bucket(
                integer(first) - base, integer(last) - base, math.nan, math.nan, count, nan_count, count - nan_count
            )
        at = min(max(int(number_), 0), buckets - 1)
        found[at] = bucket if at not in found else _merged(found[at], bucket)
    return [found[at] for at in sorted(found)]


def _place(
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


def _in_order(values: Sequence[float], buckets: int) -> list[Bucket]:
    """The buckets by position in the history."""
    last = len(values) - 1
    # The first position in each bucket: that of position p is p * buckets // last, the last position joins the last.
    starts = sorted({-(-number_ * last // buckets) for number_ in range(buckets)}) if last > 0 else [0][: last + 1]
    found = []
    for start, end in zip(starts, [*starts[1:], last + 1], strict=True):
        some = values[start:end]
        finite = [value for value in some if -INFINITE < value < INFINITE]
        nans = sum(map(math.isnan, some)) if len(finite) < len(some) else 0
        found.append(
            Bucket(
                x_first=start,
                x_last=end - 1,
                minimum=min(finite, default=math.nan),
                maximum=max(finite, default=math.nan),
                count=len(some),
                nans=nans,
                infinities=len(some) - len(finite) - nans,
            )
        )
    return found


def _merged(one: Bucket, other: Bucket) -> Bucket:
    values = [value for value in (one.minimum, one.maximum, other.minimum, other.maximum) if not math.isnan(value)]
    return Bucket(
        x_first=min(one.x_first, other.x_first),
        x_last=max(one.x_last, other.x_last),
        minimum=min(values, default=math.nan),
        maximum=max(values, default=math.nan),
        count=one.count + other.count,
        nans=one.nans + other.nans,
        infinities=one.infinities + other.infinities,
    )
