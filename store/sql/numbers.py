"""Texts that are numbers, in SQL: what `store.search.numbers` says, in every kind of database.

SQLite asks that module itself, through a function that each connection is given: its own reading of digits is not
always the nearest number, and it has no regular expressions. PostgreSQL, MySQL and MariaDB look at the text by one,
then convert; what converts to an infinity, or cannot be converted, is no number. SQL Server, which has no regular
expressions, is asked to try.
"""

from __future__ import annotations

import sqlite3
from typing import Final

import sqlalchemy as sa

from store.entities import INFINITE
from store.search.numbers import text_number
from store.sql.compare import Column

FUNCTION: Final = "flowdeck_number"
"""What SQLite calls it."""

_REGEX: Final = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$"
_STRANGE: Final = "[^0-9eE.+-]"
"""A character that no number has; without one, the end of the text is the end that the expression means."""

_FLOAT: Final = sa.Float(53)
_TOO_LARGE: Final[Column] = sa.literal_column("1.7976931348623157e308")
_TOO_SMALL: Final[Column] = sa.literal_column("2.4703282292062328e-324")
"""What PostgreSQL refuses to convert: half of the smallest number there is would become 0."""


def add_functions(connection: sqlite3.Connection) -> None:
    """Gives a connection to SQLite what conditions on numbers need."""
    connection.create_function(FUNCTION, 1, _number, deterministic=True)


def _number(raw: bytes | None) -> float | None:
    # Bytes, because SQLite fails on texts that are not UTF-8 before they get here.
    return None if raw is None else text_number(raw.decode("ascii", "replace"))


def number_of(column: Column, dialect: str) -> Column:
    """The number that a text is; NULL if it is none."""
    match dialect:
        case "sqlite":
            return sa.func.__getattr__(FUNCTION)(sa.cast(column, sa.LargeBinary()), type_=_FLOAT)
        case "postgresql":
            size = sa.func.abs(sa.cast(column, sa.Numeric()))
            converted = sa.cast(column, _FLOAT)
            number: Column = sa.case(
                (column.op("!~")(sa.literal(_REGEX)), None),
                # Before the conversion, which fails on them.
                else_=sa.case(
                    (size >= _TOO_LARGE, None),
                    (size <= _TOO_SMALL, 0.0),
                    (sa.func.abs(converted) >= sa.literal(INFINITE, _FLOAT), None),
                    else_=converted,
                ),
            )
            return sa.type_coerce(number, _FLOAT)
        case "mysql":
            text: Column = sa.func.convert(column.op("USING")(sa.literal_column("utf8mb4")), type_=sa.Text())
            sum_: Column = sa.type_coerce(text.op("+")(sa.literal_column("0e0")), _FLOAT)
            is_number = sa.and_(
                text.op("NOT REGEXP")(sa.literal(_STRANGE)),
                text.op("REGEXP")(sa.literal(_REGEX)),
                sum_ > -INFINITE,
                sum_ < INFINITE,
            )
            return sa.type_coerce(sa.case((is_number, sum_)), _FLOAT)
    plain = sa.and_(column.not_like("%[^0-9eE.+-]%"), column.like("%[0-9]%"))
    tried: Column = sa.func.try_convert(sa.literal_column("FLOAT"), column, type_=_FLOAT)
    small = sa.and_(tried > -INFINITE, tried < INFINITE)
    return sa.type_coerce(sa.case((sa.and_(plain, small), tried)), _FLOAT)
