"""Running what cannot be interrupted in a thread that can be left behind."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final, Generic, Protocol, TypeVar

from store.errors import Cancelled

T = TypeVar("T")

PAUSE: Final = 0.02
"""Seconds between two looks at whether to go on; Python sees an interrupt of the keyboard no sooner either."""


class Stop(Protocol):
    """Says whether to go on; an `Event` is one."""

    def is_set(self) -> bool: ...


class Overdue(TimeoutError):
    """The work was given up because its time was over; a `TimeoutError` of its own is not this one."""


def run_aside(
    work: Callable[[], T], seconds: float, cancel: Stop | None = None, discard: Callable[[T], object] | None = None
) -> T:
    """What `work` returns, or raises.

    Raises `Overdue` after `seconds`, and `Cancelled` once `cancel` is set. The thread is left to itself then; what it
    still returns is given to `discard`, once, from whichever thread has it.
    """
    if cancel is not None and cancel.is_set():
        raise Cancelled
    task = _Task(work, discard)
    deadline = time.monotonic() + seconds
    try:
        Thread(target=task.run, name="flowdeck-aside", daemon=True).start()
        while not task.done.wait(max(0.0, min(PAUSE, deadline - time.monotonic()))):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            if time.monotonic() >= deadline:
                raise Overdue
        return task.outcome()
    except BaseException:  # an interrupt of the keyboard, too
        task.leave()
        raise


class _Task(Generic[T]):
    """Work, and what came of it. Under the lock it is decided whose the result is: the waiter's, or nobody's."""

    def __init__(self, work: Callable[[], T], discard: Callable[[T], object] | None) -> None:
        self._work = work
        self._discard = discard
        self._lock = Lock()
        self._left = False
        self._results: list[T] = []
        self._error: BaseException | None = None
        self.done = Event()

    def run(self) -> None:
        try:
            result = self._work()
        except BaseException as error:  # it belongs to the thread that waits
            self._error = error
        else:
            with self._lock:
                left = self._left
                if not left:
                    self._results.append(result)
            if left:
                self._drop(result)
        finally:
            self.done.set()

    def leave(self) -> None:
        with self._lock:
            self._left = True
            results, self._results = self._results, []
        for result in results:
            self._drop(result)

    def outcome(self) -> T:
        """Once `done` is set, and unless it was left."""
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _drop(self, result: T) -> None:
        if self._discard is not None:
            with contextlib.suppress(Exception):  # there is nobody whom it would concern
                self._discard(result)
