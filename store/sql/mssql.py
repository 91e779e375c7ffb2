"""SQL Server: how reads are ended, and explained when they fail.

It has no transaction that cannot write. Only SELECT statements are sent, each by itself: none leaves a lock behind,
and several of one read may see different moments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from store.sql.server_errors import Meaning

_NUMBERS: Final[Mapping[int, Meaning]] = {
    229: Meaning.DENIED,
    230: Meaning.DENIED,
    207: Meaning.SCHEMA,
    208: Meaning.SCHEMA,
    916: Meaning.NOT_ADMITTED,
    1205: Meaning.LOCKED,
    1222: Meaning.LOCKED,
    4060: Meaning.NO_DATABASE,
    18456: Meaning.WRONG_LOGIN,
    8623: Meaning.TOO_COMPLEX,
    701: Meaning.RESOURCES,
    824: Meaning.CORRUPT,
}
"""By the server's error number, which ODBC puts in parentheses at the end."""

_STATES: Final[Mapping[str, Meaning]] = {
    "28000": Meaning.WRONG_LOGIN,
    "01002": Meaning.DROPPED,
    "08001": Meaning.UNREACHABLE,
    "08003": Meaning.DROPPED,
    "08004": Meaning.NOT_ADMITTED,
    "08007": Meaning.DROPPED,
    "08S01": Meaning.DROPPED,
    "08S02": Meaning.DROPPED,
    "HYT00": Meaning.TOO_SLOW,
    "HYT01": Meaning.UNREACHABLE,
    "HY008": Meaning.INTERRUPTED,
    "HY010": Meaning.DROPPED,
    "40001": Meaning.LOCKED,
    "42S02": Meaning.SCHEMA,
    "42S22": Meaning.SCHEMA,
    "IM002": Meaning.NO_DRIVER,
    "IM003": Meaning.NO_DRIVER,
    "01000": Meaning.NO_DRIVER,
}
"""By SQLSTATE."""


class SqlServer:
    """See `store.sql.server_dialect.Dialect`."""

    name = "mssql"

    def engine_options(self) -> dict[str, Any]:
        """None are needed."""
        return {}

    def connect_arguments(self, driver: str, seconds: int) -> dict[str, Any]:
        """Defaults for the driver's `connect`; what the address says goes before them."""
        return {"timeout": seconds}

    def connect(self, driver: sa.Dialect, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """A new connection of the driver's."""
        return driver.connect(*arguments, **options)

    def prepare(self, driver_connection: Any, seconds: int) -> None:
        """Sets up a new connection: how long a statement may take."""
        driver_connection.timeout = seconds

    def begin(self, seconds: int) -> str:
        """Nothing: a transaction would only keep locks for longer."""
        return ""

    def stop(self, engine: sa.Engine, driver_connection: Any, cursor: Any) -> None:
        """Ends the statement that runs: the one call that ODBC allows from another thread."""
        if cursor is not None:
            cursor.cancel()

    def descriptor(self, driver_connection: Any) -> int | None:
        """The driver does not show its socket."""
        return None

    def meaning(self, error: BaseException) -> Meaning:
        """What an error of the driver says."""
        text = str(error)
        for number in re.findall(r"\((\d+)\)", text):
            if int(number) in _NUMBERS:
                return _NUMBERS[int(number)]
        state = str(error.args[0]) if error.args else ""
        if state == "HYT00" and "login" in text.lower():
            return Meaning.UNREACHABLE
        return _STATES.get(state, Meaning.FAILED)
