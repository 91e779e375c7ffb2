"""Writing to a database on a server: one transaction that is committed as a whole and never tried a second time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from store.errors import AccessDenied, StoreUnreachable
from store.sql.mssql import SqlServer
from store.sql.mysql import MySql
from store.sql.postgres import Postgres
from store.sql.server import ServerDatabase
from store.sql.server_dialect import Dialect
from store.uris import Address, Kind

T = TypeVar("T")

_READING: Final = "does not let this user read a table"
_CHANGING: Final = "does not let this user change runs"
"""What is said of a missing permission."""


class WritingPostgres(Postgres):
    """PostgreSQL, where a statement waits for locks no longer than it may take."""

    def begin(self, seconds: int) -> str:
        """Rows that were locked are seen as they are when the lock is got."""
        return f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = {seconds * 1000}"


class WritingMySql(MySql):
    """MySQL and MariaDB, whose own time-out for locks holds."""

    def prepare(self, driver_connection: Any, seconds: int) -> None:
        """Nothing is set: every read of a change locks, and sees what is committed."""

    def begin(self, seconds: int) -> str:
        """Starts a transaction that may write, whatever the server's default is."""
        return "START TRANSACTION READ WRITE"


class WritingSqlServer(SqlServer):
    """SQL Server, whose locks of one transaction are kept until it ends."""

    def begin(self, seconds: int) -> str:
        """Starts a transaction; any error ends it as a whole."""
        return "SET XACT_ABORT ON; BEGIN TRANSACTION"


def writing_dialect(address: Address) -> Dialect:
    """What writing to a server of this kind needs."""
    if address.kind is Kind.POSTGRESQL:
        return WritingPostgres()
    return WritingMySql(address.detour) if address.kind is Kind.MYSQL else WritingSqlServer()


class ServerWriter(ServerDatabase):
    """A database on a server that is written to; safe to use from several threads."""

    def write(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """See `store.sql.writing.Writable.write`."""
        try:
            return self.once(work, cancel)
        except StoreUnreachable as error:
            raise StoreUnreachable(
                error.message,
                "if the connection was lost while the change was being kept, it may have been made: look at the runs",
            ) from error
        except AccessDenied as error:
            raise AccessDenied(
                f"{error.message.replace(_READING, _CHANGING)}; nothing was changed",
                "changing runs needs SELECT and UPDATE on runs, and SELECT, INSERT, UPDATE and DELETE on tags",
            ) from error

    def _transaction(self, connection: sa.Connection, work: Callable[[sa.Connection], T]) -> T:
        connection.exec_driver_sql(self._dialect.begin(self._statement_timeout))
        try:
            answer = work(connection)
            connection.exec_driver_sql("COMMIT" if self.dialect != "mssql" else "COMMIT TRANSACTION")
        except BaseException:
            if not connection.invalidated and not connection.closed:
                try:
                    connection.exec_driver_sql("ROLLBACK")
                except sa.exc.DBAPIError:
                    # The server ends it with the connection.
                    connection.invalidate()
            raise
        return answer
