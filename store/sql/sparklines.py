"""Thinning the histories of one metric of many runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any

import sqlalchemy as sa

from store.aggregates import sparkline
from store.entities import Bucket
from store.series import merged
from store.sql.curves import place
from store.sql.engine import IDS_PER_QUERY, check, fetch
from store.sql.metrics import finite, history, points_of_runs
from store.sql.rows import integer, number
from store.sql.schema import Schema


def sparklines(
    connection: sa.Connection,
    schema: Schema,
    run_ids: Sequence[str],
    key: str,
    buckets: int,
    cancel: Event | None = None,
) -> dict[str, tuple[Bucket, ...]]:
    """See `store.protocols.Store.sparklines`."""
    found: dict[str, tuple[Bucket, ...]] = {}
    wanted = list(dict.fromkeys(run_ids))
    for start in range(0, len(wanted), IDS_PER_QUERY):
        for (low, high), some in _ranges(connection, schema, wanted[start : start + IDS_PER_QUERY], key).items():
            check(cancel)
            if low is None:
                for run_id in some:
                    check(cancel)
                    found[run_id] = sparkline(history(connection, schema, run_id, key), buckets)
            else:
                found.update(_thinned(connection, schema, some, key, low, high, buckets))
    return {run_id: found[run_id] for run_id in wanted if run_id in found}


def _ranges(
    connection: sa.Connection, schema: Schema, run_ids: Sequence[str], key: str
) -> dict[tuple[int | None, int], list[str]]:
    """The runs by their first and last step, for one statement finds the columns of all that share these.

    The first is None for runs that are drawn by order.
    """
    table = schema.table("metrics").c
    statement = sa.select(table.run_uuid, sa.func.min(table.step), sa.func.max(table.step), sa.func.count())
    statement = statement.where(*points_of_runs(connection, table, run_ids, key)).group_by(table.run_uuid)
    found: dict[tuple[int | None, int], list[str]] = {}
    for run_id, first, last, count in fetch(connection, statement):
        low, high = integer(first), integer(last)
        found.setdefault((None if low == high and count > 1 else low, high), []).append(run_id)
    return found


def _thinned(
    connection: sa.Connection, schema: Schema, run_ids: Sequence[str], key: str, low: int, high: int, buckets: int
) -> Iterator[tuple[str, tuple[Bucket, ...]]]:
    """The columns of each run, whose steps lie between `low` and `high`."""
    table = schema.table("metrics").c
    inner = (
        sa.select(
            table.run_uuid,
            place(connection, table.step, low, high, buckets).label("bucket"),
            # Rows of finite values and of odd ones are added up apart.
            sa.case((finite(table), 0), else_=1).label("kind"),
            table.step,
            table.value,
            table.is_nan,
        )
        .where(*points_of_runs(connection, table, run_ids, key))
        .subquery()
        .c
    )
    groups: tuple[Any, ...] = (inner.run_uuid, inner.bucket, inner.kind)
    statement = sa.select(
        *groups,
        sa.func.min(inner.step),
        sa.func.max(inner.step),
        sa.func.min(inner.value),
        sa.func.max(inner.value),
        sa.func.count(),
        sa.func.sum(sa.cast(inner.is_nan, sa.Integer)),
    ).group_by(*groups)
    found: dict[str, dict[int, Bucket]] = {}
    for run_id, at, is_odd, first, last, least, most, count, nans in fetch(connection, statement):
        x_first, x_last, bad = integer(first), integer(last), int(nans)  # MySQL adds up to a decimal
        if is_odd:
            bucket = Bucket(x_first, x_last, math.nan, math.nan, count, bad, count - bad)
        else:
            bucket = Bucket(x_first, x_last, number(least, False), number(most, False), count)
        mine, number_ = found.setdefault(run_id, {}), min(max(int(at), 0), buckets - 1)
        mine[number_] = merged(mine[number_], bucket) if number_ in mine else bucket
    for run_id, by_place in found.items():
        yield run_id, tuple(by_place[at] for at in sorted(by_place))
