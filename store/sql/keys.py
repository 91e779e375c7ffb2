"""Looking up which keys runs have.

A database has an index of the keys of all runs, and none of those of an experiment. So the keys of all runs are looked
up first, from one to the next; then they are counted, if that costs little, or looked for one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any, Final

import sqlalchemy as sa

from store.entities import KeyCount, KeyKind, Page
from store.key_counts import contains, page_of, place_of
from store.search.syntax import Operator
from store.sql.compare import Column, compare_text, exact_text
from store.sql.conditions import id_numbers
from store.sql.engine import IDS_PER_QUERY, check, fetch
from store.sql.schema import Schema
from store.texts import text as text_of

COUNTED_RUNS: Final = 10_000
"""Runs of chosen experiments up to which keys are counted ..."""

COUNTED_ROWS: Final = 1_000_000
"""... as long as they have no more keys than this, together."""

NEWEST: Final = 200
"""Runs that are looked at first where keys are not counted: they have most of the keys."""

_TABLES: Final = {KeyKind.METRIC: "latest_metrics", KeyKind.PARAM: "params", KeyKind.TAG: "tags"}


def keys(
    connection: sa.Connection,
    schema: Schema,
    kind: KeyKind,
    experiment_ids: Sequence[str] | None,
    text: str,
    limit: int | None,
    cancel: Event | None = None,
) -> Page[KeyCount]:
    """See `store.protocols.Store.keys`."""
    if kind is KeyKind.DATASET and not (schema.has("datasets") and schema.has("inputs")):
        return Page((), False)
    source = _Datasets(connection, schema) if kind is KeyKind.DATASET else _Keyed(connection, schema, _TABLES[kind])
    counts = _counts(source, experiment_ids, cancel)
    if counts is not None:
        return page_of(kind, {key: number for key, number in counts.items() if contains(key, text)}, limit)
    wanted = [key for key in source.every() if contains(key, text)]
    wanted.sort(key=lambda key: place_of(kind, key))
    sure = () if experiment_ids is None else source.counts(source.newest(experiment_ids, NEWEST))
    found: dict[str, int | None] = {}
    for key in wanted:
        check(cancel)
        if key in sure or source.occurs(key, experiment_ids):
            found[key] = None
            if limit is not None and len(found) > limit:
                break
    return page_of(kind, found, limit)


def every_key(connection: sa.Connection, schema: Schema, kind: KeyKind) -> list[str]:
    """All params, metrics or tags, and perhaps some that no run has."""
    return _Keyed(connection, schema, _TABLES[kind]).every()


def _counts(source: _Source, experiment_ids: Sequence[str] | None, cancel: Event | None) -> Counter[str] | None:
    """How many runs have each key; None if to count them would take long."""
    if experiment_ids is None:
        return source.counts(None) if source.is_small() else None
    runs = source.newest(experiment_ids, COUNTED_RUNS + 1)
    if len(runs) > COUNTED_RUNS:
        return None
    counts: Counter[str] = Counter()
    for start in range(0, len(runs), IDS_PER_QUERY):
        check(cancel)
        counts.update(source.counts(runs[start : start + IDS_PER_QUERY]))
        if counts.total() > COUNTED_ROWS:
            return None
    return counts


def newest_runs(
    connection: sa.Connection, schema: Schema, experiment_ids: Sequence[str] | None, limit: int
) -> list[str]:
    """The ids of the newest runs of these experiments (None: of all), whatever their stage."""
    runs = schema.table("runs").c
    statement = sa.select(runs.run_uuid).order_by(runs.start_time.desc()).limit(limit)
    if experiment_ids is not None:
        statement = statement.where(runs.experiment_id.in_(id_numbers(experiment_ids)))
    return [row[0] for row in fetch(connection, statement)]


class _Source:
    """Where the keys of one kind are."""

    def __init__(self, connection: sa.Connection, schema: Schema, rows: str) -> None:
        self._connection = connection
        self._schema = schema
        self._dialect = connection.dialect.name
        self._rows = schema.table(rows)

    def newest(self, experiment_ids: Sequence[str] | None, limit: int) -> list[str]:
        """The ids of the newest runs."""
        return newest_runs(self._connection, self._schema, experiment_ids, limit)

    def is_small(self) -> bool:
        """True if all of it can be counted."""
        some = sa.select(sa.literal(1, sa.Integer).label("one")).select_from(self._rows).limit(COUNTED_ROWS + 1)
        statement = sa.select(sa.func.count()).select_from(some.subquery())
        return int(fetch(self._connection, statement)[0][0]) <= COUNTED_ROWS

    def every(self) -> list[str]:
        """The keys of all runs, and perhaps some that no run has."""
        raise NotImplementedError

    def counts(self, run_ids: Sequence[str] | None) -> Counter[str]:
        """How many of these runs (None: of all) have each key; at most `IDS_PER_QUERY`."""
        raise NotImplementedError

    def occurs(self, key: str, experiment_ids: Sequence[str] | None) -> bool:
        """True if a run of these experiments has the key."""
        raise NotImplementedError

    def _counted(self, statement: sa.Select[Any, int]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for key, number in fetch(self._connection, statement):
            counts[text_of(key)] += int(number)
        return counts

    def _is_any(self, statement: sa.Select[Any], run_id: Column, experiment_ids: Sequence[str] | None) -> bool:
        """True if the statement finds something of a run of these experiments."""
        if experiment_ids is not None:
            runs = self._schema.table("runs").c
            statement = statement.where(runs.run_uuid == run_id, runs.experiment_id.in_(id_numbers(experiment_ids)))
        return bool(fetch(self._connection, statement.limit(1)))


class _Keyed(_Source):
    """A table of keys of runs: its primary key is (key, run)."""

    def every(self) -> list[str]:
        key = self._rows.c.key
        if self._dialect not in ("sqlite", "postgresql"):
            return [text_of(row[0]) for row in fetch(self._connection, sa.select(self._exact).distinct())]
        # From each key to the next one, by the index; DISTINCT looks at the keys of each run.
        walk = sa.select(sa.func.min(key).label("key")).cte("walk", recursive=True)
        following = sa.select(sa.func.min(key)).where(key > walk.c.key).correlate(walk).scalar_subquery()
        walk = walk.union_all(sa.select(following).where(walk.c.key.is_not(None)))
        statement = sa.select(walk.c.key).where(walk.c.key.is_not(None))
        return [text_of(row[0]) for row in fetch(self._connection, statement)]

    @property
    def _exact(self) -> Column:
        return exact_text(self._rows.c.key, self._dialect)

    def counts(self, run_ids: Sequence[str] | None) -> Counter[str]:
        statement = sa.select(self._exact, sa.func.count()).group_by(self._exact)
        if run_ids is not None:
            statement = statement.where(self._rows.c.run_uuid.in_(run_ids))
        return self._counted(statement)

    def occurs(self, key: str, experiment_ids: Sequence[str] | None) -> bool:
        if experiment_ids is None:
            return True
        same = compare_text(self._rows.c.key, Operator.EQUAL, key, self._dialect)
        return self._is_any(sa.select(self._rows.c.run_uuid).where(same), self._rows.c.run_uuid, experiment_ids)


class _Datasets(_Source):
    """The names of datasets that runs read."""

    def __init__(self, connection: sa.Connection, schema: Schema) -> None:
        super().__init__(connection, schema, "inputs")
        self._name: Column = schema.table("datasets").c.name
        self._exact = exact_text(self._name, self._dialect)

    def every(self) -> list[str]:
        return [text_of(row[0]) for row in fetch(self._connection, sa.select(self._exact).distinct())]

    def counts(self, run_ids: Sequence[str] | None) -> Counter[str]:
        run_id = self._rows.c.destination_id
        statement = sa.select(self._exact, sa.func.count(run_id.distinct()))
        statement = statement.where(*self._edges()).group_by(self._exact)
        if run_ids is not None:
            statement = statement.where(run_id.in_(run_ids))
        return self._counted(statement)

    def occurs(self, key: str, experiment_ids: Sequence[str] | None) -> bool:
        run_id = self._rows.c.destination_id
        same = compare_text(self._name, Operator.EQUAL, key, self._dialect)
        return self._is_any(sa.select(run_id).where(*self._edges(), same), run_id, experiment_ids)

    def _edges(self) -> Iterator[sa.ColumnElement[bool]]:
        yield self._rows.c.source_type == "DATASET"
        yield self._rows.c.destination_type == "RUN"
        yield self._rows.c.source_id == self._schema.table("datasets").c.dataset_uuid
