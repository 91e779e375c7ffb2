"""What a server's answer means if it is not the one that was hoped for."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import urljoin, urlsplit

from store.errors import (
    AccessDenied,
    LoginRefused,
    NotAStore,
    PasswordWanted,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)
from store.http.failures import NoSuchRoute, Refused, Unanswered, plain
from store.http.settings import Settings
from store.uris import redact, redact_address

LOGIN: Final = (
    "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, as for MLflow's own client"
)
_TYPED: Final = (
    "in a terminal it is asked for; otherwise leave the user out of the address and set MLFLOW_TRACKING_USERNAME and "
    "MLFLOW_TRACKING_PASSWORD, or say where it is: flowdeck stores add NAME URI --password-from env:VARIABLE"
)
_NAMED: Final = "or name the user in the address, as USER@ before the host: its password is asked for in a terminal"
_PREFIX: Final = "a server that runs with --static-prefix or behind a proxy has a path: http://HOST:PORT/PATH"
BUSY: Final = frozenset({408, 429, 502, 503, 504})
"""Statuses of a server that should be asked again. Not 500: that is a defect, which stays one."""


def is_page(body: bytes) -> bool:
    """True for HTML."""
    return body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<h1", b"<title"))


def login_page(shown: str) -> StoreError:
    """An HTML page where data should be."""
    return AccessDenied(
        f"{shown}: a web page came instead of data: something before the server wants you to log in, "
        "or no MLflow server is at that path",
        f"{LOGIN}; {_PREFIX}",
    )


def redirected(shown: str, url: str, location: str) -> StoreError:
    """Redirects are not followed: what is sent may hold credentials."""
    try:
        target = urljoin(url, location)
        there, here = urlsplit(target), urlsplit(url)
        goal = plain(redact_address(target.partition("?")[0].partition("#")[0]))
        moved = there.hostname == here.hostname
    except ValueError:
        return NotAStore(f"{shown}: the server redirects to an address that is none", "check the address")
    if not moved:
        return AccessDenied(f"{shown}: the server sends to {goal}, perhaps to log in there", LOGIN)
    return StoreUnreachable(f"{shown}: the server has moved to {goal}", "open the store by that address")


def refusal(settings: Settings, status: int, body: bytes) -> StoreError:
    """The error that an answer with a status of 400 or more stands for."""
    shown, host = settings.shown, settings.host
    code, words = _mlflow_error(body)
    said = "" if is_page(body) else plain(redact(words or body[:2000].decode("utf-8", "replace")))
    quoted = f": {said}" if said else ""
    if status == 401 or code in ("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED"):
        if settings.lacks_password:
            return PasswordWanted(f"{shown}: the server wants a password, and none was given", _TYPED)
        if settings.authorization is not None:
            return LoginRefused(f"{shown}: the server does not accept these credentials", f"check them; {LOGIN}")
        return AccessDenied(f"{shown}: the server wants to know who you are", f"{LOGIN}; {_NAMED}")
    if status == 403 or code == "PERMISSION_DENIED":
        if b"Host header" in body:
            return AccessDenied(
                f"{shown}: the server does not answer to the name {plain(host)}",
                f"start it with --allowed-hosts {plain(host)}, or use one that it allows (localhost, its number)",
            )
        return AccessDenied(f"{shown}: the server refuses (403){quoted}", LOGIN)
    if status in BUSY or code == "TEMPORARILY_UNAVAILABLE":
        if status in (502, 504):
            return Unanswered(
                f"{shown}: a proxy does not reach the server ({status})", "check that the MLflow server runs"
            )
        return StoreBusy(f"{shown}: the server is too busy ({status}){quoted}", "try again later")
    if code and code != "ENDPOINT_NOT_FOUND":
        return Refused(f"{shown}: the server refuses: {said or code}", status=status, code=code, words=said or code)
    if status in (404, 405):
        return NoSuchRoute(f"{shown}: no MLflow server answers there ({status})", f"check the path; {_PREFIX}")
    if status == 400 and b"HTTPS port" in body:
        return StoreUnreachable(f"{shown}: the server speaks TLS", "use https:// instead of http://")
    if status >= 500:
        # A crash of MLflow's own handlers is a page, which tells nothing; the server's log has the reason.
        return Refused(
            f"{shown}: the server failed ({status}){quoted}",
            status=status,
            code="INTERNAL_ERROR",
            words=f"it failed with {status}",
            hint="the server's log tells why",
        )
    return NotAStore(f"{shown}: not an answer of MLflow's ({status}){quoted}", f"check the address; {_PREFIX}")


def _mlflow_error(body: bytes) -> tuple[str, str]:
    """MLflow's error code and message, empty if the body is none of its errors."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(found, dict) or not isinstance(found.get("error_code"), str):
        return "", ""
    message = found.get("message")
    return plain(found["error_code"]), message if isinstance(message, str) else ""
