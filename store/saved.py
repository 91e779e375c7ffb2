"""Saved stores: addresses with a name, checked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from store.errors import StoreNotFound, UriError, UsageError
from store.places import STORE_NAME
from store.secrets import SecretRef, read_secret
from store.ssh.spec import parse_spec
from store.uris import Address, Kind, has_secret, parse, redact_address, with_password

TABLE: Final = "stores"
"""Of the configuration file, with a table for each store."""

SETTINGS: Final = ("uri", "ssh", "password", "token", "workspace")
"""What the table of a store may hold."""


@dataclass(frozen=True, slots=True)
class SavedStore:
    """An address with a name."""

    name: str
    uri: str
    """As MLflow takes it, or an absolute path; without a password."""
    ssh: str | None = None
    """The host through which it is reached: `[user@]host[:port]`, or an alias of ~/.ssh/config."""
    password: SecretRef | None = None
    """Where the password of the address' user is kept; None if .pgpass, my.cnf or MLflow's own places have it."""
    token: SecretRef | None = None
    """Where the token for an MLflow server is kept."""
    workspace: str | None = None
    """The workspace on an MLflow server."""

    @property
    def kind(self) -> Kind | None:
        """None for a path at which nothing is just now."""
        try:
            return parse(self.uri).kind
        except StoreNotFound:
            return None

    @property
    def secrets(self) -> tuple[SecretRef, ...]:
        """Where its secrets are kept, as far as flowdeck was told."""
        return tuple(ref for ref in (self.password, self.token) if ref is not None)


def make_saved(
    name: str,
    uri: str,
    *,
    ssh: str | None = None,
    password: SecretRef | None = None,
    token: SecretRef | None = None,
    workspace: str | None = None,
) -> SavedStore:
    """A saved store, checked. Raises `UsageError` and `UriError`."""
    if not STORE_NAME.match(name):
        raise UsageError(f"“{name}” cannot name a store", "use letters, digits, - and _, at most 40 of them")
    if has_secret(uri) and (password is None or has_secret(_without_user(uri))):
        raise UriError(
            "the address holds a password, or perhaps a token, which would be kept in the configuration file",
            "name where it is kept instead: --password-from or --token-from env:VARIABLE or keyring:SERVICE/USER; "
            "with the former, the user of a web server may stand before its host; ~/.pgpass and ~/.my.cnf count, too",
        )
    kind = SavedStore(name, uri).kind
    if kind in (None, Kind.SQLITE, Kind.TREE):
        named = f"a store of the kind “{kind}”" if kind is not None else f"{redact_address(uri)}, a path,"
        for told, value in (("password", password), ("token", token), ("workspace", workspace)):
            if value is not None:
                raise UsageError(f"{named} takes no {told}", "leave it out")
        if ssh is not None:
            raise UsageError(
                f"{named} cannot be reached through {ssh}: only servers and databases can",
                "run flowdeck on that host, or name its database or server",
            )
    if kind is not Kind.HTTP and (token is not None or workspace is not None):
        raise UsageError("only MLflow servers take a token or a workspace", "leave it out")
    if ssh is not None:
        if has_secret(f"ssh://{ssh}"):
            raise UriError("the SSH host holds a password", "leave it out: it is asked for, or use a key or an agent")
        parse_spec(ssh)
    return SavedStore(name, uri, ssh=ssh, password=password, token=token, workspace=workspace)


def _without_user(uri: str) -> str:
    """The address of a web server without the name of a user, if it names one and no password."""
    return re.sub(r"^(https?://)[^/?#:@]+@", r"\1", uri, flags=re.IGNORECASE)


def absolute(uri: str, folder: Path) -> str:
    """`uri`, which `folder` may be needed for to understand, so that it means the same everywhere.

    Raises `UriError` for what cannot be an address.
    """
    given = uri.strip()
    try:
        address = parse(given)
    except StoreNotFound:
        return os.path.join(folder, os.path.expanduser(given))
    if address.path is None or (address.kind is Kind.TREE and given.startswith("file:")):
        return given
    scheme, separator, rest = given.partition(":///")
    if not separator:
        return os.path.normpath(os.path.join(folder, os.path.expanduser(given)))
    name, question, query = rest.partition("?")
    if name.startswith("file:"):
        # SQLite's own form inside of SQLAlchemy's.
        if not re.match(r"file:/", name):
            raise UriError(f"{redact_address(given)} names a relative path", "write the whole path, from the slash on")
        return given
    return f"{scheme}:///{os.path.normpath(os.path.join(folder, name))}{question}{query}"


def address_of(saved: SavedStore, environ: Mapping[str, str], cancel: Event | None = None) -> Address:
    """The address of a saved store with its secrets, for which a keyring may have to be unlocked.

    Raises `UriError`, `StoreError`s for a path at which nothing is and for secrets that are not in their place, and
    `Cancelled`.
    """
    uri = saved.uri
    password = None if saved.password is None else read_secret(saved.password, environ, cancel)
    # To a web server it is sent with the user of the address, or the one that the environment names.
    apart = saved.kind is Kind.HTTP
    if password is not None and not apart:
        uri = with_password(uri, password)
    address = parse(uri)
    return Address(
        kind=address.kind,
        uri=address.uri,
        path=address.path,
        ssh=saved.ssh,
        password=password if apart else None,
        token=read_secret(saved.token, environ, cancel) if saved.token is not None else None,
        workspace=saved.workspace,
    )
