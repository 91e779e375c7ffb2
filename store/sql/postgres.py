"""PostgreSQL: how reads are kept from writing, ended, and explained when they fail."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from store.sql.server_errors import Meaning

_STATES: Final[Mapping[str, Meaning]] = {
    "08": Meaning.DROPPED,
    "08001": Meaning.UNREACHABLE,
    "08004": Meaning.NOT_ADMITTED,
    "22021": Meaning.BAD_TEXT,
    "22P05": Meaning.BAD_TEXT,
    "25": Meaning.FAILED,
    "25P03": Meaning.DROPPED,
    "28000": Meaning.NOT_ADMITTED,
    "28P01": Meaning.WRONG_LOGIN,
    "3D000": Meaning.NO_DATABASE,
    "3F000": Meaning.SCHEMA,
    "40": Meaning.LOCKED,
    "42501": Meaning.DENIED,
    "42703": Meaning.SCHEMA,
    "42P01": Meaning.SCHEMA,
    "53": Meaning.RESOURCES,
    "53300": Meaning.TOO_MANY,
    "54": Meaning.TOO_COMPLEX,
    "55P03": Meaning.LOCKED,
    "57014": Meaning.INTERRUPTED,
    "57P01": Meaning.DROPPED,
    "57P02": Meaning.DROPPED,
    "57P03": Meaning.GOING,
    "57P04": Meaning.NO_DATABASE,
    "57P05": Meaning.DROPPED,
    "58": Meaning.RESOURCES,
    "XX001": Meaning.CORRUPT,
    "XX002": Meaning.CORRUPT,
}
"""By SQLSTATE; a state that is not listed means what its class (the first two characters) means."""

_WORDS: Final[Sequence[tuple[Meaning, Sequence[str]]]] = (
    (Meaning.NO_PASSWORD, ("no password supplied",)),
    (Meaning.WRONG_LOGIN, ("password authentication failed", "fe_sendauth")),
    (Meaning.ENCRYPTION, (r"no pg_hba\.conf entry.*no encryption",)),
    (
        Meaning.NOT_ADMITTED,
        (r"no pg_hba\.conf entry", r"pg_hba\.conf rejects", "authentication failed", "not permitted to log in"),
    ),
    (Meaning.NOT_ADMITTED, ("permission denied for database",)),
    (Meaning.WRONG_LOGIN, ("role .* does not exist",)),
    (Meaning.NO_DATABASE, ("database .* does not exist",)),
    (Meaning.TOO_MANY, ("too many clients", "too many connections", "remaining connection slots")),
    (Meaning.GOING, ("the database system is", "not yet accepting connections")),
    (
        Meaning.UNKNOWN_HOST,
        ("could not translate host name", "name or service not known", "name resolution", "failed to resolve host"),
    ),
    (Meaning.ENCRYPTION, ("certificate", "does not support SSL", "SSL error", "sslmode", "SSL negotiation")),
    (Meaning.TOO_SLOW, ("statement timeout",)),
    (Meaning.LOCKED, ("lock timeout",)),
    (
        Meaning.DROPPED,
        (
            "server closed the connection",
            "connection already closed",
            "connection is closed",
            "connection is lost",
            "consuming input failed",
            "sending (query|prepared query) failed",
            "terminating connection",
            "SSL SYSCALL",
            "no connection to the server",
            "could not (receive|send) data",
        ),
    ),
    (
        Meaning.UNREACHABLE,
        (
            "connection refused",
            "time(d )?-?out",
            "no route to host",
            "network is unreachable",
            "no such file or directory",
            "connection to server",
            "connection failed",
            "could not connect",
        ),
    ),
)
"""What libpq says where there is no SQLSTATE, which is whenever a connection cannot be made; the first that fits."""


_NAME: Final = "flowdeck"
"""What the server's administrator sees of a connection."""

_STOP_SECONDS: Final = 3
"""Until the attempt to stop a statement is given up."""


class Postgres:
    """See `store.sql.server_dialect.Dialect`."""

    name = "postgresql"

    def engine_options(self) -> dict[str, Any]:
        """hstore is not used, and asking for it costs a round trip for each connection."""
        return {"use_native_hstore": False}

    def connect_arguments(self, driver: str, seconds: int) -> dict[str, Any]:
        """Defaults for the driver's `connect`; what the address says goes before them."""
        found: dict[str, Any] = {
            "connect_timeout": seconds,
            "application_name": _NAME,
            "client_encoding": "utf8",
            "keepalives_idle": 30,
        }
        if driver == "psycopg":
            # Prepared statements do not survive poolers that lend a connection for one transaction.
            found["prepare_threshold"] = None
        else:
            # By this name the connection is found again when it has to be stopped.
            found["application_name"] = f"{_NAME} {secrets.token_hex(4)}"
        return found

    def connect(self, driver: sa.Dialect, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """A new connection of the driver's."""
        return driver.connect(*arguments, **options)

    def prepare(self, driver_connection: Any, seconds: int) -> None:
        """Nothing is set for a connection: a pooler may hand it to a trainer next."""

    def begin(self, seconds: int) -> str:
        """Starts a transaction that cannot write and sees one moment; both settings end with it."""
        return (
            f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {seconds * 1000};"
            # Statistics of MLflow's tables are fine; compiling takes longer than most of the queries.
            " SET LOCAL jit = off"
        )

    def stop(self, engine: sa.Engine, driver_connection: Any, cursor: Any) -> None:
        """Ends the statement that runs. Raises whatever if that cannot be done."""
        cancel_safe = getattr(driver_connection, "cancel_safe", None)
        if cancel_safe is not None:
            cancel_safe(timeout=_STOP_SECONDS)
            return
        # psycopg2's own way stops every thread of Python until the server has answered.
        name = driver_connection.get_dsn_parameters().get("application_name", "")
        if not name.startswith(f"{_NAME} "):
            raise LookupError(name)  # the address gives a name, which others may have, too
        arguments, options = engine.dialect.create_connect_args(engine.url)
        options = {**self.connect_arguments(engine.driver, _STOP_SECONDS), **options}
        other: Any = engine.dialect.connect(*arguments, **options)
        try:
            other.autocommit = True
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = %s", (name,)
                )
                if not cursor.rowcount:
                    raise LookupError(name)
        finally:
            other.close()

    def descriptor(self, driver_connection: Any) -> int | None:
        """Of the socket."""
        return int(driver_connection.fileno())

    def meaning(self, error: BaseException) -> Meaning:
        """What an error of the driver says."""
        if getattr(getattr(error, "pgconn", None), "needs_password", False):
            return Meaning.NO_PASSWORD
        state = str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")
        found = _STATES.get(state) or _STATES.get(state[:2])
        text = str(error)
        if found not in (None, Meaning.INTERRUPTED):
            return found
        for meaning, patterns in _WORDS:
            if any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns):
                return meaning
        return found or Meaning.FAILED
