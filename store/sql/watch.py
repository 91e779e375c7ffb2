"""Ending statements from outside: a thread that looks at cancel events and deadlines while reads are under way."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from threading import Condition, Event, Lock, Thread
from typing import Final

PAUSE: Final = 0.02
"""Seconds between two looks while a read is under way: a cancelled statement ends about that soon."""

STOP_GRACE: Final = 3.0
"""Seconds that a server has to end a statement when it is told to; then the connection is cut."""

LINGER: Final = 1.0
"""Seconds that the thread waits for another read before it ends: one often follows another."""


class Watched:
    """One read that is under way."""

    def __init__(
        self, cancel: Event | None, deadline: float, stop: Callable[[], None], cut: Callable[[], None]
    ) -> None:
        """`deadline` is in seconds of `time.monotonic`; `stop` tells the server, `cut` closes the socket."""
        self._cancel = cancel
        self._deadline = deadline
        self._stop = stop
        self._cut = cut
        self._cut_at: float | None = None
        self._lock = Lock()
        self._over = False
        self._told = Event()
        self.cancelled = False
        """The caller withdrew the request: whatever the driver raises then means that."""
        self.overdue = False
        """The read took longer than it may."""

    @property
    def stopped(self) -> bool:
        """The server was told to stop. The connection is of no more use: the order may still be on its way."""
        return self.cancelled or self.overdue

    def look(self) -> None:
        """For the watching thread: stops the read if it is time to."""
        with self._lock:
            if self._over:
                return
            now = time.monotonic()
            if self._cut_at is not None:
                if now >= self._cut_at:
                    self._cut_at = now + STOP_GRACE
                    self._cut()
                return
            self.cancelled = self._cancel is not None and self._cancel.is_set()
            self.overdue = not self.cancelled and now >= self._deadline
            if self.stopped:
                self._cut_at = now + STOP_GRACE
                # In a thread of its own, because it may have to connect; the others are watched meanwhile.
                Thread(target=self._tell, name="flowdeck-stop", daemon=True).start()

    def _tell(self) -> None:
        try:
            self._stop()
        except Exception:
            # A server that cannot be told is not waited for either.
            with self._lock:
                if not self._over:
                    self._cut()
        finally:
            self._told.set()

    def end(self) -> None:
        """The read is over. An order to stop that is on its way is waited for."""
        with self._lock:
            self._over = True
        if self.stopped:
            self._told.wait(STOP_GRACE)


class Watcher:
    """Looks after any number of reads; its thread lives only while there are some."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._watched: set[Watched] = set()
        self._running = False

    @contextlib.contextmanager
    def watching(self, watched: Watched) -> Iterator[None]:
        """While inside, `watched` is stopped when it is cancelled or overdue."""
        with self._changed:
            if not self._running:
                self._start()
            self._watched.add(watched)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._watched.discard(watched)
            watched.end()

    def _start(self) -> None:
        """For who holds the lock."""
        Thread(target=self._run, name="flowdeck-watch", daemon=True).start()
        self._running = True

    def _run(self) -> None:
        try:
            self._watch()
        except BaseException:
            # One read that cannot be stopped takes no other's watch away.
            with self._changed:
                self._running = False
                if self._watched:
                    self._start()
            raise

    def _watch(self) -> None:
        """Looks until there has been nothing to look after for a while."""
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._watched, LINGER):
                    self._running = False
                    return
                some = list(self._watched)
            for watched in some:
                watched.look()
            time.sleep(PAUSE)
