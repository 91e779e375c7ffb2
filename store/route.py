"""Opening a store that only an SSH host can reach: its connections go through a session of flowdeck's own."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from threading import Event, Lock
from typing import Any, Final, cast
from urllib.parse import urlsplit

from store.entities import StoreInfo
from store.errors import FlowdeckError, StoreUnreachable
from store.protocols import Store
from store.questions import Questions
from store.ssh.forward import Forward
from store.ssh.session import Session
from store.uris import Address, Detour, Kind

Backend = Callable[[Address, Event | None], Store]

_SOCKET: Final = "mlflow"
"""Name of the Unix socket in its private folder."""

_WEB_PORTS: Final = {"http": 80, "https": 443}


def open_through(
    address: Address, backend: Backend, cancel: Event | None = None, *, questions: Questions | None = None
) -> Store:
    """The store at `address`, whose host and port are those that its SSH host sees, opened by `backend`.

    Raises what `backend` does, and `StoreUnreachable` and `AccessDenied` for the way there.
    """
    assert address.ssh is not None
    host, port = destination(address)
    with ExitStack() as undo:
        session = _SESSIONS.borrow(address.ssh, questions, cancel)
        undo.callback(_SESSIONS.give_back, session)
        # Databases get a port: their drivers leave encryption out, or send passwords plainly, over a Unix socket.
        forward = Forward(session, host, port, socket_name=_SOCKET if address.kind is Kind.HTTP else None)
        undo.callback(forward.close)
        # What fails on the way is told as what it is, not as what a driver makes of it.
        forward.check(cancel)
        with _told_by(forward):
            store = backend(replace(address, detour=Detour(path=forward.path, port=forward.port)), cancel)
        undo.callback(store.close)
        return cast("Store", _Routed(store, session, forward, undo.pop_all()))


def destination(address: Address) -> tuple[str, int]:
    """Host and port of the server, as its SSH host sees them. Raises `UriError`."""
    if address.kind is Kind.HTTP:
        from store.http.settings import read_settings

        parts = urlsplit(read_settings(address.uri, {}).base)
        assert parts.hostname is not None
        return parts.hostname, parts.port or _WEB_PORTS[parts.scheme]
    from store.sql import reach

    return reach.destination(address)


class _Sessions:
    """Sessions by SSH host, each shared by the stores that are open through it: nobody logs in twice."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._users: dict[str, tuple[Session, int]] = {}

    def borrow(self, host: str, questions: Questions | None, cancel: Event | None) -> Session:
        # Not under the lock: what a host's name stands for may take a command that the user's configuration has.
        new = Session(host, questions=questions, cancel=cancel)
        with self._lock:
            session, users = self._users.get(host, (new, 0))
            self._users[host] = session, users + 1
            return session

    def give_back(self, session: Session) -> None:
        """Ends it if nobody else has it."""
        with self._lock:
            host, users = next((host, users) for host, (one, users) in self._users.items() if one is session)
            if users > 1:
                self._users[host] = session, users - 1
                return
            del self._users[host]
        session.close()


_SESSIONS: Final = _Sessions()


@contextmanager
def _told_by(forward: Forward) -> Iterator[None]:
    """A driver that sees no more than a closed connection is not the one to tell why."""
    began = time.monotonic()
    try:
        yield
    except StoreUnreachable as error:
        failure = forward.failure_since(began)
        if failure is None:
            raise
        raise _again(failure) from error


def _again(failure: FlowdeckError) -> FlowdeckError:
    """The same failure, to be raised from another place and thread."""
    return type(failure)(failure.message, failure.hint)


class _Routed:
    """A store whose calls are made over a way that is made again if it was lost; `close` ends both."""

    def __init__(self, store: Store, session: Session, forward: Forward, undo: ExitStack) -> None:
        self._store = store
        self._session = session
        self._forward = forward
        self._undo = undo

    @property
    def info(self) -> StoreInfo:
        info = self._store.info
        return replace(info, notices=(*self._session.notices, *info.notices))

    def close(self) -> None:
        self._undo.close()

    def __getattr__(self, name: str) -> Any:
        """Every call of `store.protocols.Store` that is not here; all of them block, and take a cancel event."""
        call = getattr(self._store, name)

        @functools.wraps(call)
        def routed(*arguments: Any, **options: Any) -> Any:
            if not self._session.connected:
                # Logging in may ask a person, who takes longer than a driver waits for its connection.
                given = (*arguments, *options.values())
                self._forward.check(next((one for one in given if isinstance(one, Event)), None))
            with _told_by(self._forward):
                return call(*arguments, **options)

        return routed
