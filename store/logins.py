"""Passwords that a person typed: asked for when a database or MLflow server wants one, never written down."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Lock
from typing import Final, TypeVar

from store.errors import LoginRefused, PasswordWanted
from store.questions import Questions
from store.uris import Address, Kind

T = TypeVar("T")

ATTEMPTS: Final = 3
"""Passwords that may be typed for one opening, as with ssh."""

Account = tuple[str, ...]
"""Whose password it is, on which server, reached in which way; not the database, of which a server has several, but the
path of a web server, which may lead to several MLflow servers."""


class Passwords:
    """What was typed and was right, by account. Nothing is ever written down."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[Account, str] = {}

    def __repr__(self) -> str:
        return "Passwords(...)"

    def __reduce__(self) -> str:
        raise TypeError("passwords are not written down")

    def get(self, account: Account) -> str | None:
        with self._lock:
            return self._known.get(account)

    def keep(self, account: Account, password: str) -> None:
        with self._lock:
            self._known[account] = password

    def forget(self, account: Account) -> None:
        with self._lock:
            self._known.pop(account, None)


KEPT: Final = Passwords()
"""Those of this process: what is opened again, or changed, asks nothing twice."""


def with_password(
    backend: Callable[[Address, Event | None], T], questions: Questions | None, known: Passwords | None = None
) -> Callable[[Address, Event | None], T]:
    """`backend`, which opens what is at an address, with a password that is asked for if the server misses one.

    Without `questions`, or without an answer, `PasswordWanted` is raised as it came; after `ATTEMPTS` answers that
    were wrong, `LoginRefused`. Without `known`, what this process was told counts.
    """
    passwords = KEPT if known is None else known

    def opened(address: Address, cancel: Event | None = None) -> T:
        account = _account(address)
        before = passwords.get(account)
        try:
            return backend(address if before is None else replace(address, password=before), cancel)
        except LoginRefused as error:
            # A password from elsewhere that is wrong is not asked for: it has to be mended where it is kept.
            if before is None and not isinstance(error, PasswordWanted):
                raise
            passwords.forget(account)
            if questions is None:
                raise
            refused = error
        who = questions if cancel is None else questions.until(cancel)
        for attempt in range(ATTEMPTS):
            again = attempt > 0 or before is not None
            password = who.server_password(address.shown, again=again)
            if not password:
                break
            try:
                found = backend(replace(address, password=password), cancel)
            except LoginRefused as error:
                refused = error
            else:
                passwords.keep(account, password)
                return found
        raise refused

    return opened


def _account(address: Address) -> Account:
    scheme, _, rest = address.uri.partition("://")
    authority, path = re.match(r"([^/?#]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]  # it matches
    if address.kind is Kind.HTTP:
        # What was typed for https:// is not sent without TLS.
        return (scheme.lower(), authority, path.rstrip("/"), address.ssh or "")
    return (address.kind, authority, path.partition("?")[2], address.ssh or "")
