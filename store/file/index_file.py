"""The files that indexes of trees are kept in: where they are, how they are opened, how much room they may take."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from hashlib import blake2b
from pathlib import Path
from typing import Final
from zlib import crc32

CACHE_VARIABLE: Final = "FLOWDECK_CACHE_DIR"
"""Environment variable naming the folder to keep indexes in, instead of the user's cache."""

FOLDER: Final = "trees"

PAGES: Final = 65_536
"""Pages of 4 KiB that one index may have, 256 MiB: 50,000 runs of the usual size. What is over that is not kept."""

UNUSED_S: Final = 60 * 86_400
"""An index that was not used for so long is removed."""

TOTAL_BYTES: Final = 1 << 30
"""What all indexes may take together: those that were not used for longest go first."""

BUSY_MS: Final = 100
"""How long to wait for another process that writes the same index: reading the tree goes on without it."""

OPENING_S: Final = 2.0
"""The same for one that is making it."""

DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""The file is none of ours, or no longer; SQLITE_ERROR: it lacks a table or a column."""

FAILURES: Final = (sqlite3.Error, UnicodeError)
"""What SQLite raises; the second where its message repeats what is damaged."""

_TABLES: Final = """
    CREATE TABLE IF NOT EXISTS meta (folder TEXT PRIMARY KEY, content TEXT, checksum INTEGER) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS part (
        folder TEXT, part TEXT, content TEXT, checksum INTEGER, PRIMARY KEY (folder, part)
    );
    CREATE TABLE IF NOT EXISTS value (
        part TEXT, key TEXT, folder TEXT, content TEXT, checksum INTEGER, PRIMARY KEY (part, key, folder)
    ) WITHOUT ROWID;
"""

MEANING: Final = 3
"""Changes with what is in the rows."""

FORMAT: Final = crc32(f"{MEANING}{_TABLES}".encode()) & 0x7FFFFFFF
"""What a file says that has these tables with these rows."""


class Damaged(Exception):
    """What the file holds is not what was written there."""


class OtherFormat(Exception):
    """The file was written by another version."""


def is_damage(error: Exception) -> bool:
    """True if a file that fails like that is to be made anew."""
    return not isinstance(error, sqlite3.Error | OSError) or error_code(error) in DAMAGE


def error_code(error: Exception) -> int:
    """SQLite's primary result code; 0 for what SQLite did not say, also if Python's module for it did."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF if isinstance(error, sqlite3.Error) else 0


def index_path(root: str) -> Path:
    """The index file of the tree whose real path is `root`; its folder is made if need be. Raises OSError."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        cache = Path(named).expanduser().absolute()
    else:
        from platformdirs import user_cache_dir

        cache = Path(user_cache_dir("flowdeck", appauthor=False)).absolute()
    folder = cache / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{blake2b(os.fsencode(root), digest_size=16).hexdigest()}.db"


def make_room(used: Path) -> None:
    """Removes the indexes of other trees that are old, or too many."""
    found = []
    for entry in used.parent.glob("*.db"):
        with contextlib.suppress(OSError):
            status = entry.stat()
            found.append((status.st_mtime, status.st_size, entry))
    total = 0
    for changed, size, entry in sorted(found, reverse=True):
        total += size
        if entry != used and (time.time() - changed > UNUSED_S or total > TOTAL_BYTES):
            # A process that still has it open keeps it until then.
            with contextlib.suppress(OSError):
                entry.unlink()


def touch(path: Path) -> None:
    """Notes that an index is in use."""
    with contextlib.suppress(OSError):
        os.utime(path)


def connect(path: str) -> sqlite3.Connection:
    """The index at `path`, or in `:memory:`, made if need be. Raises sqlite3.Error, OSError and OtherFormat."""
    if path != ":memory:":
        # SQLite gives a new file the mode that the umask says; it keeps the one that a file has.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    connection = sqlite3.connect(path, timeout=OPENING_S, isolation_level=None, check_same_thread=False)
    try:
        # In one transaction: another process that makes the file is seen before that or after it.
        connection.execute("BEGIN")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        is_new = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        connection.execute("COMMIT")
        if not is_new and version != FORMAT:
            raise OtherFormat(f"it is of another version of flowdeck ({version})")
        # A power failure may damage the file, which is then made anew.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute(f"PRAGMA max_page_count = {PAGES}")
        if is_new:
            connection.executescript(f"BEGIN IMMEDIATE; PRAGMA user_version = {FORMAT}; {_TABLES} COMMIT;")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    except BaseException:
        connection.close()
        raise
    return connection
