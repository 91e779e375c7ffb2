"""What goes wrong between here and an MLflow server, as flowdeck's own errors."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from store.errors import AccessDenied, NotAStore, StoreBusy, StoreError, StoreUnreachable

QUOTED: Final = 300
"""Characters of a server's own words that a message repeats."""

_CERTIFICATES: Final = {
    10: ("has expired", "have it renewed, and check the clock of this machine"),
    9: ("is not valid yet", "check the clock of this machine"),
    62: ("is made out to another host", "use the name that the certificate is made out to"),
    64: ("is made out to another address", "use the name that the certificate is made out to"),
}
_UNTRUSTED: Final = (
    "is not signed by an authority that this machine trusts",
    "name the authority's certificate: MLFLOW_TRACKING_SERVER_CERT_PATH=/path/to/ca.pem",
)
_PLAIN_PORT: Final = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNEXPECTED_MESSAGE")
"""What OpenSSL calls an answer that is no TLS."""


class Refused(StoreError):
    """MLflow understood the request and refused it; `code` is its error code, such as RESOURCE_DOES_NOT_EXIST."""

    def __init__(self, message: str, *, status: int, code: str, words: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.status = status
        self.code = code
        self.words = words
        """What the server said, fit for a message."""

    @property
    def absent(self) -> bool:
        """True if it is because what was asked for does not exist."""
        return self.code == "RESOURCE_DOES_NOT_EXIST"


class NoSuchRoute(NotAStore):
    """The server has nothing at that path: it is older, or no MLflow server."""


class Unanswered(StoreUnreachable):
    """A proxy got no answer of the server: what was asked for may have been done."""


class Broken(StoreUnreachable):
    """A connection ended before the answer was complete: worth another attempt."""


def plain(words: str) -> str:
    """What somebody else wrote, as part of a message: one line, printable, not without end."""
    line = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return line if len(line) <= QUOTED else f"{line[:QUOTED]}…"


@contextmanager
def mapped(shown: str, host: str) -> Iterator[None]:
    """Raises httpx's exceptions as `StoreError`s; the texts of httpx, which may hold addresses, stay out of them."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise StoreUnreachable(
            f"{shown}: no connection came about in time", "check the address, the network and firewalls"
        ) from error
    except httpx.TimeoutException as error:
        raise StoreBusy(
            f"{shown}: the server took the request and did not answer in time",
            "it may be busy: try again, or ask for less; MLFLOW_HTTP_REQUEST_TIMEOUT=SECONDS waits longer",
        ) from error
    except httpx.ProxyError as error:
        raise StoreUnreachable(
            f"{shown}: the proxy of HTTP_PROXY, HTTPS_PROXY or ALL_PROXY refuses",
            f"check it, or go around it: NO_PROXY={host}",
        ) from error
    except httpx.ConnectError as error:
        raise _no_connection(error, shown, host) from error
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError) as error:
        if (tls := _tls_cause(error)) is not None:
            raise _no_tls(tls, shown) from error
        raise Broken(
            f"{shown}: the connection ended before the answer was complete",
            f"try again; if it stays so, something between here and {host} cuts connections,"
            " or the server speaks TLS: then the address begins with https://",
        ) from error
    except httpx.HTTPError as error:
        raise StoreUnreachable(f"{shown}: the request failed ({type(error).__name__})", "check the address") from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise StoreUnreachable(f"{shown} is no address that can be reached", "check the host's name") from error


def _no_connection(error: httpx.ConnectError, shown: str, host: str) -> StoreError:
    if (tls := _tls_cause(error)) is not None:
        return _no_tls(tls, shown)
    cause = _cause(error, OSError)
    if isinstance(cause, socket.gaierror):
        return StoreUnreachable(f"{shown}: no host is called {plain(host)}", "check the spelling, and the network")
    number = getattr(cause, "errno", None)
    if number == errno.ECONNREFUSED:
        return StoreUnreachable(
            f"{shown}: nothing listens there (connection refused)", "check the port, and that the server runs"
        )
    if number == errno.ECONNRESET:
        return Broken(f"{shown}: the connection was reset", "check that the server runs and takes connections")
    reason = (getattr(cause, "strerror", None) or "no connection").lower()
    return StoreUnreachable(f"{shown}: {plain(reason)}", "check the address, the network and firewalls")


def _tls_cause(error: BaseException) -> ssl.SSLError | None:
    found = _cause(error, ssl.SSLError)
    return found if isinstance(found, ssl.SSLError) else None


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    while error is not None:
        if isinstance(error, kind):
            return error
        error = error.__cause__ or error.__context__
    return None


def _no_tls(error: ssl.SSLError, shown: str) -> StoreError:
    if isinstance(error, ssl.SSLCertVerificationError):
        what, hint = _CERTIFICATES.get(error.verify_code, _UNTRUSTED)
        return AccessDenied(f"{shown}: the server's certificate {what}", hint)
    reason = error.reason or ""
    if any(word in reason for word in _PLAIN_PORT):
        return StoreUnreachable(f"{shown}: the server does not speak TLS", "use http:// instead of https://")
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return AccessDenied(
            f"{shown}: the server ended the TLS handshake ({reason.lower().replace('_', ' ')})",
            "it may want a certificate of yours: MLFLOW_TRACKING_CLIENT_CERT_PATH=/path/to/cert-and-key.pem",
        )
    said = f" ({plain(reason.lower().replace('_', ' '))})" if reason else ""
    return Broken(f"{shown}: the TLS connection failed{said}", "check that the port speaks TLS")
