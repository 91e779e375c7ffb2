"""Saved stores: the names that a user gave to addresses, in the configuration file."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from store.errors import StoreNotFound, UriError, UsageError
from store.secrets import SecretRef, parse_secret, read_secret
from store.uris import Address, Kind, has_secret, parse, with_password

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z")
"""What a saved store may be called: nothing that looks like an address or an option."""

_TABLE: Final = "stores"

_SETTINGS: Final = ("uri", "ssh", "password", "token", "workspace")


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


def read_stores(path: Path) -> dict[str, SavedStore]:
    """The saved stores by name, in the order of the file; none if there is no file.

    Raises `UsageError` that names the place of a mistake.
    """
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error
    return parse_stores(content.get(_TABLE, {}), path)


def parse_stores(table: object, path: Path) -> dict[str, SavedStore]:
    """The saved stores in the table `stores` of the configuration at `path`. Raises `UsageError`."""
    if not isinstance(table, dict):
        raise UsageError(f"{path}: stores: not a table", 'write [stores.NAME] on a line, and below it uri = "..."')
    return {name: _parse_store(name, entry, path) for name, entry in table.items()}


def _parse_store(name: str, entry: object, path: Path) -> SavedStore:
    place = f"{path}: [{_TABLE}.{name}]"
    if not NAME.match(name):
        raise UsageError(f"{place}: not a name", "letters, digits, - and _, at most 40 of them")
    if not isinstance(entry, dict):
        raise UsageError(f"{place}: not a table", f'write [{_TABLE}.{name}] on a line, and below it uri = "..."')
    for key, value in entry.items():
        if key not in _SETTINGS:
            raise UsageError(f"{place} {key}: no such setting", f"there are {', '.join(_SETTINGS)}")
        if not isinstance(value, str) or not value:
            raise UsageError(f"{place} {key}: not a text", f'write {key} = "..."')
    if "uri" not in entry:
        raise UsageError(f"{place}: lacks its uri", 'write uri = "sqlite:////data/mlflow.db" below it')
    try:
        secrets = {key: parse_secret(entry[key]) for key in ("password", "token") if key in entry}
        return make_saved(name, entry["uri"], ssh=entry.get("ssh"), workspace=entry.get("workspace"), **secrets)
    except UsageError as error:
        raise UsageError(f"{place}: {error.message}", error.hint) from error


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
    if not NAME.match(name):
        raise UsageError(f"“{name}” cannot name a store", "use letters, digits, - and _, at most 40 of them")
    if has_secret(uri):
        raise UriError(
            "the address holds a password, which would be kept in the configuration file",
            "name where it is kept instead (env:VARIABLE or keyring:SERVICE/USER), or use ~/.pgpass or ~/.my.cnf",
        )
    kind = _kind(uri)
    if kind in (Kind.SQLITE, Kind.TREE):
        for told, value in (("password", password), ("token", token), ("workspace", workspace)):
            if value is not None:
                raise UsageError(f"a store of the kind “{kind}” takes no {told}", "leave it out")
        if ssh is not None:
            raise UsageError(
                f"a store of the kind “{kind}” cannot be reached through {ssh}: only servers and databases can",
                "run flowdeck on that host, or name its database or server",
            )
    if kind is not Kind.HTTP and (token is not None or workspace is not None):
        raise UsageError("only MLflow servers take a token or a workspace", "leave it out")
    return SavedStore(name, uri, ssh=ssh, password=password, token=token, workspace=workspace)


def _kind(uri: str) -> Kind:
    try:
        return parse(uri).kind
    except StoreNotFound:
        # A path at which nothing is just now: a disk that is not mounted spoils no other store.
        return Kind.SQLITE


def address_of(saved: SavedStore, environ: Mapping[str, str]) -> Address:
    """The address of a saved store with its secrets.

    Raises `UriError`, and `StoreError`s for a path at which nothing is and for secrets that are not in their place.
    """
    uri = saved.uri
    if saved.password is not None:
        uri = with_password(uri, read_secret(saved.password, environ))
    address = parse(uri)
    return Address(
        kind=address.kind,
        uri=address.uri,
        path=address.path,
        ssh=saved.ssh,
        token=read_secret(saved.token, environ) if saved.token is not None else None,
        workspace=saved.workspace,
    )


def save_store(path: Path, saved: SavedStore, *, replace: bool = False) -> None:
    """Writes a saved store into the configuration at `path`; the rest of the file, comments too, stays as it is.

    Raises `UsageError` if the name is taken and `replace` is not given, or if the file cannot be changed.
    """
    import tomlkit

    if saved.name in read_stores(path) and not replace:
        raise UsageError(f"there is a store called “{saved.name}” already", "remove it first, or give --replace")
    document = _load(path)
    stores = document.setdefault(_TABLE, tomlkit.table(is_super_table=True))
    entry = tomlkit.table()
    for key in _SETTINGS:
        if (value := getattr(saved, key)) is not None:
            entry[key] = str(value)
    stores[saved.name] = entry
    _write(path, tomlkit.dumps(document))


def remove_store(path: Path, name: str) -> None:
    """Takes a saved store out of the configuration at `path`. Raises `UsageError`."""
    import tomlkit

    known = read_stores(path)
    if name not in known:
        from store.lookup import alternatives, similar

        near = similar(name, known)
        hint = f"did you mean {alternatives(near)}?" if near else "flowdeck stores ls lists them"
        raise UsageError(f"no store is called “{name}”", hint)
    document = _load(path)
    stores: Any = document[_TABLE]
    del stores[name]
    if not stores:
        del document[_TABLE]
    _write(path, tomlkit.dumps(document))


def _load(path: Path) -> TOMLDocument:
    import tomlkit

    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()


def _write(path: Path, text: str) -> None:
    """Replaces the file at once, so that nobody ever reads half of it; a link stays a link."""
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(temporary, mode)
            os.replace(temporary, target)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "check the folder's permissions") from error
