"""Textual bindings made from the key table."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.keys import Place, at


def bindings(*places: Place) -> list[BindingType]:
    """The bindings of these places, for a widget's or a screen's BINDINGS."""
    return [
        Binding(",".join(key.keys), key.action, key.label, show=key.rank > 0, tooltip=key.tooltip, id=key.id)
        for place in places
        for key in at(place)
    ]
