"""Waiting that has an end and can be called off."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Final, Protocol, TypeVar

from store.errors import Cancelled, FlowdeckError

T = TypeVar("T")

POLL: Final = 0.05
"""Seconds between two looks at the cancel event."""


class Stop(Protocol):
    """Says whether to go on; an `Event` is one."""

    def is_set(self) -> bool: ...


class Either:
    """Set when any of several is."""

    def __init__(self, *stops: Stop | None) -> None:
        self._stops = [stop for stop in stops if stop is not None]

    def is_set(self) -> bool:
        return any(stop.is_set() for stop in self._stops)


class Patience:
    """How long somebody is willing to wait, and whether they still are."""

    def __init__(self, seconds: float, cancel: Stop | None, late: Callable[[], FlowdeckError]) -> None:
        self._deadline = time.monotonic() + seconds
        self._cancel = cancel
        self._late = late

    def longer(self, seconds: float, late: Callable[[], FlowdeckError]) -> Patience:
        """For a step that takes its own time and can be called off in the same way."""
        return Patience(seconds, self._cancel, late)

    @property
    def remaining(self) -> float:
        """Seconds; never negative."""
        return max(0.0, self._deadline - time.monotonic())

    @property
    def step(self) -> float:
        """Seconds to block for at most before the next `check`."""
        return min(POLL, self.remaining)

    def check(self) -> None:
        """Raises `Cancelled`, or what is to be said when the time is up."""
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled
        if self.remaining == 0.0:
            raise self._late()

    def wait(self, event: Event) -> None:
        """Returns once `event` is set; raises as `check` does."""
        while not event.wait(self.step):
            self.check()


def in_thread(work: Callable[[], T], patience: Patience, discard: Callable[[T], object] | None = None) -> T:
    """What `work` returns or raises, for work that nothing can interrupt: resolving a name, asking an agent.

    When patience ends first, the thread is left to itself; what it still returns is given to `discard`.
    """
    done, given_up = Event(), Event()
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            failures.append(error)
        else:
            results.append(result)
        done.set()
        if given_up.is_set():
            drop()

    def drop() -> None:
        if discard is not None and results:
            discard(results.pop())

    Thread(target=run, name="flowdeck-ssh-wait", daemon=True).start()
    try:
        patience.wait(done)
    except BaseException:
        given_up.set()
        if done.is_set():
            drop()
        raise
    if failures:
        raise failures[0]
    return results[0]
