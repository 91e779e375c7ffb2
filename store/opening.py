"""Opening a tracking store by its address: each kind is a line in a table, imported on use."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, Final

from store.errors import Unsupported
from store.logins import with_password
from store.protocols import Changes, Store
from store.questions import Questions
from store.uris import Address, Kind, parse

_BACKENDS: Final = {
    Kind.SQLITE: "store.sql.store:open_sqlite",
    Kind.POSTGRESQL: "store.sql.store:open_server",
    Kind.MYSQL: "store.sql.store:open_server",
    Kind.MSSQL: "store.sql.store:open_server",
    Kind.TREE: "store.file.store:open_tree",
    Kind.HTTP: "store.http.store:open_http",
}
"""Kind -> `module:function`; the function takes the `Address` and a cancel event, and gives the `Store`."""

_CHANGING: Final = {
    Kind.SQLITE: "store.sql.writing:open_sqlite",
    Kind.POSTGRESQL: "store.sql.writing:open_server",
    Kind.MYSQL: "store.sql.writing:open_server",
    Kind.MSSQL: "store.sql.writing:open_server",
    Kind.TREE: "store.file.changes:open_tree",
    Kind.HTTP: "store.http.changes:open_http",
}
"""The same for changing runs; the function gives the `Changes`."""

_WITH_PASSWORDS: Final = frozenset((Kind.POSTGRESQL, Kind.MYSQL, Kind.HTTP))
"""Kinds whose servers say that they miss a password: it can be asked for."""

_THROUGH_SSH: Final = "store.route:open_through"
"""Opens what can only be reached through an SSH host; imported on use."""

_EXAMPLES: Final = {
    Kind.SQLITE: "sqlite:///FILE, or the path of an mlflow.db",
    Kind.POSTGRESQL: "postgresql://HOST/DATABASE",
    Kind.MYSQL: "mysql+pymysql://HOST/DATABASE",
    Kind.MSSQL: "mssql+pyodbc://HOST/DATABASE?driver=NAME",
    Kind.TREE: "file:///DIR, or the path of an mlruns folder",
    Kind.HTTP: "http://HOST:PORT",
}
"""How an address of each kind looks; told are those that can be opened."""


def open_store(uri: str, cancel: Event | None = None) -> Store:
    """The store at `uri` (a URI as MLflow takes it, or a path), opened for reading only.

    Nothing is created, migrated or changed. Raises `UriError`, `Unsupported`, `StoreError`s, and
    `Cancelled` once `cancel` is set.
    """
    return open_address(parse(uri), cancel)


def open_address(address: Address, cancel: Event | None = None, *, questions: Questions | None = None) -> Store:
    """The store at `address`; see `open_store`.

    `questions` answers what logging in to an SSH host or a server needs; without it, whatever would have to be
    asked is an error.
    """
    opened: Store = _opened(_BACKENDS, address, cancel, questions)
    return opened


def open_changes(address: Address, cancel: Event | None = None, *, questions: Questions | None = None) -> Changes:
    """The runs of the store at `address`, to be changed; nothing is until `apply` is called.

    Raises what `open_address` raises.
    """
    opened: Changes = _opened(_CHANGING, address, cancel, questions)
    return opened


def _opened(table: Mapping[Kind, str], address: Address, cancel: Event | None, questions: Questions | None) -> Any:
    check_kind(address)
    backend = _function(table[address.kind])
    if address.kind in _WITH_PASSWORDS:
        backend = with_password(backend, questions)
    if address.ssh is None:
        return backend(address, cancel)
    return _function(_THROUGH_SSH)(address, backend, cancel, questions=questions)


def open_named(
    text: str, environ: Mapping[str, str], cancel: Event | None = None, *, questions: Questions | None = None
) -> Store:
    """The store that is saved under the name `text`, else the one at that address; see `open_address`.

    Its secrets are looked for in their places. Raises `UsageError` for a configuration that cannot be read, too.
    """
    return open_address(_address(text, environ, cancel), cancel, questions=questions)


def open_named_changes(
    text: str, environ: Mapping[str, str], cancel: Event | None = None, *, questions: Questions | None = None
) -> Changes:
    """The runs of the store that `text` names, as `open_named` takes it, to be changed."""
    return open_changes(_address(text, environ, cancel), cancel, questions=questions)


def _address(text: str, environ: Mapping[str, str], cancel: Event | None) -> Address:
    """The one that is saved under the name `text`, with its secrets, else the one that `text` is."""
    from store.places import STORE_NAME

    if not STORE_NAME.match(text):
        return parse(text)
    from store.saved import address_of
    from store.saved_reading import find_store

    saved = find_store(text, environ)
    return parse(text) if saved is None else address_of(saved, environ, cancel)


def _function(target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def check_kind(address: Address) -> None:
    """Raises `Unsupported` for a kind of store that this version cannot open; nothing is opened or imported."""
    if address.kind not in _BACKENDS:
        raise Unsupported(
            f"{address.shown}: a store of the kind “{address.kind}” cannot be opened yet",
            f"this version opens {', '.join(f'{kind} ({_EXAMPLES[kind]})' for kind in _BACKENDS)}",
        )
