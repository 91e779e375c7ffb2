"""Which driver serves an address of a database server."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from store.errors import DriverMissing, Unsupported, UriError
from store.uris import Address, Kind


@dataclass(frozen=True, slots=True)
class Driver:
    """One of SQLAlchemy's drivers."""

    name: str
    """As it stands behind the plus sign of an address."""
    module: str
    install: str
    """The command that installs it."""


@dataclass(frozen=True, slots=True)
class _Family:
    dialect: str
    """SQLAlchemy's name of the kind of database."""
    drivers: tuple[Driver, ...]
    """The one that an address without a driver gets comes first; the others stand in for it."""


_FAMILIES: Final[Mapping[Kind, _Family]] = {
    Kind.POSTGRESQL: _Family(
        "postgresql",
        (
            Driver("psycopg", "psycopg", "pip install 'flowdeck[postgres]'"),
            Driver("psycopg2", "psycopg2", "pip install psycopg2-binary"),
        ),
    ),
    Kind.MYSQL: _Family(
        "mysql",
        (
            Driver("pymysql", "pymysql", "pip install 'flowdeck[mysql]'"),
            Driver("mysqldb", "MySQLdb", "pip install mysqlclient"),
        ),
    ),
    Kind.MSSQL: _Family("mssql", (Driver("pyodbc", "pyodbc", "pip install 'flowdeck[mssql]'"),)),
}


def server_url(address: Address) -> sa.URL:
    """The address as SQLAlchemy takes it, with a driver that is installed.

    An address that names a driver gets that one. Raises `UriError`, `Unsupported` for a driver that is not
    known here, and `DriverMissing`.
    """
    family = _FAMILIES[address.kind]
    try:
        url = sa.make_url(address.uri)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise UriError(
            f"{address.shown} cannot be understood as the address of a {address.kind} database",
            f"it looks like {family.dialect}://USER:PASSWORD@HOST:PORT/DATABASE; in a password, @ is %40 and / is %2F",
        ) from error
    named = url.drivername.partition("+")[2]
    wanted = [driver for driver in family.drivers if named.lower() in ("", driver.name)]
    if not wanted:
        known = ", ".join(f"{family.dialect}+{driver.name}://" for driver in family.drivers)
        raise Unsupported(
            f"{address.shown}: the driver {named} is not supported", f"use {known}; everything else can stay as it is"
        )
    reasons = []
    for driver in wanted:
        try:
            importlib.import_module(driver.module)
        except ImportError as error:
            reasons.append(f"{driver.name} ({error})")
            continue
        return _checked(url.set(drivername=f"{family.dialect}+{driver.name}"), address)
    # The bare address would take any driver that is there, so this one is as good as the one that was named.
    other = f", or write {family.dialect}://" if named and len(family.drivers) > 1 else ""
    raise DriverMissing(
        f"{address.shown} needs a driver that is not installed: {', '.join(reasons)}", wanted[0].install + other
    )


def _checked(url: sa.URL, address: Address) -> sa.URL:
    try:
        url.get_dialect()().create_connect_args(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise UriError(
            f"{address.shown} has an option whose value makes no sense", "look at what follows the question mark"
        ) from error
    return url
