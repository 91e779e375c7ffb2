"""How one value is compared in SQL, so that every kind of database answers alike.

Upper and lower case differ in `=`, `!=`, LIKE and IN everywhere, as in MLflow: SQLite does it for LIKE
because its connections set `PRAGMA case_sensitive_like`, PostgreSQL by nature, MySQL by comparing
bytes and SQL Server by a collation. Whether a backslash in a pattern is an escape is left to the
database (on SQLite and SQL Server it is not), as MLflow leaves it.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from store.search.syntax import Operator, Value

Column = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]

_MSSQL_COLLATION: Final = "Japanese_Bushu_Kakusu_100_CS_AS_KS_WS"
"""The collation that MLflow compares text with on SQL Server."""

_MYSQL: Final = ("mysql", "mariadb")

_PYTHON: Final[dict[Operator, Callable[[Any, Any], Any]]] = {
    Operator.EQUAL: python.eq,
    Operator.NOT_EQUAL: python.ne,
    Operator.LESS: python.lt,
    Operator.LESS_EQUAL: python.le,
    Operator.GREATER: python.gt,
    Operator.GREATER_EQUAL: python.ge,
    Operator.LIKE: lambda column, value: column.like(value),
    Operator.ILIKE: lambda column, value: column.ilike(value),
    Operator.IN: lambda column, value: column.in_(value),
    Operator.NOT_IN: lambda column, value: column.not_in(value),
}


def compare_number(column: Column, operator: Operator, value: Value) -> Condition:
    """A condition on a column of numbers."""
    if isinstance(value, tuple):
        return _apply(operator, column, value)
    # A fraction keeps its type: drivers that cast parameters would round it to the column's.
    kind: sa.types.TypeEngine[Any] = sa.Float(53) if isinstance(value, float) else sa.BigInteger()
    return _apply(operator, column, sa.literal(value, kind))


def compare_text(column: Column, operator: Operator, value: Value, dialect: str) -> Condition:
    """A condition on a column of text. `dialect` is SQLAlchemy's name for the kind of database."""
    if dialect == "mssql":
        return _apply(operator, column.collate(_MSSQL_COLLATION), value)
    if dialect in _MYSQL and operator is not Operator.ILIKE:
        exact = _apply(operator, sa.type_coerce(sa.cast(column, sa.BINARY), column.type), value)
        match operator:
            # The comparison by the column's own collation comes first: it can use an index.
            case Operator.EQUAL | Operator.LIKE:
                return sa.and_(_apply(operator, column, value), exact)
            case Operator.NOT_EQUAL:
                return sa.or_(_apply(operator, column, value), exact)
            case _:
                return exact
    return _apply(operator, column, value)


def _apply(operator: Operator, column: Column, value: Any) -> Condition:
    condition: Condition = _PYTHON[operator](column, value)
    return condition
