"""Reading a database on a server, without ever writing to it.

Every read is one transaction that cannot write, sees one moment where the server can do that, and is over when the
read is. Connections are few, lie in a pool between reads, and are made anew once if the server dropped them.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import BoundedSemaphore, Event, local
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote

import sqlalchemy as sa

from store.aside import run_aside
from store.errors import Cancelled, FlowdeckError, StoreBusy, StoreCorrupt, StoreUnreachable, UriError
from store.sql.engine import check
from store.sql.server_errors import Meaning, as_flowdeck_error
from store.sql.watch import Watched, Watcher
from store.uris import redact

T = TypeVar("T")

CONNECT_TIMEOUT: Final = 10
"""Seconds until a server that does not answer is given up."""

STATEMENT_TIMEOUT: Final = 60
"""Seconds that the server may spend on one statement."""

READ_TIMEOUT: Final = 120.0
"""Seconds that one read, which may take several statements, may last."""

POOL_SIZE: Final = 3
"""Connections of one store: servers have few, and more would not read faster."""

POOL_RECYCLE: Final = 1800
"""Seconds after which a connection is made anew: firewalls forget idle ones without telling."""

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
"""What no text in a database holds, and drivers refuse to send."""

_NOWHERE: Final = "\uffff"
"""Stands for such a character: it is none, so no text holds it either, and a comparison comes out the same."""


_AGREEMENT: Final = (
    ssl.SSLError,
    FileNotFoundError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
    RuntimeError,
)
"""TLS itself, the files with its certificates, and a way to log in that needs a package which is not there."""


class Dialect(Protocol):
    """What one kind of server needs."""

    name: str
    """SQLAlchemy's."""

    def engine_options(self) -> dict[str, Any]: ...

    def connect_arguments(self, driver: str, seconds: int) -> dict[str, Any]: ...

    def connect(self, driver: sa.Dialect, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any: ...

    def prepare(self, driver_connection: Any, seconds: int) -> None: ...

    def begin(self, seconds: int) -> str: ...

    def stop(self, engine: sa.Engine, driver_connection: Any, cursor: Any) -> None: ...

    def descriptor(self, driver_connection: Any) -> int | None: ...

    def meaning(self, error: BaseException) -> Meaning: ...


class _Failed(Exception):
    """A read failed in a way that another connection may mend."""

    def __init__(self, error: FlowdeckError) -> None:
        super().__init__()
        self.error = error


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
        self._secrets = (*_spellings(url.password), *_strays(url))
        self._watcher = Watcher()
        self._places = BoundedSemaphore(POOL_SIZE)
        self._asking = local()
        self._engine = sa.create_engine(
            url,
            isolation_level="AUTOCOMMIT",  # transactions are begun and ended here, one statement each
            poolclass=sa.pool.QueuePool,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_recycle=POOL_RECYCLE,
            pool_use_lifo=True,
            hide_parameters=True,
            **dialect.engine_options(),
        )
        sa.event.listen(self._engine, "do_connect", self._connect)
        sa.event.listen(self._engine, "before_cursor_execute", _before_execute, retval=True)
        self.notices: tuple[str, ...] = ()

    @property
    def dialect(self) -> str:
        """See `store.sql.engine.Database.dialect`."""
        return self._dialect.name

    def close(self) -> None:
        self._engine.dispose()

    def read(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """See `store.sql.engine.Database.read`."""
        deadline = time.monotonic() + self._read_timeout
        with self._place(cancel, deadline):
            try:
                return self._attempt(work, cancel, deadline)
            except _Failed:
                # Whatever ended this connection, a restart most likely, has ended the idle ones, too.
                self._engine.dispose()
            try:
                return self._attempt(work, cancel, deadline)
            except _Failed as failed:
                raise failed.error from failed.__cause__

    def once(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """Like `read`, but what failed is not tried again."""
        deadline = time.monotonic() + self._read_timeout
        with self._place(cancel, deadline):
            try:
                return self._attempt(work, cancel, deadline)
            except _Failed as failed:
                raise failed.error from failed.__cause__

    def _attempt(self, work: Callable[[sa.Connection], T], cancel: Event | None, deadline: float) -> T:
        check(cancel)
        self._asking.cancel = cancel
        with self._mapped(None), self._connected() as connection:
            driver = connection.connection.dbapi_connection
            watched = Watched(
                cancel,
                deadline,
                stop=lambda: self._dialect.stop(self._engine, driver, connection.info.get("cursor")),
                cut=lambda: _cut(self._dialect, driver),
            )
            try:
                with self._mapped(watched), self._watcher.watching(watched):
                    return self._transaction(connection, work)
            finally:
                if not connection.invalidated:
                    connection.info.pop("cursor", None)
                if watched.stopped:
                    connection.invalidate()

    def _connected(self) -> sa.Connection:
        """A connection from the pool, or a new one."""
        try:
            return self._engine.connect()
        except TimeoutError as error:
            raise StoreUnreachable(
                f"{self._shown} did not answer within {self._connect_timeout} s",
                "check host and port, and that no firewall is between",
            ) from error
        except (OSError, RuntimeError) as error:
            # Before the driver has anything of its own to say.
            raise as_flowdeck_error(_obstacle(error), self._shown, self._without_secrets(str(error))) from error
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            # What a driver makes of values that it never looked at: PyMySQL of a charset that does not exist.
            raise UriError(
                f"{self._shown} has an option that the driver does not understand: {self._without_secrets(str(error))}",
                "look at what follows the question mark",
            ) from error

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

    def _connect(self, dialect: sa.Dialect, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        """Makes a connection, in a thread that can be left behind: a driver cannot be interrupted while it does."""
        defaults = self._dialect.connect_arguments(self._engine.driver, self._connect_timeout)
        options = {**defaults, **options}

        def work() -> Any:
            made = self._dialect.connect(dialect, arguments, options)
            try:
                self._dialect.prepare(made, self._statement_timeout)
            except BaseException:
                made.close()
                raise
            return made

        cancel: Event | None = getattr(self._asking, "cancel", None)
        # The driver's own time-out is for one address; a name may have several.
        seconds = max(self._connect_timeout, float(options.get("connect_timeout") or 0)) + 1.0
        return run_aside(work, seconds, cancel, lambda made: made.close())

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

    @contextlib.contextmanager
    def _mapped(self, watched: Watched | None) -> Iterator[None]:
        """Every error of the driver, as one of ours or as a reason to try again."""
        driver: Any = self._engine.dialect.loaded_dbapi
        try:
            yield
        except (sa.exc.DBAPIError, driver.Error) as error:
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            raise self._translated(cause or error, watched) from error
        except UnicodeEncodeError as error:
            raise as_flowdeck_error(Meaning.BAD_TEXT, self._shown, "") from error
        except UnicodeDecodeError as error:
            raise StoreCorrupt(
                f"{self._shown} holds text that is not in the encoding it claims: {error.reason}",
                "ask who runs the server; the database's encoding may have been set wrongly",
            ) from error

    def _translated(self, error: BaseException, watched: Watched | None) -> Exception:
        if watched is not None and watched.cancelled:
            return Cancelled()
        if watched is not None and watched.overdue:
            return as_flowdeck_error(
                Meaning.TOO_SLOW, self._shown, f"reading took longer than {self._read_timeout:g} s"
            )
        meaning = self._dialect.meaning(error)
        found = as_flowdeck_error(meaning, self._shown, self._without_secrets(_words(error)))
        return _Failed(found) if meaning is Meaning.DROPPED else found

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return redact(text)


def _spellings(password: Any) -> tuple[str, ...]:
    """A password as drivers may repeat it, the longest first; none if it is too short to tell from other text."""
    plain = "" if password is None else str(password)
    return tuple(sorted({plain, quote(plain), quote(plain, safe="")}, key=len, reverse=True)) if plain else ()


def _strays(url: sa.URL) -> tuple[str, ...]:
    """Parts of a password that has a question mark in it, where an address is not written as it should be: they pass
    for options, and what a driver makes of those it repeats.
    """
    options = [(key, value) for key, values in url.normalized_query.items() for value in values]
    if not any("@" in part for option in options for part in option):
        return ()
    return tuple(sorted({part for option in options for part in option if part}, key=len, reverse=True))


def _words(error: BaseException) -> str:
    """What the server said, without the number that some drivers put before it."""
    if len(error.args) > 1 and isinstance(error.args[0], int):
        return f"{error.args[1]} ({error.args[0]})"
    text = str(error)
    # PostgreSQL's second line repeats the statement with a caret below it.
    return re.split(r"\nLINE \d+:", text, maxsplit=1)[0]


def _before_execute(
    connection: sa.Connection, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
) -> tuple[str, Any]:
    connection.info["cursor"] = cursor
    if many or not parameters:
        return statement, parameters
    if isinstance(parameters, dict):
        return statement, {name: _storable(value) for name, value in parameters.items()}
    return statement, tuple(_storable(value) for value in parameters)


def _storable(value: Any) -> Any:
    return _UNSTORABLE.sub(_NOWHERE, value) if isinstance(value, str) else value


def _obstacle(error: OSError | RuntimeError) -> Meaning:
    """What keeps a connection from being made, where it is not the driver that says so."""
    if isinstance(error, socket.gaierror):
        return Meaning.UNKNOWN_HOST
    if isinstance(error, _AGREEMENT):
        return Meaning.ENCRYPTION
    return Meaning.UNREACHABLE


def _cut(dialect: Dialect, driver_connection: Any) -> None:
    """Ends a connection that does not react: who waits on its socket is told that nothing more comes."""
    try:
        descriptor = dialect.descriptor(driver_connection)
    except Exception:
        # Drivers raise all sorts of things for a connection that was closed meanwhile, which is what is wanted.
        return
    if descriptor is None or descriptor < 0:
        return
    # A second descriptor, because closing is the driver's business.
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as same:
        same.shutdown(socket.SHUT_RDWR)
