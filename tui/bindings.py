"""Textual bindings made from the key table."""

from __future__ import annotations

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from tui.keys import BY_ID, Place, at, shown_keys


def bindings(*places: Place) -> list[BindingType]:
    """The bindings of these places, for a widget's or a screen's BINDINGS."""
    return [
        Binding(",".join(key.keys), key.action, key.label, show=key.rank > 0, tooltip=key.tooltip, id=key.id)
        for place in places
        for key in at(place)
    ]


def key_of(node: DOMNode, entry: str) -> str:
    """The first key of an entry of the key table, as the user of the program has it, for texts that name it."""
    return shown_keys(BY_ID[entry], getattr(node.app, "keymap_shown", None)).partition(" ")[0]
