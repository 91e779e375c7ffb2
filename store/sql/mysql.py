"""MySQL and MariaDB: how reads are kept from writing, ended, and explained when they fail."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from store.sql.server_errors import Meaning
from store.uris import Detour

_DENIED: Final = 1045
"""The error of a wrong user or password; whether there was one, it says at its end, in the server's language."""

_PASSWORDS: Final = ("password", "passwd", "read_default_file", "read_default_group")
"""Options of the drivers that are a password, or may lead to one."""

_NUMBERS: Final[Mapping[int, Meaning]] = {
    0: Meaning.DROPPED,
    1040: Meaning.TOO_MANY,
    1203: Meaning.TOO_MANY,
    1226: Meaning.TOO_MANY,
    1042: Meaning.UNREACHABLE,
    1043: Meaning.UNREACHABLE,
    1044: Meaning.NOT_ADMITTED,
    _DENIED: Meaning.WRONG_LOGIN,
    1049: Meaning.NO_DATABASE,
    1053: Meaning.DROPPED,
    1054: Meaning.SCHEMA,
    1146: Meaning.SCHEMA,
    1109: Meaning.SCHEMA,
    1079: Meaning.DROPPED,
    1077: Meaning.DROPPED,
    1129: Meaning.NOT_ADMITTED,
    1130: Meaning.NOT_ADMITTED,
    1142: Meaning.DENIED,
    1143: Meaning.DENIED,
    1227: Meaning.DENIED,
    1370: Meaning.DENIED,
    1152: Meaning.DROPPED,
    1153: Meaning.TOO_COMPLEX,
    1158: Meaning.DROPPED,
    1159: Meaning.DROPPED,
    1160: Meaning.DROPPED,
    1161: Meaning.DROPPED,
    1184: Meaning.DROPPED,
    1927: Meaning.DROPPED,
    4031: Meaning.DROPPED,
    1194: Meaning.CORRUPT,
    1034: Meaning.CORRUPT,
    1712: Meaning.CORRUPT,
    1205: Meaning.LOCKED,
    1213: Meaning.LOCKED,
    1251: Meaning.WRONG_LOGIN,
    1698: Meaning.WRONG_LOGIN,
    1820: Meaning.WRONG_LOGIN,
    1862: Meaning.WRONG_LOGIN,
    3118: Meaning.NOT_ADMITTED,
    4151: Meaning.NOT_ADMITTED,
    3159: Meaning.ENCRYPTION,
    1317: Meaning.INTERRUPTED,
    1969: Meaning.TOO_SLOW,
    3024: Meaning.TOO_SLOW,
    1021: Meaning.RESOURCES,
    1030: Meaning.RESOURCES,
    1037: Meaning.RESOURCES,
    1038: Meaning.RESOURCES,
    1041: Meaning.RESOURCES,
    1114: Meaning.RESOURCES,
    1135: Meaning.RESOURCES,
    1061: Meaning.TOO_COMPLEX,
    1116: Meaning.TOO_COMPLEX,
    1390: Meaning.TOO_COMPLEX,
    1436: Meaning.TOO_COMPLEX,
    1267: Meaning.BAD_TEXT,
    1270: Meaning.BAD_TEXT,
    1271: Meaning.BAD_TEXT,
    1300: Meaning.BAD_TEXT,
    1366: Meaning.BAD_TEXT,
    3854: Meaning.BAD_TEXT,
    3988: Meaning.BAD_TEXT,
    2002: Meaning.UNREACHABLE,
    2003: Meaning.UNREACHABLE,
    2004: Meaning.UNREACHABLE,
    2005: Meaning.UNKNOWN_HOST,
    2006: Meaning.DROPPED,
    2013: Meaning.DROPPED,
    2014: Meaning.DROPPED,
    2045: Meaning.DROPPED,
    2055: Meaning.DROPPED,
    2026: Meaning.ENCRYPTION,
    2061: Meaning.WRONG_LOGIN,
}
"""By error number: of the server from 1000, of the client from 2000."""


class MySql:
    """See `store.sql.server_dialect.Dialect`."""

    name = "mysql"

    def __init__(self, detour: Detour | None = None) -> None:
        """`detour`: where the server seems to be, if it is reached through something else."""
        self._detour = detour
        self._has_password = True

    def engine_options(self) -> dict[str, Any]:
        """None are needed."""
        return {}

    def connect_arguments(self, driver: str, seconds: int) -> dict[str, Any]:
        """Defaults for the driver's `connect`; what the address says goes before them."""
        return {"connect_timeout": seconds, "charset": "utf8mb4"}

    def connect(self, driver: sa.Dialect, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """A new connection of the driver's.

        PyMySQL checks certificates against the host that it connects to, so on a detour it is told the server's and
        handed a connection to the detour.
        """
        self._has_password = any(options.get(name) for name in _PASSWORDS)
        if driver.driver != "pymysql":
            return driver.connect(*arguments, **options)
        if isinstance(password := options.get("password"), str):
            # It would write it in Latin-1; servers know passwords as clients in UTF-8 gave them.
            options = {**options, "password": password.encode()}
        if self._detour is None:
            return driver.connect(*arguments, **options)
        made: Any = driver.connect(*arguments, **{**options, "defer_connect": True})
        near = socket.create_connection(("127.0.0.1", options["port"]), options.get("connect_timeout"))
        made.connect(near)
        return made

    def prepare(self, driver_connection: Any, seconds: int) -> None:
        """Sets up a new connection, in one round trip: it cannot write, and a statement may take so long.

        For the session, because a statement that makes tables ends the transaction before it looks at its kind.
        """
        # MariaDB and MySQL have drifted apart: names, and seconds against milliseconds.
        if "mariadb" in str(driver_connection.get_server_info()).lower():
            settings = (
                f"tx_read_only = 1, SESSION tx_isolation = 'REPEATABLE-READ', SESSION max_statement_time = {seconds}"
            )
        else:
            settings = (
                "transaction_read_only = 1, SESSION transaction_isolation = 'REPEATABLE-READ', "
                f"SESSION max_execution_time = {seconds * 1000}"
            )
        with driver_connection.cursor() as cursor:
            cursor.execute(f"SET SESSION {settings}")

    def begin(self, seconds: int) -> str:
        """Starts a transaction that cannot write and sees one moment."""
        return "START TRANSACTION READ ONLY"

    def stop(self, engine: sa.Engine, driver_connection: Any, cursor: Any) -> None:
        """Ends the connection from a second one: a server that only loses it would go on with its statement."""
        number = int(driver_connection.thread_id())
        arguments, options = engine.dialect.create_connect_args(engine.url)
        options = {**self.connect_arguments(engine.driver, 3), **options}
        other: Any = self.connect(engine.dialect, arguments, options)
        try:
            with other.cursor() as cursor:
                cursor.execute(f"KILL {number}")
        finally:
            other.close()

    def descriptor(self, driver_connection: Any) -> int | None:
        """Of the socket."""
        sock = getattr(driver_connection, "_sock", None)
        return int(driver_connection.fileno() if sock is None else sock.fileno())

    def meaning(self, error: BaseException) -> Meaning:
        """What an error of the driver says."""
        number = error.args[0] if error.args else None
        text = str(error)
        if number in (2002, 2003, 2005) and ("Name or service" in text or "resolution" in text or "Unknown" in text):
            return Meaning.UNKNOWN_HOST
        if number == 2003 and "SSL" in text:
            return Meaning.ENCRYPTION
        if number == _DENIED and ("using password: NO" in text or not self._has_password):
            return Meaning.NO_PASSWORD
        return _NUMBERS.get(number, Meaning.FAILED) if isinstance(number, int) else Meaning.FAILED
