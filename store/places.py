"""Where a user's own files of this program are, as the XDG base directory specification has it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

STORE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z")
"""What a saved store may be called: nothing that looks like an address or an option. Here, so that whoever was given
an address need not load what reads the configuration."""


def config_path(environ: Mapping[str, str]) -> Path:
    """`FLOWDECK_CONFIG`, else `flowdeck/config.toml` in the XDG place for configuration."""
    return _path(environ, "FLOWDECK_CONFIG", "XDG_CONFIG_HOME", ".config", "config.toml")


def views_path(environ: Mapping[str, str]) -> Path:
    """`FLOWDECK_VIEWS`, else `flowdeck/views.toml` in the XDG place for configuration."""
    return _path(environ, "FLOWDECK_VIEWS", "XDG_CONFIG_HOME", ".config", "views.toml")


def state_path(environ: Mapping[str, str]) -> Path:
    """`FLOWDECK_STATE`, else `flowdeck/state.json` in the XDG place for state."""
    return _path(environ, "FLOWDECK_STATE", "XDG_STATE_HOME", os.path.join(".local", "state"), "state.json")


def _path(environ: Mapping[str, str], variable: str, base: str, default: str, name: str) -> Path:
    if named := environ.get(variable):
        return Path(named)
    folder = environ.get(base) or os.path.join(os.path.expanduser("~"), default)
    return Path(folder) / "flowdeck" / name
