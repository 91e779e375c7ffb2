"""Opening a tracking store by its address: each kind is a line in a table, imported on use."""

from __future__ import annotations

import importlib
from threading import Event
from typing import Final

from store.errors import Unsupported
from store.protocols import Store
from store.uris import Address, Kind, parse

_BACKENDS: Final = {Kind.SQLITE: "store.sql.store:open_sqlite"}
"""Kind -> `module:function`; the function takes the `Address` and a cancel event, and gives the `Store`."""


def open_store(uri: str, cancel: Event | None = None) -> Store:
    """The store at `uri` (a URI as MLflow takes it, or a path), opened for reading only.

    Nothing is created, migrated or changed. Raises `UriError`, `Unsupported`, `StoreError`s, and
    `Cancelled` once `cancel` is set.
    """
    return open_address(parse(uri), cancel)


def open_address(address: Address, cancel: Event | None = None) -> Store:
    """The store at `address`; see `open_store`."""
    target = _BACKENDS.get(address.kind)
    if target is None:
        raise Unsupported(
            f"{address.shown}: a store of the kind “{address.kind}” cannot be opened yet",
            "this version reads SQLite databases: sqlite:///FILE, or the path of an mlflow.db",
        )
    module, _, function = target.partition(":")
    opened: Store = getattr(importlib.import_module(module), function)(address, cancel)
    return opened
