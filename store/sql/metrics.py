"""Reading metric histories: whole, or summed up."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

from store.entities import INFINITE, History, Metric, MetricSummary, Point
from store.search.syntax import Operator
from store.sql.compare import compare_text, exact_text
from store.sql.engine import fetch
from store.sql.rows import METRIC_COLUMNS, integer, metric, number
from store.sql.schema import Schema
from store.texts import text

KEYS_PER_QUERY: Final = 400
"""Metrics whose extremes are looked up by one statement: each binds two values (old SQLite takes 999)."""

_LEAST_INTEGER: Final = -(2**63)


def history(connection: sa.Connection, schema: Schema, run_id: str, key: str, since: int | None = None) -> History:
    """Every point (of `since` or later), ordered by (step, timestamp, value) with NaN last among equals."""
    table = schema.table("metrics").c
    statement = sa.select(table.step, table.timestamp, table.is_nan, table.value)
    statement = statement.where(*points_of(connection, table, run_id, key))
    if since is not None:
        statement = statement.where(table.timestamp >= since)
    rows = list(fetch(connection, statement))
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
        row[1]: metric(*row[1:])
        for row in fetch(
            connection,
            sa.select(*(latest_table[name] for name in METRIC_COLUMNS)).where(latest_table.run_uuid == run_id),
        )
    }
    exact_key = exact_text(table.key, connection.dialect.name)
    totals = fetch(
        connection,
        sa.select(
            exact_key,
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
        .group_by(exact_key),
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


def finite(table: Any) -> sa.ColumnElement[bool]:
    return sa.and_(sa.not_(table.is_nan), table.value > -INFINITE, table.value < INFINITE)


def _finite_ranges(
    connection: sa.Connection, schema: Schema, run_id: str, keys: Sequence[Any]
) -> dict[Any, tuple[int, Any, Any]]:
    """For each key: how many finite values it has, the smallest and the greatest of them."""
    table = schema.table("metrics").c
    found: dict[Any, tuple[int, Any, Any]] = dict.fromkeys(keys, (0, None, None))
    exact_key = exact_text(table.key, connection.dialect.name)
    for start in range(0, len(keys), KEYS_PER_QUERY):
        statement = (
            sa.select(exact_key, sa.func.count(), sa.func.min(table.value), sa.func.max(table.value))
            .where(table.run_uuid == run_id, _by_run(connection, table).in_(keys[start : start + KEYS_PER_QUERY]))
            .where(finite(table))
            .group_by(exact_key)
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
        exact_key = exact_text(table.key, connection.dialect.name)
        rank = sa.func.row_number().over(partition_by=(exact_key, table.value), order_by=(table.step, table.timestamp))
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
        .where(*points_of(connection, table, run_id, key))
        .order_by(table.step.desc(), table.timestamp.desc(), table.value.desc())
        .limit(1)
    )
    rows = fetch(connection, statement)
    return metric(*rows[0][1:]) if rows else None


def points_of(connection: sa.Connection, table: Any, run_id: str, key: str) -> list[sa.ColumnElement[bool]]:
    """The points of one metric of one run, found through the run.

    SQLite without statistics, which is every database of MLflow's, prefers the primary key, because it covers
    the query: it begins with the metric's key, and every run has a `loss`.
    """
    mine = table.run_uuid == run_id
    if connection.dialect.name != "sqlite":
        return [mine, compare_text(table.key, Operator.EQUAL, key, connection.dialect.name)]
    if has_step_index(connection):
        # A third column tips the scales.
        return [mine, table.key == key, table.step >= _LEAST_INTEGER]
    return [mine, _by_run(connection, table) == key]


def points_of_runs(
    connection: sa.Connection, table: Any, run_ids: Sequence[str], key: str
) -> list[sa.ColumnElement[bool]]:
    """The points of one metric of several runs, found through these runs; see `points_of`."""
    theirs = table.run_uuid.in_(run_ids)
    if connection.dialect.name != "sqlite":
        return [theirs, compare_text(table.key, Operator.EQUAL, key, connection.dialect.name)]
    if has_step_index(connection):
        # A range: for equal keys SQLite takes the primary key, and with it the points of all runs.
        return [theirs, table.key >= key, table.key <= key]
    return [theirs, _by_run(connection, table) == key]


def _by_run(connection: sa.Connection, table: Any) -> sa.ColumnElement[str]:
    """The column `key`, barred on SQLite from choosing the index where one on the run exists (since MLflow 1.25)."""
    key: sa.ColumnElement[str] = table.key
    if connection.dialect.name == "sqlite" and any(
        beginning.startswith("run_uuid") for beginning in _index_beginnings(connection)
    ):
        return sa.literal_column("+metrics.key", sa.Text())
    return key


def has_step_index(connection: sa.Connection) -> bool:
    """True on SQLite where the points of a metric lie in an index ordered by step: MLflow 3.12 and newer."""
    return connection.dialect.name == "sqlite" and "run_uuid,key,step" in _index_beginnings(connection)


def _index_beginnings(connection: sa.Connection) -> set[str]:
    """The first three columns of each index of `metrics` on SQLite, joined by commas."""
    statement = sa.text(
        "SELECT group_concat(name) FROM (SELECT list.name AS owner, info.name FROM pragma_index_list('metrics') "
        "AS list, pragma_index_info(list.name) AS info WHERE info.seqno < 3 ORDER BY owner, info.seqno) GROUP BY owner"
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
