"""Saved stores: the names that a user gave to addresses, in the configuration file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from store.errors import StoreNotFound, UriError, UsageError
from store.places import STORE_NAME, config_path
from store.replacing import replace_text
from store.secrets import SecretRef, parse_secret, read_secret
from store.ssh.spec import parse_spec
from store.uris import Address, Kind, has_secret, parse, redact_address, with_password

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

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


def find_store(text: str, environ: Mapping[str, str]) -> SavedStore | None:
    """The saved store that is called `text`; None if none is, or if `text` cannot be a name.

    A name counts for more than a file or folder that is called the same: what a user saved means the same in every
    folder, also in one in which somebody else may write. `./NAME` is the file. Raises `UsageError` for a
    configuration that cannot be read, and for a name that is nearly one of them where nothing is called `text`.
    """
    if not STORE_NAME.match(text):
        return None
    path = config_path(environ)
    table = _read_table(path)
    if text not in table:
        from store.lookup import similar

        if not os.path.lexists(text) and similar(text, table):
            raise no_such_store(text, table)
        return None
    # Only this one is looked at: a disk that does not answer spoils no other store.
    return _parse_store(text, table[text], path)


def store_names(path: Path) -> list[str]:
    """The names of the saved stores, in the order of the file. Raises `UsageError` for a file that cannot be read."""
    return list(_read_table(path))


def read_stores(path: Path) -> dict[str, SavedStore]:
    """The saved stores by name, in the order of the file; none if there is no file.

    Raises `UsageError` that names the place of a mistake.
    """
    return {name: _parse_store(name, entry, path) for name, entry in _read_table(path).items()}


def _read_table(path: Path) -> Mapping[str, object]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error
    import tomllib

    try:
        table = tomllib.loads(text).get(_TABLE, {})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}: stores: not a table", 'write [stores.NAME] on a line, and below it uri = "..."')
    return table


def _parse_store(name: str, entry: object, path: Path) -> SavedStore:
    place = f"{path}: [{_TABLE}.{name}]"
    if not STORE_NAME.match(name):
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
    if not STORE_NAME.match(name):
        raise UsageError(f"“{name}” cannot name a store", "use letters, digits, - and _, at most 40 of them")
    if has_secret(uri):
        raise UriError(
            "the address holds a password, which would be kept in the configuration file",
            "name where it is kept instead (env:VARIABLE or keyring:SERVICE/USER), or use ~/.pgpass or ~/.my.cnf",
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

    if saved.name in _read_table(path) and not replace:
        raise UsageError(f"there is a store called “{saved.name}” already", "remove it first, or give --replace")
    document = _load(path)
    stores: Any = document.setdefault(_TABLE, tomlkit.table(is_super_table=True))
    if isinstance(stores, tomlkit.items.InlineTable):
        raise UsageError(
            f"{path} has all its stores on one line, to which none can be added",
            f"write each below a line of its own: [{_TABLE}.NAME]",
        )
    entry = tomlkit.table()
    for key in _SETTINGS:
        if (value := getattr(saved, key)) is not None:
            entry[key] = str(value)
    stores[saved.name] = entry
    _write(path, tomlkit.dumps(document))


def remove_store(path: Path, name: str) -> None:
    """Takes a saved store out of the configuration at `path`. Raises `UsageError`."""
    import tomlkit

    known = _read_table(path)
    if name not in known:
        raise no_such_store(name, known)
    document = _load(path)
    stores: Any = document[_TABLE]
    del stores[name]
    if not stores:
        del document[_TABLE]
    _write(path, tomlkit.dumps(document))


def no_such_store(name: str, known: Iterable[str]) -> UsageError:
    """What is told of a name that none of the `known` stores has."""
    from store.lookup import alternatives, similar

    near = similar(name, known)
    hint = f"did you mean {alternatives(near)}?" if near else "flowdeck stores ls lists them"
    return UsageError(f"no store is called “{name}”", hint)


def _load(path: Path) -> TOMLDocument:
    import tomlkit

    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, UnicodeDecodeError, tomlkit.exceptions.TOMLKitError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error


def _write(path: Path, text: str) -> None:
    try:
        replace_text(path, text, keep_mode=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "check the folder's permissions") from error
