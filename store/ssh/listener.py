"""A place on this machine to connect to, which other users of it cannot reach."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import struct
import sys
import tempfile
from pathlib import Path
from typing import Final

from store.errors import AccessDenied, UriError

BACKLOG: Final = 64
"""Connections that may wait to be accepted."""

_TCP_TABLE: Final = Path("/proc/self/net/tcp")
"""Linux's list of connections, with the user of each."""


class UnixListener:
    """A Unix socket in a folder of its own that only its owner may enter."""

    def __init__(self, name: str) -> None:
        """`name` is that of the socket's file. Raises `AccessDenied` and `UriError`."""
        if not name or "/" in name or name.startswith("..") or "\0" in name:
            raise UriError(f"“{name}” cannot be the name of a socket", "use letters and digits")
        self._folder = Path(tempfile.mkdtemp(prefix="flowdeck-", dir=_runtime_folder()))
        self.path = self._folder / name
        """What to connect to."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.bind(str(self.path))
            self.socket.listen(BACKLOG)
            self.socket.setblocking(False)
        except OSError as error:
            self.close()
            raise AccessDenied(
                f"a socket cannot be made at {self.path}: {error.strerror or error}", "set TMPDIR to a short path"
            ) from error

    def trusts(self, connection: socket.socket) -> bool:
        """The folder already keeps others out."""
        return True

    def close(self) -> None:
        self.socket.close()
        shutil.rmtree(self._folder)


class TcpListener:
    """A port of 127.0.0.1 that the system chooses. Only Linux tells who connects; elsewhere any user of it may."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self.socket.bind(("127.0.0.1", 0))
            self.socket.listen(BACKLOG)
            self.socket.setblocking(False)
        except OSError as error:
            self.socket.close()
            raise AccessDenied(
                f"no port can be had on 127.0.0.1: {error.strerror}", "is networking forbidden here?"
            ) from error
        self.port: int = self.socket.getsockname()[1]
        """What to connect to."""

    def trusts(self, connection: socket.socket) -> bool:
        """Whether the other end is a process of this user, as far as the system tells."""
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not sys.platform.startswith("linux"):
                return True
            owner = _owner(connection.getpeername(), connection.getsockname())
        except OSError:
            return False  # it has gone already
        return owner == os.geteuid()

    def close(self) -> None:
        self.socket.close()


def _runtime_folder() -> str | None:
    """The user's own folder for sockets, if there is one; None for the one for temporary files."""
    folder = os.environ.get("XDG_RUNTIME_DIR")
    if not folder:
        return None
    try:
        status = os.stat(folder)
    except OSError:
        return None
    private = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
    return folder if private else None


def _owner(client: tuple[str, int], here: tuple[str, int]) -> int | None:
    """The user whose socket `client` is; None if nobody has it."""
    wanted = [_hexadecimal(*client), _hexadecimal(*here)]
    with _TCP_TABLE.open() as table:
        for line in table:
            fields = line.split()
            # A socket that was closed already belongs to nobody any more: it has no inode, and says user 0.
            if fields[1:3] == wanted and fields[9] != "0":
                return int(fields[7])
    return None


def _hexadecimal(address: str, port: int) -> str:
    # The address as the processor has it in memory, the port as people have it.
    (number,) = struct.unpack("=I", socket.inet_aton(address))
    return f"{number:08X}:{port:04X}"
