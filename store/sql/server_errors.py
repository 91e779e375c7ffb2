"""Failures of database servers, as our errors: what each meaning tells a user."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from store.errors import (
    AccessDenied,
    DriverMissing,
    FilterError,
    FlowdeckError,
    LoginRefused,
    PasswordWanted,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreNotFound,
    StoreUnreachable,
)


class Meaning(enum.Enum):
    """What an error of a driver says to somebody who only reads."""

    UNREACHABLE = enum.auto()
    UNKNOWN_HOST = enum.auto()
    DROPPED = enum.auto()
    """The connection is gone: worth another one."""
    GOING = enum.auto()
    """The server shuts down, starts, or recovers."""
    ENCRYPTION = enum.auto()
    """Both sides do not agree on TLS."""
    WRONG_LOGIN = enum.auto()
    NO_PASSWORD = enum.auto()
    """One is wanted, and none was given."""
    NOT_ADMITTED = enum.auto()
    """This host, or this user from it, may not connect."""
    NO_DATABASE = enum.auto()
    DENIED = enum.auto()
    """A table may not be read."""
    TOO_MANY = enum.auto()
    """Connections."""
    TOO_SLOW = enum.auto()
    """The statement time-out ran out."""
    INTERRUPTED = enum.auto()
    """Somebody stopped the statement."""
    LOCKED = enum.auto()
    BAD_TEXT = enum.auto()
    """A text of the filter cannot be stored in this database, so nothing can be compared with it."""
    TOO_COMPLEX = enum.auto()
    RESOURCES = enum.auto()
    CORRUPT = enum.auto()
    SCHEMA = enum.auto()
    """A table or a column is not there."""
    NO_DRIVER = enum.auto()
    """The driver's own driver (ODBC) is not installed."""
    FAILED = enum.auto()


_CLASSES: Final[Mapping[Meaning, tuple[type[FlowdeckError], str, str]]] = {
    Meaning.UNREACHABLE: (
        StoreUnreachable,
        "cannot be reached",
        "check host and port, that the server runs, and that no firewall is between",
    ),
    Meaning.UNKNOWN_HOST: (StoreUnreachable, "names a host that is not known", "check the spelling of the host"),
    Meaning.DROPPED: (StoreUnreachable, "closed the connection", "try again; if it stays so, ask who runs the server"),
    Meaning.GOING: (StoreUnreachable, "is shutting down or starting", "try again in a moment"),
    Meaning.ENCRYPTION: (
        AccessDenied,
        "could not be talked to with the encryption that one side wants",
        (
            "PostgreSQL: add ?sslmode=require (or verify-full with sslrootcert=FILE) to the address; "
            "MySQL: add ?ssl_ca=FILE; a server without TLS needs them left out"
        ),
    ),
    Meaning.WRONG_LOGIN: (
        LoginRefused,
        "does not accept this user and password",
        "check them; in an address, @ is written %40, / is %2F and : is %3A",
    ),
    Meaning.NO_PASSWORD: (
        PasswordWanted,
        "wants a password, and none was given",
        (
            "in a terminal it is asked for; otherwise PostgreSQL's belongs in ~/.pgpass or PGPASSWORD, MySQL's below "
            "[client] in ~/.my.cnf, or say where it is: flowdeck stores add NAME URI --password-from env:VARIABLE"
        ),
    ),
    Meaning.NOT_ADMITTED: (
        AccessDenied,
        "does not admit this user from this host to this database",
        "the server's rules decide it (pg_hba.conf, or the host part of a MySQL account): ask who runs it",
    ),
    Meaning.NO_DATABASE: (
        StoreNotFound,
        "has no database of that name",
        "check the name behind the last slash; flowdeck never creates a database",
    ),
    Meaning.DENIED: (
        AccessDenied,
        "does not let this user read a table",
        (
            "SELECT on MLflow's tables is enough: GRANT SELECT ON ALL TABLES IN SCHEMA public TO ... (PostgreSQL), "
            "GRANT SELECT ON database.* TO ... (MySQL)"
        ),
    ),
    Meaning.TOO_MANY: (
        StoreBusy,
        "has no connection left",
        "try again in a moment; flowdeck itself uses few, and none while nothing is read for long",
    ),
    Meaning.TOO_SLOW: (
        StoreBusy,
        "took too long to answer, and the statement was given up",
        "ask for less: one experiment, a smaller limit, another key to sort by",
    ),
    Meaning.INTERRUPTED: (StoreBusy, "was told by somebody else to stop this statement", "try again"),
    Meaning.LOCKED: (
        StoreBusy,
        "kept a table locked for too long",
        "a migration or a long transaction is under way: try again later",
    ),
    Meaning.BAD_TEXT: (
        FilterError,
        "cannot hold a text that was looked for",
        "the filter has a character that this database's encoding lacks: leave it out",
    ),
    Meaning.TOO_COMPLEX: (FilterError, "finds the search too long or too complicated", "use fewer conditions"),
    Meaning.RESOURCES: (StoreError, "ran out of memory or disk", "ask for less at a time, or ask who runs the server"),
    Meaning.CORRUPT: (StoreCorrupt, "reports damaged data", "ask who runs the server; restore it from a backup"),
    Meaning.SCHEMA: (
        StoreError,
        "lacks a table or a column that was there",
        "it was upgraded or changed meanwhile: refresh",
    ),
    Meaning.NO_DRIVER: (
        DriverMissing,
        "needs an ODBC driver that is not installed",
        "install Microsoft's msodbcsql18 and name it: mssql+pyodbc://...?driver=ODBC+Driver+18+for+SQL+Server",
    ),
    Meaning.FAILED: (StoreError, "could not answer", "flowdeck doctor shows what was found there"),
}
"""Class, what the server did, hint."""


def as_flowdeck_error(meaning: Meaning, shown: str, words: str) -> FlowdeckError:
    """What a user is told. `shown` is the address without secrets, `words` the driver's, without them too."""
    kind, what, hint = _CLASSES[meaning]
    # Drivers like to say everything twice, on several lines.
    said = " ".join(words.split())
    message = f"{shown} {what}" + (f": {said}" if said else "")
    return kind(message, hint=hint)
