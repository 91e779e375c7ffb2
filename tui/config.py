"""The user's configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from store.errors import UsageError
from store.places import config_path as config_path

MODIFIERS = frozenset(("ctrl", "alt", "shift", "super", "hyper", "meta"))
"""What may stand before the name of a key, with a plus sign after it."""

INTERVAL: Final = 5.0
"""Seconds between two looks of live mode while things change, if the user says nothing."""

LONGEST_INTERVAL: Final = 86_400
"""Seconds: a day, beyond which a number is a mistake."""

_SETTINGS: Final = ("keys", "theme", "mouse", "interval", "stores")


@dataclass(frozen=True, slots=True)
class Config:
    """What a user may set."""

    theme: str | None = None
    mouse: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    """Id of an entry of the key table -> Textual's names of keys, separated by commas."""
    interval: float = INTERVAL
    """Seconds between two looks of live mode while things change; 0: it never looks."""


def _wrong_theme(theme: object) -> list[str]:
    # With the file only: it loads themes of Textual's.
    from tui.themes import ORDER

    if theme is None or theme in ORDER:
        return []
    return [
        f"theme: there is no {theme}; there are {', '.join(ORDER)}" if isinstance(theme, str) else "theme: not a text"
    ]


def _wrong_keys(value: object) -> list[str]:
    """What is wrong with names of keys, separated by commas."""
    from textual.keys import REPLACED_KEYS, Keys, key_to_character

    if not isinstance(value, str):
        return ["not a text"]
    known = {key.value for key in Keys} | set(REPLACED_KEYS)
    wrong = []
    for name in (part.strip() for part in value.split(",")):
        *modifiers, key = name.split("+")
        if not name:
            wrong.append("an empty name between commas")
        elif name not in known and (
            not set(modifiers) <= MODIFIERS
            or not (key in known or ((key == key.lower() or len(key) == 1) and key_to_character(key)))
        ):
            wrong.append(f"there is no key {name}")
    return wrong


def _wrong_interval(interval: object) -> list[str]:
    number = isinstance(interval, int | float) and not isinstance(interval, bool)
    if number and 0 <= float(interval) <= LONGEST_INTERVAL:  # type: ignore[arg-type]  # it is a number
        return []
    return [f"interval: no number of seconds from 0 to {LONGEST_INTERVAL}"]


def read_config(environ: Mapping[str, str], known_keys: Mapping[str, object]) -> Config:
    """The configuration; the defaults if there is no file. Raises `UsageError` that names the place of a mistake."""
    path = config_path(environ)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config(mouse=environ.get("FLOWDECK_MOUSE", "1") != "0")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error
    # Most users have no such file: its parser is not loaded for them.
    import tomllib

    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error
    keys = content.get("keys", {})
    if not isinstance(keys, dict):
        raise UsageError(f"{path}: keys: not a table", 'write [keys] on a line, and below it id = "key,key"')
    if not isinstance(content.get("stores", {}), dict):
        # What is in the table is checked by `store.saved` when it is used: that looks at disks, which may be slow.
        raise UsageError(f"{path}: stores: not a table", 'write [stores.NAME] on a line, and below it uri = "..."')
    theme, mouse, interval = content.get("theme"), content.get("mouse", True), content.get("interval", INTERVAL)
    wrong = [
        *(f"[keys] {name}: no such key id" for name in keys if name not in known_keys),
        *(f"[keys] {name}: {wrong}" for name, value in keys.items() for wrong in _wrong_keys(value)),
        *_wrong_theme(theme),
        *([] if isinstance(mouse, bool) else ["mouse: neither true nor false"]),
        *_wrong_interval(interval),
        *(f"{name}: no such setting" for name in content if name not in _SETTINGS),
    ]
    if wrong:
        raise UsageError(f"{path}: {'; '.join(wrong)}", "the README lists the settings and the ids of keys")
    if environ.get("FLOWDECK_MOUSE"):
        mouse = environ["FLOWDECK_MOUSE"] != "0"
    return Config(theme=theme, mouse=mouse, keys=keys, interval=float(interval))
