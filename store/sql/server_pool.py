"""Making connections to a database server, and keeping a few of them between reads."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from threading import Event, local
from typing import Any, Final

import sqlalchemy as sa

from store.aside import run_aside
from store.sql.server_dialect import Dialect

POOL_SIZE: Final = 3
"""Connections of one store: servers have few, and more would not read faster."""

POOL_RECYCLE: Final = 1800
"""Seconds after which a connection is made anew: firewalls forget idle ones without telling."""

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
"""What no text in a database holds, and drivers refuse to send."""

_NOWHERE: Final = "\uffff"
"""Stands for such a character: it is none, so no text holds it either, and a comparison comes out the same."""


class Pool:
    """The connections of one store; safe to use from several threads, as many at a time as it has connections."""

    def __init__(self, url: sa.URL, dialect: Dialect, *, connect_timeout: int, statement_timeout: int) -> None:
        """Connects to nothing yet; times are in seconds."""
        self._dialect = dialect
        self._connect_timeout = connect_timeout
        self._statement_timeout = statement_timeout
        self._asking = local()
        self.engine = sa.create_engine(
            url,
            isolation_level="AUTOCOMMIT",  # transactions are begun and ended by who reads, one statement each
            poolclass=sa.pool.QueuePool,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_recycle=POOL_RECYCLE,
            pool_use_lifo=True,
            hide_parameters=True,
            **dialect.engine_options(),
        )
        sa.event.listen(self.engine, "do_connect", self._connect)
        sa.event.listen(self.engine, "before_cursor_execute", _before_execute, retval=True)

    def connection(self, cancel: Event | None) -> sa.Connection:
        """An idle one, or a new one; its `info` has the cursor that executes.

        Raises what the driver does, `TimeoutError` and, once `cancel` is set, `Cancelled`.
        """
        self._asking.cancel = cancel
        return self.engine.connect()

    def forget(self) -> None:
        """Closes those that are idle; others are closed when they are given back."""
        self.engine.dispose()

    def stop(self, connection: sa.Connection, driver_connection: Any) -> None:
        """Tells the server to end what it executes for `connection`."""
        self._dialect.stop(self.engine, driver_connection, connection.info.get("cursor"))

    def cut(self, driver_connection: Any) -> None:
        """Ends a connection that does not react: who waits on its socket is told that nothing more comes."""
        try:
            descriptor = self._dialect.descriptor(driver_connection)
        except Exception:
            # Drivers raise all sorts of things for a connection that was closed meanwhile, which is what is wanted.
            return
        if descriptor is None or descriptor < 0:
            return
        # A second descriptor, because closing is the driver's business.
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as same:
            same.shutdown(socket.SHUT_RDWR)

    def _connect(self, dialect: sa.Dialect, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        """Makes a connection, in a thread that can be left behind: a driver cannot be interrupted while it does."""
        defaults = self._dialect.connect_arguments(self.engine.driver, self._connect_timeout)
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
