"""Turns the conditions of a search into conditions of SQL.

Conditions are EXISTS: they look a run's keys up by their primary keys. On SQLite, whose planner has no statistics in
an MLflow database, that order of work is what makes a search in one experiment fast; see `_keyed` for the search in
all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from store.errors import Unsupported
from store.kinds import CONTEXT_TAG, NAME_TAG, Aggregate
from store.search.syntax import And, Comparison, Entity, Expr, Not, Operator, Or, Word
from store.sql.compare import Column, Condition, compare_number, compare_text, contains_text, exact_text, sorted_text
from store.sql.engine import IDS_PER_QUERY, fetch
from store.sql.histories import Histories, Points, plain_points
from store.sql.numbers import number_of
from store.sql.schema import Schema

KEYED_TABLES: Final = {Entity.METRIC: "latest_metrics", Entity.PARAM: "params", Entity.TAG: "tags"}
RUN_COLUMNS: Final = {"run_id": "run_uuid", "run_name": "name"}
"""Attributes of a run whose column has another name."""
_NUMBERS: Final = ("duration", "start_time", "end_time", "creation_time", "last_update_time")

DATASETS: Final = "datasets (MLflow 2.4 and newer)"

_PLANNED_LOOKUPS: Final = 8
"""Look-ups of params, metrics and tags that PostgreSQL may turn into joins. To find the best order of all of them takes
it seconds from 80 on; an OFFSET makes it look each run up."""


class Conditions:
    """Turns an expression into a condition, whatever the comparisons in it are about.

    A condition on what is missing may be NULL, which AND and OR take for false; NOT is written so that it does, too.
    """

    def __init__(self, schema: Schema, dialect: str) -> None:
        self._schema = schema
        self._dialect = dialect

    def condition(self, expression: Expr) -> Condition:
        match expression:
            case And():
                # Databases without statistics test from left to right.
                clauses = sorted(expression.clauses, key=_cost)
                return sa.and_(*(self.condition(clause) for clause in clauses))
            case Or():
                return sa.or_(*(self.within(clause) for clause in sorted(expression.clauses, key=_cost)))
            case Not():
                return sa.case((self.within(expression.clause), 0), else_=1) == 1
            case Word():
                return self._word(expression)
        return self._comparison(expression)

    def within(self, expression: Expr) -> Condition:
        """The condition as a part of another one, which need not hold."""
        return self.condition(expression)

    def _comparison(self, comparison: Comparison) -> Condition:
        raise NotImplementedError

    def _word(self, word: Word) -> Condition:
        raise NotImplementedError

    def _column(self, table: str, column: str, what: str) -> Column:
        if not self._schema.has(table, column):
            raise no_column(self._schema, what)
        return self._schema.table(table).c[column]

    def _text(self, column: Column, comparison: Comparison) -> Condition:
        return compare_text(column, comparison.operator, comparison.value, self._dialect)


class RunConditions(Conditions):
    """Conditions on runs. `everywhere`: those of all experiments are in question."""

    def __init__(self, schema: Schema, dialect: str, *, everywhere: bool, points: Points | None = None) -> None:
        super().__init__(schema, dialect)
        self._everywhere = everywhere
        self._histories = Histories(schema, points or plain_points(dialect))
        self._driven = not everywhere
        """True once a condition, or the choice of experiments, keeps the search from reading every run."""
        self._lookups = 0

    def within(self, expression: Expr) -> Condition:
        # What need not hold is no way in.
        driven, self._driven = self._driven, True
        condition = self.condition(expression)
        self._driven = driven
        return condition

    def _comparison(self, comparison: Comparison) -> Condition:
        if comparison.aggregate is not Aggregate.LATEST:
            return self._histories.condition(comparison)
        match comparison.entity:
            case Entity.ATTRIBUTE:
                return self._attribute(comparison)
            case Entity.DATASET:
                return self._dataset(comparison)
            case _:
                return self._keyed(comparison, KEYED_TABLES[comparison.entity], comparison.key)

    def _word(self, word: Word) -> Condition:
        runs = self._schema.table("runs")
        own = [runs.c[name] for name in ("run_uuid", "name") if self._schema.has("runs", name)]
        found = [contains_text(column, word.text, self._dialect) for column in own]
        for name in ("params", "tags"):
            table = self._schema.table(name)
            holders = sa.select(table.c.run_uuid).where(contains_text(table.c.value, word.text, self._dialect))
            if self._everywhere:
                # Every text is read anyway, which is fastest in their own order.
                found.append(runs.c.run_uuid.in_(holders))
            else:
                found.append(holders.where(table.c.run_uuid == runs.c.run_uuid).exists())
        return sa.or_(*found)

    def text_of(self, comparison: Comparison) -> Column:
        """The text that a comparison is about: NULL where there is none."""
        entity, key = comparison.entity, comparison.key
        if entity is Entity.ATTRIBUTE:
            if key != "run_name":
                return self._column("runs", RUN_COLUMNS.get(key, key), f"attribute {key!r}")
            entity, key = Entity.TAG, NAME_TAG
        table = self._schema.table(KEYED_TABLES[entity])
        runs = self._schema.table("runs")
        same_key = compare_text(table.c.key, Operator.EQUAL, key, self._dialect)
        statement = sa.select(table.c.value).where(table.c.run_uuid == runs.c.run_uuid, same_key)
        return statement.correlate(runs).scalar_subquery()

    def _attribute(self, comparison: Comparison) -> Condition:
        if comparison.key == "run_name":
            # As MLflow does: the column is empty for runs of MLflow 1.28 and older, the tag never is.
            return self._keyed(comparison, "tags", NAME_TAG)
        if comparison.key == "duration":
            column = self._column("runs", "end_time", "end times") - self._schema.table("runs").c.start_time
        else:
            name = RUN_COLUMNS.get(comparison.key, comparison.key)
            column = self._column("runs", name, f"attribute {comparison.key!r}")
        if comparison.operator is Operator.IS_NULL:
            return column.is_(None)
        if comparison.operator is Operator.IS_NOT_NULL:
            return column.is_not(None)
        if comparison.key in _NUMBERS:
            return compare_number(column, comparison.operator, comparison.value)
        if comparison.key == "experiment_id":
            # Made of a condition on the experiment, by `store.search.experiments`.
            assert isinstance(comparison.value, tuple)
            return column.in_(id_numbers([str(value) for value in comparison.value]))
        return self._text(column, comparison)

    def _keyed(self, comparison: Comparison, table: str, key: str) -> Condition:
        """A condition on what the run has under a key; false, even for `!=`, if it has none."""
        found = self._schema.table(table)
        run_uuid = self._schema.table("runs").c.run_uuid
        same_key = compare_text(found.c.key, Operator.EQUAL, key, self._dialect)
        if comparison.operator in (Operator.IS_NULL, Operator.IS_NOT_NULL):
            present = sa.exists().where(found.c.run_uuid == run_uuid, same_key)
            return ~present if comparison.operator is Operator.IS_NULL else present
        if table == "latest_metrics":
            matches = _metric(found, comparison)
        elif comparison.numeric:
            matches = compare_number(number_of(found.c.value, self._dialect), comparison.operator, comparison.value)
        else:
            matches = self._text(found.c.value, comparison)
        if self._driven:
            self._lookups += 1
            there = sa.select(found.c.run_uuid).where(found.c.run_uuid == run_uuid, same_key, matches)
            if self._dialect == "postgresql" and self._lookups > _PLANNED_LOOKUPS:
                there = there.offset(sa.literal_column("0"))
            return there.exists()
        # With every run in question, start from the runs that have the key: SQLite takes the first IN
        # as its way in, and needs no look at the others. In few experiments EXISTS is ten times as fast.
        self._driven = True
        if table in self._schema.numbered:
            return run_uuid.in_(in_file_order(found, same_key, found.c.run_uuid).where(matches))
        return run_uuid.in_(sa.select(found.c.run_uuid).where(same_key, matches))

    def _dataset(self, comparison: Comparison) -> Condition:
        """A condition on the datasets that the run was given; two such conditions may be met by two datasets."""
        dataset_uuid = self._column("datasets", "dataset_uuid", DATASETS)
        datasets = self._schema.table("datasets")
        inputs = self._schema.table("inputs")
        users = sa.select(inputs.c.destination_id)
        if comparison.key == "context":
            tags = self._schema.table("input_tags")
            users = users.join(datasets, inputs.c.source_id == dataset_uuid).join(
                tags, sa.and_(tags.c.input_uuid == inputs.c.input_uuid, tags.c.name == CONTEXT_TAG)
            )
            users = users.where(self._text(tags.c.value, comparison))
        else:
            # The type leads in the primary key of `inputs`: with it SQLite looks up what few datasets were
            # given to, without it all inputs are read.
            matches = self._text(self._column("datasets", comparison.key, DATASETS), comparison)
            users = users.where(
                inputs.c.source_type == "DATASET", inputs.c.source_id.in_(sa.select(dataset_uuid).where(matches))
            )
        return self._schema.table("runs").c.run_uuid.in_(users)


class ExperimentConditions(Conditions):
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


def first_dataset(schema: Schema, key: str, dialect: str) -> sa.ColumnElement[Any]:
    """The first name, digest or context by the alphabet that the datasets of a run have, as something to sort by."""
    inputs, runs = schema.table("inputs"), schema.table("runs")
    source = inputs.join(schema.table("datasets"), inputs.c.source_id == schema.table("datasets").c.dataset_uuid)
    column = schema.table("datasets").c[key] if key != "context" else schema.table("input_tags").c.value
    given = [
        inputs.c.source_type == "DATASET",
        inputs.c.destination_type == "RUN",
        inputs.c.destination_id == runs.c.run_uuid,
    ]
    if key == "context":
        tags = schema.table("input_tags")
        source = source.join(tags, tags.c.input_uuid == inputs.c.input_uuid)
        given.append(tags.c.name == CONTEXT_TAG)
    found = sa.select(sa.func.min(sorted_text(column, dialect))).select_from(source).where(*given)
    return found.correlate(runs).scalar_subquery()


def dataset_values(connection: sa.Connection, schema: Schema, key: str) -> list[str]:
    """Every name, digest or context that datasets have. Raises Unsupported where there are no datasets."""
    if not schema.has("datasets", "dataset_uuid"):
        raise no_column(schema, DATASETS)
    dialect = connection.dialect.name
    if key == "context":
        tags = schema.table("input_tags").c
        statement = sa.select(exact_text(tags.value, dialect)).where(tags.name == CONTEXT_TAG).distinct()
    else:
        statement = sa.select(exact_text(schema.table("datasets").c[key], dialect)).distinct()
    return [str(row[0]) for row in fetch(connection, statement) if row[0] is not None]


def no_column(schema: Schema, what: str) -> Unsupported:
    """The error about something that this schema has no place for."""
    return Unsupported(
        f"this database holds no {what}; its schema: {schema.release}",
        "leave them out of the filter",
    )


def in_file_order(table: sa.TableClause, condition: Condition, *columns: Column) -> sa.Select[Any]:
    """On SQLite: columns of the rows for which a condition holds that an index can test alone, as one on the key.

    The index has these rows in the order of random ids: it gives their places only, and those are read from the
    beginning of the file to its end, which takes half the time of a leap for each row.
    """
    place: Column = sa.literal_column(f"{table.name}.rowid")
    places = sa.select(place).select_from(table).where(condition).order_by(place).correlate(None)
    return sa.select(*columns).where(place.in_(places))


def _cost(expression: Expr) -> int:
    """What is tested first: the run's own columns, then what few runs may satisfy, then the rest; histories at last."""
    match expression:
        case And() | Or():
            return max(_cost(clause) for clause in expression.clauses)
        case Not():
            return _cost(expression.clause)
        case Word():
            return 4
    if expression.aggregate is not Aggregate.LATEST:
        return 5
    if expression.entity is Entity.ATTRIBUTE and expression.key != "run_name":
        return 0
    if expression.entity is Entity.DATASET:
        return 3
    return 1 if expression.operator is Operator.EQUAL else 2


def _metric(metrics: sa.TableClause, comparison: Comparison) -> Condition:
    """NaN, which is stored as 0 with a mark, differs from every number and compares to none (MLflow 3.17)."""
    matches = compare_number(metrics.c.value, comparison.operator, comparison.value)
    if comparison.operator in (Operator.NOT_EQUAL, Operator.NOT_IN):
        return sa.or_(matches, metrics.c.is_nan == sa.true())
    return sa.and_(matches, metrics.c.is_nan == sa.false())


def id_numbers(ids: Sequence[str]) -> list[int] | sa.BindParameter[Any]:
    """Those ids that an SQL store can have given out."""
    numbers = [int(text) for text in ids if text.isascii() and text.isdigit() and len(text) < 19]
    if len(numbers) <= IDS_PER_QUERY:
        return numbers
    # Databases take a limited number of values beside a statement, and numbers are safe inside of it.
    return sa.bindparam(None, numbers, sa.BigInteger(), expanding=True, literal_execute=True)
