"""The user's configuration file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from store.errors import UsageError


@dataclass(frozen=True, slots=True)
class Config:
    """What a user may set."""

    theme: str | None = None
    mouse: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    """Id of an entry of the key table -> Textual's names of keys, separated by commas."""


def config_path(environ: Mapping[str, str]) -> Path:
    """`FLOWDECK_CONFIG`, else `flowdeck/config.toml` in the XDG place for configuration."""
    if named := environ.get("FLOWDECK_CONFIG"):
        return Path(named)
    base = environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(base) / "flowdeck" / "config.toml"


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
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error
    keys = content.get("keys", {})
    if not isinstance(keys, dict):
        raise UsageError(f"{path}: keys: not a table", 'write [keys] on a line, and below it id = "key,key"')
    theme, mouse = content.get("theme"), content.get("mouse", True)
    wrong = [
        *(f"[keys] {name}: no such key id" for name in keys if name not in known_keys),
        *(f"[keys] {name}: not a text" for name, value in keys.items() if not isinstance(value, str)),
        *([] if theme is None or isinstance(theme, str) else ["theme: not a text"]),
        *([] if isinstance(mouse, bool) else ["mouse: neither true nor false"]),
        *(f"{name}: no such setting" for name in content if name not in ("keys", "theme", "mouse")),
    ]
    if wrong:
        raise UsageError(f"{path}: {'; '.join(wrong)}", "the README lists the settings and the ids of keys")
    if environ.get("FLOWDECK_MOUSE"):
        mouse = environ["FLOWDECK_MOUSE"] != "0"
    return Config(theme=theme, mouse=mouse, keys=keys)
