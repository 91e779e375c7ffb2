"""How a driver is told where the server is, and who connects: the address, clients' own files, or a detour."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from store.errors import UriError
from store.sql.drivers import server_url
from store.sql.passwords import my_cnf, pgpass
from store.uris import Address, Detour, Kind

PORTS: Final[Mapping[Kind, int]] = {Kind.POSTGRESQL: 5432, Kind.MYSQL: 3306, Kind.MSSQL: 1433}
"""Where servers listen if nothing else is said."""

LOOPBACK: Final = "127.0.0.1"

_DIVERTING: Final = frozenset(
    ("host", "hostaddr", "port", "service", "servicefile", "unix_socket", "read_default_file", "odbc_connect", "server")
)
"""Query arguments that name a server in another way than the address does: they would lead past the detour."""


def destination(address: Address) -> tuple[str, int]:
    """Host and port of the server, as the address names them. Raises what `server_url` does, and `UriError`.

    An address without a host means the machine itself.
    """
    url = server_url(address)
    diverting = sorted(key for key in url.query if key.lower() in _DIVERTING)
    if diverting:
        raise UriError(
            f"{address.shown} names its server by {diverting[0]}=, which cannot be forwarded",
            "write host and port before the slash: postgresql://USER@HOST:PORT/DATABASE",
        )
    host = url.host or "localhost"
    if "," in host or "\\" in host or "/" in host:
        raise UriError(
            f"{address.shown} names no single host and port, which forwarding needs",
            "name one server by its host and port",
        )
    return host, url.port or PORTS[address.kind]


def driver_url(address: Address, environ: Mapping[str, str]) -> sa.URL:
    """The address as the driver takes it, through the detour if there is one. Raises what `server_url` does."""
    url = server_url(address)
    if address.kind is Kind.MYSQL and url.password is None and "read_default_file" not in url.query:
        login = my_cnf(environ)
        url = url.set(username=url.username or login.user, password=login.password)
    if address.password is not None:
        url = url.set(password=address.password)
    return url if address.detour is None else _through(url, address, address.detour, environ)


def _through(url: sa.URL, address: Address, detour: Detour, environ: Mapping[str, str]) -> sa.URL:
    host, port = destination(address)
    if address.kind is Kind.POSTGRESQL:
        if url.password is None and not environ.get("PGPASSWORD") and "password" not in url.query:
            # libpq would look for the port of this machine.
            user = url.username or getpass.getuser()
            url = url.set(password=pgpass(environ, host, port, url.database or user, user))
        # The name stays what certificates are checked against.
        return url.set(host=host, port=detour.port).update_query_dict({"hostaddr": LOOPBACK})
    if address.kind is Kind.MSSQL:
        if not any(key.lower() == "hostnameincertificate" for key in url.query):
            url = url.update_query_dict({"HostNameInCertificate": host})
        return url.set(host=LOOPBACK, port=detour.port)
    if url.drivername.endswith("+pymysql"):
        # It is handed a connection: see `store.sql.mysql`.
        return url.set(host=host, port=detour.port)
    return url.set(host=LOOPBACK, port=detour.port)
