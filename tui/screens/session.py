"""The store that a screen shows, and the work on it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen

from tui.work import Jobs, WorkEnded, deliver

if TYPE_CHECKING:
    from store.protocols import Store

BACKGROUND: Final = frozenset(("live",))
"""Groups of work that nobody waits for: it is not said to be going on, and does not end with what is cancelled."""

PATIENCE: Final = 10.0
"""Seconds that work which was cancelled may still be in the middle of a call before its store is closed all the same:
what is cancelled asks nothing more, and a call that outlives this hangs."""

Work = Callable[..., None]
"""A function of `tui.reading`: its own arguments, then how to post a message, then the cancel event."""


class Session:
    """At most one store, opened and read in threads whose messages come to the screen."""

    def __init__(self, screen: Screen[None]) -> None:
        self._target: MessagePump = screen
        self._jobs = Jobs(screen)
        self._silent: set[str] = set()
        """Groups whose work nobody waits for."""
        self._retired: list[Store] = []
        """Stores that were replaced: work that was cancelled may still be in the middle of a call to them."""
        self.store: Store | None = None
        """None before one was opened."""

    def start(
        self, group: str, what: str, work: Work, *arguments: object, silent: bool = False, told: bool = False
    ) -> None:
        """Runs `work` in a thread; what is being done in `group` is cancelled.

        Of work that is `silent` nobody is told that it goes on: what is on screen does not wait for it. What came of
        work that is `told` comes also when it was cancelled, for by then it may have been done.
        """

        def post(message: Message) -> bool:
            return self._target.post_message(message) if told else deliver(self._target, message)

        def run(cancel: Event) -> None:
            work(*arguments, post, cancel)

        self._silent = self._silent | {group} if silent else self._silent - {group}
        self._jobs.run(group, what, run, told=told)

    def read(self, group: str, what: str, work: Work, *arguments: object, silent: bool = False) -> bool:
        """`start` for what reads the store that is open; False if none is."""
        if self.store is None:
            return False
        self.start(group, what, work, self.store, *arguments, silent=silent)
        return True

    def replace(self, store: Store) -> None:
        """Another store from now on. The one before is closed in the end: a schema does not change often."""
        if self.store is not None:
            self._retired.append(self.store)
        self.store = store

    @property
    def busy(self) -> bool:
        """True while something is being read."""
        return any(group not in BACKGROUND and group not in self._silent for group in self._jobs.running)

    def is_running(self, group: str) -> bool:
        return group in self._jobs.running

    def ended(self, message: WorkEnded) -> None:
        self._jobs.ended(message)

    def cancel(self, group: str) -> bool:
        return self._jobs.cancel(group)

    def cancel_all(self) -> bool:
        """Ends all work that is waited for; False if there was none."""
        waited_for = [group for group in self._jobs.running if group not in BACKGROUND]
        ended = [self._jobs.cancel(group) for group in waited_for]
        return any(ended)

    def leave(self) -> None:
        """Ends all work, and closes what is open in a thread that first waits for the work to end.

        The screen does not wait for that thread, the program does not end before it.
        """
        self._jobs.cancel_all()
        stores = self._given_up()

        def end() -> None:
            self._jobs.wait(PATIENCE)
            for store in stores:
                store.close()

        if stores:
            Thread(target=end, name="flowdeck-leave").start()

    def _given_up(self) -> list[Store]:
        stores = [store for store in (*self._retired, self.store) if store is not None]
        self._retired, self.store = [], None
        return stores
