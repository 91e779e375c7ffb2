"""Keys one after the other: the next is handled when what the last one did is done.

Textual hands every key at once to the widget that has the focus. Over a slow link keys arrive in bursts: of `/loss`
all five would reach the table before the first of them has opened the text field, and be taken for commands.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from textual import events
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode

ROUNDS: Final = 3
"""Times that a message follows the key's way up to the application: what a key changes is told in a message, which
is answered by another one, each behind the last in the same queues."""

LOOK: Final = 0.05
"""Seconds between two looks whether the widget is still there: one that goes takes the message with it."""

PATIENCE: Final = 3.0
"""Seconds after which the next key is handled all the same."""


class KeyDone(Message):
    """Follows a key through the queues of the widgets that it passed."""

    def __init__(self, number: int, rounds: int) -> None:
        super().__init__()
        self.number = number
        self.rounds = rounds


class KeyOrder:
    """Holds keys back while one is under way."""

    def __init__(self, app: App[int], forward: Callable[[events.Key], Awaitable[None]]) -> None:
        """`forward` hands a key to the widget that has the focus then."""
        self._app = app
        self._forward = forward
        self._held: deque[events.Key] = deque()
        self._number = 0
        self._under_way = False
        self._target: DOMNode = app
        self._watch: asyncio.TimerHandle | None = None

    async def take(self, event: events.Key) -> None:
        """Handles a key now, or after those that came before it."""
        self._held.append(event)
        if not self._under_way:
            await self._next()

    async def _next(self) -> None:
        if self._under_way or not self._held:
            return
        self._under_way = True
        self._number += 1
        number = self._number
        await self._forward(self._held.popleft())
        self._follow(number, ROUNDS)
        self._look(number, asyncio.get_running_loop().time() + PATIENCE)

    def arrived(self, message: KeyDone) -> None:
        """The message came up to the application."""
        if message.rounds > 1:
            self._follow(message.number, message.rounds - 1)
        else:
            self._finish(message.number)

    def _follow(self, number: int, rounds: int) -> None:
        self._target = self._app.focused or self._app.screen
        self._target.post_message(KeyDone(number, rounds))

    def _look(self, number: int, until: float) -> None:
        if number != self._number or not self._under_way:
            return
        loop = asyncio.get_running_loop()
        if not self._target.is_attached or not self._target.is_running or loop.time() >= until:
            self._finish(number)
        else:
            self._watch = loop.call_later(LOOK, self._look, number, until)

    def _finish(self, number: int) -> None:
        if number != self._number or not self._under_way:
            return
        self._under_way = False
        if self._watch is not None:
            self._watch.cancel()
        if self._held:
            self._app.call_next(self._next)
