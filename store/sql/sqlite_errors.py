"""SQLite's result codes, as our errors."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from store.errors import AccessDenied, NotAStore, StoreBusy, StoreCorrupt, StoreError


class Meaning(enum.Enum):
    """What a result code says to somebody who only reads."""

    BUSY = enum.auto()
    """Somebody else has a lock: worth another try."""
    INTERRUPTED = enum.auto()
    """Our progress handler stopped the query."""
    NEEDS_RECOVERY = enum.auto()
    """It can only be read after a recovery, which would write."""
    CANNOT_OPEN = enum.auto()
    DENIED = enum.auto()
    FOLDER = enum.auto()
    CORRUPT = enum.auto()
    CUT_SHORT = enum.auto()
    BAD_HEADER = enum.auto()
    DISK = enum.auto()
    NO_LOCKS = enum.auto()
    """The file system cannot lock."""
    NO_ROOM = enum.auto()
    """For a temporary file."""
    MEMORY = enum.auto()
    NOT_UTF8 = enum.auto()
    FAILED = enum.auto()
    """The statement does not fit the database, or should never happen while reading."""


_MEANINGS: Final[Mapping[str, Meaning]] = {
    "SQLITE_ABORT": Meaning.FAILED,
    "SQLITE_AUTH": Meaning.DENIED,
    "SQLITE_BUSY": Meaning.BUSY,
    "SQLITE_CANTOPEN": Meaning.CANNOT_OPEN,
    "SQLITE_CANTOPEN_ISDIR": Meaning.FOLDER,
    "SQLITE_CANTOPEN_NOTEMPDIR": Meaning.NO_ROOM,
    "SQLITE_CONSTRAINT": Meaning.FAILED,
    "SQLITE_CORRUPT": Meaning.CORRUPT,
    "SQLITE_EMPTY": Meaning.FAILED,
    "SQLITE_ERROR": Meaning.FAILED,
    "SQLITE_FORMAT": Meaning.BAD_HEADER,
    "SQLITE_FULL": Meaning.NO_ROOM,
    "SQLITE_INTERNAL": Meaning.FAILED,
    "SQLITE_INTERRUPT": Meaning.INTERRUPTED,
    "SQLITE_IOERR": Meaning.DISK,
    "SQLITE_IOERR_ACCESS": Meaning.DENIED,
    "SQLITE_IOERR_AUTH": Meaning.DENIED,
    "SQLITE_IOERR_BLOCKED": Meaning.BUSY,
    "SQLITE_IOERR_CHECKRESERVEDLOCK": Meaning.NO_LOCKS,
    "SQLITE_IOERR_CORRUPTFS": Meaning.CORRUPT,
    "SQLITE_IOERR_GETTEMPPATH": Meaning.NO_ROOM,
    "SQLITE_IOERR_LOCK": Meaning.NO_LOCKS,
    "SQLITE_IOERR_NOMEM": Meaning.MEMORY,
    "SQLITE_IOERR_RDLOCK": Meaning.NO_LOCKS,
    "SQLITE_IOERR_SHMLOCK": Meaning.NO_LOCKS,
    "SQLITE_IOERR_SHORT_READ": Meaning.CUT_SHORT,
    "SQLITE_IOERR_UNLOCK": Meaning.NO_LOCKS,
    "SQLITE_LOCKED": Meaning.BUSY,
    "SQLITE_MISMATCH": Meaning.FAILED,
    "SQLITE_MISUSE": Meaning.FAILED,
    "SQLITE_NOLFS": Meaning.DISK,
    "SQLITE_NOMEM": Meaning.MEMORY,
    "SQLITE_NOTADB": Meaning.BAD_HEADER,
    "SQLITE_NOTFOUND": Meaning.FAILED,
    "SQLITE_PERM": Meaning.DENIED,
    "SQLITE_PROTOCOL": Meaning.BUSY,
    "SQLITE_RANGE": Meaning.FAILED,
    "SQLITE_READONLY": Meaning.NEEDS_RECOVERY,
    "SQLITE_SCHEMA": Meaning.BUSY,
    "SQLITE_TOOBIG": Meaning.CORRUPT,
}
"""By name; an extended code that is not listed means what its primary code means."""


def meaning(error: BaseException) -> Meaning | None:
    """None for what SQLite does not document."""
    if "Could not decode to UTF-8" in str(error):
        return Meaning.NOT_UTF8
    name = error_name(error)
    if name == "SQLITE_ERROR" and "unsupported file format" in str(error):
        return Meaning.BAD_HEADER
    if name in _MEANINGS:
        return _MEANINGS[name]
    return _MEANINGS.get("_".join(name.split("_")[:2]))


def error_name(error: BaseException) -> str:
    return str(getattr(error, "sqlite_errorname", "") or "")


def as_store_error(error: BaseException, path: Path) -> StoreError:
    """What a user is told; of `BUSY`, `INTERRUPTED` and `NEEDS_RECOVERY` only if nothing better is known."""
    text, name = str(error), error_name(error)
    detail = f"{text} ({name})" if name else text
    match meaning(error):
        case Meaning.BUSY:
            return StoreBusy(f"{path} is locked by another process: {detail}", "try again in a moment")
        case Meaning.INTERRUPTED:
            return StoreBusy(f"reading {path} took too long and was given up", "ask for less at a time")
        case Meaning.NEEDS_RECOVERY:
            return StoreCorrupt(
                f"{path} was left in the middle of a transaction by a writer that died: {detail}",
                "open it once with the program that writes it, or with the sqlite3 shell",
            )
        case Meaning.CANNOT_OPEN | Meaning.DENIED:
            return AccessDenied(
                f"{path} cannot be opened: {detail}", "check the permissions of the file, its side files and its folder"
            )
        case Meaning.FOLDER:
            return NotAStore(f"{path} is a folder, not an SQLite database", "name the database file itself")
        case Meaning.CORRUPT:
            return StoreCorrupt(
                f"{path} is damaged: {detail}",
                "copy it again from where it came; the sqlite3 shell's .recover saves what is left",
            )
        case Meaning.CUT_SHORT:
            return StoreCorrupt(f"{path} is cut short: {detail}", "copy it again from where it came")
        case Meaning.BAD_HEADER:
            return StoreCorrupt(
                f"{path} is damaged or encrypted: its header makes no sense ({detail})",
                "copy it again from where it came",
            )
        case Meaning.DISK:
            return StoreError(
                f"the disk failed while {path} was read: {detail}", "look at the disk or the mount it is on"
            )
        case Meaning.NO_LOCKS:
            return StoreError(
                f"{path} cannot be locked: {detail}",
                "its file system has no working file locks (some network mounts): copy the database to a local disk",
            )
        case Meaning.NO_ROOM:
            return StoreError(
                f"reading {path} needs a temporary file, and there is no room for it: {detail}",
                "set SQLITE_TMPDIR to a folder on a larger disk",
            )
        case Meaning.MEMORY:
            return StoreError(f"there is not enough memory to read {path}: {detail}", "ask for less at a time")
        case _:
            return StoreError(f"reading {path} failed: {detail}", "flowdeck doctor shows what was found there")
