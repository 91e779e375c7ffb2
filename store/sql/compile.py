"""Turns a search into one SELECT of ids, in MLflow's order.

Statements read one table and look others up by their primary keys: conditions are EXISTS, keys to
sort by are outer joins. On SQLite, whose planner has no statistics in an MLflow database, that order
of work is what makes a search in one experiment fast; see `_keyed` for the search in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from store.entities import ViewType
from store.errors import FilterError
from store.kinds import Aggregate
from store.search.syntax import Entity, Expr, Operator, OrderKey, Span
from store.sql.compare import Column, compare_text, sorted_text
from store.sql.conditions import (
    KEYED_TABLES,
    RUN_COLUMNS,
    ExperimentConditions,
    RunConditions,
    first_dataset,
    id_numbers,
)
from store.sql.histories import Histories, Points, plain_points
from store.sql.numbers import number_of
from store.sql.schema import Schema

_STAGES: Final = {
    ViewType.ACTIVE_ONLY: ("active",),
    ViewType.DELETED_ONLY: ("deleted",),
    ViewType.ALL: ("active", "deleted"),
}

MOST_SORT_KEYS: Final = 20
"""Keys to sort by. Each is a join; SQLite crashes beyond 30, MySQL refuses more than 61."""

_NO_SPAN: Final = Span(0, 0)
_EXPERIMENT_ORDER: Final = (
    OrderKey(Entity.ATTRIBUTE, "creation_time", ascending=False, span=_NO_SPAN),
    OrderKey(Entity.ATTRIBUTE, "experiment_id", ascending=True, span=_NO_SPAN),
)
"""MLflow's order of experiments if none is asked for."""


def run_ids_statement(
    schema: Schema,
    expression: Expr | None,
    order: Sequence[OrderKey],
    experiment_ids: Sequence[str] | None,
    view: ViewType,
    limit: int | None,
    dialect: str,
    points: Points | None = None,
) -> sa.Select[tuple[str]]:
    """Selects the ids of the runs that satisfy `expression`.

    They are sorted by `order`, then newest first, then by id; what lacks a key comes last, after NaN.
    `experiment_ids` None stands for every experiment, with ACTIVE_ONLY every one that is not deleted;
    ids that are no numbers name no experiment. `dialect` is SQLAlchemy's name for the database; `points` tells how
    it finds the points of a metric. Regular expressions must have been taken out: see `store.sql.here`.
    Raises Unsupported if this schema does not hold what the filter asks for, FilterError for too many keys.
    """
    runs = schema.table("runs")
    statement = sa.select(runs.c.run_uuid).where(runs.c.lifecycle_stage.in_(_STAGES[view]))
    if experiment_ids is not None:
        statement = statement.where(runs.c.experiment_id.in_(id_numbers(experiment_ids)))
    elif view is ViewType.ACTIVE_ONLY:
        statement = statement.where(runs.c.experiment_id.in_(_active_experiments(schema)))
    if expression is not None:
        compiler = RunConditions(schema, dialect, everywhere=experiment_ids is None, points=points)
        statement = statement.where(compiler.condition(expression))
    statement = _ordered_runs(schema, statement, order, dialect, points)
    return statement if limit is None else statement.limit(limit)


def experiment_ids_statement(
    schema: Schema,
    expression: Expr | None,
    order: Sequence[OrderKey],
    view: ViewType,
    limit: int | None,
    dialect: str,
) -> sa.Select[tuple[int]]:
    """Selects the ids of the experiments that satisfy `expression`.

    They are sorted by `order` (by default newest first), then by id, greatest first; a missing time
    counts as the smallest. Raises Unsupported as `run_ids_statement` does.
    """
    experiments = schema.table("experiments")
    statement = sa.select(experiments.c.experiment_id).where(experiments.c.lifecycle_stage.in_(_STAGES[view]))
    if expression is not None:
        statement = statement.where(ExperimentConditions(schema, dialect).condition(expression))
    keys = order or _EXPERIMENT_ORDER
    for key in keys:
        # A column that this schema lacks is missing everywhere, which sorts nothing.
        if schema.has("experiments", key.key):
            column: Column = experiments.c[key.key]
            if key.key == "name":
                column = sorted_text(column, dialect)
            by = column.asc() if key.ascending else column.desc()
            if dialect == "postgresql":
                # The other databases take a missing value for the smallest.
                by = by.nulls_first() if key.ascending else by.nulls_last()
            statement = statement.order_by(by)
    if not any(key.key == "experiment_id" for key in keys):
        statement = statement.order_by(experiments.c.experiment_id.desc())
    return statement if limit is None else statement.limit(limit)


def _ordered_runs(
    schema: Schema,
    statement: sa.Select[tuple[str]],
    order: Sequence[OrderKey],
    dialect: str,
    points: Points | None,
) -> sa.Select[tuple[str]]:
    if len(order) > MOST_SORT_KEYS:
        raise FilterError(f"{len(order)} keys to sort by are too many", hint=f"give at most {MOST_SORT_KEYS}")
    runs = schema.table("runs")
    source: sa.FromClause = runs
    clauses: list[sa.ColumnElement[Any]] = []
    for index, key in enumerate(order):
        rank = []
        if key.aggregate is not Aggregate.LATEST:
            clauses += Histories(schema, points or plain_points(dialect)).order(key)
            continue
        if key.key == "duration" and key.entity is Entity.ATTRIBUTE:
            if not schema.has("runs", "end_time"):
                continue
            value: Column = runs.c.end_time - runs.c.start_time
        elif key.entity is Entity.ATTRIBUTE:
            name = RUN_COLUMNS.get(key.key, key.key)
            if not schema.has("runs", name):
                continue
            value = runs.c[name]
        elif key.entity is Entity.DATASET:
            if not schema.has("datasets", "dataset_uuid"):
                continue
            # Looked up for each run, by the index that inputs have.
            value = first_dataset(schema, key.key, dialect)
            clauses.append(sa.case((value.is_(None), 2), else_=0))
            clauses.append(value.asc() if key.ascending else value.desc())
            continue
        else:
            # The bare table and not a subquery of it, which SQLite would scan once per run.
            found = schema.table(KEYED_TABLES[key.entity]).alias(f"order_{index}")
            same_key = compare_text(found.c.key, Operator.EQUAL, key.key, dialect)
            same = sa.and_(found.c.run_uuid == runs.c.run_uuid, same_key)
            source = source.outerjoin(found, same)
            value = found.c.value
            if key.entity is Entity.METRIC:
                rank.append((found.c.is_nan == sa.true(), 1))
        if key.numeric:
            number = number_of(value, dialect)
            clauses.append(sa.case((value.is_(None), 2), (number.is_(None), 1), else_=0))
            clauses.append(number.asc() if key.ascending else number.desc())
            # What is equal as a number leaves the order to the next key.
            value = sa.type_coerce(sa.case((number.is_(None), value)), sa.Text())
            by = sorted_text(value, dialect)
            clauses.append(by.asc() if key.ascending else by.desc())
            continue
        # MySQL and SQL Server know no NULLS LAST.
        clauses.append(sa.case(*rank, (value.is_(None), 2), else_=0))
        by = sorted_text(value, dialect) if isinstance(value.type, sa.Text) else value
        clauses.append(by.asc() if key.ascending else by.desc())
    if not any(key.entity is Entity.ATTRIBUTE and key.key == "start_time" for key in order):
        clauses.append(runs.c.start_time.desc())
    return statement.select_from(source).order_by(*clauses, sorted_text(runs.c.run_uuid, dialect))


def _active_experiments(schema: Schema) -> sa.Select[tuple[int]]:
    experiments = schema.table("experiments")
    return sa.select(experiments.c.experiment_id).where(experiments.c.lifecycle_stage == "active")
