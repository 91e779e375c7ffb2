"""Waiting that has an end and can be called off."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Final, TypeVar

from store.aside import Overdue, Stop, run_aside
from store.errors import Cancelled, FlowdeckError

T = TypeVar("T")

POLL: Final = 0.05
"""Seconds between two looks at the cancel event."""


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

    def aside(self, work: Callable[[], T], discard: Callable[[T], object] | None = None) -> T:
        """What `work` returns or raises, for work that nothing can interrupt: resolving a name, asking an agent.

        When patience ends first, it is left to itself; what it still returns is given to `discard`.
        """
        try:
            return run_aside(work, self.remaining, self._cancel, discard)
        except Overdue as error:
            raise self._late() from error
