"""Writing to an SQLite file that other processes write, too: one transaction, with a bounded wait for its lock."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Final, TypeVar
from urllib.parse import quote

import sqlalchemy as sa

from store.errors import AccessDenied, Cancelled, StoreBusy, StoreNotFound
from store.sql.engine import check
from store.sql.sqlite_errors import Meaning, as_store_error, meaning

T = TypeVar("T")

BUSY_TIMEOUT: Final = 20.0
"""Seconds that a change waits for somebody else's lock: what MLflow waits itself."""

_PAUSE: Final = 0.01
"""Seconds between two tries."""


class SqliteWriter:
    """An SQLite file that is there, opened for one change at a time; its journal mode stays as it is."""

    def __init__(self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self.path = path
        self._busy_timeout = busy_timeout
        # Bytes, because a path need not be UTF-8; the empty authority, because it may begin with two slashes.
        uri = f"file://{quote(os.fsencode(path.absolute()))}?mode=rw"
        self._engine = sa.create_engine("sqlite://", creator=lambda: _connect(uri), poolclass=sa.pool.NullPool)

    def close(self) -> None:
        self._engine.dispose()

    def write(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """See `store.sql.writing.Writable.write`."""
        deadline = time.monotonic() + self._busy_timeout
        while True:
            check(cancel)
            try:
                with self._engine.connect() as connection:
                    return self._transaction(connection, work, cancel, deadline)
            except (sa.exc.DBAPIError, sqlite3.Error) as error:
                cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
                assert cause is not None
                what = meaning(cause)
                # Nothing is written yet wherever SQLite says this.
                if what is Meaning.BUSY and time.monotonic() < deadline:
                    _wait(cancel)
                    continue
                raise self._explained(cause, what) from error

    def _transaction(
        self, connection: sa.Connection, work: Callable[[sa.Connection], T], cancel: Event | None, deadline: float
    ) -> T:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("BEGIN IMMEDIATE")
        try:
            answer = work(connection)
            while True:
                try:
                    driver.execute("COMMIT")
                    return answer
                except sqlite3.OperationalError as error:
                    # Readers hold it back; the transaction stays open meanwhile.
                    if meaning(error) is not Meaning.BUSY or not driver.in_transaction or time.monotonic() > deadline:
                        raise
                    _wait(cancel)
        finally:
            if driver.in_transaction:
                driver.execute("ROLLBACK")

    def _explained(self, error: BaseException, what: Meaning | None) -> Exception:
        nothing = "nothing was changed"
        if what is Meaning.BUSY:
            return StoreBusy(
                f"{self.path} was locked by another process for {self._busy_timeout:g} s; {nothing}",
                "a writer holds a long transaction: try again, or look who has it open (lsof, fuser)",
            )
        if not os.path.lexists(self.path):
            return StoreNotFound(f"there is no file {self.path}", "nothing was created")
        if what in (Meaning.NEEDS_RECOVERY, Meaning.CANNOT_OPEN, Meaning.DENIED):
            return AccessDenied(
                f"{self.path} cannot be written ({error}); {nothing}",
                "changing runs needs the permission to write the file and its folder, where SQLite keeps its journal",
            )
        return as_store_error(error, self.path)


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=0, check_same_thread=False, isolation_level=None)
    # Of the connection, not of the file: as MLflow sets them.
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA case_sensitive_like=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _wait(cancel: Event | None) -> None:
    if cancel is None:
        time.sleep(_PAUSE)
    elif cancel.wait(_PAUSE):
        raise Cancelled
