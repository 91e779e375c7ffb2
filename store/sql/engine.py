"""Running reads on a database: what every dialect shares."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from threading import Event
from typing import Any, Final, Protocol, TypeVar

import sqlalchemy as sa

from store.errors import Cancelled
from store.ids import AT_ONCE, RunIds

T = TypeVar("T")

IDS_PER_QUERY: Final = 500
"""Ids bound in one IN list: far below every dialect's limit of parameters (999 in old SQLite)."""


class Database(Protocol):
    """A database that can be read and cannot be written."""

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name: sqlite, postgresql, mysql, mssql."""
        ...

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user should know about how it is being read."""
        ...

    def read(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """What `work` returns. It only reads, and may be run again if the database was busy or changed places.

        Raises `StoreError`s, and `Cancelled` once `cancel` is set.
        """
        ...

    def close(self) -> None: ...


def fetch(connection: sa.Connection, statement: sa.Executable) -> Sequence[Any]:
    """Every row as the driver's plain tuples: on large answers Core's row objects cost more than the query.

    All at once, because a half-read SELECT keeps a lock on SQLite that a trainer would run into.
    """
    cursor = connection.execute(statement).cursor
    rows: Sequence[Any] = cursor.fetchall() if cursor is not None else ()
    return rows


def fetch_many(connection: sa.Connection, statement: sa.Executable) -> Generator[Sequence[Any], None, None]:
    """Every row, some thousand at a time: for answers of which little is kept, and that quickly.

    Who may not want all of them closes it, before the connection goes.
    """
    cursor = connection.execute(statement).cursor
    if cursor is not None:
        try:
            while rows := cursor.fetchmany(AT_ONCE):
                yield rows
        finally:
            cursor.close()


def fetch_ids(connection: sa.Connection, statement: sa.Executable) -> RunIds:
    """The first column of every row, which is a run's id.

    In one go, as `fetch` and for the same reason, but no more than some thousand rows are there as such at a time.
    """
    return RunIds(row[0] for rows in fetch_many(connection, statement) for row in rows)


def check(cancel: Event | None) -> None:
    """Raises `Cancelled` if the caller withdrew the request."""
    if cancel is not None and cancel.is_set():
        raise Cancelled
