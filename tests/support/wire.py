"""A relay on the loopback that delays, cuts or encrypts what passes through it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_CHUNK: Final = 65536


class Relay:
    """Passes connections on to a port. What it does to them may be changed while it runs."""

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self.target = target
        self.round_trip = 0.0
        """Seconds that are added to every round trip."""
        self.cut_after: int | None = None
        """Bytes of each connection's answers after which it is cut; None: never."""
        self.cuts = 0
        """Connections that were cut."""
        self.cuts_at_most: int | None = None
        """Connections that are cut; the ones after those are left alone."""
        self.connections = 0
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._closing = True
        # Closing alone does not wake the thread that waits for connections.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._open):
            _end(sock)

    def _accept(self) -> None:
        while not self._closing:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            client.close()
            return
        self._open |= {client, server}
        threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
        self._pump(server, client, True)

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        passed = 0
        try:
            while data := source.recv(_CHUNK):
                if self.round_trip:
                    time.sleep(self.round_trip / 2)
                passed += len(data)
                if answers and self._cuts_now(passed):
                    sink.sendall(data[: len(data) - (passed - (self.cut_after or 0))])
                    self.cuts += 1
                    return
                sink.sendall(data)
        except OSError:
            return
        finally:
            _end(source)
            _end(sink)
            self._open -= {source, sink}

    def _cuts_now(self, passed: int) -> bool:
        within = self.cuts_at_most is None or self.cuts < self.cuts_at_most
        return self.cut_after is not None and passed > self.cut_after and within


def _end(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        sock.close()


@contextmanager
def relay(target: int, tls: ssl.SSLContext | None = None) -> Iterator[Relay]:
    """A relay to a port of the loopback, closed at the end."""
    running = Relay(target, tls)
    try:
        yield running
    finally:
        running.close()
