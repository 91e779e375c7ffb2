"""Connecting to an address by TCP."""

from __future__ import annotations

import errno
import os
import select
import socket
from typing import Any, Final

from store.aside import Stop
from store.errors import StoreUnreachable
from store.ssh.errors import as_store_error
from store.ssh.waiting import Patience

_FAMILIES: Final = {"any": socket.AF_UNSPEC, "inet": socket.AF_INET, "inet6": socket.AF_INET6}


def dial(host: str, port: int, *, family: str, timeout: float, cancel: Stop | None, doing: str) -> socket.socket:
    """A connected socket; each of the host's addresses is given `timeout` seconds.

    Raises `StoreUnreachable` with the last address's reason, and `Cancelled`.
    """

    def late() -> StoreUnreachable:
        return StoreUnreachable(
            f"{doing}: no answer within {timeout:g} s", "is the host up, and not behind a firewall or a jump host?"
        )

    resolving = Patience(timeout, cancel, late)
    try:
        addresses = resolving.aside(lambda: socket.getaddrinfo(host, port, _FAMILIES[family], socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        raise as_store_error(error, doing) from error
    failure: StoreUnreachable | None = None
    cause: OSError | None = None
    for kind, _, protocol, _, address in addresses:
        try:
            return _connected(kind, protocol, address, Patience(timeout, cancel, late))
        except StoreUnreachable as error:
            failure, cause = error, None
        except OSError as error:
            failure, cause = StoreUnreachable(*_told(error, doing)), error
    raise failure or late() from cause


def _told(error: OSError, doing: str) -> tuple[str, str]:
    mapped = as_store_error(error, doing)
    return mapped.message, mapped.hint


def _connected(family: int, protocol: int, address: Any, patience: Patience) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM, protocol)
    try:
        connection.setblocking(False)
        started = connection.connect_ex(address)
        if started not in (0, errno.EINPROGRESS):
            raise OSError(started, os.strerror(started))
        poll = select.poll()  # not `select`, which knows no descriptor above 1023
        poll.register(connection, select.POLLOUT)
        while not poll.poll(1 + int(patience.step * 1000)):
            patience.check()
        failed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            raise OSError(failed, os.strerror(failed))
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except BaseException:
        connection.close()
        raise
    return connection
