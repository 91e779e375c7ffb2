"""Textual bindings made from the key table."""

from __future__ import annotations

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from tui.keys import BY_ID, Key, Place, at, first_key


def bindings(*places: Place) -> list[BindingType]:
    """The bindings of these places, for a widget's or a screen's BINDINGS."""
    return [_binding(key) for place in places for key in at(place)]


def some_bindings(*entries: str) -> list[BindingType]:
    """The bindings of these entries of the key table, for a screen on which only they mean something."""
    return [_binding(BY_ID[entry]) for entry in entries]


def _binding(key: Key) -> Binding:
    return Binding(",".join(key.keys), key.action, key.label, show=key.rank > 0, tooltip=key.tooltip, id=key.id)


def key_of(node: DOMNode, entry: str) -> str:
    """The first key of an entry of the key table, as the user of the program has it, for texts that name it."""
    return first_key(entry, getattr(node.app, "keymap_shown", None))
