"""What an SQLite file and its side files look like from outside, and a shared lock that keeps them so.

Two things make this more than a `stat`:

- Closing any descriptor of a file drops every POSIX lock that the process has on it, those of its SQLite
  connections included. So all of a process share one descriptor a file, closed when the last of them leaves.
- Between a look at the side files and SQLite's own first lock the last writer may leave and delete `-wal` and
  `-shm`, which SQLite would then create anew. So a lock of our own, on the bytes that SQLite uses for SHARED,
  is held from before the look until after the connection is closed: writers may append to a WAL meanwhile, but
  none may rewrite the file in rollback mode, nor remove the side files. It belongs to the descriptor and not to
  the process (F_OFD_SETLK), and it is not taken while a writer waits for its turn, or readers that overlap
  would keep the writer out for ever.

Where the kernel has no such locks only SQLite's own are taken.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

from store.errors import AccessDenied, NotAStore, StoreCorrupt, StoreError, StoreNotFound

HEADER_SIZE: Final = 100

_MAGIC: Final = b"SQLite format 3\0"

_SETLK: Final[int | None] = getattr(fcntl, "F_OFD_SETLK", None)
_GETLK: Final[int | None] = getattr(fcntl, "F_OFD_GETLK", None)

_FLOCK: Final = "hhqqi4x"
"""struct flock: type, whence, start, length, process."""

_PENDING: Final = (0x40000000, 1)
"""First byte and length of what a writer locks while it waits for the readers to leave (SQLite's os_unix.c)."""

_SHARED: Final = (0x40000002, 510)
"""What readers lock shared, and who rewrites the file exclusively."""


class Locked(Exception):
    """Another process is rewriting the file, or waits to."""

    def __init__(self, process: int | None = None) -> None:
        super().__init__(process)
        self.process = process
        """Its id, if the kernel tells."""


class Changed(Exception):
    """The file was replaced, or its side files came or went."""


@dataclass(frozen=True, slots=True)
class SideFile:
    """A `-wal`, `-shm` or `-journal` file."""

    inode: int
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class State:
    """What can be seen of a database and its side files without SQLite."""

    path: str
    """Symbolic links resolved: beside the target SQLite looks for side files."""
    device: int
    inode: int
    size: int
    mtime_ns: int
    wal: SideFile | None
    journal: SideFile | None
    shm: int | None
    """Inode; its content changes with every reader."""
    wal_mode: bool
    promised_size: int
    """Bytes that the header says the file has; 0 if it does not say."""

    @property
    def cut_short(self) -> bool:
        return self.size < self.promised_size


@dataclass(slots=True)
class _Shared:
    """The one descriptor of a file in this process."""

    key: tuple[int, int]
    descriptor: int
    users: int = 0
    locked: bool = False
    spare: list[int] = field(default_factory=list)
    """Descriptors that turned out to be of this file, and must not be closed before the others."""


_files: dict[tuple[int, int], _Shared] = {}
_guard = Lock()


class HeldFile:
    """A database file that nobody rewrites in place and whose side files nobody removes until it is let go."""

    def __init__(self, shown: Path, real: str, shared: _Shared) -> None:
        self._shown = shown
        self._real = real
        self._shared = shared

    def look(self) -> State:
        """The state as it is now. Raises `Changed` if the path meanwhile names another file, and `StoreError`s."""
        with _explained(self._shown):
            found = os.stat(self._real)
            if (found.st_dev, found.st_ino) != self._shared.key or os.path.realpath(self._shown) != self._real:
                raise Changed
            header = os.pread(self._shared.descriptor, HEADER_SIZE, 0)
        _check_header(self._shown, header, found.st_size)
        shm = _side(f"{self._real}-shm")
        return State(
            path=self._real,
            device=found.st_dev,
            inode=found.st_ino,
            size=found.st_size,
            mtime_ns=found.st_mtime_ns,
            wal=_side(f"{self._real}-wal"),
            journal=_side(f"{self._real}-journal"),
            shm=None if shm is None else shm.inode,
            wal_mode=header[19] == 2,
            promised_size=_promised_size(header),
        )

    def read(self, size: int, offset: int) -> bytes:
        """Bytes of the database file, through the shared descriptor."""
        return os.pread(self._shared.descriptor, size, offset)


@contextlib.contextmanager
def held(path: Path) -> Iterator[HeldFile]:
    """The database file at `path`, with the shared lock held.

    Raises `Locked` if a writer is at work or waits, and `StoreError`s. Every SQLite connection of this process
    to the file, one that writes included, belongs inside: see the module's text on closing descriptors.
    """
    real = os.path.realpath(path)
    with _explained(path):
        found = os.stat(real)
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            raise NotAStore(f"{path} is {what}, not an SQLite database", "name the database file itself")
        with _guard:
            shared = _enter(real, (found.st_dev, found.st_ino))
    try:
        yield HeldFile(path, real, shared)
    finally:
        with _guard:
            _leave(shared)


def _enter(real: str, key: tuple[int, int]) -> _Shared:
    shared = _files.get(key)
    if shared is None:
        descriptor = os.open(real, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(descriptor)
        key = (found.st_dev, found.st_ino)
        shared = _files.get(key)
        if shared is None:
            shared = _files[key] = _Shared(key, descriptor)
        else:
            shared.spare.append(descriptor)
    shared.users += 1
    try:
        _take_turn(shared)
    except BaseException:
        _leave(shared)
        raise
    return shared


def _leave(shared: _Shared) -> None:
    shared.users -= 1
    if shared.users == 0:
        del _files[shared.key]
        os.close(shared.descriptor)
        for descriptor in shared.spare:
            os.close(descriptor)


def _take_turn(shared: _Shared) -> None:
    """Takes the shared lock as SQLite takes its own: not while a writer waits."""
    if _SETLK is None:
        return
    try:
        _set_lock(shared.descriptor, fcntl.F_RDLCK, _PENDING)
        try:
            if not shared.locked:
                _set_lock(shared.descriptor, fcntl.F_RDLCK, _SHARED)
                shared.locked = True
        finally:
            _set_lock(shared.descriptor, fcntl.F_UNLCK, _PENDING)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise Locked(_holder(shared.descriptor)) from None
        # No such locks here (old kernel, some network file systems): SQLite's own remain, and it says if they fail.


def _set_lock(descriptor: int, kind: int, place: tuple[int, int]) -> None:
    assert _SETLK is not None
    fcntl.fcntl(descriptor, _SETLK, struct.pack(_FLOCK, kind, os.SEEK_SET, *place, 0))


def _holder(descriptor: int) -> int | None:
    """The process that keeps readers out."""
    if _GETLK is None:
        return None
    start, length = _PENDING[0], _SHARED[0] + _SHARED[1] - _PENDING[0]
    try:
        answer = fcntl.fcntl(descriptor, _GETLK, struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, start, length, 0))
    except OSError:
        return None
    kind, _, _, _, process = struct.unpack(_FLOCK, answer)
    return process if kind != fcntl.F_UNLCK and process > 0 else None


def _check_header(shown: Path, header: bytes, size: int) -> None:
    if not header:
        raise NotAStore(
            f"{shown} is an empty file (0 bytes)", "MLflow fills it when something is logged or its server starts"
        )
    if not header.startswith(_MAGIC):
        if _MAGIC.startswith(header):
            raise StoreCorrupt(f"{shown} is cut short: {size} bytes", "copy it again from where it came")
        raise NotAStore(
            f"{shown} is not an SQLite database (or an encrypted one)",
            "name an mlflow.db, an mlruns folder or a URI; an encrypted database has to be decrypted first",
        )
    if len(header) < HEADER_SIZE:
        raise StoreCorrupt(f"{shown} is cut short: {size} bytes", "copy it again from where it came")


def _promised_size(header: bytes) -> int:
    """Page size times pages, if the count is valid: old versions of SQLite did not keep it (file format, 1.3.7)."""
    if header[24:28] != header[92:96]:
        return 0
    page = int.from_bytes(header[16:18], "big")
    return (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big")


def _side(path: str) -> SideFile | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return SideFile(found.st_ino, found.st_size, found.st_mtime_ns)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Failures of the operating system, as ours."""
    try:
        yield
    except FileNotFoundError:
        raise StoreNotFound(
            f"there is no database at {path}{_missing_folder(path)}",
            "check the path; flowdeck never creates a database",
        ) from None
    except NotADirectoryError:
        raise StoreNotFound(
            f"there is no database at {path}: a part of this path is a file, not a folder", "check the path"
        ) from None
    except PermissionError as error:
        raise AccessDenied(
            f"{path} may not be read: {error.strerror}", "ask its owner for read access to the file and its folders"
        ) from error
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read: {error.strerror}", "look at the disk or the mount it is on"
        ) from error


def _missing_folder(path: Path) -> str:
    """Which part of the path is missing, if it is not just the file."""
    if os.path.islink(path):
        return f": it is a link to {os.path.realpath(path)}, where nothing is"
    missing = [folder for folder in path.parents if not os.path.lexists(folder)]
    return f": there is no folder {missing[-1]}" if missing else ""
