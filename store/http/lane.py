"""One connection to a server, with one request at a time on it."""

from __future__ import annotations

import json
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from store.errors import StoreUnreachable
from store.http.answer import document, garbled, read_body
from store.http.failures import Broken, mapped
from store.http.limits import Limits
from store.http.refusals import BUSY, is_page, login_page, redirected, refusal
from store.http.settings import Settings

API: Final = "/api/2.0/mlflow/"

IDLE: Final = 4.0
"""Seconds after which an idle connection is not used again: uvicorn closes its own after five."""

GRACE: Final = 0.5
"""Seconds that the thread of a request has for seeing by itself that it is too late."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. Each can be made again, unless it says otherwise: those that write have the same effect twice."""

    path: str
    """Below `API`, or from the root of the server's path if it begins with a slash."""
    params: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    """Sent as JSON, with POST; None: GET."""
    text: bool = False
    """True if the answer is no JSON: it comes as {"text": ...}."""
    once: bool = False
    """True for one that must not be made again after it may have reached the server."""
    probe: bool = field(default=False)
    """True for requests that an idle server answers at once."""


class Waiting(Exception):
    """The server is busy and should be asked again."""

    def __init__(self, answer: Exception, after: float | None) -> None:
        self.answer = answer
        """What is raised if there is no further attempt."""
        self.after = after
        """Seconds that the server asks for."""


class Lane:
    """See the module; `cut` may be called from any thread, the rest from the one that has the lane."""

    def __init__(self, settings: Settings, tls: ssl.SSLContext | bool, limits: Limits) -> None:
        self._settings = settings
        self._limits = limits
        self._stream: Any = None
        self.withdrawn = threading.Event()
        self._deadline = math.inf
        """On the monotonic clock: when the answer that is under way is to be complete."""
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE)
        near = None if settings.socket is None else str(settings.socket)
        try:
            self._client = httpx.Client(
                verify=tls,
                headers={"Accept-Encoding": "gzip", "User-Agent": "flowdeck", "Accept": "application/json"},
                limits=one,
                follow_redirects=False,
                # With a transport of its own it asks no proxy of the environment.
                transport=None if near is None else httpx.HTTPTransport(verify=tls, limits=one, uds=near),
            )
        except (ValueError, ImportError, httpx.InvalidURL):
            # What httpx says of a proxy repeats its address, which may hold a password.
            raise StoreUnreachable(
                f"{settings.shown}: the proxy that HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names cannot be used",
                f"proxies have http:// or https:// addresses; NO_PROXY={settings.host} goes without",
            ) from None

    def cut(self) -> None:
        """Ends the request that is under way by closing its connection; its thread sees that at once."""
        self.withdrawn.set()
        stream = self._stream
        sock = stream.get_extra_info("socket") if stream is not None else None
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                # The socket's own shutdown: that of a TLS socket takes its state from under the reading thread.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def is_overdue(self) -> bool:
        """True some time after an answer should have been complete of which even the head trickles on: its thread does
        not see that.
        """
        return time.monotonic() > self._deadline + GRACE

    def close(self) -> None:
        self._client.close()

    def exchange(self, ask: Ask, headers: Mapping[str, str]) -> dict[str, Any]:
        """The answer to one request, tried once. Raises `StoreError`s, and `Waiting` if it should be tried again."""
        settings, limits = self._settings, self._limits
        url = f"{settings.base}{ask.path if ask.path.startswith('/') else API + ask.path}"
        content = None if ask.body is None else json.dumps(ask.body).encode()
        sent = dict(headers)
        if content is not None:
            sent["Content-Type"] = "application/json"
        if settings.authorization is not None:
            # Only here: what is kept longer could be shown.
            sent["Authorization"] = settings.authorization
        read = limits.probe if ask.probe else settings.read_timeout or limits.read
        deadline = self._deadline = time.monotonic() + limits.whole
        try:
            with (
                mapped(settings.shown, settings.host),
                self._client.stream(
                    "GET" if content is None else "POST",
                    url,
                    params=ask.params,
                    content=content,
                    headers=sent,
                    timeout=httpx.Timeout(read, connect=limits.connect),
                    extensions={"trace": self._note},
                ) as response,
            ):
                body = read_body(response, limits, deadline, settings.shown, self._check)
        finally:
            self._deadline = math.inf
        return self._understood(ask, url, response, body)

    def _understood(self, ask: Ask, url: str, response: httpx.Response, body: bytes) -> dict[str, Any]:
        settings, status = self._settings, response.status_code
        if 300 <= status < 400:
            raise redirected(settings.shown, url, response.headers.get("location", ""))
        if status >= 400:
            error = refusal(settings, status, body)
            if status in BUSY:
                raise Waiting(error, _seconds(response.headers.get("retry-after", "")))
            raise error
        if status != 200:
            raise garbled(settings.shown, ask.path)
        if ask.text:
            return {"text": body[:1000].decode("utf-8", "replace")}
        if is_page(body):
            raise login_page(settings.shown)
        return document(body, settings.shown, ask.path)

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")):
            self._stream = info.get("return_value")
            # The request may have been withdrawn while the connection was being made.
            if self.withdrawn.is_set():
                self.cut()

    def _check(self) -> None:
        if self.withdrawn.is_set():
            raise Broken("the request was withdrawn")


def attempts(lane: Lane, ask: Ask, headers: Mapping[str, str], limits: Limits) -> dict[str, Any]:
    """The answer, asked for again while connections break or the server is busy. Raises `StoreError`s."""
    for turn in range(limits.attempts):
        last = turn + 1 == limits.attempts or ask.once
        pause = limits.pause * 2 ** max(0, turn - 1)
        try:
            return lane.exchange(ask, headers)
        except Broken:
            if last or lane.withdrawn.is_set():
                raise
            if turn == 0:
                pause = 0.0
        except Waiting as busy:
            if busy.after is not None:
                pause = busy.after
            if last or pause > limits.patience:
                raise busy.answer from None
        if lane.withdrawn.wait(pause):
            break
    raise Broken("the request was withdrawn")


def _seconds(retry_after: str) -> float | None:
    """The other form, a date, is left to the usual pause: clocks differ."""
    wait: Callable[[str], float] = float
    return wait(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 7 else None
