"""The user's own copy of the demo store: made on first use, kept in the cache, whole or not there."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Final

from store.demo.build import DATABASE, build_demo
from store.errors import AccessDenied, StoreError

CACHE_VARIABLE: Final = "FLOWDECK_CACHE_DIR"
"""Environment variable naming the folder to keep the demo in, instead of the user's cache."""

MARKER: Final = "demo.json"
"""Lists the demo's files with their sizes and the folder it was made for; written last."""

_PARTIAL: Final = ".partial-"
_PARTIAL_LIFE_S: Final = 3_600
"""A demo still unfinished after this long was left behind by a process that was killed."""
_OTHER_LIFE_S: Final = 30 * 86_400
"""A demo of another version is kept this long, because that version may be installed elsewhere."""
_ATTEMPTS: Final = 20
"""How often to try to take the place of a damaged demo while other processes try the same."""


def ensure_demo() -> Path:
    """The database of this user's demo store, made first if it is missing, damaged or of another version.

    Safe to call from several processes at once. Raises StoreError if the demo cannot be kept.
    """
    root = cache_folder()
    folder = root / f"demo-{content_version()}"
    if not is_whole(folder):
        hint = f"set {CACHE_VARIABLE} to a folder that can be written to"
        try:
            root.mkdir(parents=True, exist_ok=True)
            _tidy(root, folder)
            _make(folder)
        except PermissionError as error:
            raise AccessDenied(f"may not write the demo store to {root}: {error.strerror}", hint) from error
        except OSError as error:
            raise StoreError(f"cannot write the demo store to {root}: {error.strerror or error}", hint) from error
        except sqlite3.Error as error:
            raise StoreError(f"cannot make the demo store in {root}: {error}", hint) from error
    return folder / DATABASE


def cache_folder() -> Path:
    """Where demos are kept, absolute."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("flowdeck", appauthor=False)).absolute()


@cache
def content_version() -> str:
    """Changes with every change of the code and the schema that make the demo."""
    sources = sorted(files("store.demo").iterdir(), key=lambda entry: entry.name)
    digest = blake2b(digest_size=6)
    for source in sources:
        if source.name.endswith((".py", ".sql")):
            digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


def is_whole(folder: Path) -> bool:
    """True if every file of a demo is in the folder it was made for, and its database is sound."""
    try:
        marker = json.loads((folder / MARKER).read_bytes())
        if marker["location"] != str(folder):
            return False
        for path, size in marker["files"].items():
            if (folder / path).stat().st_size != size:
                return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return _is_sound(folder / DATABASE)


def _is_sound(database: Path) -> bool:
    # The size of the database is no measure: actions in the demo may have changed it.
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
            runs = connection.execute("SELECT count(*) FROM runs").fetchone()
    except sqlite3.Error as error:
        # Somebody is writing to it, so it works.
        return error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return bool(verdict == ("ok",) and runs[0])


def _make(folder: Path) -> None:
    """Builds the demo beside its place, then moves it there in one step."""
    beside = Path(tempfile.mkdtemp(prefix=folder.name + _PARTIAL, dir=folder.parent))
    try:
        build_demo(beside, location=folder)
        sizes = {
            path.relative_to(beside).as_posix(): path.stat().st_size
            for path in sorted(beside.rglob("*"))
            if path.is_file() and path.name != DATABASE
        }
        (beside / MARKER).write_text(json.dumps({"location": str(folder), "files": sizes}), "utf-8")
        _move(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _move(beside: Path, folder: Path) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            beside.rename(folder)
            return
        except OSError as error:
            if is_whole(folder):
                return  # Another process was faster, and made the same.
            taken = error.errno in (errno.ENOTEMPTY, errno.EEXIST)
            if attempt == _ATTEMPTS or not (taken or folder.exists()):
                raise
            # What stood in the way may be gone by now: another process removed it, and is about to move its own.
            _discard(folder)


def _discard(folder: Path) -> None:
    """Takes what is damaged out of the way in one step, then removes it."""
    aside = folder.with_name(f"{folder.name}{_PARTIAL}{os.getpid()}-{time.monotonic_ns()}")
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return
    _remove(aside)


def _tidy(root: Path, folder: Path) -> None:
    """Removes what killed processes left behind, and demos of versions not used for long."""
    for entry in root.glob("demo-*"):
        life = _PARTIAL_LIFE_S if _PARTIAL in entry.name else _OTHER_LIFE_S
        if entry != folder and _age(entry) > life:
            _remove(entry)


def _age(entry: Path) -> float:
    """Seconds since it was changed; 0 if it has gone."""
    try:
        return time.time() - entry.lstat().st_mtime
    except OSError:
        return 0.0


def _remove(entry: Path) -> None:
    """As far as possible: what cannot be removed is left for the next time."""
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        try:
            entry.unlink()
        except OSError:
            return
