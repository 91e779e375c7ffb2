"""Reading a database on a server, without ever writing to it.

Every read is one transaction that cannot write, sees one moment where the server can do that, and is over when the
read is. A read whose connection was lost is tried once more with another one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from threading import BoundedSemaphore, Event
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from store.errors import StoreBusy
from store.sql.engine import check
from store.sql.server_dialect import Dialect
from store.sql.server_failures import Failures, Lost
from store.sql.server_pool import POOL_SIZE, Pool
from store.sql.watch import Watched, Watcher

T = TypeVar("T")

CONNECT_TIMEOUT: Final = 10
"""Seconds until a server that does not answer is given up."""

STATEMENT_TIMEOUT: Final = 60
"""Seconds that the server may spend on one statement."""

READ_TIMEOUT: Final = 120.0
"""Seconds that one read, which may take several statements, may last."""


class ServerDatabase:
    """A database on a server, for reading only; safe to use from several threads."""

    def __init__(
        self,
        url: sa.URL,
        dialect: Dialect,
        shown: str,
        *,
        statement_timeout: int = STATEMENT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        connect_timeout: int = CONNECT_TIMEOUT,
    ) -> None:
        """Connects to nothing yet. `shown` is the address without secrets; times are in seconds."""
        self._dialect = dialect
        self._shown = shown
        self._statement_timeout = statement_timeout
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._pool = Pool(url, dialect, connect_timeout=connect_timeout, statement_timeout=statement_timeout)
        driver: Any = self._pool.engine.dialect.loaded_dbapi
        self._failures = Failures(url, shown, driver.Error, dialect.meaning)
        self._watcher = Watcher()
        self._places = BoundedSemaphore(POOL_SIZE)
        self.notices: tuple[str, ...] = ()

    @property
    def dialect(self) -> str:
        """See `store.sql.engine.Database.dialect`."""
        return self._dialect.name

    def close(self) -> None:
        self._pool.forget()

    def read(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """See `store.sql.engine.Database.read`."""
        deadline = time.monotonic() + self._read_timeout
        with self._place(cancel, deadline):
            try:
                return self._attempt(work, cancel, deadline)
            except Lost:
                # Whatever ended this connection, a restart most likely, has ended the idle ones, too.
                self._pool.forget()
            return self._last_attempt(work, cancel, deadline)

    def once(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """Like `read`, but what failed is not tried again."""
        deadline = time.monotonic() + self._read_timeout
        with self._place(cancel, deadline):
            return self._last_attempt(work, cancel, deadline)

    def _last_attempt(self, work: Callable[[sa.Connection], T], cancel: Event | None, deadline: float) -> T:
        try:
            return self._attempt(work, cancel, deadline)
        except Lost as lost:
            raise lost.error from lost.__cause__

    def _attempt(self, work: Callable[[sa.Connection], T], cancel: Event | None, deadline: float) -> T:
        check(cancel)
        with self._failures.reading(self._read_timeout), self._connection(cancel) as connection:
            driver = connection.connection.dbapi_connection
            watched = Watched(
                cancel,
                deadline,
                stop=lambda: self._pool.stop(connection, driver),
                cut=lambda: self._pool.cut(driver),
            )
            try:
                with self._failures.reading(self._read_timeout, watched), self._watcher.watching(watched):
                    return self._transaction(connection, work)
            finally:
                if not connection.invalidated:
                    connection.info.pop("cursor", None)
                if watched.stopped:
                    connection.invalidate()

    def _connection(self, cancel: Event | None) -> sa.Connection:
        with self._failures.connecting(self._connect_timeout):
            return self._pool.connection(cancel)

    def _transaction(self, connection: sa.Connection, work: Callable[[sa.Connection], T]) -> T:
        begin = self._dialect.begin(self._statement_timeout)
        if begin:
            connection.exec_driver_sql(begin)
        try:
            return work(connection)
        finally:
            # Nothing was written, so there is nothing to keep.
            if begin and not connection.invalidated and not connection.closed:
                try:
                    connection.exec_driver_sql("ROLLBACK")
                except sa.exc.DBAPIError:
                    # The answer is whole, or the failure that matters is under way.
                    connection.invalidate()

    @contextlib.contextmanager
    def _place(self, cancel: Event | None, deadline: float) -> Iterator[None]:
        """One of the few connections."""
        while not self._places.acquire(timeout=0.05):
            check(cancel)
            if time.monotonic() > deadline:
                raise StoreBusy(
                    f"{self._shown}: all {POOL_SIZE} connections were in use for {self._read_timeout:g} s",
                    "the server is slow to answer: ask for less at a time",
                )
        try:
            yield
        finally:
            self._places.release()
