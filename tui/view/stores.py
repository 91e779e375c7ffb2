"""Saved stores as texts: name, kind, address, SSH host and where the secrets are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from store.errors import FlowdeckError
from store.uris import parse, redact_address
from tui.view.status import store_title
from tui.view.text import clean

if TYPE_CHECKING:
    from store.saved import SavedStore


@dataclass(frozen=True, slots=True)
class Which:
    """A store, as somebody named it."""

    text: str = field(repr=False)
    """The name of a saved store, or an address as it was given, secrets included."""
    title: str
    """For the status line, clean."""
    key: str
    """What it is remembered by: the name, or the address without its secrets."""


@dataclass(frozen=True, slots=True)
class StoreEntry:
    """A line of the list of stores; texts are clean and without secrets."""

    which: Which
    name: str
    """Empty if it is not saved."""
    kind: str
    address: str
    ssh: str = ""

    @property
    def key(self) -> str:
        return self.which.key

    @property
    def saved(self) -> bool:
        return bool(self.name)


def saved_which(saved: SavedStore) -> Which:
    """A saved store, by its name."""
    via = f" via {clean(saved.ssh)}" if saved.ssh else ""
    return Which(saved.name, f"{saved.name}{via}", saved.name)


def saved_entry(saved: SavedStore) -> StoreEntry:
    name, kind, address, ssh, _ = store_texts(saved)
    return StoreEntry(saved_which(saved), name, kind, address, ssh)


def unsaved_entry(which: Which) -> StoreEntry:
    """A store that was named on the command line. Raises nothing: it may be gone by now."""
    try:
        kind = parse(which.text).kind.value
    except FlowdeckError:
        kind = "not there"
    return StoreEntry(which, "", kind, store_title(redact_address(which.text)))


def store_texts(saved: SavedStore) -> tuple[str, str, str, str, str]:
    """Name, kind, address, SSH host and places of secrets, clean and without secrets; empty where there is none."""
    kind = saved.kind
    return (
        clean(saved.name),
        "not there" if kind is None else kind.value,
        store_title(redact_address(saved.uri)),
        clean(saved.ssh or ""),
        clean(" ".join(map(str, saved.secrets))),
    )
