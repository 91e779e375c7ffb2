"""Running what cannot be interrupted in a thread that can be left behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final, Generic, TypeVar

from store.errors import Cancelled

T = TypeVar("T")

PAUSE: Final = 0.02
"""Seconds between two looks at the cancel event."""


class _Task(Generic[T]):
    def __init__(self, work: Callable[[], T], drop: Callable[[T], None]) -> None:
        self._work = work
        self._drop = drop
        self._lock = Lock()
        self._left = False
        self.done = Event()
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            found = self._work()
        except BaseException as error:
            self.error = error
        else:
            with self._lock:
                if not self._left:
                    self.results.append(found)
            if not self.results:
                self._drop(found)
        self.done.set()

    def leave(self) -> None:
        with self._lock:
            self._left = True
        for found in self.results:
            self._drop(found)


def run_aside(work: Callable[[], T], seconds: float, cancel: Event | None, drop: Callable[[T], None]) -> T:
    """What `work` returns, and raises.

    Raises `TimeoutError` after `seconds`, and `Cancelled` once `cancel` is set; what `work` returns too late
    is given to `drop`.
    """
    task = _Task(work, drop)
    Thread(target=task.run, name="flowdeck-aside", daemon=True).start()
    deadline = time.monotonic() + seconds
    while not task.done.wait(PAUSE):
        cancelled = cancel is not None and cancel.is_set()
        if cancelled or time.monotonic() >= deadline:
            task.leave()
            if cancelled:
                raise Cancelled
            raise TimeoutError
    if task.error is not None:
        raise task.error
    return task.results[0]
