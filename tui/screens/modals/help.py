"""Every key, searchable."""

from __future__ import annotations

from collections.abc import Mapping

from tui.keys import KEYS, shown_keys
from tui.screens.modals.picker import Choice, Picker


class Help(Picker):
    """The key table; typing narrows it."""

    def __init__(self, keymap: Mapping[str, str]) -> None:
        choices = [Choice(key.id, f"{shown_keys(key, keymap)}", f"{key.tooltip}  ({key.place.value})") for key in KEYS]
        super().__init__("Keys", choices, picks=False)
