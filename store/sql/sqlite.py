"""Reading an SQLite file that other processes write, without ever touching it.

How a file is opened depends on its state, which is looked at anew for every read:

- rollback journal, or WAL with its `-wal` and `-shm` in place: `mode=ro`;
- WAL with nobody connected (no `-wal`, or an empty one): a plain `mode=ro` would create `-wal` and
  `-shm` and leave them behind, and fails where it may not, so the file is read as `immutable` and the
  answer is thrown away and read again if the file changed meanwhile;
- a journal that a dead writer left (hot), or a `-wal` without its `-shm`: reading needs a recovery, which
  writes, so a private copy is recovered and read.

A connection lives for one read: an idle one in WAL mode would keep the last writer from cleaning up.
"""

from __future__ import annotations

import contextlib
import enum
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Final, TypeVar
from urllib.parse import quote

import sqlalchemy as sa

from store.errors import (
    AccessDenied,
    Cancelled,
    FlowdeckError,
    NotAStore,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreNotFound,
)
from store.sql.engine import check

T = TypeVar("T")

BUSY_TIMEOUT: Final = 10.0
"""Seconds that a read waits for somebody else's lock before it gives up."""

BUSY_PAUSE: Final = 0.05
"""Seconds between two tries; short, because the wait must end at once when it is cancelled."""

READ_TIMEOUT: Final = 120.0
"""Seconds that one read may take."""

PROGRESS_STEPS: Final = 20_000
"""Virtual machine instructions between two looks at the cancel event: about a millisecond."""

CHANGED_LIMIT: Final = 20
"""Times that a read is repeated because the file changed under it, before that is an error."""

_MAGIC: Final = b"SQLite format 3\0"

_COPY_NAME: Final = "mlflow.db"



class _Access(enum.Enum):
    DIRECT = enum.auto()
    IMMUTABLE = enum.auto()
    COPY = enum.auto()


@dataclass(frozen=True, slots=True)
class _State:
    """What can be seen of a database and its side files without opening it."""

    main: tuple[int, int, int, int]
    """Device, inode, size in bytes, time of change in ns."""
    wal: tuple[int, int, int] | None
    """Inode, size, time of change of the `-wal` file."""
    journal: tuple[int, int, int] | None
    shm: bool
    wal_mode: bool


class _Changed(Exception):
    """The file changed while it was read as immutable: the answer may be torn."""


class SqliteDatabase:
    """An SQLite file, opened for reading only; safe to use from several threads."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engines: dict[tuple[str, bool], sa.Engine] = {}
        self._lock = Lock()
        self._copy: tuple[_State, tempfile.TemporaryDirectory[str]] | None = None
        self._needs_copy: _State | None = None
        self._tolerant = False

    @property
    def notices(self) -> tuple[str, ...]:
        notices = []
        if self._copy is not None:
            notices.append(
                "a writer died and left an unfinished transaction: read from a private copy that was rolled back, "
                "the database itself is as it was"
            )
        if self._tolerant:
            notices.append("some text in this database is not valid UTF-8: shown with replacement characters")
        return tuple(notices)

    def close(self) -> None:
        with self._lock:
            self._drop_copy()
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()

    def read(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """See `store.sql.engine.Database.read`."""
        deadline = time.monotonic() + READ_TIMEOUT
        busy_until = time.monotonic() + BUSY_TIMEOUT
        changes = 0
        while True:
            check(cancel)
            state = self._look()
            access = self._access(state)
            try:
                with self._mapped(cancel, deadline):
                    return self._read_once(work, state, access, cancel, deadline)
            except StoreBusy:
                if time.monotonic() >= busy_until:
                    raise
                _pause(cancel)
            except _Changed:
                changes += 1
                if changes > CHANGED_LIMIT:
                    raise StoreBusy(
                        f"{self.path} was replaced or changed {changes} times while it was read", "try again in a moment"
                    ) from None
                _pause(cancel)
            except _NeedsCopy:
                if self._needs_copy == state:
                    raise StoreCorrupt(
                        f"{self.path} cannot be recovered from what its dead writer left",
                        "open it once with the program that writes it, or with the sqlite3 shell",
                    ) from None
                self._needs_copy = state
            except _NotUtf8:
                self._tolerant = True

    def _read_once(
        self, work: Callable[[sa.Connection], T], state: _State, access: _Access, cancel: Event | None, deadline: float
    ) -> T:
        path = self.path if access is not _Access.COPY else self._recovered_copy(state)
        engine = self._engine(path, immutable=access is _Access.IMMUTABLE)
        with engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            assert driver is not None
            driver.set_progress_handler(lambda: _stop(cancel, deadline), PROGRESS_STEPS)
            try:
                answer = work(connection)
            except sa.exc.DatabaseError:
                if access is _Access.IMMUTABLE and self._look() != state:
                    raise _Changed from None
                raise
        if access is _Access.IMMUTABLE and self._look() != state:
            raise _Changed
        return answer

    def _access(self, state: _State) -> _Access:
        if self._needs_copy == state:
            return _Access.COPY
        if state.wal_mode:
            if state.wal is None or state.wal[1] == 0:
                return _Access.IMMUTABLE
            if not state.shm:
                return _Access.COPY
        return _Access.DIRECT

    def _look(self) -> _State:
        try:
            found = os.stat(self.path)
            if not os.path.isfile(self.path):
                what = "a folder" if os.path.isdir(self.path) else "not a regular file"
                raise NotAStore(f"{self.path} is {what}, not an SQLite database", "name the database file itself")
            with open(self.path, "rb") as file:
                header = file.read(100)
        except FileNotFoundError:
            raise StoreNotFound(
                f"there is no database at {self.path}", "check the path; flowdeck never creates a database"
            ) from None
        except NotADirectoryError:
            raise StoreNotFound(f"{self.path}: a part of this path is a file, not a folder") from None
        except PermissionError as error:
            raise AccessDenied(
                f"{self.path} may not be read: {error.strerror}",
                "ask its owner for read access to the file and its folders",
            ) from error
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}") from error
        if not header:
            raise NotAStore(
                f"{self.path} is an empty file (0 bytes)", "MLflow fills it when something is logged or its server starts"
            )
        if not header.startswith(_MAGIC):
            raise NotAStore(f"{self.path} is not an SQLite database", "name an mlflow.db, an mlruns folder or a URI")
        self._check_whole(header, found.st_size)
        return _State(
            main=(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns),
            wal=_side(f"{self.path}-wal"),
            journal=_side(f"{self.path}-journal"),
            shm=os.path.exists(f"{self.path}-shm"),
            wal_mode=len(header) > 19 and header[18:20] == b"\x02\x02",
        )

    def _check_whole(self, header: bytes, size: int) -> None:
        if len(header) < 100:
            raise StoreCorrupt(f"{self.path} is cut short: {size} bytes", "copy it again from where it came")

    def _engine(self, path: Path, *, immutable: bool) -> sa.Engine:
        uri = f"file:{quote(str(path))}?mode=ro" + ("&immutable=1" if immutable else "")
        with self._lock:
            engine = self._engines.get((uri, self._tolerant))
            if engine is None:
                engine = sa.create_engine(
                    "sqlite://", creator=_connector(uri, self._tolerant), poolclass=sa.pool.NullPool
                )
                self._engines[uri, self._tolerant] = engine
            return engine

    def _recovered_copy(self, state: _State) -> Path:
        """A private copy of the database and its side files as they are in `state`, recovered by SQLite."""
        with self._lock:
            if self._copy is not None and self._copy[0] == state:
                return Path(self._copy[1].name, _COPY_NAME)
            self._drop_copy()
            needed = state.main[2] + sum(side[1] for side in (state.wal, state.journal) if side)
            free = shutil.disk_usage(tempfile.gettempdir()).free
            if needed * 2 > free:
                raise StoreError(
                    f"{self.path} was left in the middle of a transaction by a writer that died; a private copy to "
                    f"recover takes {needed * 2:,} bytes, {tempfile.gettempdir()} has {free:,}",
                    "set TMPDIR to a larger disk, or let the program that writes it open it once",
                )
            folder = tempfile.TemporaryDirectory(prefix="flowdeck-")
            copy = Path(folder.name, _COPY_NAME)
            try:
                for suffix in ("", "-wal", "-journal"):
                    if os.path.exists(f"{self.path}{suffix}"):
                        shutil.copyfile(f"{self.path}{suffix}", f"{copy}{suffix}")
                if self._look() != state:
                    raise _Changed
                with contextlib.closing(sqlite3.connect(copy)) as connection:
                    # The first read rolls the journal back, or forward; what follows reads a plain file.
                    connection.execute("PRAGMA journal_mode=DELETE").fetchall()
                    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
            except BaseException:
                folder.cleanup()
                raise
            self._copy = (state, folder)
            return copy

    def _drop_copy(self) -> None:
        if self._copy is not None:
            self._copy[1].cleanup()
            self._copy = None

    @contextlib.contextmanager
    def _mapped(self, cancel: Event | None, deadline: float) -> Iterator[None]:
        """Every error of the driver, as one of ours."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise self._translate(error.orig, cancel, deadline) from error
        except sqlite3.Error as error:
            raise self._translate(error, cancel, deadline) from error

    def _translate(self, error: BaseException | None, cancel: Event | None, deadline: float) -> Exception:
        name = str(getattr(error, "sqlite_errorname", "") or "")
        text = str(error)
        if name == "SQLITE_INTERRUPT":
            if cancel is not None and cancel.is_set():
                return Cancelled()
            return StoreBusy(f"reading {self.path} took longer than {READ_TIMEOUT:.0f} s and was given up")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return StoreBusy(
                f"{self.path} has been locked by another process for {BUSY_TIMEOUT:.0f} s",
                "a writer holds a long transaction: try again, or look who has it open (lsof, fuser)",
            )
        if name.startswith(("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTINIT")):
            return _NeedsCopy()
        if name.startswith("SQLITE_READONLY") or (name.startswith("SQLITE_CANTOPEN") and os.path.exists(f"{self.path}-wal")):
            return _NeedsCopy()
        if name.startswith("SQLITE_NOTADB"):
            return NotAStore(f"{self.path} is not an SQLite database, or it is encrypted")
        if name.startswith("SQLITE_CORRUPT"):
            return StoreCorrupt(
                f"{self.path} is damaged: {text}",
                "copy it again from where it came; the sqlite3 shell's .recover saves what is left",
            )
        if name.startswith("SQLITE_IOERR"):
            if "SHORT_READ" in name:
                return StoreCorrupt(f"{self.path} is cut short", "copy it again from where it came")
            return StoreError(f"the disk failed while {self.path} was read: {text} ({name})")
        if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
            return AccessDenied(f"{self.path} cannot be opened: {text}", "check the permissions of the file and its folder")
        if name.startswith("SQLITE_NOMEM"):
            return StoreError(f"not enough memory to read {self.path}")
        if "Could not decode to UTF-8" in text:
            return _NotUtf8()
        return StoreError(f"reading {self.path} failed: {text}" + (f" ({name})" if name else ""))


class _NeedsCopy(FlowdeckError):
    """The file can only be read after a recovery, which would write."""

    def __init__(self) -> None:
        super().__init__("the database needs a recovery")


class _NotUtf8(FlowdeckError):
    """A text in the database cannot be decoded."""

    def __init__(self) -> None:
        super().__init__("the database holds text that is not UTF-8")


def _connector(uri: str, tolerant: bool) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        # Waiting for locks is ours (read()), because SQLite's own wait cannot be cancelled.
        connection = sqlite3.connect(uri, uri=True, timeout=0, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA case_sensitive_like=ON")
        if tolerant:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return connection

    return connect


def _stop(cancel: Event | None, deadline: float) -> int:
    return int((cancel is not None and cancel.is_set()) or time.monotonic() > deadline)


def _pause(cancel: Event | None) -> None:
    if cancel is None:
        time.sleep(BUSY_PAUSE)
    elif cancel.wait(BUSY_PAUSE):
        raise Cancelled


def _side(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)
