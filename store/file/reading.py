"""Reading one file or one folder of a tree that others write, and perhaps not kindly.

Nothing is opened but regular files. A link is followed to a regular file inside of the tree, and to no other.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any, Final, NamedTuple

from store.errors import AccessDenied, Cancelled, NotAStore, StoreError, StoreNotFound, StoreUnreachable
from store.file.layout import shown

CHUNK: Final = 1 << 20
"""Bytes that are read between two looks at whether the caller still wants them."""

_OPEN: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

Stamp = tuple[int, int, int, int]
"""What tells that a file is still the same: inode, bytes, nanoseconds of the last change of what it holds, and of the
last change of anything about it. Who copies trees (rsync, tar) sets the former; the latter is the system's own."""


class Unreadable(Exception):
    """One entry cannot be read; the text says why, for people."""


class Gone(Unreadable):
    """It is not there, or not any more."""


class Content(NamedTuple):
    """What was read of a file."""

    data: bytes
    stamp: Stamp
    rest: int = 0
    """Bytes behind `data` that were not read, because the file is longer than was asked for."""


def check(cancel: Event | None) -> None:
    """Raises `Cancelled` if the caller withdrew the request."""
    if cancel is not None and cancel.is_set():
        raise Cancelled


def stamp_of(status: os.stat_result) -> Stamp:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def unchanged(path: str, known: Sequence[Any]) -> bool:
    """True if at `path` is the file whose stamp `known` begins with, as it was then; False for a link to it."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return False
    # What changes most often first.
    return bool(
        status.st_ctime_ns == known[3]
        and status.st_mtime_ns == known[2]
        and status.st_size == known[1]
        and status.st_ino == known[0]
    )


def look(path: str, bounds: tuple[str, ...]) -> tuple[str, Stamp]:
    """Where the file at `path` really is, which is another place for a link, and its stamp.

    Raises Unreadable if it is no regular file, or lies outside of the folders `bounds`.
    """
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            path = within(path, bounds)
            status = os.lstat(path)
    except (OSError, ValueError) as error:
        raise unreadable(error) from error
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable(f"is {_kind(status.st_mode)}, not a file")
    return path, stamp_of(status)


def within(link: str, bounds: tuple[str, ...]) -> str:
    """The path that a link leads to. Raises Unreadable if that is outside of the folders `bounds`."""
    try:
        target = os.path.realpath(link, strict=True)
    except (OSError, ValueError) as error:
        raise Unreadable(f"is a link that leads {_astray(error)}") from error
    if not any(target == bound or target.startswith(bound.rstrip("/") + "/") for bound in bounds):
        raise Unreadable("is a link that leads out of the tree")
    return target


def _astray(error: Exception) -> str:
    return "in a circle" if isinstance(error, OSError) and error.errno == errno.ELOOP else "nowhere"


def read(path: str, limit: int, start: int = 0, cancel: Event | None = None) -> Content:
    """At most `limit` bytes, from `start`, of a file that `look` or a listing said is a regular one.

    Raises Unreadable, and Cancelled once `cancel` is set.
    """
    try:
        descriptor = os.open(path, _OPEN)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable(f"is {_kind(status.st_mode)}, not a file")
            size = status.st_size
            if start:
                os.lseek(descriptor, start, os.SEEK_SET)
            wanted = min(size - start, limit)
            data = os.read(descriptor, min(wanted, CHUNK)) if wanted > 0 else b""
            if len(data) < wanted:
                data = _rest(descriptor, data, wanted, cancel)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        raise unreadable(error) from error
    return Content(data, stamp_of(status), max(size - start - limit, 0))


def _rest(descriptor: int, data: bytes, wanted: int, cancel: Event | None) -> bytes:
    parts = [data]
    missing = wanted - len(data)
    while missing > 0 and (part := os.read(descriptor, min(missing, CHUNK))):
        check(cancel)
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


@contextmanager
def listing(path: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """The entries of a folder. Raises Unreadable, also for what happens while they are read."""
    try:
        with os.scandir(path) as entries:
            yield entries
    except (OSError, ValueError) as error:
        raise unreadable(error) from error


def unreadable(error: Exception) -> Unreadable:
    """An error of the operating system about one entry, in words."""
    if isinstance(error, OSError):
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
            return Gone("is not there")
        if error.errno in (errno.EACCES, errno.EPERM):
            return Unreadable("may not be read: permission denied")
        if error.errno == errno.ELOOP:
            return Unreadable("is a link that leads in a circle")
        return Unreadable(f"cannot be read: {error.strerror or type(error).__name__}")
    return Unreadable("cannot be read: its name is no file name")


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISLNK, "a link"),
    )
    return next((kind for test, kind in kinds if test(mode)), "a device")


def root_folder(path: str) -> str:
    """The real path of a tree's root. Raises StoreErrors if there is none."""
    what = shown(path)
    try:
        root = os.path.realpath(path, strict=True)
        if not stat.S_ISDIR(os.stat(root).st_mode):
            raise NotAStore(f"{what} is a file, not an mlruns tree", "name the mlruns folder itself")
        with os.scandir(root):
            return root
    except OSError as error:
        raise root_error(what, error) from error


def root_error(what: str, error: OSError) -> StoreError:
    """An error of the operating system about the root of a tree."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return StoreNotFound(f"nothing is at {what}", "name an mlruns folder, or file:///path/to/mlruns")
    if error.errno in (errno.EACCES, errno.EPERM):
        return AccessDenied(f"may not read the folder {what}: permission denied", "it needs read and execute rights")
    if error.errno in (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENOTCONN):
        return StoreUnreachable(f"the disk or server of {what} does not answer: {error.strerror}", "is it mounted?")
    return StoreError(f"the folder {what} cannot be read: {error.strerror or type(error).__name__}")
