"""Carrying connections to a server that only an SSH host can reach.

A Unix socket keeps the other users of this machine out for certain, so it is the choice for whatever takes one and
does not make anything of it (HTTP clients). Database drivers do: libpq never uses TLS over a Unix socket, and PyMySQL
sends passwords in the clear over one, since both take the server to be on this machine. They get a port of
127.0.0.1, at which connections of other users are turned away where the system tells whose they are (Linux).
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from pathlib import Path
from threading import Event, Lock, Thread, current_thread
from typing import Final

import paramiko  # type: ignore[import-untyped]

from store.errors import Cancelled, FlowdeckError
from store.ssh.listener import TcpListener, UnixListener
from store.ssh.relay import Relay
from store.ssh.session import Session
from store.ssh.waiting import POLL

SPARE_AGE: Final = 5.0
"""Seconds for which the channel that was opened to see whether the server can be reached is good for the first
connection. A probe that is thrown away would count against us: MySQL bans hosts that connect and say nothing."""

FAILURES_KEPT: Final = 16
"""Newest failures that can still be told; more connections than that fail within one call of nobody."""

END_TIMEOUT: Final = 3.0
"""Seconds for everything to end once it is told to."""


class Forward:
    """A listener whose connections come out at `host` and `port`, as they are seen from the session's host.

    It outlives a lost session: the next connection makes a new one. `close` ends it with all its connections.
    """

    def __init__(self, session: Session, host: str, port: int, *, socket_name: str | None = None) -> None:
        """With `socket_name` it listens on a Unix socket of that name, else on a port of 127.0.0.1."""
        self._session = session
        self._destination = (host, port)
        self._stop = Event()
        self._lock = Lock()
        self._relays: dict[Relay | Thread, None] = {}
        self._spare: tuple[float, paramiko.Channel] | None = None
        self._failures: deque[tuple[float, FlowdeckError]] = deque(maxlen=FAILURES_KEPT)
        self._listener = UnixListener(socket_name) if socket_name is not None else TcpListener()
        self._awake, self._wake = socket.socketpair()
        self._acceptor = Thread(target=self._accept, name="flowdeck-ssh-forward", daemon=True)
        self._acceptor.start()

    def __repr__(self) -> str:
        return f"Forward({self._session!r}, {self._destination[0]}:{self._destination[1]})"

    @property
    def path(self) -> Path | None:
        """The Unix socket, if it is one."""
        return self._listener.path if isinstance(self._listener, UnixListener) else None

    @property
    def port(self) -> int | None:
        """The port of 127.0.0.1, if it is one."""
        return self._listener.port if isinstance(self._listener, TcpListener) else None

    def failure_since(self, moment: float) -> FlowdeckError | None:
        """Why the newest of the connections that came after `moment` and could not be carried was not; None if each
        was. Drivers only see that it was closed.

        `moment` is of `time.monotonic`: whoever took it before they connected is never told why a connection failed
        that was made before, however long that took.
        """
        with self._lock:
            return next((failure for came, failure in reversed(self._failures) if came >= moment), None)

    def check(self, cancel: Event | None = None) -> None:
        """Sees whether the server can be reached. Raises as `Session.open_channel` does."""
        channel = self._session.open_channel(*self._destination, cancel)
        with self._lock:
            before, self._spare = self._spare, (time.monotonic(), channel)
        if before is not None:
            before[1].close()

    def close(self) -> None:
        """Returns when nothing listens any more and every thread has ended. The session stays open.

        Telling a host that has fallen silent can block: what has not ended in time then ends with the session.
        """
        if self._stop.is_set():
            return
        self._stop.set()
        self._wake.close()
        self._acceptor.join()
        self._awake.close()
        self._listener.close()
        deadline = time.monotonic() + END_TIMEOUT
        breaking = Thread(target=self._break_off, name="flowdeck-ssh-forward-end", daemon=True)
        breaking.start()
        for thread in (breaking, *(carried for carried in self._carried() if isinstance(carried, Thread))):
            thread.join(max(0.0, deadline - time.monotonic()))

    def _break_off(self) -> None:
        with self._lock:
            spare, self._spare = self._spare, None
        for carried in self._carried():
            if isinstance(carried, Relay):
                carried.close()
        if spare is not None:
            spare[1].close()

    def _carried(self) -> list[Relay | Thread]:
        with self._lock:
            return list(self._relays)

    def _accept(self) -> None:
        poll = select.poll()  # not `select`, which knows no descriptor above 1023
        poll.register(self._listener.socket, select.POLLIN)
        poll.register(self._awake, select.POLLIN)
        while True:
            poll.poll()
            if self._stop.is_set():
                return
            try:
                connection, _ = self._listener.socket.accept()
            except OSError:
                # It went away again, or too many files are open: what waits is accepted when there is room.
                self._stop.wait(POLL)
                continue
            connection.setblocking(True)
            came = time.monotonic()
            thread = Thread(target=self._carry, args=(connection, came), name="flowdeck-ssh-relay", daemon=True)
            with self._lock:
                self._relays[thread] = None
            thread.start()

    def _carry(self, connection: socket.socket, came: float) -> None:
        thread = current_thread()
        relay: Relay | None = None
        try:
            if not self._listener.trusts(connection):
                return
            relay = Relay(connection, self._channel())
            with self._lock:
                self._relays[relay] = None
            if self._stop.is_set():  # `close` may not have seen it
                return
            relay.run()
        except Cancelled:
            return
        except FlowdeckError as error:
            # Before the connection is closed, which is when whoever made it asks.
            with self._lock:
                self._failures.append((came, error))
        finally:
            if relay is not None:
                relay.close()
            connection.close()
            with self._lock:
                self._relays.pop(thread, None)
                if relay is not None:
                    self._relays.pop(relay, None)

    def _channel(self) -> paramiko.Channel:
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            opened, channel = spare
            if time.monotonic() - opened < SPARE_AGE and not channel.closed and not channel.eof_received:
                return channel
            channel.close()
        return self._session.open_channel(*self._destination, self._stop)
