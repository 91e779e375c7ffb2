"""Where a server is and who asks it: from the address, the environment and MLflow's credentials file."""

from __future__ import annotations

import base64
import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from store.errors import UriError
from store.uris import Address, redact_address

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_TRUE: Final = ("true", "1")

WORKSPACE_VARIABLE: Final = "MLFLOW_WORKSPACE"
"""The environment variable that MLflow's client takes a workspace's name from."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What every request to one server needs."""

    base: str
    """Scheme, host, port and path, without a slash at the end and without credentials."""
    host: str
    shown: str
    """The address for people, redacted."""
    authorization: str | None = field(default=None, repr=False)
    """The value of the header."""
    lacks_password: bool = False
    """True if it is known who asks, and no password for that."""
    verify: bool = True
    authorities: str | None = None
    """A file or folder with the certificates to trust; None: those of the system."""
    certificate: str | None = None
    """A file with the client's certificate and key."""
    workspace: str | None = None
    """Sent only to servers that have workspaces."""
    workspace_from: str = WORKSPACE_VARIABLE
    """Where its name comes from, for people."""
    read_timeout: float | None = None
    """Seconds, from MLFLOW_HTTP_REQUEST_TIMEOUT."""
    notices: tuple[str, ...] = ()
    socket: Path | None = None
    """A Unix socket at which the server seems to be; None: it is where its address says."""


def settings_of(address: Address, environ: Mapping[str, str]) -> Settings:
    """The settings for the server at `address`, whose token and workspace go before those of the environment."""
    settings = read_settings(
        address.uri, environ, token=address.token, workspace=address.workspace, password=address.password
    )
    return replace(
        settings,
        shown=address.shown,
        socket=None if address.detour is None else address.detour.path,
    )


def read_settings(
    uri: str,
    environ: Mapping[str, str],
    *,
    token: str | None = None,
    workspace: str | None = None,
    password: str | None = None,
) -> Settings:
    """The settings for the server at `uri`, an http or https address. Raises `UriError`.

    Credentials are `token`, else taken as MLflow's client takes them: those in the address, else
    MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD (each also from ~/.mlflow/credentials), else
    MLFLOW_TRACKING_TOKEN. `password` is that of a user who is named there without one. The workspace is `workspace`,
    else that of MLFLOW_WORKSPACE.
    """
    shown = redact_address(uri)
    scheme, _, rest = uri.partition("://")
    authority, path = re.match(r"([^/?#]*)([^?#]*)", rest).groups()  # type: ignore[union-attr]  # it matches anything
    userinfo, at, place = authority.rpartition("@")
    if any(not char.isprintable() or char.isspace() for char in place + path):
        raise UriError(f"{shown} holds blanks or control characters", "check where it was copied from")
    try:
        parts = urlsplit(f"{scheme.lower()}://{place}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UriError(f"{shown} has no usable host and port", "for example http://localhost:5000") from None
    if not host:
        raise UriError(f"{shown} names no host", "for example http://localhost:5000")
    named = f"[{host}]" if ":" in host else host
    base = f"{scheme.lower()}://{named}{'' if port is None else f':{port}'}{path.rstrip('/')}"
    lacks_password = False
    if token is not None:
        authorization: str | None = f"Bearer {_header(token, 'the token that is saved for it')}"
    else:
        authorization, lacks_password = _authorization(userinfo if at else None, environ, password)
    saved = (workspace or "").strip()
    source = "saved with the store" if saved else WORKSPACE_VARIABLE
    notices = []
    verify = environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() not in _TRUE
    if not verify and scheme.lower() == "https":
        notices.append("MLFLOW_TRACKING_INSECURE_TLS is set: the server's certificate is not checked")
    if authorization and scheme.lower() == "http" and host not in _LOOPBACK:
        notices.append("credentials are sent unencrypted: the address begins with http://")
    return Settings(
        base=base,
        host=host,
        shown=shown,
        authorization=authorization,
        lacks_password=lacks_password,
        verify=verify,
        authorities=_authorities(environ),
        certificate=environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
        workspace=_workspace(saved or environ.get(WORKSPACE_VARIABLE, "").strip(), source),
        workspace_from=source,
        read_timeout=_seconds(environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", "")),
        notices=tuple(notices),
    )


def _authorities(environ: Mapping[str, str]) -> str | None:
    """In the order in which MLflow's client looks; the last two are those of requests, which it uses."""
    names = ("MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((environ[name] for name in names if environ.get(name)), None)


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,6}", text) and int(text) > 0 else None


def _authorization(userinfo: str | None, environ: Mapping[str, str], password: str | None) -> tuple[str | None, bool]:
    """The header, and whether a user is named who has no password, not even this one."""
    if userinfo:
        user, colon, own = userinfo.partition(":")
        if colon or password is None:
            # A name alone may be a token: only the server knows.
            return _basic(unquote(user), unquote(own)), not colon
        return _basic(unquote(user), password), False
    stored_user, stored_password = _stored(Path(environ.get("HOME") or Path.home()) / ".mlflow" / "credentials")
    name = environ.get("MLFLOW_TRACKING_USERNAME") or stored_user
    secret = environ.get("MLFLOW_TRACKING_PASSWORD") or stored_password or password
    if name and secret:
        return _basic(name, secret), False
    token = environ.get("MLFLOW_TRACKING_TOKEN", "").strip()
    if token:
        return f"Bearer {_header(token, 'MLFLOW_TRACKING_TOKEN')}", False
    return None, bool(name)


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _header(token: str, named: str) -> str:
    """The token, if it can stand in a header. Raises `UriError`, which does not repeat it."""
    if token.isascii() and token.isprintable():
        return token
    raise UriError(f"{named} holds characters that no token has", "check how it was set, for a line break perhaps")


def _workspace(name: str, source: str) -> str | None:
    """The name, if it can stand in a header; None for an empty one. Raises `UriError`."""
    if name.isascii() and name.isprintable():
        return name or None
    raise UriError(
        f"the workspace {name!r} ({source}) has characters that no workspace's name has",
        "check how it was set: MLflow's workspaces have letters, digits and hyphens",
    )


def _stored(path: Path) -> tuple[str | None, str | None]:
    """User and password in MLflow's credentials file; (None, None) without one."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        # As for MLflow's client, a file that cannot be read is none: without credentials the server says so.
        return None, None
    return (
        parser.get("mlflow", "mlflow_tracking_username", fallback=None),
        parser.get("mlflow", "mlflow_tracking_password", fallback=None),
    )
