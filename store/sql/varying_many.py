"""Finding the keys in which very many runs differ, without a look at all that they have.

Some runs show most of what varies. Where these are alike, the database looks for runs that are otherwise: that have
another value, lack the key, or have one that none of those had. It knows not which runs are meant and may find others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from threading import Event
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from store.kinds import KeyKind
from store.search.syntax import Operator
from store.sql.compare import Condition, compare_number, compare_text
from store.sql.engine import check, fetch_many
from store.sql.key_values import Read, count_runs
from store.sql.keys import every_key
from store.sql.portions import LOOKED_UP, are_few
from store.sql.schema import Schema
from store.sql.varying import TABLES, Seen, look, varying_of_few
from store.texts import text

SAMPLE: Final = 500
"""Runs, from everywhere in the list, that are looked at first."""

HELD: Final = 50_000
"""Rows of runs that are otherwise: the list is gone through for so many at once."""

FOUND_A_RUN: Final = 1
"""Rows of runs that are otherwise, for each run of the list: with more, it is quicker to look at all that they have."""

KEYS_PER_QUERY: Final = 100
"""Keys that one statement compares: each binds two values."""

_Name = tuple[KeyKind, str]


class _TooMany(Exception):
    """So many runs are otherwise that these are not the ones that are meant."""


def varying(read: Read, run_ids: Sequence[str], cancel: Event | None = None) -> frozenset[_Name]:
    """See `store.protocols.Store.varying`. What many runs have is read by several reads, each of them short."""
    if len(run_ids) > LOOKED_UP and not are_few(run_ids, read(count_runs)):
        try:
            return _Search(read, run_ids, cancel).varying()
        except _TooMany:
            pass
    few: frozenset[_Name] = read(partial(varying_of_few, run_ids=run_ids, cancel=cancel))
    return few


class _Search:
    def __init__(self, read: Read, run_ids: Sequence[str], cancel: Event | None) -> None:
        self._read = read
        self._run_ids = run_ids
        self._cancel = cancel
        self._room = FOUND_A_RUN * len(run_ids)

    def varying(self) -> frozenset[_Name]:
        """Raises `_TooMany`."""
        some = self._run_ids[:: len(self._run_ids) // SAMPLE or 1]
        total, seen = self._read(partial(look, run_ids=some, cancel=self._cancel))
        if not total:
            raise _TooMany
        varying = {name for name, one in seen.items() if one.differs or one.runs != total}
        for kind in TABLES:
            alike = {key: one for (of, key), one in seen.items() if of is kind and (of, key) not in varying}
            self._add(varying, kind, list(alike), partial(_otherwise, kind=kind, alike=alike))
            for key in alike.keys() - {key for of, key in varying if of is kind}:
                self._add(varying, kind, [key], partial(_lacking, kind=kind, key=key))
            every = self._read(partial(every_key, kind=kind))
            self._add(varying, kind, [key for key in every if (kind, key) not in seen], partial(_having, kind=kind))
        return frozenset(varying)

    def _add(
        self,
        varying: set[_Name],
        kind: KeyKind,
        keys: Sequence[str],
        statement: Callable[[sa.Connection, Schema, Sequence[str]], sa.Select[Any]],
    ) -> None:
        """Adds those of the keys that runs of the list stand beside in the answer."""
        for start in range(0, len(keys), KEYS_PER_QUERY):
            some = keys[start : start + KEYS_PER_QUERY]
            found = self._read(partial(self._keys_of_listed, keys=some, statement=statement))
            varying.update((kind, key) for key in found)

    def _keys_of_listed(
        self,
        connection: sa.Connection,
        schema: Schema,
        keys: Sequence[str],
        statement: Callable[[sa.Connection, Schema, Sequence[str]], sa.Select[Any]],
    ) -> set[str]:
        found: set[str] = set()
        with closing(fetch_many(connection, statement(connection, schema, keys))) as answer:
            rows = ((row[0], text(row[1])) for rows in answer for row in rows)
            news = ((run_id, key) for run_id, key in rows if key not in found)
            while not found.issuperset(keys) and (held := list(islice(news, HELD))):
                check(self._cancel)
                self._room -= len(held)
                if self._room < 0:
                    raise _TooMany
                keys_of: dict[str, set[str]] = {}
                for run_id, key in held:
                    keys_of.setdefault(run_id, set()).add(key)
                for run_id in self._run_ids:
                    if run_id in keys_of:
                        found |= keys_of[run_id]
        return found.intersection(keys)


def _otherwise(
    connection: sa.Connection, schema: Schema, keys: Sequence[str], kind: KeyKind, alike: Mapping[str, Seen]
) -> sa.Select[Any]:
    """(run, key) where a run has another value than the one that was seen."""
    table = schema.table(TABLES[kind])
    tests = [_is_other(connection, table, kind, key, alike[key]) for key in keys]
    return sa.select(table.c.run_uuid, table.c.key).where(sa.or_(*tests), _has_run(schema, table))


def _is_other(connection: sa.Connection, table: sa.TableClause, kind: KeyKind, key: str, seen: Seen) -> Condition:
    dialect = connection.dialect.name
    if dialect == "sqlite":
        # From the beginning of the file to its end: by the index of the keys each row would be a leap.
        same = UnaryExpression(table.c.key, operator=custom_op("+")) == key
    else:
        same = compare_text(table.c.key, Operator.EQUAL, key, dialect)
    if kind is KeyKind.METRIC:
        is_nan, value = seen.value
        if is_nan:
            return sa.and_(same, sa.not_(table.c.is_nan))
        return sa.and_(same, sa.or_(table.c.is_nan, compare_number(table.c.value, Operator.NOT_EQUAL, value)))
    value = seen.value[0] if dialect == "sqlite" else text(seen.value[0])
    return sa.and_(same, compare_text(sa.func.coalesce(table.c.value, ""), Operator.NOT_EQUAL, value, dialect))


def _lacking(connection: sa.Connection, schema: Schema, keys: Sequence[str], kind: KeyKind, key: str) -> sa.Select[Any]:
    """(run, key) of the runs that lack the key."""
    runs, table = schema.table("runs").c, schema.table(TABLES[kind]).c
    same = compare_text(table.key, Operator.EQUAL, key, connection.dialect.name)
    has = sa.select(sa.literal(1)).where(same, table.run_uuid == runs.run_uuid).exists()
    return sa.select(runs.run_uuid, sa.literal(key)).where(sa.not_(has))


def _having(connection: sa.Connection, schema: Schema, keys: Sequence[str], kind: KeyKind) -> sa.Select[Any]:
    """(run, key) of the runs that have one of the keys, or one that is similar."""
    table = schema.table(TABLES[kind])
    one_of = compare_text(table.c.key, Operator.IN, tuple(keys), connection.dialect.name)
    return sa.select(table.c.run_uuid, table.c.key).where(one_of, _has_run(schema, table))


def _has_run(schema: Schema, table: sa.TableClause) -> Condition:
    """Somebody may have deleted a run and left what it had."""
    runs = schema.table("runs").c
    return sa.select(sa.literal(1)).where(runs.run_uuid == table.c.run_uuid).exists()
