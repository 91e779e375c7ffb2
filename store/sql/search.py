"""Searching runs in a database."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import islice
from threading import Event

import sqlalchemy as sa

from store.entities import Page
from store.ids import RunIds
from store.protocols import Progress, RunQuery
from store.search.syntax import Expr, OrderKey
from store.sql.compile import run_ids_statement
from store.sql.conditions import RunConditions, dataset_values
from store.sql.engine import check, fetch, fetch_ids
from store.sql.histories import Points
from store.sql.metrics import points_of
from store.sql.schema import Schema


def find_runs(
    connection: sa.Connection,
    schema: Schema,
    query: RunQuery,
    expression: Expr | None,
    order: Sequence[OrderKey],
    cancel: Event | None,
    progress: Progress | None = None,
) -> Page[str]:
    """The ids of the runs that `query`, of which the filter and the order were parsed, asks for."""
    dialect = connection.dialect.name
    limit = None if query.limit is None else query.limit + 1
    points: Points | None = None
    if expression is None and not order:
        # What follows is not loaded for a plain listing.
        statement = run_ids_statement(schema, None, (), query.experiment_ids, query.view, limit, dialect, points)
        if progress is not None and limit is not None and dialect == "sqlite":
            from store.sql.glimpse import tell_newest

            tell_newest(connection, statement, progress)
        return _page(fetch_ids(connection, statement), query)
    from store.search.experiments import asks_for_experiments, with_experiments
    from store.search.needs import asked_of_histories
    from store.sql.here import Rest, divided, with_datasets

    if expression is not None and asks_for_experiments(expression):
        expression = with_experiments(expression, _names(connection, schema))
    if expression is not None:
        expression = with_datasets(expression, partial(dataset_values, connection, schema))
    if asked_of_histories(expression, order):
        points = partial(points_of, connection)
    tested, here = divided(expression)
    if here is None:
        statement = run_ids_statement(schema, tested, order, query.experiment_ids, query.view, limit, dialect, points)
        return _page(fetch_ids(connection, statement), query)
    rest = Rest(here, RunConditions(schema, dialect, everywhere=query.experiment_ids is None, points=points))
    # How many must be looked at to find as many as are wanted, nobody knows.
    statement = run_ids_statement(schema, tested, order, query.experiment_ids, query.view, None, dialect, points)
    rows = fetch(connection, statement.add_columns(*rest.columns))
    ids = RunIds(islice(rest.found(rows, cancel), limit))
    check(cancel)
    return _page(ids, query, rest.note)


def _page(ids: Sequence[str], query: RunQuery, *notes: str) -> Page[str]:
    kept = ids if query.limit is None else ids[: query.limit]
    return Page(kept, len(ids) > len(kept), notes)


def _names(connection: sa.Connection, schema: Schema) -> dict[str, str]:
    table = schema.table("experiments").c
    return {str(key): str(name) for key, name in fetch(connection, sa.select(table.experiment_id, table.name))}
