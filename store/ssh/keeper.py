"""Noticing that a host is gone although nobody said so."""

from __future__ import annotations

import contextlib
import time
from threading import Event, Thread

import paramiko  # type: ignore[import-untyped]

from store.ssh.wire import Wire


class Keeper:
    """Asks a silent host whether it is there, and ends the connection after `count` questions without any answer."""

    def __init__(self, wire: Wire, interval: float, count: int) -> None:
        self._wire = wire
        self._interval = interval
        self._count = count
        self._stop = Event()
        self._thread = Thread(target=self._run, name="flowdeck-ssh-alive", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the connection too: what this thread is just sending might otherwise never end."""
        self._stop.set()
        self._wire.close()
        self._thread.join()

    def _run(self) -> None:
        asked = 0
        looked = time.monotonic()
        while not self._stop.wait(self._interval) and self._wire.is_active():
            heard, since = self._wire.heard, looked
            looked = time.monotonic()
            if heard >= since:
                asked = 0
                continue
            if asked >= self._count:
                self._wire.close()
                return
            asked += 1
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                # A connection that has ended needs no asking; whoever uses it is told.
                self._wire.ask_whether_alive()
