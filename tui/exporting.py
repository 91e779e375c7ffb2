"""What the browser exports, as functions for worker threads: store calls in, a file and messages out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from textual.message import Message

from store.errors import Cancelled, UsageError
from tui.run_reading import RunReading, histories_of
from tui.run_sheet import run_sheet
from tui.view.cells import count, plural
from tui.view.export import Format

if TYPE_CHECKING:
    from store.protocols import RunKeys, RunQuery, Store
    from tui.reading import Post
    from tui.view.fields import RunField
    from tui.view.sheet import Sheet

HEADWAY_PAUSE: Final = 0.1
"""Seconds between two messages about how far an export has come."""

CAREFUL: Final = 10
"""Runs that are read first of a list whose runs have so much that most of it is not read for the screen."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which file is written, and how."""

    path: str
    """As it was typed: `~` is the user's folder."""
    format: Format
    replaces: bool = False
    """True if a file that is there was agreed to be replaced."""

    @property
    def file(self) -> Path:
        return Path(os.path.expanduser(self.path))


@dataclass(frozen=True, slots=True)
class RunsWish:
    """Which runs are exported, and what of them."""

    ids: Sequence[str] | None
    """None: what the query finds."""
    query: RunQuery
    fields: tuple[RunField, ...]
    """Empty: everything that they have."""
    names: Mapping[str, str]
    """Of the experiments, by id."""
    keys: RunKeys | None
    """What of them is read, where that is not all."""
    wide: bool
    """True if the runs have much."""


@dataclass
class Exporting(Message):
    """How far an export has come."""

    told: str

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Exporting)


@dataclass
class Exported(Message):
    """A file was written."""

    told: str
    """How much is in it."""
    file: str


@dataclass
class FileFound(Message):
    """A file is where one was to be written; nothing was done."""

    target: Target


def export_runs(store: Store, wish: RunsWish, target: Target, post: Post, cancel: Event) -> None:
    """Writes runs as they are read. Raises `FlowdeckError`s; nothing is left of a file then."""
    due = 0.0
    readings: list[RunReading] = []

    def told(what: str, done: int) -> None:
        nonlocal due
        if (now := time.monotonic()) >= due:
            due = now + HEADWAY_PAUSE
            post(Exporting(f"{what} {count(done)} of {plural(len(readings[0].ids), 'run')}"))

    def sheet() -> Sheet[Any]:
        ids = store.run_ids(wish.query, cancel).items if wish.ids is None else wish.ids
        at_once = CAREFUL if wish.wide else None
        histories = histories_of(wish.fields)
        reading = RunReading(store, ids, (), histories, keys=wish.keys, at_once=at_once, cancel=cancel, told=told)
        readings.append(reading)
        return run_sheet(reading, wish.fields, lambda: wish.names, target.format)

    if _write(target, sheet, post, cancel):
        reading = readings[0]
        gone = len(reading.ids) - reading.seen
        missing = f", {count(gone)} are no longer in the store" if gone else ""
        post(Exported(f"{plural(reading.seen, 'run')}{missing}", str(target.file)))


def export_sheet(sheet: Sheet[Any], what: str, target: Target, post: Post, cancel: Event) -> None:
    """Writes what is in memory; `what` says how much that is."""
    if _write(target, lambda: sheet, post, cancel):
        post(Exported(what, str(target.file)))


def _write(target: Target, sheet: Callable[[], Sheet[Any]], post: Post, cancel: Event) -> bool:
    """True if the file was written; False if one is there, which is told. Raises `FlowdeckError`s."""
    from store.replacing import whole_file
    from tui.unwritten import unwritten

    try:
        with whole_file(target.file, replace=target.replaces) as file:
            _fill(file, sheet(), target.format, cancel)
            if cancel.is_set():
                raise Cancelled
    except FileExistsError:
        post(FileFound(target))
        return False
    except OSError as error:
        raise unwritten(target.path, error) from error
    except ValueError as error:
        if "\0" not in target.path:
            raise
        raise UsageError(f"{target.path} cannot be the name of a file", "type another one") from error
    return True


def _fill(file: BinaryIO, sheet: Sheet[Any], format_: Format, cancel: Event) -> None:
    if format_ is Format.PARQUET:
        from tui.parquet import write_parquet

        write_parquet(sheet, file)
        return
    for piece in sheet.pieces(format_):
        file.write(piece.encode("utf-8", "replace"))
        if cancel.is_set():
            raise Cancelled
