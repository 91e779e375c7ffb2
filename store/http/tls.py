"""Whom to trust over TLS."""

from __future__ import annotations

import os
import ssl

import httpx

from store.errors import AccessDenied, UriError
from store.http.settings import Settings


def tls_context(settings: Settings) -> ssl.SSLContext | bool:
    """What httpx takes for `verify`. Raises `UriError` and `AccessDenied` for files that cannot be used."""
    if not settings.base.startswith("https:"):
        # There is nothing to verify, redirects are not followed, and loading certificates takes a while.
        return False
    if not settings.verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif settings.authorities is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _load_authorities(context, settings.authorities)
    else:
        # Those that come with Python's packages, and those of the system, where companies add their own.
        context = httpx.create_ssl_context()
        context.load_default_certs()
    if settings.certificate is not None:
        _load_certificate(context, settings.certificate)
    return context


def _load_authorities(context: ssl.SSLContext, path: str) -> None:
    try:
        if os.path.isdir(path):
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise UriError(
            f"{path} holds no certificates that can be read ({_reason(error)})",
            "MLFLOW_TRACKING_SERVER_CERT_PATH or REQUESTS_CA_BUNDLE names a PEM file or a folder of them",
        ) from error


def _load_certificate(context: ssl.SSLContext, path: str) -> None:
    try:
        # Without a password OpenSSL would ask for one on the terminal.
        context.load_cert_chain(path, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise AccessDenied(
            f"{path} holds no certificate and key that can be used ({_reason(error)})",
            "MLFLOW_TRACKING_CLIENT_CERT_PATH names a PEM file with both, the key without a passphrase",
        ) from error


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no PEM").lower().replace("_", " ")
    return (error.strerror or type(error).__name__).lower()
