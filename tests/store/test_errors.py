"""Every result code that SQLite documents becomes one of our errors, with what happened and what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import pytest

from store.errors import (
    AccessDenied,
    Cancelled,
    FilterError,
    FlowdeckError,
    NotAStore,
    StoreBusy,
    StoreCorrupt,
    StoreError,
)
from store.sql.sqlite_errors import Meaning, as_store_error, meaning

DOCUMENTED: Final = [
    "ABORT",
    "AUTH",
    "BUSY",
    "CANTOPEN",
    "CONSTRAINT",
    "CORRUPT",
    "EMPTY",
    "ERROR",
    "FORMAT",
    "FULL",
    "INTERNAL",
    "INTERRUPT",
    "IOERR",
    "LOCKED",
    "MISMATCH",
    "MISUSE",
    "NOLFS",
    "NOMEM",
    "NOTADB",
    "NOTFOUND",
    "PERM",
    "PROTOCOL",
    "RANGE",
    "READONLY",
    "SCHEMA",
    "TOOBIG",
    "ABORT_ROLLBACK",
    "AUTH_USER",
    "BUSY_RECOVERY",
    "BUSY_SNAPSHOT",
    "BUSY_TIMEOUT",
    "CANTOPEN_CONVPATH",
    "CANTOPEN_DIRTYWAL",
    "CANTOPEN_FULLPATH",
    "CANTOPEN_ISDIR",
    "CANTOPEN_NOTEMPDIR",
    "CANTOPEN_SYMLINK",
    "CONSTRAINT_CHECK",
    "CONSTRAINT_COMMITHOOK",
    "CONSTRAINT_DATATYPE",
    "CONSTRAINT_FOREIGNKEY",
    "CONSTRAINT_FUNCTION",
    "CONSTRAINT_NOTNULL",
    "CONSTRAINT_PINNED",
    "CONSTRAINT_PRIMARYKEY",
    "CONSTRAINT_ROWID",
    "CONSTRAINT_TRIGGER",
    "CONSTRAINT_UNIQUE",
    "CONSTRAINT_VTAB",
    "CORRUPT_INDEX",
    "CORRUPT_SEQUENCE",
    "CORRUPT_VTAB",
    "ERROR_MISSING_COLLSEQ",
    "ERROR_RETRY",
    "ERROR_SNAPSHOT",
    "IOERR_ACCESS",
    "IOERR_AUTH",
    "IOERR_BEGIN_ATOMIC",
    "IOERR_BLOCKED",
    "IOERR_CHECKRESERVEDLOCK",
    "IOERR_CLOSE",
    "IOERR_COMMIT_ATOMIC",
    "IOERR_CONVPATH",
    "IOERR_CORRUPTFS",
    "IOERR_DATA",
    "IOERR_DELETE",
    "IOERR_DELETE_NOENT",
    "IOERR_DIR_CLOSE",
    "IOERR_DIR_FSYNC",
    "IOERR_FSTAT",
    "IOERR_FSYNC",
    "IOERR_GETTEMPPATH",
    "IOERR_LOCK",
    "IOERR_MMAP",
    "IOERR_NOMEM",
    "IOERR_RDLOCK",
    "IOERR_READ",
    "IOERR_ROLLBACK_ATOMIC",
    "IOERR_SEEK",
    "IOERR_SHMLOCK",
    "IOERR_SHMMAP",
    "IOERR_SHMOPEN",
    "IOERR_SHMSIZE",
    "IOERR_SHORT_READ",
    "IOERR_TRUNCATE",
    "IOERR_UNLOCK",
    "IOERR_VNODE",
    "IOERR_WRITE",
    "LOCKED_SHAREDCACHE",
    "LOCKED_VTAB",
    "READONLY_CANTINIT",
    "READONLY_CANTLOCK",
    "READONLY_DBMOVED",
    "READONLY_DIRECTORY",
    "READONLY_RECOVERY",
    "READONLY_ROLLBACK",
]
"""https://sqlite.org/rescode.html without OK, ROW, DONE, OK_*, NOTICE* and WARNING*, which are no errors."""

NO_ERRORS: Final = ("OK", "ROW", "DONE", "NOTICE", "WARNING")

CLASSES: Final[dict[str, type[StoreError]]] = {
    "AUTH": AccessDenied,
    "BUSY": StoreBusy,
    "CANTOPEN": AccessDenied,
    "CANTOPEN_ISDIR": NotAStore,
    "CANTOPEN_NOTEMPDIR": StoreError,
    "CORRUPT": StoreCorrupt,
    "FORMAT": StoreCorrupt,
    "INTERRUPT": StoreBusy,
    "IOERR_ACCESS": AccessDenied,
    "IOERR_AUTH": AccessDenied,
    "IOERR_BLOCKED": StoreBusy,
    "IOERR_CORRUPTFS": StoreCorrupt,
    "IOERR_SHORT_READ": StoreCorrupt,
    "LOCKED": StoreBusy,
    "NOTADB": StoreCorrupt,
    "PERM": AccessDenied,
    "PROTOCOL": StoreBusy,
    "READONLY": StoreCorrupt,
    "SCHEMA": StoreBusy,
    "TOOBIG": StoreCorrupt,
}
"""What is more than a plain `StoreError`; an extended code is like its primary code unless it is listed."""

PATH: Final = Path("/data/mlflow.db")


def raised(name: str, text: str = "the driver's words") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_documented_code_is_mapped(name: str) -> None:
    error = raised(f"SQLITE_{name}")
    assert meaning(error) is not None, f"SQLITE_{name} has no meaning yet"
    shown = as_store_error(error, PATH)
    assert type(shown) is CLASSES.get(name, CLASSES.get(name.split("_")[0], StoreError))
    assert str(PATH) in shown.message
    assert shown.hint
    if meaning(error) not in (Meaning.INTERRUPTED, Meaning.FOLDER):
        assert f"the driver's words (SQLITE_{name})" in shown.message


def test_the_list_has_every_code_that_python_knows() -> None:
    """A newer SQLite may bring a code that the list above, and so the mapping, lacks."""
    primary = {name: getattr(sqlite3, f"SQLITE_{name}") for name in DOCUMENTED if hasattr(sqlite3, f"SQLITE_{name}")}
    known = {
        name.removeprefix("SQLITE_")
        for name, value in vars(sqlite3).items()
        # Extended codes carry their primary code in the low byte; other constants share the prefix.
        if any(name.startswith(f"SQLITE_{code}_") and value & 0xFF == number for code, number in primary.items())
        and isinstance(value, int)
        and value > 0xFF
    }
    assert len(known) > 40
    assert known <= set(DOCUMENTED)


def test_a_code_nobody_documented_is_still_an_error_to_show() -> None:
    error = raised("SQLITE_SURPRISE")
    assert meaning(error) is None
    shown = as_store_error(error, PATH)
    assert type(shown) is StoreError
    assert shown.message == "reading /data/mlflow.db failed: the driver's words (SQLITE_SURPRISE)"


def test_errors_of_the_module_itself_have_no_code() -> None:
    shown = as_store_error(sqlite3.ProgrammingError("Cannot operate on a closed database."), PATH)
    assert type(shown) is StoreError
    assert "closed database" in shown.message


def test_undecodable_text_is_known_by_its_words() -> None:
    error = sqlite3.OperationalError("Could not decode to UTF-8 column 'value' with text 'x'")
    assert meaning(error) is Meaning.NOT_UTF8


def test_an_unsupported_file_format_is_a_header_that_makes_no_sense() -> None:
    assert meaning(raised("SQLITE_ERROR", "unsupported file format")) is Meaning.BAD_HEADER


def test_an_error_says_its_message() -> None:
    error = StoreBusy("it is locked", "wait")
    assert (str(error), error.message, error.hint) == ("it is locked", "it is locked", "wait")
    assert not isinstance(Cancelled(), StoreError)
    assert isinstance(Cancelled(), FlowdeckError)


def test_a_filter_error_points_at_the_wrong_part() -> None:
    error = FilterError("unknown key", text="metric.loss > x", position=14, suggestions=["1"], hint="a number")
    assert error.pointer() == "metric.loss > x\n              ^"
    assert error.suggestions == ("1",)
    assert FilterError("empty").pointer() == ""
