"""Copies of SQLite databases of MLflow's on database servers, in the schema that MLflow 3.17.2 makes there.

Tables and columns that the SQLite database lacks are left out of the copy, too, so old schemas stay old.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
import pymysql

from tests.support.servers import (
    OWNER,
    OWNER_PASSWORD,
    READER,
    MariaDbServer,
    PostgresServer,
    mariadb,
    postgres,
)

DDL: Final = Path(__file__).resolve().parents[1] / "data" / "ddl"
BATCH: Final = 5_000
"""Rows that are written at once."""

_numbers = count(1)


def postgres_copy(database: Path, *, server: PostgresServer | None = None, writable: bool = False) -> str:
    """Copies an SQLite database of MLflow's into a new PostgreSQL database and gives its URI.

    Its user may only SELECT, unless the copy is to be `writable`. Text is sorted there as an American expects it,
    not by bytes, if this PostgreSQL knows how (ICU).
    """
    server = server or postgres()
    name = new_postgres_database(server)
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as source:
        tables = _tables(source)
        with server.admin(name) as target:
            target.execute((DDL / "postgresql.sql").read_text())
            target.execute("SET session_replication_role = replica")  # no foreign keys while rows come table by table
            for table, there in _postgres_columns(target).items():
                if table not in tables:
                    target.execute(f'DROP TABLE "{table}" CASCADE')
                    continue
                for column in set(there) - set(tables[table]):
                    target.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}" CASCADE')
                _fill_postgres(source, target, table, {c: t for c, t in there.items() if c in tables[table]})
            target.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
            target.execute("ANALYZE")
    return server.uri(name, OWNER, OWNER_PASSWORD) if writable else server.uri(name)


def new_postgres_database(server: PostgresServer) -> str:
    """The name of a new, empty database."""
    name = f"copy{next(_numbers)}"
    with server.admin() as connection:
        try:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.SyntaxError):
            connection.execute(f"CREATE DATABASE {name}")
    return name


def mariadb_copy(database: Path, *, server: MariaDbServer | None = None, writable: bool = False) -> str:
    """The same in MariaDB, whose text there knows no upper and lower case (utf8mb4_general_ci)."""
    server = server or mariadb()
    name = f"copy{next(_numbers)}"
    with (
        closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as source,
        server.admin() as admin,
        admin.cursor() as cursor,
    ):
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        cursor.execute(f"USE {name}")
        cursor.execute("SET foreign_key_checks = 0, sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'")
        for statement in re.split(r";\n", (DDL / "mariadb.sql").read_text()):
            if statement.strip():
                cursor.execute(statement)
        tables = _tables(source)
        for table, there in _mariadb_columns(cursor, name).items():
            if table not in tables:
                cursor.execute(f"DROP TABLE `{table}`")
                continue
            lacking = [column for column in there if column not in tables[table]]
            if lacking:
                _forget_keys(cursor, name, table)
                changes = [*_keys_without(cursor, name, table, lacking), *(f"DROP COLUMN `{c}`" for c in lacking)]
                cursor.execute(f"ALTER TABLE `{table}` {', '.join(changes)}")
            _fill_mariadb(source, cursor, table, [column for column in there if column in tables[table]])
        cursor.execute(f"GRANT SELECT ON {name}.* TO {READER}@'127.0.0.1'")
    return server.uri(name, OWNER, OWNER_PASSWORD) if writable else server.uri(name)


def _tables(source: sqlite3.Connection) -> dict[str, list[str]]:
    names = [row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: [row[1] for row in source.execute(f'PRAGMA table_info("{name}")')] for name in names}


def _rows(source: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[list[Any]]:
    listed = ", ".join(f'"{column}"' for column in columns)
    cursor = source.execute(f'SELECT {listed} FROM "{table}"')
    while rows := cursor.fetchmany(BATCH):
        yield rows


def _postgres_columns(target: psycopg.Connection[Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    statement = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    )
    for table, column, kind in target.execute(statement):
        found.setdefault(table, {})[column] = kind
    return found


def _fill_postgres(
    source: sqlite3.Connection, target: psycopg.Connection[Any], table: str, columns: dict[str, str]
) -> None:
    listed = ", ".join(f'"{column}"' for column in columns)
    truths = [index for index, kind in enumerate(columns.values()) if kind == "boolean"]
    with target.cursor() as cursor, cursor.copy(f'COPY "{table}" ({listed}) FROM STDIN') as copy:
        for rows in _rows(source, table, list(columns)):
            for row in rows:
                values = list(row)
                for index in truths:
                    values[index] = None if values[index] is None else bool(values[index])
                copy.write_row(values)


def _mariadb_columns(cursor: pymysql.cursors.Cursor, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s", (name,))
    for table, column in cursor.fetchall():
        found.setdefault(table, []).append(column)
    return found


def _forget_keys(cursor: pymysql.cursors.Cursor, name: str, table: str) -> None:
    """Drops foreign keys of a table, and those that lead to it: its columns cannot go before."""
    cursor.execute(
        "SELECT DISTINCT table_name, constraint_name FROM information_schema.key_column_usage "
        "WHERE table_schema = %s AND referenced_table_name IS NOT NULL AND %s IN (table_name, referenced_table_name)",
        (name, table),
    )
    for owner, constraint in cursor.fetchall():
        cursor.execute(f"ALTER TABLE `{owner}` DROP FOREIGN KEY `{constraint}`")


def _keys_without(cursor: pymysql.cursors.Cursor, name: str, table: str, lacking: list[str]) -> Iterator[str]:
    """Changes that make the keys with these columns anew, without them."""
    cursor.execute(
        "SELECT index_name, column_name FROM information_schema.statistics "
        "WHERE table_schema = %s AND table_name = %s ORDER BY index_name, seq_in_index",
        (name, table),
    )
    keys: dict[str, list[str]] = {}
    for key, column in cursor.fetchall():
        keys.setdefault(key, []).append(column)
    for key, columns in keys.items():
        rest = ", ".join(f"`{column}`" for column in columns if column not in lacking)
        if len(set(columns) - set(lacking)) < len(columns):
            yield "DROP PRIMARY KEY" if key == "PRIMARY" else f"DROP KEY `{key}`"
            if rest and key == "PRIMARY":
                yield f"ADD PRIMARY KEY ({rest})"


def _fill_mariadb(source: sqlite3.Connection, cursor: pymysql.cursors.Cursor, table: str, columns: list[str]) -> None:
    listed = ", ".join(f"`{column}`" for column in columns)
    places = ", ".join(["%s"] * len(columns))
    for rows in _rows(source, table, columns):
        cursor.executemany(f"INSERT INTO `{table}` ({listed}) VALUES ({places})", rows)
