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

LEAST_TITLE: Final = 15
"""Columns of the store's address that other pieces give way to: its end, which tells most."""

NARROW: Final = 76
"""Terminal columns below which even `read-only` gives way."""

SEPARATOR: Final = f" {GLYPHS.gap} "


@dataclass(frozen=True, slots=True)
class Status:
    """What the status line says."""

    title: str
    info: StoreInfo | None
    experiments: int
    runs: int | None
    """None while nobody counted them."""
    running: int
    as_of: str
    """Local time at which what is shown was read; empty before that."""
    reading: bool
    doing: str = "reading"
    """What is being done while `reading`."""
    live: str = ""
    """What is said of live mode, instead of `as_of`: `updated 3 s ago`; empty while it is off."""


AGES: Final = (3, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200)
"""Seconds that are told apart: a text that counted every one of them would send bytes while nothing changes."""

_DAY: Final = 86_400


def updated(seconds: float) -> tuple[str, float]:
    """How long ago something changed, as the greatest of `AGES` or the days that passed; seconds until it is more."""
    if seconds >= _DAY:
        return f"updated {int(seconds // _DAY)} d ago", _DAY - seconds % _DAY
    passed = [age for age in AGES if age <= seconds]
    later = (*AGES, _DAY)[len(passed)] - seconds
    return f"updated {cells.span(passed[-1] * cells.SECOND)} ago" if passed else "updated now", later


def status_pieces(status: Status, columns: int) -> list[tuple[str, str]]:
    """(text, role) pieces that fit a terminal of so many columns, as a `Line` shows them.

    The address gets what the others leave. If that is too little, these go, in this order: what is running, long
    words, the words `as of`, and on narrow terminals `read-only`.
    """
    least = min(LEAST_TITLE, width(status.title))
    room = 0
    others: list[tuple[str, str]] = []
    for left_out in range(5 if columns < NARROW else 4):
        others = _others(status, left_out)
        room = columns - 1 - sum(len(SEPARATOR) + width(text) for text, _ in others)
        if room >= least:
            break
    return [(_end(status.title, max(1, room)), "accent"), *others]


def _others(status: Status, left_out: int) -> list[tuple[str, str]]:
    """Everything but the address, without the first so many things that can be left out."""
    pieces = []
    if status.info is not None:
        schema = clean(status.info.schema)
        pieces.append((schema if left_out < 2 else cut(schema.partition(" (")[0], 14), ""))
        if status.info.read_only and left_out < 4:
            pieces.append(("read-only", ""))
    if status.as_of:
        short = f"{cells.count(status.experiments)} exp"
        pieces.append((cells.plural(status.experiments, "experiment") if left_out < 2 else short, ""))
        if status.runs is not None:
            pieces.append((cells.plural(status.runs, "run"), ""))
        if status.running and left_out < 1:
            pieces.append((f"{cells.count(status.running)} running", "status-RUNNING"))
    if status.reading:
        pieces.append((f"{status.doing} {GLYPHS.ellipsis}", "warn"))
    elif status.live:
        short = status.live.removeprefix("updated ")
        told = "live" if left_out > 2 else f"live, {short}" if left_out > 1 else f"live, {status.live}"
        pieces.append((told, "status-RUNNING"))
    elif status.as_of:
        pieces.append((f"as of {status.as_of}" if left_out < 3 else status.as_of, ""))
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
