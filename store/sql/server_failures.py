"""What goes wrong between a driver and a database server, as our errors, without the secrets of the address."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa

from store.errors import Cancelled, FlowdeckError, StoreCorrupt, StoreUnreachable, UriError
from store.sql.server_errors import Meaning, as_flowdeck_error
from store.sql.watch import Watched
from store.uris import redact

_AGREEMENT: Final = (
    ssl.SSLError,
    FileNotFoundError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
    RuntimeError,
)
"""TLS itself, the files with its certificates, and a way to log in that needs a package which is not there."""


class Lost(Exception):
    """A read failed in a way that another connection may mend."""

    def __init__(self, error: FlowdeckError) -> None:
        super().__init__()
        self.error = error


class Failures:
    """Maps the errors of one store's driver."""

    def __init__(
        self, url: sa.URL, shown: str, driver_error: type[Exception], meaning: Callable[[BaseException], Meaning]
    ) -> None:
        """`url` has the secrets, `shown` is the address without them; `driver_error` is the driver's own `Error`."""
        self._shown = shown
        self._driver_error = driver_error
        self._meaning = meaning
        self._secrets = (*_spellings(url.password), *_strays(url))

    @contextlib.contextmanager
    def connecting(self, seconds: int) -> Iterator[None]:
        """What is raised before the driver has anything of its own to say; `seconds` is the time-out."""
        try:
            yield
        except TimeoutError as error:
            raise StoreUnreachable(
                f"{self._shown} did not answer within {seconds} s",
                "check host and port, and that no firewall is between",
            ) from error
        except (OSError, RuntimeError) as error:
            raise as_flowdeck_error(_obstacle(error), self._shown, self._without_secrets(str(error))) from error
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            # What a driver makes of values that it never looked at: PyMySQL of a charset that does not exist.
            raise UriError(
                f"{self._shown} has an option that the driver does not understand: {self._without_secrets(str(error))}",
                "look at what follows the question mark",
            ) from error

    @contextlib.contextmanager
    def reading(self, seconds: float, watched: Watched | None = None) -> Iterator[None]:
        """Every error of the driver, as one of ours or as `Lost`; `seconds` is the time-out of what is watched."""
        try:
            yield
        except (sa.exc.DBAPIError, self._driver_error) as error:
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            raise self._translated(cause or error, seconds, watched) from error
        except UnicodeEncodeError as error:
            raise as_flowdeck_error(Meaning.BAD_TEXT, self._shown, "") from error
        except UnicodeDecodeError as error:
            raise StoreCorrupt(
                f"{self._shown} holds text that is not in the encoding it claims: {error.reason}",
                "ask who runs the server; the database's encoding may have been set wrongly",
            ) from error

    def _translated(self, error: BaseException, seconds: float, watched: Watched | None) -> Exception:
        if watched is not None and watched.cancelled:
            return Cancelled()
        if watched is not None and watched.overdue:
            return as_flowdeck_error(Meaning.TOO_SLOW, self._shown, f"reading took longer than {seconds:g} s")
        meaning = self._meaning(error)
        found = as_flowdeck_error(meaning, self._shown, self._without_secrets(_words(error)))
        return Lost(found) if meaning is Meaning.DROPPED else found

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return redact(text)


def _spellings(password: Any) -> tuple[str, ...]:
    """A password as drivers may repeat it, the longest first."""
    plain = "" if password is None else str(password)
    return tuple(sorted({plain, quote(plain), quote(plain, safe="")}, key=len, reverse=True)) if plain else ()


def _strays(url: sa.URL) -> tuple[str, ...]:
    """Parts of a password that has a question mark in it, where an address is not written as it should be: they pass
    for options, and what a driver makes of those it repeats.
    """
    options = [(key, value) for key, values in url.normalized_query.items() for value in values]
    if not any("@" in part for option in options for part in option):
        return ()
    return tuple(sorted({part for option in options for part in option if part}, key=len, reverse=True))


def _words(error: BaseException) -> str:
    """What the server said, without the number that some drivers put before it."""
    if len(error.args) > 1 and isinstance(error.args[0], int):
        return f"{error.args[1]} ({error.args[0]})"
    text = str(error)
    # PostgreSQL's second line repeats the statement with a caret below it.
    return re.split(r"\nLINE \d+:", text, maxsplit=1)[0]


def _obstacle(error: OSError | RuntimeError) -> Meaning:
    """What keeps a connection from being made, where it is not the driver that says so."""
    if isinstance(error, socket.gaierror):
        return Meaning.UNKNOWN_HOST
    if isinstance(error, _AGREEMENT):
        return Meaning.ENCRYPTION
    return Meaning.UNREACHABLE
