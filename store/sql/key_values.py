"""Reading what many runs have under a few keys.

Params, tags and latest metrics have the primary key (key, run): what a range of runs has under a key lies together in
its index. Where a good part of all runs is wanted, ranges are read; else each run is looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from threading import Event
from typing import Any, Final

import sqlalchemy as sa

from store.key_values import Coded, Key, KeyValues, datasets_of
from store.kinds import KeyKind
from store.protocols import Headway, Progress
from store.search.syntax import Operator
from store.sql.compare import compare_text
from store.sql.conditions import in_file_order
from store.sql.engine import check, fetch, fetch_many
from store.sql.portions import LOOKED_UP, Portion, portions
from store.sql.rows import number
from store.sql.schema import Schema
from store.texts import text, value_text

KEYS_TOGETHER: Final = 4
"""Keys that one statement reads: drivers of servers keep all rows of an answer in memory."""

_TEXTS: Final = {KeyKind.PARAM: "params", KeyKind.TAG: "tags"}

Read = Callable[[Callable[[sa.Connection, Schema], Any]], Any]
"""Reads the database, which is as it is at one moment."""


def key_values(
    read: Read,
    run_ids: Sequence[str],
    keys: Sequence[Key],
    cancel: Event | None = None,
    progress: Progress | None = None,
    most: int | None = None,
) -> KeyValues:
    """See `store.protocols.Store.key_values`. Each portion is a read of its own: none keeps a writer waiting."""
    found = KeyValues(len(run_ids), keys, most)
    done = 0
    for portion in portions(run_ids, read(count_runs) if len(run_ids) > LOOKED_UP else 0):
        check(cancel)
        read(partial(_read_portion, portion=portion, found=found, cancel=cancel, attempts=count()))
        found.check()
        done += len(portion.places)
        if progress is not None:
            progress(Headway("runs", done, len(run_ids)))
    return found


def count_runs(connection: sa.Connection, schema: Schema) -> int:
    """How many runs the database has, whatever their stage."""
    return int(fetch(connection, sa.select(sa.func.count()).select_from(schema.table("runs")))[0][0])


def _read_portion(
    connection: sa.Connection,
    schema: Schema,
    portion: Portion,
    found: KeyValues,
    cancel: Event | None,
    attempts: Iterator[int],
) -> None:
    if next(attempts):
        # A read may be made again: what the one before said is void.
        found.forget(portion.places.values())
    _fill(found, portion, PortionReader(connection, schema, portion, cancel))
    for some in portion.not_found(found.there):
        _fill(found, some, PortionReader(connection, schema, some, cancel))


def _fill(found: KeyValues, portion: Portion, reader: PortionReader) -> None:
    places, there = portion.places.get, found.there
    for rows in reader.runs():
        for (run_id,) in rows:
            if (place := places(run_id)) is not None:
                there[place] = 1
    for kind, name in _TEXTS.items():
        columns = {key: column for (one, key), column in found.coded.items() if one is kind}
        with closing(reader.rows(name, list(columns), "value")) as answer:
            for rows in answer:
                _put_texts(rows, places, columns)
                # At once: a value may be as long as a note.
                found.check()
    numbers = found.numbers
    for rows in reader.rows("latest_metrics", list(numbers), "value", "is_nan"):
        for run_id, key, value, is_nan in rows:
            if (place := places(run_id)) is not None and key in numbers:
                numbers[key][place] = value if type(value) is float and not is_nan else number(value, is_nan)
    if (used := found.coded.get((KeyKind.DATASET, ""))) is not None:
        _read_datasets(reader.datasets(), places, used)


def _put_texts(rows: Sequence[Any], places: Callable[[str], int | None], columns: Mapping[str, Coded]) -> None:
    # Few values are had by many runs: each is looked at once.
    known: dict[str, dict[Any, int]] = {key: {} for key in columns}
    for run_id, key, value in rows:
        # Some collations find more keys than were asked for.
        if (place := places(run_id)) is not None and (codes := known.get(key)) is not None:
            code = codes.get(value)
            if code is None:
                code = codes[value] = columns[key].code(value_text(value))
            columns[key].codes[place] = code


def _read_datasets(answers: Iterator[Sequence[Any]], places: Callable[[str], int | None], column: Coded) -> None:
    pairs: dict[int, list[tuple[str, str]]] = {}
    for rows in answers:
        for run_id, name, digest in rows:
            if (place := places(run_id)) is not None:
                pairs.setdefault(place, []).append((text(name), text(digest)))
    for place, some in pairs.items():
        column.codes[place] = column.code(datasets_of(some))


class PortionReader:
    """Reads what the runs of a portion have, in answers of some thousand rows, and of others too.

    Rows begin with the id of a run. Raises `Cancelled`.
    """

    def __init__(self, connection: sa.Connection, schema: Schema, portion: Portion, cancel: Event | None) -> None:
        self._connection = connection
        self._schema = schema
        self._portion = portion
        self._cancel = cancel

    def _answers(self, statement: sa.Select[Any]) -> Iterator[Sequence[Any]]:
        with closing(fetch_many(self._connection, statement)) as answer:
            for rows in answer:
                check(self._cancel)
                yield rows

    def runs(self) -> Iterator[Sequence[Any]]:
        """(run) of those that are there."""
        run_uuid = self._schema.table("runs").c.run_uuid
        for some in self._portion.conditions(run_uuid):
            yield from self._answers(sa.select(run_uuid).where(some))

    def rows(self, name: str, keys: Sequence[str], *columns: str) -> Generator[Sequence[Any], None, None]:
        """(run, key, ...) of the rows of `params`, `tags` or `latest_metrics` with these keys, and perhaps others."""
        table = self._schema.table(name)
        read = [table.c.run_uuid, table.c.key, *(table.c[column] for column in columns)]
        for start in range(0, len(keys), KEYS_TOGETHER):
            same = tuple(keys[start : start + KEYS_TOGETHER])
            one_of = compare_text(table.c.key, Operator.IN, same, self._connection.dialect.name)
            for some in self._portion.conditions(table.c.run_uuid):
                if self._portion.is_range and name in self._schema.numbered:
                    yield from self._answers(in_file_order(table, sa.and_(one_of, some), *read))
                else:
                    yield from self._answers(sa.select(*read).where(one_of, some))

    def datasets(self) -> Iterator[Sequence[Any]]:
        """(run, name, digest) of the datasets that runs use."""
        if not (self._schema.has("inputs") and self._schema.has("datasets")):
            return
        inputs, datasets = self._schema.table("inputs").c, self._schema.table("datasets").c
        edges = sa.select(inputs.destination_id, datasets.name, datasets.digest).where(
            inputs.source_type == "DATASET",
            inputs.destination_type == "RUN",
            inputs.source_id == datasets.dataset_uuid,
        )
        for some in self._portion.conditions(inputs.destination_id):
            yield from self._answers(edges.where(some))
