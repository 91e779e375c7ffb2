"""A private copy of a database that a recovery has to write before it can be read."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from store.errors import StoreError
from store.sql.sqlite_file import Changed, HeldFile, State

BLOCK: Final = 1 << 20
"""Bytes copied between two looks at the cancel event."""

LOCK_PAUSE: Final = 0.05
"""Seconds between two looks at the cancel event while another thread makes the copy."""

_NAME: Final = "mlflow.db"


@dataclass(slots=True)
class _Copy:
    state: State
    """Of the original, when it was copied."""
    folder: tempfile.TemporaryDirectory[str]
    users: int = 0

    @property
    def path(self) -> Path:
        return Path(self.folder.name, _NAME)


class RecoveredCopy:
    """The copy of one database: made when it is first needed, anew when the database changed.

    It lies in a folder of its own that only this user can read, and goes when it is closed, at the latest when
    the interpreter ends.
    """

    def __init__(self, shown: Path) -> None:
        self._shown = shown
        self._lock = Lock()
        self._copy: _Copy | None = None

    @property
    def notice(self) -> str | None:
        """What a user should know about the copy that is being read; None if there is none."""
        copy = self._copy
        if copy is None:
            return None
        if copy.state.wal is not None:
            return (
                "its -wal file has no usable -shm beside it (a writer died, or the database was copied while it was in "
                "use): read from a private copy that holds what the -wal says, the database itself is as it was"
            )
        return (
            "a writer died and left an unfinished transaction: read from a private copy that was rolled back, "
            "the database itself is as it was"
        )

    @contextlib.contextmanager
    def use(self, file: HeldFile, state: State, look_up: Callable[[], None]) -> Iterator[Path]:
        """The path of a copy of the database as it is in `state`.

        `look_up` is called now and then, and raises to end it. Raises `Changed`, `StoreError`s and sqlite3's errors.
        """
        while not self._lock.acquire(timeout=LOCK_PAUSE):
            look_up()
        try:
            if self._copy is None or self._copy.state != state:
                self._drop()
                self._copy = _Copy(state, self._made(file, state, look_up))
            copy = self._copy
            copy.users += 1
        finally:
            self._lock.release()
        try:
            yield copy.path
        finally:
            with self._lock:
                copy.users -= 1
                if copy is not self._copy and copy.users == 0:
                    copy.folder.cleanup()

    def close(self) -> None:
        """Removes the copy, if there is one, once its last reader is done."""
        if self._copy is not None:
            with self._lock:
                self._drop()

    def _drop(self) -> None:
        copy, self._copy = self._copy, None
        if copy is not None and copy.users == 0:
            copy.folder.cleanup()

    def _made(self, file: HeldFile, state: State, look_up: Callable[[], None]) -> tempfile.TemporaryDirectory[str]:
        self._check_room(state)
        try:
            folder = tempfile.TemporaryDirectory(prefix="flowdeck-")
        except OSError as error:
            raise StoreError(
                f"{self._shown} needs a recovery, and no private copy can be made: {error.strerror}", "set TMPDIR"
            ) from error
        try:
            copy = Path(folder.name, _NAME)
            try:
                self._fill(copy, file, state, look_up)
            except OSError as error:
                raise StoreError(
                    f"{self._shown} needs a recovery, and it could not be copied to {folder.name}: "
                    f"{error.strerror}{f' ({error.filename})' if error.filename else ''}",
                    "set TMPDIR to a larger disk, or ask its owner for read access to its side files",
                ) from error
            if file.look() != state:
                raise Changed
            with contextlib.closing(sqlite3.connect(copy)) as connection:
                # This rolls a journal back and carries a WAL over; what follows reads a plain file.
                connection.execute("PRAGMA journal_mode=DELETE").fetchall()
                connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except BaseException:
            folder.cleanup()
            raise
        return folder

    def _fill(self, copy: Path, file: HeldFile, state: State, look_up: Callable[[], None]) -> None:
        with open(copy, "wb") as target:
            offset = 0
            while block := file.read(BLOCK, offset):
                look_up()
                offset += target.write(block)
        for suffix, side in (("-wal", state.wal), ("-journal", state.journal)):
            if side is not None:
                look_up()
                # SQLite has no POSIX locks on these two, so that closing them costs nobody a lock.
                shutil.copyfile(f"{state.path}{suffix}", f"{copy}{suffix}")

    def _check_room(self, state: State) -> None:
        # Twice, because carrying over a WAL or rolling back may write every page once more.
        needed = 2 * (state.size + sum(side.size for side in (state.wal, state.journal) if side is not None))
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise StoreError(
                f"{self._shown} was left in the middle of a transaction by a writer that died; a private copy to "
                f"recover takes {needed:,} bytes, {folder} has {free:,}",
                "set TMPDIR to a folder on a larger disk, or let the program that writes it open it once",
            )
