"""What paramiko and sockets raise, as flowdeck's own errors."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Final

import paramiko  # type: ignore[import-untyped]

from store.errors import FlowdeckError, StoreError, StoreUnreachable
from store.ssh.text import printable

_RAISED: Final = (
    paramiko.SSHException,
    paramiko.SFTPError,
    EOFError,
    OSError,
    # Answers that cannot be parsed.
    ValueError,
    IndexError,
    struct.error,
)


@contextlib.contextmanager
def mapped(doing: str) -> Iterator[None]:
    """Every failure of SSH as a `StoreError`; `doing` is what was tried: `connecting to ada@train`."""
    try:
        yield
    except FlowdeckError:
        raise
    except _RAISED as error:
        raise as_store_error(error, doing) from error


def as_store_error(error: BaseException, doing: str) -> StoreError:
    """What `error` means while `doing`."""
    if isinstance(error, socket.gaierror):
        return StoreUnreachable(
            f"{doing}: the name is not known ({error.strerror})", "look at the name, and at HostName in ~/.ssh/config"
        )
    if isinstance(error, TimeoutError):
        return StoreUnreachable(f"{doing}: no answer in time", "is the host up, and not behind a firewall?")
    if isinstance(error, ConnectionRefusedError):
        return StoreUnreachable(f"{doing}: nothing listens there", "look at the port, and whether sshd runs")
    if isinstance(error, EOFError | ConnectionError):
        return StoreUnreachable(f"{doing}: the host closed the connection", "try again; its log may say why")
    if isinstance(error, OSError):
        return StoreUnreachable(f"{doing}: {error.strerror or printable(str(error))}", "look at the network")
    if isinstance(error, paramiko.IncompatiblePeer):
        return StoreUnreachable(
            f"{doing}: no algorithm in common ({printable(str(error))})",
            "the host offers only what is no longer safe; its sshd needs an update",
        )
    if isinstance(error, paramiko.SSHException) and "banner" in str(error):
        return StoreUnreachable(
            f"{doing}: what answers there is not an SSH server", "look at the port: SSH usually has 22"
        )
    return StoreUnreachable(
        f"{doing}: the SSH connection failed ({printable(str(error)) or type(error).__name__})",
        "try it with ssh -v, which tells more",
    )
