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
from store.errors import FilterError, Unsupported
from store.search.syntax import And, Comparison, Entity, Expr, Operator, OrderKey, Span
from store.sql.compare import Column, Condition, compare_number, compare_text, sorted_text
from store.sql.engine import IDS_PER_QUERY
from store.sql.schema import Schema

_KEYED_TABLES: Final = {Entity.METRIC: "latest_metrics", Entity.PARAM: "params", Entity.TAG: "tags"}
_RUN_COLUMNS: Final = {"run_id": "run_uuid", "run_name": "name"}
"""Attributes of a run whose column has another name."""
_TIMES: Final = ("start_time", "end_time", "creation_time", "last_update_time")

_STAGES: Final = {
    ViewType.ACTIVE_ONLY: ("active",),
    ViewType.DELETED_ONLY: ("deleted",),
    ViewType.ALL: ("active", "deleted"),
}

_RUN_NAME_TAG: Final = "mlflow.runName"
_CONTEXT_TAG: Final = "mlflow.data.context"

_PLANNED_LOOKUPS: Final = 8
"""Look-ups of params, metrics and tags that PostgreSQL may turn into joins. To find the best order of all of them takes
it seconds from 80 on; an OFFSET makes it look each run up."""

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
) -> sa.Select[tuple[str]]:
    """Selects the ids of the runs that satisfy `expression`.

    They are sorted by `order`, then newest first, then by id; what lacks a key comes last, after NaN.
    `experiment_ids` None stands for every experiment, with ACTIVE_ONLY every one that is not deleted;
    ids that are no numbers name no experiment. `dialect` is SQLAlchemy's name for the database.
    Raises Unsupported if this schema does not hold what the filter asks for, FilterError for too many keys.
    """
    runs = schema.table("runs")
    statement = sa.select(runs.c.run_uuid).where(runs.c.lifecycle_stage.in_(_STAGES[view]))
    if experiment_ids is not None:
        statement = statement.where(runs.c.experiment_id.in_(_numbers(experiment_ids)))
    elif view is ViewType.ACTIVE_ONLY:
        statement = statement.where(runs.c.experiment_id.in_(_active_experiments(schema)))
    if expression is not None:
        compiler = _RunConditions(schema, dialect, everywhere=experiment_ids is None)
        statement = statement.where(compiler.condition(expression))
    statement = _ordered_runs(schema, statement, order, dialect)
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
        statement = statement.where(_ExperimentConditions(schema, dialect).condition(expression))
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


class _Conditions:
    """Turns an expression into a condition, whatever the comparisons in it are about."""

    def __init__(self, schema: Schema, dialect: str) -> None:
        self._schema = schema
        self._dialect = dialect

    def condition(self, expression: Expr) -> Condition:
        if isinstance(expression, And):
            # Databases without statistics test from left to right.
            clauses = sorted(expression.clauses, key=_cost)
            return sa.and_(*(self.condition(clause) for clause in clauses))
        return self._comparison(expression)

    def _comparison(self, comparison: Comparison) -> Condition:
        raise NotImplementedError

    def _column(self, table: str, column: str, what: str) -> Column:
        if not self._schema.has(table, column):
            raise Unsupported(
                f"this database holds no {what}; its schema: {self._schema.release}",
                "leave them out of the filter",
            )
        return self._schema.table(table).c[column]

    def _text(self, column: Column, comparison: Comparison) -> Condition:
        return compare_text(column, comparison.operator, comparison.value, self._dialect)


class _RunConditions(_Conditions):
    def __init__(self, schema: Schema, dialect: str, *, everywhere: bool) -> None:
        super().__init__(schema, dialect)
        self._driven = not everywhere
        """True once a condition, or the choice of experiments, keeps the search from reading every run."""
        self._lookups = 0

    def _comparison(self, comparison: Comparison) -> Condition:
        match comparison.entity:
            case Entity.ATTRIBUTE:
                return self._attribute(comparison)
            case Entity.DATASET:
                return self._dataset(comparison)
            case _:
                return self._keyed(comparison, _KEYED_TABLES[comparison.entity], comparison.key)

    def _attribute(self, comparison: Comparison) -> Condition:
        if comparison.key == "run_name":
            # As MLflow does: the column is empty for runs of MLflow 1.28 and older, the tag never is.
            return self._keyed(comparison, "tags", _RUN_NAME_TAG)
        name = _RUN_COLUMNS.get(comparison.key, comparison.key)
        column = self._column("runs", name, f"attribute {comparison.key!r}")
        if comparison.key in _TIMES:
            return compare_number(column, comparison.operator, comparison.value)
        return self._text(column, comparison)

    def _keyed(self, comparison: Comparison, table: str, key: str) -> Condition:
        """A condition on what the run has under a key; false, even for `!=`, if it has none."""
        found = self._schema.table(table)
        run_uuid = self._schema.table("runs").c.run_uuid
        same_key = compare_text(found.c.key, Operator.EQUAL, key, self._dialect)
        if comparison.operator in (Operator.IS_NULL, Operator.IS_NOT_NULL):
            present = sa.exists().where(found.c.run_uuid == run_uuid, same_key)
            return ~present if comparison.operator is Operator.IS_NULL else present
        is_metric = table == "latest_metrics"
        matches = _metric(found, comparison) if is_metric else self._text(found.c.value, comparison)
        if self._driven:
            self._lookups += 1
            there = sa.select(found.c.run_uuid).where(found.c.run_uuid == run_uuid, same_key, matches)
            if self._dialect == "postgresql" and self._lookups > _PLANNED_LOOKUPS:
                there = there.offset(sa.literal_column("0"))
            return there.exists()
        # With every run in question, start from the runs that have the key: SQLite takes the first IN
        # as its way in, and needs no look at the others. In few experiments EXISTS is ten times as fast.
        self._driven = True
        return run_uuid.in_(sa.select(found.c.run_uuid).where(same_key, matches))

    def _dataset(self, comparison: Comparison) -> Condition:
        """A condition on the datasets that the run was given; two such conditions may be met by two datasets."""
        what = "datasets (MLflow 2.4 and newer)"
        dataset_uuid = self._column("datasets", "dataset_uuid", what)
        datasets = self._schema.table("datasets")
        inputs = self._schema.table("inputs")
        users = sa.select(inputs.c.destination_id)
        if comparison.key == "context":
            tags = self._schema.table("input_tags")
            users = users.join(datasets, inputs.c.source_id == dataset_uuid).join(
                tags, sa.and_(tags.c.input_uuid == inputs.c.input_uuid, tags.c.name == _CONTEXT_TAG)
            )
            users = users.where(self._text(tags.c.value, comparison))
        else:
            # The type leads in the primary key of `inputs`: with it SQLite looks up what few datasets were
            # given to, without it all inputs are read.
            matches = self._text(self._column("datasets", comparison.key, what), comparison)
            users = users.where(
                inputs.c.source_type == "DATASET", inputs.c.source_id.in_(sa.select(dataset_uuid).where(matches))
            )
        return self._schema.table("runs").c.run_uuid.in_(users)


class _ExperimentConditions(_Conditions):
    def _comparison(self, comparison: Comparison) -> Condition:
        if comparison.entity is Entity.TAG:
            return self._tag(comparison)
        what = f"{comparison.key} of experiments (MLflow 1.29 and newer)"
        column = self._column("experiments", comparison.key, what)
        if comparison.key == "name":
            return self._text(column, comparison)
        return compare_number(column, comparison.operator, comparison.value)

    def _tag(self, comparison: Comparison) -> Condition:
        self._column("experiment_tags", "key", "tags of experiments")
        tags = self._schema.table("experiment_tags")
        same = tags.c.experiment_id == self._schema.table("experiments").c.experiment_id
        same_key = compare_text(tags.c.key, Operator.EQUAL, comparison.key, self._dialect)
        if comparison.operator in (Operator.IS_NULL, Operator.IS_NOT_NULL):
            present = sa.exists().where(same, same_key)
            return ~present if comparison.operator is Operator.IS_NULL else present
        return sa.exists().where(same, same_key, self._text(tags.c.value, comparison))


def _cost(expression: Expr) -> int:
    """What is tested first: the run's own columns, then what few runs may satisfy, then the rest."""
    if not isinstance(expression, Comparison):
        return 3
    if expression.entity is Entity.ATTRIBUTE and expression.key != "run_name":
        return 0
    if expression.entity is Entity.DATASET:
        return 3
    return 1 if expression.operator is Operator.EQUAL else 2


def _metric(metrics: sa.TableClause, comparison: Comparison) -> Condition:
    """NaN, which is stored as 0 with a mark, differs from every number and compares to none (MLflow 3.17)."""
    matches = compare_number(metrics.c.value, comparison.operator, comparison.value)
    if comparison.operator is Operator.NOT_EQUAL:
        return sa.or_(matches, metrics.c.is_nan == sa.true())
    return sa.and_(matches, metrics.c.is_nan == sa.false())


def _ordered_runs(
    schema: Schema, statement: sa.Select[tuple[str]], order: Sequence[OrderKey], dialect: str
) -> sa.Select[tuple[str]]:
    if len(order) > MOST_SORT_KEYS:
        raise FilterError(f"{len(order)} keys to sort by are too many", hint=f"give at most {MOST_SORT_KEYS}")
    runs = schema.table("runs")
    source: sa.FromClause = runs
    clauses: list[sa.ColumnElement[Any]] = []
    for index, key in enumerate(order):
        rank = []
        if key.entity is Entity.ATTRIBUTE:
            name = _RUN_COLUMNS.get(key.key, key.key)
            if not schema.has("runs", name):
                continue
            value: Column = runs.c[name]
        else:
            # The bare table and not a subquery of it, which SQLite would scan once per run.
            found = schema.table(_KEYED_TABLES[key.entity]).alias(f"order_{index}")
            same_key = compare_text(found.c.key, Operator.EQUAL, key.key, dialect)
            same = sa.and_(found.c.run_uuid == runs.c.run_uuid, same_key)
            source = source.outerjoin(found, same)
            value = found.c.value
            if key.entity is Entity.METRIC:
                rank.append((found.c.is_nan == sa.true(), 1))
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


def _numbers(ids: Sequence[str]) -> list[int] | sa.BindParameter[Any]:
    """Those ids that an SQL store can have given out."""
    numbers = [int(text) for text in ids if text.isascii() and text.isdigit() and len(text) < 19]
    if len(numbers) <= IDS_PER_QUERY:
        return numbers
    # Databases take a limited number of values beside a statement, and numbers are safe inside of it.
    return sa.bindparam(None, numbers, sa.BigInteger(), expanding=True, literal_execute=True)
