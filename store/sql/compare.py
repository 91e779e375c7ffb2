"""How one value is compared and sorted in SQL, so that every kind of database answers alike: as SQLite does for MLflow.

Upper and lower case differ in `=`, `!=`, LIKE and IN everywhere, as in MLflow: SQLite does it for LIKE
because its connections set `PRAGMA case_sensitive_like`, PostgreSQL by nature, MySQL by comparing
bytes and SQL Server by a collation. In a pattern only `%` and `_` mean something: a backslash is a backslash,
where MLflow leaves it to the database, and so is a bracket on SQL Server. ILIKE knows the cases of the letters
that the database knows: on SQLite those of ASCII only.

Text is sorted by its bytes, where MLflow takes the order of the database: one tool gives one order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from store.search.syntax import COMPARISONS, Operator, Value

Column = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]

_MSSQL_COLLATION: Final = "Japanese_Bushu_Kakusu_100_CS_AS_KS_WS"
"""The collation that MLflow compares text with on SQL Server."""

_MSSQL_ORDER: Final = "Latin1_General_BIN2"

_ESCAPE: Final = "|"
"""Before characters of a pattern that would mean something else."""

_SPECIAL: Final[Mapping[str, str]] = {"postgresql": "\\", "mysql": "\\", "mssql": "["}
"""What means something in patterns of these databases and nothing in MLflow's."""

_PYTHON: Final[dict[Operator, Callable[[Any, Any], Any]]] = {
    **COMPARISONS,
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
    if operator in (Operator.LIKE, Operator.ILIKE):
        return _like(column, str(value), dialect, ignore_case=operator is Operator.ILIKE)
    if dialect == "mssql":
        return _apply(operator, column.collate(_MSSQL_COLLATION), value)
    if dialect == "mysql":
        values = (
            [_binary(sa.literal(item)) for item in value] if isinstance(value, tuple) else _binary(sa.literal(value))
        )
        exact = _apply(operator, _binary(column), values)
        if operator in (Operator.EQUAL, Operator.IN) and str(value).isascii():
            # The comparison by the column's own collation comes first: it can use an index. It knows not all letters.
            return sa.and_(_apply(operator, column, value), exact)
        return exact
    return _apply(operator, column, value)


def contains_text(column: Column, text: str, dialect: str) -> Condition:
    """True of texts that hold `text` somewhere, in the cases of letters that the database knows, as for ILIKE."""
    wanted = sa.func.lower(sa.literal(text, sa.Text()))
    match dialect:
        case "postgresql":
            place = sa.func.strpos(sa.func.lower(column), wanted)
        case "mysql":
            place = sa.func.instr(sa.func.lower(_unicode(column)).collate("utf8mb4_bin"), wanted)
        case "mssql":
            place = sa.func.charindex(wanted, sa.func.lower(column.collate(_MSSQL_COLLATION)))
        case _:
            place = sa.func.instr(sa.func.lower(column), wanted)
    return place > 0


def exact_text(column: Column, dialect: str) -> Column:
    """The column, for grouping by it: upper and lower case differ."""
    if dialect == "mysql":
        return _unicode(column).collate("utf8mb4_bin")
    return column.collate(_MSSQL_COLLATION) if dialect == "mssql" else column


def sorted_text(column: Column, dialect: str) -> Column:
    """What to sort by for the order of the bytes in UTF-8, which is that of the code points."""
    match dialect:
        case "postgresql":
            return column.collate("C")
        case "mysql":
            return _binary(column)
        case "mssql":
            return column.collate(_MSSQL_ORDER)
        case _:
            return column


def _like(column: Column, pattern: str, dialect: str, *, ignore_case: bool) -> Condition:
    escape = None
    special = _SPECIAL.get(dialect)
    if special is not None and special in pattern:
        # Another escape takes away the backslash's meaning, not the bracket's.
        escape = _ESCAPE
        pattern = pattern.replace(_ESCAPE, _ESCAPE * 2)
        if dialect == "mssql":
            pattern = pattern.replace(special, _ESCAPE + special)
    if dialect == "mysql":
        # By characters and not by bytes, of which `_` would match one; lower() keeps accents, collations may not.
        text = _unicode(column)
        if ignore_case:
            return sa.func.lower(text).collate("utf8mb4_bin").like(sa.func.lower(pattern), escape=escape)
        return text.collate("utf8mb4_bin").like(pattern, escape=escape)
    if dialect == "mssql":
        column = column.collate(_MSSQL_COLLATION)
    return column.ilike(pattern, escape=escape) if ignore_case else column.like(pattern, escape=escape)


def _unicode(column: Column) -> Column:
    """On MySQL: the text, whatever character set the column has."""
    return sa.func.convert(column.op("USING")(sa.literal_column("utf8mb4")), type_=sa.Text())


def _binary(column: Column) -> Column:
    """On MySQL: the bytes of the text."""
    return sa.type_coerce(sa.cast(_unicode(column), sa.BINARY), sa.Text())


def _apply(operator: Operator, column: Column, value: Any) -> Condition:
    condition: Condition = _PYTHON[operator](column, value)
    return condition
