"""What was read of a tree the last time, in an SQLite file in the user's cache.

Every entry says which state of a file it comes from; who uses one compares that with the file as it is. Whatever goes
wrong with the index costs time and nothing else: then it is kept in memory only.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple
from zlib import crc32

from store.file.index_file import (
    FAILURES,
    Damaged,
    OtherFormat,
    connect,
    error_code,
    index_path,
    is_damage,
    make_room,
    touch,
)

FOLDERS_PER_QUERY: Final = 500
"""Folders bound in one IN list: far below the limit of parameters (999 in old SQLite)."""

_DEPENDENT: Final = ("part", "value")
"""Tables about the files of folders that `meta` knows."""

Entry = Sequence[Any]
"""The stamp of a file (see `store.file.reading.Stamp`), and what it held: the value of a param or a tag, or a
metric's `store.file.metric_file.Latest`."""

Entries = Mapping[str, Entry]
"""By key."""


class Part(NamedTuple):
    """The files of one part of a run."""

    folders: Mapping[str, Sequence[int]]
    """The stamps of the folder that the part is, called "", and of those inside of it, if `files` is all that they
    hold: while they are the same, no file has come and none has gone. Empty if that is not known."""
    files: Entries


UNKNOWN: Final = Part({}, {})
"""A part that was never read."""


@dataclass(slots=True)
class Batch:
    """What to write, collected while a tree is read. Folders are named relative to the root."""

    metas: list[tuple[str, Entry]] = field(default_factory=list)
    """(folder, the checked fields of its meta.yaml)"""
    parts: list[tuple[str, str, Part]] = field(default_factory=list)
    """(folder, part, its files)"""
    values: list[tuple[str, str, str, Entry]] = field(default_factory=list)
    """(part, key, folder, the one file)"""

    def __len__(self) -> int:
        return len(self.metas) + len(self.parts) + len(self.values)

    def clear(self) -> None:
        for rows in (self.metas, self.parts, self.values):
            rows.clear()


class Index:
    """The index of one tree; all of it may be called from any thread. Once it is closed it knows and keeps nothing."""

    def __init__(self, root: str) -> None:
        self._lock = Lock()
        self._path: Path | None = None
        self._full = False
        self._closed = False
        self.notice = ""
        """Why it is not kept, for the user; empty if it is."""
        try:
            self._path = index_path(root)
            make_room(self._path)
        except OSError as error:
            self._forsake(error)
        self._connection = self._open()

    def _forsake(self, error: Exception) -> None:
        self._path = None
        reason = getattr(error, "strerror", None) or str(error)
        self.notice = f"what is read is not kept for the next time, which costs time: {reason}"

    def _open(self) -> sqlite3.Connection:
        for attempt in (1, 2):
            if self._path is None:
                break
            try:
                connection = connect(str(self._path))
            except (OSError, *FAILURES, OtherFormat) as error:
                if attempt == 1 and is_damage(error):
                    self._remove()
                else:
                    self._forsake(error)
            else:
                touch(self._path)
                return connection
        return connect(":memory:")

    def _remove(self) -> None:
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _failed(self, error: Exception) -> None:
        """Goes on without the file, or with a new one, if that is what is wrong; one that is busy is tried again."""
        code = error_code(error)
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return
        if code == sqlite3.SQLITE_FULL:
            self._full = True
            self.notice = "not all that is read is kept for the next time: it is too much, or the disk is full"
            return
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        if is_damage(error):
            self._remove()
        elif getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_READONLY_DBMOVED:
            self._forsake(error)
        # Else another process removed the file, to make room or because it was damaged: there is a new one.
        self._connection = self._open()

    def _by_folder(self, statement: str, *names: str, folders: Sequence[str] = ()) -> dict[str, Any]:
        """The answer, whose columns are a folder, JSON, and the checksum of both and of the `names` before them."""
        with self._lock:
            if self._closed:
                return {}
            try:
                rows = self._connection.execute(statement, (*names, *folders)).fetchall()
                start = _begun(names)
                # SQLite does not notice that what a row holds is not what was written.
                if any(_checksum(start, folder, content) != checksum for folder, content, checksum in rows):
                    raise Damaged
            except (*FAILURES, Damaged) as error:
                self._failed(error)
                return {}
        # One document is decoded in a third of the time of many.
        contents = json.loads(f"[{','.join([content for _, content, _ in rows])}]")
        return {row[0]: content for row, content in zip(rows, contents, strict=True)}

    def metas(self) -> dict[str, Entry]:
        """What the meta.yaml files of all folders said, by folder."""
        return self._by_folder("SELECT folder, content, checksum FROM meta")

    def parts(self, part: str, folders: Sequence[str]) -> dict[str, Part]:
        """The files of one part of these folders, by folder."""
        found: dict[str, Part] = {}
        for start in range(0, len(folders), FOLDERS_PER_QUERY):
            some = [folder for folder in folders[start : start + FOLDERS_PER_QUERY] if _is_text(folder)]
            marks = ", ".join("?" * len(some))
            rows = self._by_folder(
                f"SELECT folder, content, checksum FROM part WHERE part = ? AND folder IN ({marks})", part, folders=some
            )
            found.update((folder, Part(*content)) for folder, content in rows.items())
        return found

    def values(self, part: str, key: str) -> dict[str, Entry]:
        """The files of one key in all folders that have it, by folder."""
        if not _is_text(key):
            return {}
        return self._by_folder("SELECT folder, content, checksum FROM value WHERE part = ? AND key = ?", part, key)

    def write(self, batch: Batch) -> None:
        """Keeps what was read. If another process writes just now, that is left for the next time."""
        if not batch or self._full:
            return
        parts = [(part, folder, files) for folder, part, files in batch.parts]
        statements = (
            ("meta (folder, content, checksum) VALUES (?, ?, ?)", _as_json(batch.metas)),
            ("part (part, folder, content, checksum) VALUES (?, ?, ?, ?)", _as_json(parts)),
            ("value (part, key, folder, content, checksum) VALUES (?, ?, ?, ?, ?)", _as_json(batch.values)),
        )
        self._change([(f"INSERT OR REPLACE INTO {statement}", list(rows)) for statement, rows in statements])

    def forget(self, folders: Sequence[str]) -> None:
        """Drops what is known of folders that are no longer there."""
        gone = [(folder,) for folder in folders if _is_text(folder)]
        if gone:
            # And of folders without a readable meta.yaml, which may have gone unnoticed.
            stray = [
                (f"DELETE FROM {table} WHERE folder NOT IN (SELECT folder FROM meta)", [()]) for table in _DEPENDENT
            ]
            self._change([("DELETE FROM meta WHERE folder = ?", gone), *stray])

    def _change(self, statements: Sequence[tuple[str, Sequence[tuple[Any, ...]]]]) -> None:
        with self._lock:
            if self._closed:
                return
            try:
                with self._connection as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    for statement, rows in statements:
                        connection.executemany(statement, rows)
            except FAILURES as error:
                self._failed(error)

    def close(self) -> None:
        """What is under way elsewhere may still call; may be called twice."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._closed = True
            self._connection.close()


def _as_json(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows, which end with a folder and what is known of it, with that as JSON and a checksum of all of it; without
    those whose names SQLite cannot hold.
    """
    encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
    for *names, folder, content in rows:
        if all(map(_is_text, names)) and _is_text(folder):
            text = encode(content)
            yield (*names, folder, text, _checksum(_begun(names), folder, text))


def _begun(names: Sequence[str]) -> int:
    """The checksum as far as it is that of names, which many rows share."""
    return crc32("".join(f"{name}\0" for name in names).encode())


def _checksum(begun: int, folder: str, content: str) -> int:
    return crc32(f"{folder}\0{content}".encode(), begun)


def _is_text(name: str) -> bool:
    """False for file names that are not UTF-8: such files are read anew every time."""
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
