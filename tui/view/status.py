"""The status line: which store, which schema, how much, as of when."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.text import clean, cut, width

if TYPE_CHECKING:
    from store.entities import StoreInfo

WIDE: Final = 110
"""Terminal columns from which nothing is abbreviated."""

NARROW_TITLE: Final = 15
"""Columns of the store's address on narrow terminals: its end, which tells most."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the status line says."""

    title: str
    info: StoreInfo | None
    experiments: int
    runs: int
    running: int
    as_of: str
    """Local time at which what is shown was read; empty before that."""
    reading: bool


def status_pieces(status: Status, columns: int) -> list[tuple[str, str]]:
    """(text, role) pieces for a terminal of so many columns."""
    wide = columns >= WIDE
    pieces = [(status.title if wide else _end(status.title, NARROW_TITLE), "accent")]
    if status.info is not None:
        schema = clean(status.info.schema)
        pieces.append((schema if wide else cut(schema.partition(" (")[0], 14), ""))
        if status.info.read_only:
            pieces.append(("read-only", ""))
    if status.as_of:
        experiments = (
            cells.plural(status.experiments, "experiment") if wide else f"{cells.count(status.experiments)} exp"
        )
        pieces += [(experiments, ""), (cells.plural(status.runs, "run"), "")]
        if status.running and columns >= 100:
            pieces.append((f"{cells.count(status.running)} running", "status-RUNNING"))
    if status.reading:
        pieces.append((f"reading {GLYPHS.ellipsis}", "warn"))
    elif status.as_of:
        pieces.append((f"as of {status.as_of}" if columns >= 76 else status.as_of, ""))
    return pieces


def _end(text: str, columns: int) -> str:
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[1:]
    return GLYPHS.ellipsis + text


def store_title(shown: str) -> str:
    """An address for the status line: a path below the home folder starts with ~."""
    home = os.path.expanduser("~")
    return clean("~" + shown[len(home) :] if shown.startswith(home + "/") else shown)
