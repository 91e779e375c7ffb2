"""Requests to one server from any thread, at most a few at a time, each of which can be withdrawn.

A request runs in a thread of its own, and whoever asked waits for it or for the cancel event. A withdrawn request's
connection is closed at once; only a host name that is being looked up, or a connection that is being made, is left
behind to end by its time-out, in a thread that holds nothing.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from store.errors import Cancelled, StoreError
from store.http.answer import too_late
from store.http.lane import Ask, Lane, attempts
from store.http.limits import IN_FLIGHT, Limits
from store.http.settings import Settings
from store.http.tls import tls_context

POLL: Final = 0.02
"""Seconds between looks at a cancel event."""

PATIENCE: Final = 1.0
"""Seconds after which one who cannot cancel looks whether a request takes too long."""


class Wire:
    """The way to one server."""

    def __init__(self, settings: Settings, limits: Limits) -> None:
        self.settings = settings
        self.limits = limits
        self._tls = tls_context(settings)
        self._headers: dict[str, str] = {}
        self._closed = threading.Event()
        self._calls: set[_Call] = set()
        # The last one that was given back comes first: its connection is the one that is still open.
        self._lanes: queue.LifoQueue[Lane | None] = queue.LifoQueue()
        for _ in range(IN_FLIGHT):
            self._lanes.put(None)

    def use_workspace(self, name: str) -> None:
        """Sends the workspace's name with every further request."""
        self._headers["X-MLFLOW-WORKSPACE"] = name

    def get(self, path: str, cancel: threading.Event | None, **params: str) -> dict[str, Any]:
        """The JSON object that the server answers. Raises `StoreError`s and `Cancelled`."""
        return self.ask(Ask(path, tuple(params.items())), cancel)

    def ask(self, ask: Ask, cancel: threading.Event | None) -> dict[str, Any]:
        """The answer to `ask`. Raises `StoreError`s and `Cancelled`."""
        return self._start(ask, cancel).result(cancel)

    def gather(self, asks: Iterable[Ask], cancel: threading.Event | None) -> Iterator[dict[str, Any] | StoreError]:
        """The answers in the order of the questions, several being asked at a time; failures are given, not raised.

        Raises `Cancelled`. What is still under way when nobody takes more answers is withdrawn.
        """
        waiting = iter(asks)
        running: deque[_Call] = deque()
        try:
            while True:
                while len(running) < IN_FLIGHT and (ask := next(waiting, None)) is not None:
                    running.append(self._start(ask, cancel))
                if not running:
                    return
                call = running[0]
                try:
                    answer: dict[str, Any] | StoreError = call.result(cancel)
                except StoreError as error:
                    answer = error
                running.popleft()
                yield answer
        finally:
            for call in running:
                call.withdraw()

    def close(self) -> None:
        """Closes idle connections; requests under way are withdrawn. May be called twice."""
        self._closed.set()
        for call in list(self._calls):
            call.withdraw()
        while True:
            try:
                lane = self._lanes.get_nowait()
            except queue.Empty:
                return
            if lane is not None:
                lane.close()

    def _start(self, ask: Ask, cancel: threading.Event | None) -> _Call:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if self._closed.is_set():
            raise StoreError(f"{self.settings.shown} was closed", "open it again")
        call = _Call(self, ask, dict(self._headers))
        self._calls.add(call)
        call.start()
        return call

    def _take(self, withdrawn: threading.Event) -> Lane | None:
        """A free lane; None if the request is withdrawn before there is one."""
        while not (withdrawn.is_set() or self._closed.is_set()):
            try:
                lane = self._lanes.get(timeout=POLL)
            except queue.Empty:
                continue
            try:
                return lane or Lane(self.settings, self._tls, self.limits)
            except BaseException:
                self._lanes.put(None)
                raise
        return None

    def _give_back(self, lane: Lane | None) -> None:
        self._lanes.put(lane)
        if self._closed.is_set():
            self.close()


class _Call:
    """A request under way."""

    def __init__(self, wire: Wire, ask: Ask, headers: Mapping[str, str]) -> None:
        self._wire = wire
        self._ask = ask
        self._headers = headers
        self._lock = threading.Lock()
        self._lane: Lane | None = None
        self._withdrawn = threading.Event()
        self._done = threading.Event()
        self._answer: dict[str, Any] | None = None
        self._error: BaseException | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="flowdeck-http", daemon=True).start()

    def result(self, cancel: threading.Event | None) -> dict[str, Any]:
        """The answer, once it is there. Raises `StoreError`s, and `Cancelled`; however it ends, nothing goes on."""
        try:
            while not self._done.wait(PATIENCE if cancel is None else POLL):
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                lane = self._lane
                if lane is not None and lane.is_overdue():
                    raise too_late(self._wire.settings.shown, self._wire.limits)
        except BaseException:
            self.withdraw()
            raise
        if self._error is not None:
            if self._withdrawn.is_set() or (cancel is not None and cancel.is_set()):
                raise Cancelled from self._error
            raise self._error
        assert self._answer is not None
        return self._answer

    def withdraw(self) -> None:
        with self._lock:
            self._withdrawn.set()
            lane, self._lane = self._lane, None
        if lane is not None:
            lane.cut()
            # Its thread may hang for a while yet, where nothing can wake it: another one takes its place.
            self._wire._give_back(None)

    def _run(self) -> None:
        lane: Lane | None = None
        try:
            lane = self._wire._take(self._withdrawn)
            if lane is None:
                raise Cancelled
            with self._lock:
                self._lane = lane
                withdrawn = self._withdrawn.is_set()
            if withdrawn:
                raise Cancelled
            self._answer = attempts(lane, self._ask, self._headers, self._wire.limits)
        except BaseException as error:  # it belongs to the thread that asked
            self._error = error
        finally:
            self._end(lane)
            self._wire._calls.discard(self)
            self._done.set()

    def _end(self, lane: Lane | None) -> None:
        with self._lock:
            mine, self._lane = self._lane is not None, None
        if lane is None:
            return
        if mine:
            self._wire._give_back(lane)
        else:
            # It was withdrawn, and has been replaced.
            lane.close()
