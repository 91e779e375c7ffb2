"""One connection that is carried through an SSH channel."""

from __future__ import annotations

import contextlib
import socket
from threading import Thread
from typing import Final

import paramiko  # type: ignore[import-untyped]

CHUNK: Final = 64 << 10
"""Bytes that are moved at once; a channel takes half as much in one packet."""


class Relay:
    """Moves bytes both ways until both sides have said that they are done, or one breaks off."""

    def __init__(self, connection: socket.socket, channel: paramiko.Channel) -> None:
        self._connection = connection
        self._channel = channel

    def run(self) -> None:
        """Returns when the connection has ended; both ends are closed then."""
        up = Thread(target=self._up, name="flowdeck-ssh-relay-up", daemon=True)
        up.start()
        try:
            self._down()
            up.join()
        finally:
            self.close()

    def close(self) -> None:
        """Breaks it off; `run` then returns. May be called from another thread."""
        with contextlib.suppress(OSError):  # the other side may have gone already
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        self._close_channel()

    def _up(self) -> None:
        try:
            while data := self._connection.recv(CHUNK):
                self._channel.sendall(data)
            self._channel.shutdown_write()
        except (OSError, EOFError, paramiko.SSHException):
            self._break_off()

    def _down(self) -> None:
        try:
            while data := self._channel.recv(CHUNK):
                self._connection.sendall(data)
            if self._channel.closed and not self._channel.eof_received:
                # The SSH connection was lost: that is not how the other side says that it is done.
                self._break_off()
            else:
                self._connection.shutdown(socket.SHUT_WR)
                if self._channel.closed:
                    # Nobody takes what is still to come.
                    self._connection.shutdown(socket.SHUT_RD)
        except (OSError, EOFError, paramiko.SSHException):
            self._break_off()

    def _break_off(self) -> None:
        """A half that fails ends the other: neither driver nor server has any use for half a connection."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._close_channel()

    def _close_channel(self) -> None:
        # A connection that is lost meanwhile has closed it already.
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._channel.close()
