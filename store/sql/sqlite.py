"""Reading an SQLite file that other processes write, without ever touching it.

How a file is opened depends on its state, which is looked at anew for every read, under a shared lock
(`sqlite_file`):

- rollback journal, or WAL with its `-wal` and `-shm` in place: `mode=ro`, and `readonly_shm`, because SQLite
  would otherwise rewrite the `-shm` of a writer that died;
- WAL with nobody connected (no `-wal`, or an empty one, no `-shm`): a plain `mode=ro` would create `-wal` and
  `-shm` and leave them behind, and fails where it may not, so the file is read as `immutable` and the
  answer is thrown away and read again if somebody connected meanwhile; a `-wal` with nothing in it but its
  header is passed over in the same way;
- a journal that a dead writer left (hot), or a `-wal` without its `-shm`: reading needs a recovery, which
  writes, so a private copy is recovered and read (`sqlite_copy`).

A connection lives for one read: an idle one in WAL mode would keep the last writer from cleaning up. All
statements of one read see the database at one moment.
"""

from __future__ import annotations

import contextlib
import enum
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Final, TypeVar
from urllib.parse import quote

import sqlalchemy as sa

from store.errors import Cancelled, StoreBusy, StoreCorrupt, StoreError
from store.sql.engine import check
from store.sql.numbers import add_functions
from store.sql.sqlite_copy import RecoveredCopy
from store.sql.sqlite_errors import Meaning, as_store_error, meaning
from store.sql.sqlite_file import Changed, HeldFile, Locked, State, held

T = TypeVar("T")

BUSY_TIMEOUT: Final = 10.0
"""Seconds that a read waits for somebody else's lock before it gives up."""

FIRST_PAUSE: Final = 0.001
"""Seconds before the second try; each further pause is twice as long ..."""

LONGEST_PAUSE: Final = 0.01
"""... up to this. Short, because a writer that commits all the time leaves short gaps, and a try costs 30 µs."""

READ_TIMEOUT: Final = 120.0
"""Seconds that one read may take."""

PROGRESS_STEPS: Final = 20_000
"""Virtual machine instructions between two looks at the cancel event: about a millisecond."""

LOOKS: Final = 4
"""Tries under one lock: side files that came cannot go while it is held, so the second look should settle it."""


WAL_HEADER: Final = 32
"""Bytes of a -wal before its first commit. A writer that dies there leaves one that SQLite, which may not touch the
-shm, takes for one that is changed all the time: it tries for ten seconds, in vain."""


class _Access(enum.Enum):
    DIRECT = "?mode=ro&readonly_shm=1"
    IMMUTABLE = "?mode=ro&immutable=1"
    COPY = "?mode=ro"


class _NeedsCopy(Exception):
    """The file can only be read after a recovery, which would write."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state


class _NotUtf8(Exception):
    """A text in the database cannot be decoded."""


class SqliteDatabase:
    """An SQLite file, opened for reading only; safe to use from several threads."""

    dialect = "sqlite"

    def __init__(self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT, read_timeout: float = READ_TIMEOUT) -> None:
        self.path = path
        self._busy_timeout = busy_timeout
        self._read_timeout = read_timeout
        self._engines: dict[tuple[str, bool], sa.Engine] = {}
        self._lock = Lock()
        self._copy = RecoveredCopy(path)
        self._needs_copy: State | None = None
        self._tolerant = False

    @property
    def notices(self) -> tuple[str, ...]:
        notices = []
        if (copied := self._copy.notice) is not None:
            notices.append(copied)
        if self._tolerant:
            notices.append("some text in this database is not valid UTF-8: shown with replacement characters")
        return tuple(notices)

    def close(self) -> None:
        self._copy.close()
        with self._lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()

    def read(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """See `store.sql.engine.Database.read`."""
        start = time.monotonic()
        deadline, busy_until = start + self._read_timeout, start + self._busy_timeout
        pause = FIRST_PAUSE
        while True:
            check(cancel)
            tolerant = self._tolerant
            try:
                with held(self.path) as file:
                    return self._read_held(file, work, tolerant, cancel, deadline)
            except Locked as locked:
                if time.monotonic() >= busy_until:
                    raise self._busy(locked) from locked.__cause__
            except Changed:
                if time.monotonic() >= busy_until:
                    raise StoreBusy(
                        f"{self.path} was replaced or changed each time it was read, for {self._busy_timeout:g} s",
                        "try again when its writer is less busy",
                    ) from None
            except _NeedsCopy as needed:
                # Not at once: a journal that is just being deleted looks like one that a dead writer left.
                self._needs_copy = needed.state
            except _NotUtf8:
                if tolerant:
                    raise StoreCorrupt(
                        f"{self.path} holds text that is not UTF-8 where it cannot be replaced", "export and repair it"
                    ) from None
                self._tolerant = True
            _wait(pause, cancel)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _read_held(
        self, file: HeldFile, work: Callable[[sa.Connection], T], tolerant: bool, cancel: Event | None, deadline: float
    ) -> T:
        for _ in range(LOOKS):
            check(cancel)
            state = file.look()
            access = self._access(state)
            try:
                with self._mapped(state, access, cancel):
                    if access is _Access.COPY:
                        with self._copy.use(file, state, partial(_look_up, cancel, deadline)) as path:
                            return self._run(self._engine(path, access, tolerant), work, cancel, deadline)
                    engine = self._engine(Path(state.path), access, tolerant)
                    answer = self._run(engine, work, cancel, deadline, opened=partial(_same, file, state))
                    if access is _Access.IMMUTABLE:
                        _unchanged(file, state)
                    self._copy.close()
                    return answer
            except Changed:
                continue
            except Exception:
                # What was read while it changed may make no sense in any way.
                if access is _Access.IMMUTABLE and file.look() != state:
                    continue
                raise
        raise Changed

    def _run(
        self,
        engine: sa.Engine,
        work: Callable[[sa.Connection], T],
        cancel: Event | None,
        deadline: float,
        opened: Callable[[], None] = lambda: None,
    ) -> T:
        with engine.connect() as connection:
            opened()
            driver = connection.connection.dbapi_connection
            assert isinstance(driver, sqlite3.Connection)
            stop = _Stop(cancel, deadline)
            driver.set_progress_handler(stop, PROGRESS_STEPS)
            driver.execute("BEGIN")
            try:
                return work(connection)
            except sa.exc.DBAPIError as error:
                if error.orig is not None and meaning(error.orig) is Meaning.INTERRUPTED and not stop.wanted:
                    # Ctrl+C arrived in the handler, where sqlite3 takes what is raised for a wish to stop.
                    raise KeyboardInterrupt from None
                raise

    def _access(self, state: State) -> _Access:
        if self._needs_copy == state:
            return _Access.COPY
        if not state.wal_mode and state.wal is None:
            return _Access.DIRECT
        # SQLite looks into a -wal whatever the header says.
        if state.wal is not None and state.shm is not None:
            return _Access.IMMUTABLE if state.wal.size == WAL_HEADER else _Access.DIRECT
        left = [side for side in (state.wal, state.journal) if side is not None and side.size > 0]
        return _Access.COPY if left else _Access.IMMUTABLE

    def _engine(self, path: Path, access: _Access, tolerant: bool) -> sa.Engine:
        # Bytes, because a path need not be UTF-8; the empty authority, because it may begin with two slashes.
        uri = f"file://{quote(os.fsencode(path))}{access.value}"
        with self._lock:
            engine = self._engines.get((uri, tolerant))
            if engine is None:
                engine = sa.create_engine("sqlite://", creator=_connector(uri, tolerant), poolclass=sa.pool.NullPool)
                self._engines[uri, tolerant] = engine
            return engine

    @contextlib.contextmanager
    def _mapped(self, state: State, access: _Access, cancel: Event | None) -> Iterator[None]:
        """Every error of the driver, as one of ours or as a reason to try again."""
        try:
            yield
        except (sa.exc.DBAPIError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            assert cause is not None
            raise self._translated(cause, state, access, cancel) from error
        except UnicodeDecodeError as error:
            # Python could not read SQLite's own message about it.
            raise StoreCorrupt(
                f"{self.path} is damaged: the definitions of its tables are not text",
                "copy it again from where it came; the sqlite3 shell's .recover saves what is left",
            ) from error

    def _translated(self, error: BaseException, state: State, access: _Access, cancel: Event | None) -> Exception:
        what = meaning(error)
        if what is Meaning.BUSY:
            return Locked()
        if what is Meaning.INTERRUPTED:
            if cancel is not None and cancel.is_set():
                return Cancelled()
            return StoreBusy(
                f"reading {self.path} took longer than {self._read_timeout:g} s and was given up",
                "ask for less at a time, or copy the database to a faster disk",
            )
        recovery = what is Meaning.NEEDS_RECOVERY or (what is Meaning.CANNOT_OPEN and state.wal is not None)
        if recovery and access is not _Access.COPY:
            return _NeedsCopy(state)
        if what is Meaning.NOT_UTF8:
            return _NotUtf8()
        if what in (Meaning.CORRUPT, Meaning.CUT_SHORT, Meaning.BAD_HEADER) and state.cut_short:
            return StoreCorrupt(
                f"{self.path} is cut short: it has {state.size:,} of {state.promised_size:,} bytes",
                "copy it again from where it came",
            )
        return as_store_error(error, self.path)

    def _busy(self, locked: Locked) -> StoreError:
        who = "another process" if locked.process is None else f"process {locked.process}"
        return StoreBusy(
            f"{self.path} has been locked by {who} for {self._busy_timeout:g} s",
            "a writer holds a long transaction: try again, or look who has it open (lsof, fuser)",
        )


def _connector(uri: str, tolerant: bool) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        # Waiting for locks is ours (read()), because SQLite's own wait cannot be cancelled; so are transactions.
        connection = sqlite3.connect(uri, uri=True, timeout=0, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA case_sensitive_like=ON")
        # A file from elsewhere may be damaged, or made to do harm through its views.
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        add_functions(connection)
        if tolerant:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return connection

    return connect


def _same(file: HeldFile, state: State) -> None:
    """SQLite opened the file that was looked at: it opens by path, and only later the side files."""
    now = file.look()
    if (now.wal_mode, now.wal is None, now.shm) != (state.wal_mode, state.wal is None, state.shm):
        raise Changed


def _unchanged(file: HeldFile, state: State) -> None:
    if file.look() != state:
        raise Changed


def _look_up(cancel: Event | None, deadline: float) -> None:
    check(cancel)
    if time.monotonic() > deadline:
        raise StoreBusy("making a private copy took too long and was given up", "copy the database to a faster disk")


class _Stop:
    """SQLite asks it every now and then whether to give up."""

    def __init__(self, cancel: Event | None, deadline: float) -> None:
        self._cancel = cancel
        self._deadline = deadline
        self.wanted = False

    def __call__(self) -> int:
        self.wanted = (self._cancel is not None and self._cancel.is_set()) or time.monotonic() > self._deadline
        return int(self.wanted)


def _wait(seconds: float, cancel: Event | None) -> None:
    if cancel is None:
        time.sleep(seconds)
    elif cancel.wait(seconds):
        raise Cancelled
