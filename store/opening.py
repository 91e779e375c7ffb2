"""Opening a tracking store by its address: each kind is a line in a table, imported on use."""

from __future__ import annotations

import importlib
from threading import Event
from typing import Final

from store.errors import Unsupported
from store.protocols import Store
from store.uris import Address, Kind, parse

_BACKENDS: Final = {
    Kind.SQLITE: "store.sql.store:open_sqlite",
}
"""Kind -> `module:function`; the function takes the `Address` and a cancel event, and gives the `Store`."""


def open_store(uri: str, cancel: Event | None = None) -> Store:
    """The store at `uri` (a URI as MLflow takes it, or a path), opened for reading only.

    Nothing is created, migrated or changed. Raises `UriError`, `Unsupported`, `StoreError`s, and
    `Cancelled` once `cancel` is set.
    """
    return open_address(parse(uri), cancel)


def open_address(address: Address, cancel: Event | None = None) -> Store:
    """The store at `address`; see `open_store`."""
    check_kind(address)
    module, _, function = _BACKENDS[address.kind].partition(":")
    opened: Store = getattr(importlib.import_module(module), function)(address, cancel)
    return opened


def check_kind(address: Address) -> None:
    """Raises `Unsupported` for a kind of store that this version cannot open; nothing is opened or imported."""
    if address.kind not in _BACKENDS:
        raise Unsupported(
            f"{address.shown}: a store of the kind “{address.kind}” cannot be opened yet",
            "this version reads SQLite databases: sqlite:///FILE, or the path of an mlflow.db",
        )
