"""Which of MLflow's tables and columns a database has, asked in one statement where that is possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from store.sql.engine import fetch
from store.sql.schema import COLUMNS, Schema

_POSTGRES: Final = """
SELECT c.relname, a.attname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.relname IN :names AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.pg_table_is_visible(c.oid)
  AND a.attnum > 0 AND NOT a.attisdropped
"""
"""Looks where names without a schema lead: into every schema of the search path, and at tables that this user may not
read, so that reading them says so."""

_MYSQL: Final = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name IN :names
"""
"""MySQL shows only what this user may read."""

_MSSQL: Final = """
SELECT TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS
WHERE TABLE_SCHEMA = SCHEMA_NAME() AND TABLE_NAME IN :names
"""

_NUMBERED: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND instr(upper(sql), 'ROWID') = 0"
"""SQLite numbers the rows of a table unless it was made WITHOUT ROWID, or calls something of its own so."""

STATEMENTS: Final[Mapping[str, str]] = {"postgresql": _POSTGRES, "mysql": _MYSQL, "mssql": _MSSQL}
"""By SQLAlchemy's name of the kind of database."""


def read_catalog(connection: sa.Connection) -> Schema:
    """The tables that are read, with the columns they have, and the alembic revision."""
    columns: dict[str, set[str]] = {}
    for table, column in _listed(connection):
        columns.setdefault(str(table), set()).add(str(column))
    revision = None
    if "version_num" in columns.get("alembic_version", ()):
        rows = fetch(connection, sa.text("SELECT version_num FROM alembic_version"))
        revision = str(rows[0][0]) if rows else None
    numbered = fetch(connection, sa.text(_NUMBERED)) if connection.dialect.name == "sqlite" else ()
    return Schema(
        revision,
        {table: frozenset(found) for table, found in columns.items()},
        frozenset(str(row[0]) for row in numbered),
    )


def _listed(connection: sa.Connection) -> Iterable[Any]:
    statement = STATEMENTS.get(connection.dialect.name)
    if statement is not None:
        names = sa.bindparam("names", list(COLUMNS), expanding=True, type_=sa.String())
        return fetch(connection, sa.text(statement).bindparams(names))
    found = sa.inspect(connection).get_multi_columns(filter_names=list(COLUMNS))
    return ((table, column["name"]) for (_, table), listed in found.items() for column in listed)
