"""Finding the keys in which runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

import sqlalchemy as sa

from store.kinds import KeyKind
from store.sql.compare import exact_text, sorted_text
from store.sql.engine import IDS_PER_QUERY, check, fetch
from store.sql.schema import Schema
from store.texts import text

TABLES: Final = {KeyKind.PARAM: "params", KeyKind.TAG: "tags", KeyKind.METRIC: "latest_metrics"}


def varying_of_few(
    connection: sa.Connection, schema: Schema, run_ids: Sequence[str], cancel: Event | None = None
) -> frozenset[tuple[KeyKind, str]]:
    """See `store.protocols.Store.varying`: all that each of these runs has is looked at."""
    total, found = look(connection, schema, run_ids, cancel)
    return frozenset(name for name, seen in found.items() if seen.differs or seen.runs != total)


def look(
    connection: sa.Connection, schema: Schema, run_ids: Sequence[str], cancel: Event | None = None
) -> tuple[int, dict[tuple[KeyKind, str], Seen]]:
    """How many of these runs there are, and what they have."""
    runs = schema.table("runs").c
    found: dict[tuple[KeyKind, str], Seen] = {}
    total = 0
    wanted = list(dict.fromkeys(run_ids))
    for start in range(0, len(wanted), IDS_PER_QUERY):
        check(cancel)
        some = wanted[start : start + IDS_PER_QUERY]
        there = [row[0] for row in fetch(connection, sa.select(runs.run_uuid).where(runs.run_uuid.in_(some)))]
        total += len(there)
        if not there:
            continue
        for kind, statement in _statements(connection, schema, there):
            for key, number, *values in fetch(connection, statement):
                half = len(values) // 2
                seen = found.setdefault((kind, text(key)), Seen(tuple(values[:half])))
                seen.add(int(number), tuple(values[:half]), tuple(values[half:]))
    return total, found


@dataclass
class Seen:
    """What was seen of a key."""

    value: tuple[Any, ...]
    """That of one run; of a metric whether it is NaN, and what it is."""
    runs: int = 0
    differs: bool = False

    def add(self, runs: int, least: tuple[Any, ...], most: tuple[Any, ...]) -> None:
        """Some more runs, with the smallest and the greatest of their values."""
        self.runs += runs
        self.differs = self.differs or not self.value == least == most


def _statements(
    connection: sa.Connection, schema: Schema, run_ids: Sequence[str]
) -> list[tuple[KeyKind, sa.Select[Any]]]:
    """(key, runs, smallest value, greatest value) of the keys of each kind."""
    dialect = connection.dialect.name
    found = []
    for kind, name in TABLES.items():
        table = schema.table(name).c
        if kind is KeyKind.METRIC:
            # NaN is kept as 0 beside this.
            values = [sa.cast(table.is_nan, sa.Integer), table.value]
        else:
            values = [sorted_text(sa.func.coalesce(table.value, ""), dialect)]
        key = exact_text(table.key, dialect)
        ends = [*map(sa.func.min, values), *map(sa.func.max, values)]
        statement = sa.select(key, sa.func.count(), *ends).where(table.run_uuid.in_(run_ids)).group_by(key)
        found.append((kind, statement))
    return found
