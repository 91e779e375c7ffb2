"""Opening SQLite files in every state: a clear answer or the right data, and nothing in their folder is touched."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest
import sqlalchemy as sa

from store.entities import Run, RunParts
from store.errors import AccessDenied, Cancelled, NotAStore, StoreBusy, StoreCorrupt, StoreError, StoreNotFound
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from store.sql.sqlite import SqliteDatabase
from store.sql.store import SqlStore
from tests.support import sqlite_states as states
from tests.support.sqlite_states import RUN, as_nobody, make, untouched, writer

ROOT: Final = Path(__file__).parents[2]

needs_locks_of_its_own = pytest.mark.skipif(
    not hasattr(fcntl, "F_OFD_SETLK"), reason="this system has no locks that belong to a descriptor"
)
"""What is promised on Linux only."""


def _root() -> bool:
    return os.geteuid() == 0


def cannot(reason: str, *, possible: bool) -> NoReturn:
    """Skips; fails where the test could be made to run and continuous integration asks that it does."""
    if possible and os.environ.get("FLOWDECK_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "data"
    found.mkdir()
    return found


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """Every user may enter and read it; only its owner may write."""
    with states.open_folder() as found:
        # Whoever reads as another user cannot import any more: this imports everything first.
        with opened(make(found / "warm.db")) as store:
            whole(store)
        (found / "warm.db").unlink()
        try:
            as_nobody(lambda: os.listdir(found))
        except PermissionError:
            cannot(f"other users cannot enter {found.parent}: set TMPDIR to a folder that they can", possible=_root())
        yield found


@contextlib.contextmanager
def opened(path: Path | str) -> Iterator[Store]:
    store = open_store(str(path))
    try:
        yield store
    finally:
        store.close()


@contextlib.contextmanager
def impatient(path: Path, *, busy: float = 0.3, read: float = 60.0) -> Iterator[SqlStore]:
    """Opened with other time-outs."""
    store = SqlStore(SqliteDatabase(path, busy_timeout=busy, read_timeout=read), kind="SQLite", shown=str(path))
    try:
        yield store
    finally:
        store.close()


def the_run(store: Store) -> Run:
    (run,) = store.runs([RUN], RunParts.ALL)
    return run


def whole(store: Store) -> tuple[object, ...]:
    """Everything that `fill` wrote, through every kind of read."""
    run = the_run(store)
    summaries = store.metric_summaries(RUN)
    return (
        run.run_name,
        dict(run.params),
        dict(run.tags),
        {key: metric.value for key, metric in run.metrics.items()},
        [(summary.key, summary.count) for summary in summaries],
        list(store.history(RUN, "loss").values),
        {key: stats.runs for key, stats in store.experiment_stats().items()},
        [experiment.name for experiment in store.experiments(ExperimentQuery()).items],
        store.run_ids(RunQuery()).items,
    )


WHOLE: Final = (
    "the run",
    {"lr": "0.1"},
    {"who": "me"},
    {"loss": 1 / 3},
    [("loss", 3)],
    [1.0, 0.5, 1 / 3],
    {"1": 1},
    ["first"],
    (RUN,),
)
"""What `whole` gives for a store that `make` made."""


def refusal(path: Path | str, kind: type[StoreError]) -> StoreError:
    """The error of opening `path`; it names the path and says what to do."""
    with pytest.raises(StoreError) as caught:
        open_store(str(path))
    error = caught.value
    assert type(error) is kind, error
    assert str(path).removeprefix("sqlite:///") in error.message
    assert error.hint
    return error


# ------------------------------------------------------------------------------------------ nothing, or not a store


def test_a_missing_file_is_named_and_not_created(folder: Path) -> None:
    with untouched(folder):
        error = refusal(f"sqlite:///{folder}/none.db", StoreNotFound)
    assert "no database at" in error.message
    assert "never creates" in error.hint


def test_a_missing_folder_is_named(folder: Path) -> None:
    with untouched(folder):
        error = refusal(f"sqlite:///{folder}/no/such/none.db", StoreNotFound)
    assert f"there is no folder {folder}/no" in error.message


def test_a_file_in_place_of_a_folder_is_told(folder: Path) -> None:
    (folder / "file").write_text("x")
    with untouched(folder):
        error = refusal(f"sqlite:///{folder}/file/mlflow.db", StoreNotFound)
    assert "is a file, not a folder" in error.message


def test_a_dangling_link_is_followed_in_words(folder: Path) -> None:
    (folder / "link.db").symlink_to(folder / "gone.db")
    with untouched(folder):
        error = refusal(f"sqlite:///{folder}/link.db", StoreNotFound)
    assert f"link to {folder}/gone.db" in error.message


def test_links_in_a_circle_are_an_error(folder: Path) -> None:
    (folder / "one.db").symlink_to(folder / "two.db")
    (folder / "two.db").symlink_to(folder / "one.db")
    with untouched(folder):
        error = refusal(f"sqlite:///{folder}/one.db", StoreError)
    assert "circle" in error.message


def test_a_folder_is_no_database(folder: Path) -> None:
    with untouched(folder):
        error = refusal(f"sqlite:///{folder}", NotAStore)
    assert "is a folder" in error.message
    assert "the database file itself" in error.hint


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.db")
    with untouched(folder):
        error = refusal(folder / "pipe.db", NotAStore)
    assert "not a regular file" in error.message


def test_a_device_and_a_socket_are_not_read(folder: Path) -> None:
    assert "not a regular file" in refusal("/dev/null", NotAStore).message
    with socket.socket(socket.AF_UNIX) as listening:
        previous = Path.cwd()
        os.chdir(folder)  # the address of a socket has a short limit
        try:
            listening.bind("socket.db")
        finally:
            os.chdir(previous)
        with untouched(folder):
            assert "not a regular file" in refusal(folder / "socket.db", NotAStore).message


def test_a_file_of_another_format_is_told(folder: Path) -> None:
    (folder / "notes.txt").write_text("loss is going down\n" * 100)
    with untouched(folder):
        error = refusal(folder / "notes.txt", NotAStore)
    assert "is not an SQLite database" in error.message
    assert "mlflow.db" in error.hint


def test_an_encrypted_database_is_thought_of(folder: Path) -> None:
    (folder / "secret.db").write_bytes(random.Random(1).randbytes(8192))
    with untouched(folder):
        error = refusal(folder / "secret.db", NotAStore)
    assert "encrypted" in error.message
    assert "decrypted" in error.hint


def test_an_encrypted_database_with_a_plain_header_is_thought_of(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    data = bytearray(path.read_bytes())
    data[16:] = random.Random(1).randbytes(len(data) - 16)
    path.write_bytes(data)
    with untouched(folder):
        error = refusal(path, StoreCorrupt)
    assert "encrypted" in error.message or "damaged" in error.message or "cut short" in error.message


def test_an_empty_file_is_told(folder: Path) -> None:
    (folder / "mlflow.db").touch()
    with untouched(folder):
        error = refusal(folder / "mlflow.db", NotAStore)
    assert "empty file (0 bytes)" in error.message


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_database_without_tables_is_told(folder: Path, journal: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("CREATE TABLE t (x)")
        connection.execute("DROP TABLE t")
    with untouched(folder):
        error = refusal(folder / "mlflow.db", NotAStore)
    assert "no table of MLflow's" in error.message
    assert "mlflow.db" in error.hint


def test_a_database_of_something_else_is_told(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / "firefox.db")) as connection:
        connection.execute("CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT)")
        connection.execute("CREATE TABLE tags (x)")
        connection.commit()
    with untouched(folder):
        error = refusal(folder / "firefox.db", NotAStore)
    assert "not an MLflow tracking store" in error.message
    assert "experiments" in error.message


def test_a_schema_older_than_what_is_read_is_told_with_the_way_out(folder: Path) -> None:
    path = make(folder / "mlflow.db", without=["latest_metrics"], lacking={}, points=0)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE metrics")
        connection.execute("CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT)")
        connection.commit()
    with untouched(folder):
        error = refusal(path, NotAStore)
    assert "metrics, latest_metrics" in error.message
    assert "mlflow db upgrade" in error.hint


# ------------------------------------------------------------------------------------------ where it lies


@pytest.mark.parametrize("journal", ["delete", "truncate", "persist", "wal"])
def test_a_database_at_rest_is_read_and_left_alone(folder: Path, journal: str) -> None:
    path = make(folder / "mlflow.db", journal=journal)
    with untouched(folder), opened(path) as store:
        assert whole(store) == WHOLE
        assert store.info.notices == ()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_database_in_a_folder_that_may_not_be_written(shared_folder: Path, journal: str) -> None:
    path = make(shared_folder / "mlflow.db", journal=journal)
    with untouched(shared_folder):
        assert as_nobody(lambda: _whole_and_notices(path)) == (WHOLE, ())


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_file_without_any_right_to_write(shared_folder: Path, journal: str) -> None:
    path = make(shared_folder / "mlflow.db", journal=journal)
    path.chmod(0o444)
    shared_folder.chmod(0o555)
    with untouched(shared_folder):
        assert as_nobody(lambda: _whole_and_notices(path)) == (WHOLE, ())


def test_a_live_wal_in_a_folder_that_may_not_be_written(shared_folder: Path) -> None:
    path = make(shared_folder / "mlflow.db", journal="wal")
    with writer(path) as process:
        process.do("c.execute(\"UPDATE params SET value = 'new'\")")
        with untouched(shared_folder):
            (_, params, *_), notices = as_nobody(lambda: _whole_and_notices(path))
    assert params == {"lr": "new"}
    assert notices == ()


def test_a_hot_journal_in_a_folder_that_may_not_be_written(shared_folder: Path) -> None:
    path = make(shared_folder / "mlflow.db")
    states.leave_hot_journal(path)
    with untouched(shared_folder):
        found, notices = as_nobody(lambda: _whole_and_notices(path))
    assert found == WHOLE
    assert "rolled back" in notices[0]


def test_a_wal_without_shm_in_a_folder_that_may_not_be_written(shared_folder: Path) -> None:
    path = make(shared_folder / "mlflow.db")
    states.leave_wal(path, shm=False)
    with untouched(shared_folder):
        (_, params, *_), notices = as_nobody(lambda: _whole_and_notices(path))
    assert params == {"lr": "from the WAL"}
    assert "private copy" in notices[0]


def test_a_file_that_may_not_be_read(shared_folder: Path) -> None:
    path = make(shared_folder / "mlflow.db")
    path.chmod(0o600)
    with untouched(shared_folder), pytest.raises(AccessDenied) as caught:
        as_nobody(lambda: _whole_and_notices(path))
    assert f"{path} may not be read" in caught.value.message
    assert "read access" in caught.value.hint


def test_a_folder_that_may_not_be_entered(shared_folder: Path) -> None:
    closed = shared_folder / "closed"
    closed.mkdir()
    path = make(closed / "mlflow.db")
    closed.chmod(0o700)
    with untouched(shared_folder), pytest.raises(AccessDenied) as caught:
        as_nobody(lambda: open_store(f"sqlite:///{path}"))
    assert f"{path} may not be read" in caught.value.message


def test_side_files_that_may_not_be_read(shared_folder: Path) -> None:
    path = make(shared_folder / "mlflow.db")
    states.leave_hot_journal(path)
    Path(f"{path}-journal").chmod(0o600)
    with untouched(shared_folder), pytest.raises(StoreError) as caught:
        as_nobody(lambda: _whole_and_notices(path))
    assert "mlflow.db-journal" in caught.value.message
    assert "read access" in caught.value.hint


def _whole_and_notices(path: Path) -> tuple[tuple[object, ...], tuple[str, ...]]:
    with opened(path) as store:
        return whole(store), store.info.notices


READ_ONLY_MOUNT: Final = """
    set -e
    mount --bind "$1" "$2"
    mount -o remount,ro,bind "$2"
    if touch "$2/probe" 2>/dev/null; then echo "still writable"; exit 77; fi
    shift 2
    exec "$@"
    """


def test_databases_on_a_read_only_mount(tmp_path: Path) -> None:
    """In all states at once, because each mount takes a process of its own."""
    folder, mount = tmp_path / "data", tmp_path / "mount"
    folder.mkdir()
    mount.mkdir()
    make(folder / "rollback.db")
    make(folder / "wal.db", journal="wal")
    states.leave_hot_journal(make(folder / "hot.db"))
    states.leave_wal(make(folder / "dead.db"))
    states.leave_wal(make(folder / "moved.db"), shm=False)
    probe = (
        subprocess.run(
            ["unshare", "-m", "sh", "-c", textwrap.dedent(READ_ONLY_MOUNT), "sh", folder, mount, "true"],
            capture_output=True,
            text=True,
            check=False,
        )
        if shutil.which("unshare")
        else None
    )
    if probe is None or probe.returncode != 0:
        # A container may forbid root all mounts, and then there is nothing to be done about it.
        possible = _root() and (
            probe is None or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
        )
        reason = f"this system does not let the test mount: {probe.stderr.strip() if probe else 'no unshare'}"
        cannot(reason, possible=possible)
    program = f"""
        import sys
        sys.path[:0] = [{str(ROOT)!r}]
        from tests.store.test_sqlite_opening import WHOLE, _whole_and_notices
        for name in ("rollback", "wal", "hot", "dead", "moved"):
            found, notices = _whole_and_notices(f"{mount}/{{name}}.db")
            print(name, found == WHOLE, found[1]["lr"], len(notices), sep=":")
        """
    command = ["unshare", "-m", "sh", "-c", textwrap.dedent(READ_ONLY_MOUNT), "sh", folder, mount]
    with untouched(folder):
        answer = subprocess.run(
            [*command, sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
        )
    assert answer.stderr == ""
    assert answer.stdout.splitlines() == [
        "rollback:True:0.1:0",
        "wal:True:0.1:0",
        "hot:True:0.1:1",
        "dead:False:from the WAL:0",
        "moved:False:from the WAL:1",
    ]


@pytest.mark.parametrize(
    "name",
    ["with space.db", "what?.db", "issue#7.db", "50%.db", "%41.db", "a?mode=rwc&b.db", "été ☃.db", "quote'\".db"],
)
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_names_that_mean_something_in_a_uri(folder: Path, name: str, journal: str) -> None:
    path = make(folder / name, journal=journal)
    with untouched(folder), opened(path) as store:
        assert whole(store) == WHOLE


def test_a_name_that_is_not_utf8(folder: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.db"))
    try:
        shutil.copy(make(folder / "plain.db"), path)
    except OSError as error:
        pytest.skip(f"this file system has only Unicode names: {error}")
    with untouched(folder), opened(path) as store:
        assert whole(store) == WHOLE


def test_a_path_that_begins_with_two_slashes(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with untouched(folder), opened(f"/{path}") as store:
        assert whole(store) == WHOLE


def test_relative_and_absolute_uris(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(folder / "mlflow.db")
    monkeypatch.chdir(folder)
    for uri in ("sqlite:///mlflow.db", f"sqlite:///{path}", "mlflow.db", "./mlflow.db", str(folder)):
        with untouched(folder), opened(uri) as store:
            assert whole(store) == WHOLE
            assert store.info.uri == str(path)


def test_a_relative_uri_keeps_its_meaning_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(folder / "mlflow.db")
    monkeypatch.chdir(folder)
    with opened("sqlite:///mlflow.db") as store:
        monkeypatch.chdir("/")
        assert whole(store) == WHOLE


def test_a_link_is_read_with_the_side_files_of_its_target(folder: Path) -> None:
    (folder / "real").mkdir()
    path = make(folder / "real" / "mlflow.db", journal="wal")
    (folder / "link.db").symlink_to(path)
    with opened(folder / "link.db") as store:
        assert whole(store) == WHOLE
        with writer(path) as process:
            process.do("c.execute(\"UPDATE params SET value = 'only in the WAL'\")")
            with untouched(folder):
                assert the_run(store).params == {"lr": "only in the WAL"}


def test_a_link_that_is_pointed_elsewhere_is_followed(folder: Path) -> None:
    make(folder / "one.db")
    with contextlib.closing(sqlite3.connect(make(folder / "two.db"))) as connection:
        connection.execute("UPDATE params SET value = 'two'")
        connection.commit()
    (folder / "link.db").symlink_to("one.db")
    with opened(folder / "link.db") as store:
        assert the_run(store).params == {"lr": "0.1"}
        (folder / "new").symlink_to("two.db")
        (folder / "new").rename(folder / "link.db")
        with untouched(folder):
            assert the_run(store).params == {"lr": "two"}


# ------------------------------------------------------------------------------------------ while it is written


def test_rows_of_a_live_writer_in_wal_mode_are_seen(folder: Path) -> None:
    path = make(folder / "mlflow.db", journal="wal")
    with opened(path) as store, writer(path) as process:
        for number in range(3):
            process.do(f"c.execute(\"UPDATE params SET value = '{number}'\")")
            with untouched(folder):
                assert the_run(store).params == {"lr": str(number)}
        process.do("c.execute('BEGIN IMMEDIATE'); c.execute(\"UPDATE params SET value = 'not committed'\")")
        with untouched(folder):
            assert the_run(store).params == {"lr": "2"}
        process.do("c.execute('ROLLBACK')")
        process.close()
        with untouched(folder):
            assert whole(store)[1] == {"lr": "2"}
    assert [entry.name for entry in folder.iterdir()] == ["mlflow.db"]


def test_rows_of_a_live_writer_in_rollback_mode_are_seen(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with opened(path) as store, writer(path) as process:
        process.do("c.execute(\"UPDATE params SET value = 'new'\")")
        with untouched(folder):
            assert the_run(store).params == {"lr": "new"}
        process.do("c.execute('BEGIN IMMEDIATE'); c.execute(\"UPDATE params SET value = 'not committed'\")")
        with untouched(folder):
            assert the_run(store).params == {"lr": "new"}
            assert store.info.notices == ()
        process.do("c.execute('COMMIT')")
        assert the_run(store).params == {"lr": "not committed"}


def test_statements_of_one_read_see_one_moment(folder: Path) -> None:
    path = make(folder / "mlflow.db", journal="wal")
    with contextlib.closing(SqliteDatabase(path)) as database, writer(path) as process:
        process.do("c.execute(\"UPDATE params SET value = 'before'\")")

        def twice(connection: sa.Connection) -> list[Any]:
            first = connection.exec_driver_sql("SELECT value FROM params").scalar()
            process.do("c.execute(\"UPDATE params SET value = 'after'\")")
            return [first, connection.exec_driver_sql("SELECT value FROM params").scalar()]

        assert database.read(twice) == ["before", "before"]
        assert database.read(twice) == ["after", "after"]


def test_one_read_does_not_drop_the_lock_of_another(folder: Path) -> None:
    """Closing any descriptor of a file drops the process' POSIX locks on it, those of its SQLite included."""
    path = make(folder / "mlflow.db")
    inside, leave = threading.Event(), threading.Event()

    def slow(connection: sa.Connection) -> list[Any]:
        first = connection.exec_driver_sql("SELECT value FROM params").scalar()
        inside.set()
        assert leave.wait(30)
        return [first, connection.exec_driver_sql("SELECT value FROM params").scalar()]

    answers: list[Any] = []
    with contextlib.closing(SqliteDatabase(path)) as database, opened(path) as other, writer(path) as process:
        thread = threading.Thread(target=lambda: answers.append(database.read(slow)))
        thread.start()
        assert inside.wait(30)
        assert whole(other) == WHOLE
        process.do(
            """
            c.execute("PRAGMA busy_timeout=0")
            try:
                c.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                assert "locked" in str(error)
            else:
                raise AssertionError("the file could be rewritten while it was read")
            """
        )
        leave.set()
        thread.join()
        process.do("c.execute('BEGIN EXCLUSIVE')")
    assert answers == [["0.1", "0.1"]]


@needs_locks_of_its_own
def test_readers_that_overlap_let_a_waiting_writer_in(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    stop = threading.Event()

    def dwell(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT count(*) FROM params").fetchall()
        time.sleep(0.02)

    def read_on() -> None:
        while not stop.is_set():
            database.read(dwell)

    with contextlib.closing(SqliteDatabase(path)) as database, writer(path) as process:
        threads = [threading.Thread(target=read_on) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            process.do("c.execute('PRAGMA busy_timeout=5000')")
            for number in range(5):
                process.do(f"c.execute(\"UPDATE params SET value = '{number}'\")")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        written = database.read(lambda connection: connection.exec_driver_sql("SELECT value FROM params").scalar())
    assert written == "4"


def test_a_short_lock_is_waited_for(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with opened(path) as store, writer(path) as process:
        process.do("c.execute('BEGIN EXCLUSIVE')")
        process.start("import time; time.sleep(0.2); c.execute('COMMIT')")
        assert whole(store) == WHOLE
        process.wait()


@needs_locks_of_its_own
def test_a_long_lock_is_an_error_that_names_who_holds_it(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with impatient(path, busy=0.2) as store, writer(path) as process:
        process.do("c.execute('BEGIN EXCLUSIVE')")
        with untouched(folder), pytest.raises(StoreBusy) as caught:
            store.experiment_stats()
        assert f"{path} has been locked by process {process.process.pid} for 0.2 s" in caught.value.message
        assert "lsof" in caught.value.hint
        process.do("c.execute('COMMIT')")
        assert whole(store) == WHOLE


def test_cancelling_ends_the_wait_for_a_lock(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    cancel = threading.Event()
    with impatient(path, busy=60) as store, writer(path) as process:
        process.do("c.execute('BEGIN EXCLUSIVE')")
        threading.Timer(0.1, cancel.set).start()
        start = time.monotonic()
        with pytest.raises(Cancelled):
            store.experiment_stats(cancel)
        assert time.monotonic() - start < 20


ENDLESS: Final = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_cancelling_ends_a_running_query(folder: Path, journal: str) -> None:
    path = make(folder / "mlflow.db", journal=journal)
    cancel = threading.Event()
    threading.Timer(0.1, cancel.set).start()
    with contextlib.closing(SqliteDatabase(path)) as database, untouched(folder), pytest.raises(Cancelled):
        database.read(lambda connection: connection.exec_driver_sql(ENDLESS).fetchall(), cancel)


def test_a_request_cancelled_before_it_began_reads_nothing(folder: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with contextlib.closing(SqliteDatabase(folder / "none.db")) as database, pytest.raises(Cancelled):
        database.read(lambda connection: pytest.fail("it was run"), cancel)


def test_a_read_that_takes_too_long_is_given_up(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with contextlib.closing(SqliteDatabase(path, read_timeout=0.1)) as database, pytest.raises(StoreBusy) as caught:
        database.read(lambda connection: connection.exec_driver_sql(ENDLESS).fetchall())
    assert f"reading {path} took longer than 0.1 s" in caught.value.message
    assert caught.value.hint


def test_a_connection_cannot_write(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with contextlib.closing(SqliteDatabase(path)) as database, untouched(folder):
        for statement in ("UPDATE params SET value = 'x'", "CREATE TABLE t (x)", "DROP TABLE runs", "VACUUM"):
            with pytest.raises(StoreError):
                database.read(lambda connection, statement=statement: connection.exec_driver_sql(statement))


# ------------------------------------------------------------------------------------------ left by a dead writer


def test_a_hot_journal_is_rolled_back_in_a_private_copy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = folder.parent / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    path = make(folder / "mlflow.db")
    states.leave_hot_journal(path)
    with untouched(folder), opened(path) as store:
        assert whole(store) == WHOLE
        assert whole(store) == WHOLE
        (notice,) = store.info.notices
        assert "a writer died" in notice
        assert "the database itself is as it was" in notice
        (copy,) = temporary.iterdir()
        assert copy.stat().st_mode & 0o077 == 0
    assert list(temporary.iterdir()) == []


def test_a_private_copy_goes_with_the_interpreter(folder: Path) -> None:
    temporary = folder.parent / "tmp"
    temporary.mkdir()
    path = make(folder / "mlflow.db")
    states.leave_hot_journal(path)
    program = f"""
        import os, sys
        sys.path[:0] = [{str(ROOT)!r}]
        from store.opening import open_store
        store = open_store({str(path)!r})
        print(store.info.notices[0], os.listdir({str(temporary)!r}))
        """
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "private copy" in answer.stdout
    assert "flowdeck-" in answer.stdout
    assert list(temporary.iterdir()) == []


def test_once_its_owner_recovered_it_the_copy_is_dropped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = folder.parent / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    path = make(folder / "mlflow.db")
    states.leave_hot_journal(path)
    with opened(path) as store:
        assert store.info.notices != ()
        with writer(path) as process:
            process.do("c.execute(\"UPDATE params SET value = 'recovered'\")")
        with untouched(folder):
            assert the_run(store).params == {"lr": "recovered"}
        assert store.info.notices == ()
        assert list(temporary.iterdir()) == []


def test_many_threads_share_one_private_copy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = folder.parent / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    path = make(folder / "mlflow.db")
    states.leave_hot_journal(path)
    database = SqliteDatabase(path)
    barrier = threading.Barrier(6)
    answers: list[Any] = []

    def read() -> None:
        barrier.wait(30)
        for _ in range(5):
            try:
                answers.append(
                    database.read(lambda connection: connection.exec_driver_sql("SELECT value FROM params").scalar())
                )
            except Exception as error:
                answers.append(error)

    with untouched(folder):
        threads = [threading.Thread(target=read) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == ["0.1"] * 30
        assert len(list(temporary.iterdir())) == 1
        database.close()
    assert list(temporary.iterdir()) == []


def test_a_journal_that_cannot_be_rolled_back_is_told(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    states.leave_hot_journal(path)
    # What is left of the file and of the journal do not make a database any more.
    os.truncate(path, 4096)
    journal = Path(f"{path}-journal")
    data = bytearray(journal.read_bytes())
    for offset in range(512, len(data), 7):
        data[offset] ^= 0xFF
    journal.write_bytes(data)
    with untouched(folder):
        error = refusal(path, StoreCorrupt)
    assert "damaged" in error.message or "cut short" in error.message


def test_too_little_room_for_a_private_copy_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(folder / "mlflow.db")
    states.leave_hot_journal(path)
    real = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=1000))
    with untouched(folder):
        error = refusal(path, StoreError)
    assert "has 1,000" in error.message
    assert "TMPDIR" in error.hint


def test_no_place_for_a_private_copy_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(folder / "mlflow.db")
    states.leave_hot_journal(path)
    monkeypatch.setattr(tempfile, "tempdir", "/proc/self")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: os.statvfs_result and type("Usage", (), {"free": 1 << 40}))
    with untouched(folder):
        error = refusal(path, StoreError)
    assert "private copy" in error.message
    assert "TMPDIR" in error.hint


@pytest.mark.parametrize("shm", [True, False])
def test_the_wal_of_a_dead_writer_is_read_up_to_its_last_commit(folder: Path, shm: bool) -> None:
    path = make(folder / "mlflow.db")
    states.leave_wal(path, shm=shm)
    with untouched(folder), opened(path) as store:
        assert the_run(store).params == {"lr": "from the WAL"}
        assert whole(store)[5] == WHOLE[5]
        assert bool(store.info.notices) != shm


@pytest.mark.parametrize("shm", [True, False])
def test_a_wal_that_is_cut_short_is_read_up_to_the_last_whole_commit(folder: Path, shm: bool) -> None:
    path = make(folder / "mlflow.db")
    states.leave_wal(path, shm=shm)
    wal = Path(f"{path}-wal")
    data = wal.read_bytes()
    seen = set()
    for size in (0, 10, 32, 33, 4000, 4152, 4153, 9000, len(data) - 1):
        wal.write_bytes(data[:size])
        with untouched(folder), opened(path) as store:
            seen.add(the_run(store).params["lr"])
    assert seen == {"0.1", "from the WAL"}


def test_a_journal_of_a_conversion_to_wal_is_not_passed_over(folder: Path) -> None:
    """A WAL database with a hot rollback journal beside it: immutable reading would show torn pages."""
    path = make(folder / "mlflow.db")
    states.leave_hot_journal(path)
    data = bytearray(path.read_bytes())
    data[18:20] = b"\x02\x02"
    path.write_bytes(data)
    with untouched(folder), opened(path) as store:
        assert the_run(store).params == {"lr": "0.1"}


# ------------------------------------------------------------------------------------------ damaged


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_file_cut_short_anywhere_is_told_or_read_right(tmp_path: Path, journal: str) -> None:
    data = make(tmp_path / "mlflow.db", journal=journal, points=200).read_bytes()
    expected = None
    edges = [1, 15, 16, 17, 99, 100, 101, 511, 512, 513, 1023, 1024, 4095, 4096, 4097, len(data) - 4096, len(data) - 1]
    sizes = sorted({*edges, *random.Random(7).sample(range(1, len(data)), 60), len(data)})
    folder = tmp_path / "data"
    folder.mkdir()
    told = set()
    for size in sizes:
        path = folder / "mlflow.db"
        path.write_bytes(data[:size])
        with untouched(folder):
            try:
                with opened(path) as store:
                    answer = whole(store)
            except StoreCorrupt as error:
                told.add((error.message.partition(" is ")[2].partition(":")[0], bool(error.hint), size < len(data)))
                continue
        expected = whole_of(tmp_path / "mlflow.db") if expected is None else expected
        assert answer == expected, size
    assert told == {("cut short", True, True)}
    assert expected is not None


def whole_of(path: Path) -> tuple[object, ...]:
    with opened(path) as store:
        return whole(store)


def test_a_cut_is_told_in_bytes(folder: Path) -> None:
    path = make(folder / "mlflow.db", points=200)
    size = path.stat().st_size
    os.truncate(path, size - 5000)
    with untouched(folder):
        error = refusal(path, StoreCorrupt)
    assert f"it has {size - 5000:,} of {size:,} bytes" in error.message


def test_damaged_pages_are_told_and_never_crash(tmp_path: Path) -> None:
    original = make(tmp_path / "mlflow.db", points=200)
    data = original.read_bytes()
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "mlflow.db"
    chance = random.Random(11)
    told = []
    gone = set()
    for _ in range(60):
        damaged = bytearray(data)
        start = chance.randrange(0, len(data) - 64)
        damaged[start : start + chance.choice((1, 4, 64))] = chance.randbytes(chance.choice((1, 4, 64)))
        path.write_bytes(damaged[: len(data)])
        with untouched(folder):
            try:
                whole_of(path)
            except StoreError as error:
                told.append(error)
            except ValueError as error:
                gone.add(str(error))
    assert sum(isinstance(error, StoreCorrupt) for error in told) > 4
    assert all(str(path) in error.message for error in told)
    assert all("not enough values to unpack" in text for text in gone), "the run itself may be gone"


def test_a_page_full_of_noise_is_told(folder: Path) -> None:
    path = make(folder / "mlflow.db", points=500)
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 4096] = random.Random(page).randbytes(4096)
    path.write_bytes(data)
    with untouched(folder):
        error = refusal(path, StoreCorrupt)
    assert f"{path} is damaged" in error.message
    assert ".recover" in error.hint


def test_text_that_is_not_utf8_is_replaced_and_said(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE params SET value = CAST(x'66e97465' AS TEXT)")
        connection.commit()
    with untouched(folder), opened(path) as store:
        assert store.info.notices == ()
        assert the_run(store).params == {"lr": "f\ufffdte"}
        (notice,) = store.info.notices
        assert "UTF-8" in notice
        assert the_run(store).tags == {"who": "me"}


def test_a_database_in_utf16_is_read(folder: Path) -> None:
    path = folder / "mlflow.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA encoding='UTF-16le'")
        states.create(connection)
        states.fill(connection)
        connection.execute("UPDATE params SET value = 'été ☃ 😀'")
        connection.commit()
    with untouched(folder), opened(path) as store:
        assert the_run(store).params == {"lr": "été ☃ 😀"}


def test_values_of_unexpected_types_do_not_stop_a_read(folder: Path) -> None:
    """SQLite lets other writers put anything anywhere."""
    path = make(folder / "mlflow.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE params SET value = x'00ff'")
        connection.execute("UPDATE runs SET start_time = 'soon', end_time = 1.5e300, name = 7, status = NULL")
        connection.execute("UPDATE metrics SET timestamp = 'x' || step, step = 'y', value = 'much'")
        connection.execute("UPDATE latest_metrics SET value = 'much', step = 'y'")
        connection.execute("UPDATE tags SET value = NULL")
        connection.commit()
    with untouched(folder), opened(path) as store:
        assert the_run(store).tags == {"who": ""}
        store.metric_summaries(RUN)
        assert len(store.history(RUN, "loss")) == 3


# ------------------------------------------------------------------------------------------ replaced under the reader


def test_a_database_replaced_by_rename_is_seen(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with opened(path) as store:
        assert the_run(store).params == {"lr": "0.1"}
        with contextlib.closing(sqlite3.connect(make(folder / "next.db", journal="wal"))) as connection:
            connection.execute("UPDATE params SET value = 'next'")
            connection.commit()
        (folder / "next.db").rename(path)
        with untouched(folder):
            assert the_run(store).params == {"lr": "next"}
        path.unlink()
        with untouched(folder), pytest.raises(StoreNotFound):
            the_run(store)
        make(path)
        with untouched(folder):
            assert whole(store) == WHOLE


def test_a_database_replaced_by_an_older_schema_is_read(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with opened(path) as store:
        assert whole(store) == WHOLE
        make(
            folder / "old.db",
            revision="0a8213491aaa",
            without=["datasets", "inputs", "input_tags", "logged_models"],
            lacking={"runs": ["deleted_time"], "experiments": ["creation_time", "last_update_time", "workspace"]},
        ).rename(path)
        assert whole(store) == WHOLE
        assert "1.8" in store.info.schema


def test_a_database_upgraded_under_an_open_store_is_read_on(folder: Path) -> None:
    path = make(folder / "mlflow.db", lacking={"runs": ["deleted_time"]}, revision="bd07f7e963c5")
    with opened(path) as store:
        assert whole(store) == WHOLE
        with writer(path) as process:
            process.do(
                """
                c.execute("ALTER TABLE runs ADD COLUMN deleted_time BIGINT")
                c.execute("UPDATE runs SET deleted_time = 5")
                c.execute("UPDATE alembic_version SET version_num = 'cc1f77228345'")
                """
            )
        with untouched(folder):
            assert whole(store) == WHOLE


def test_a_database_replaced_by_something_else_is_told(folder: Path) -> None:
    path = make(folder / "mlflow.db")
    with opened(path) as store:
        path.write_text("gone")
        with untouched(folder), pytest.raises(NotAStore):
            the_run(store)


def test_a_read_of_a_file_that_never_stays_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(folder / "mlflow.db", journal="wal")
    number = 0

    def replace(connection: sa.Connection) -> None:
        nonlocal number
        number += 1
        shutil.copy(path, folder / "copy.db")
        (folder / "copy.db").rename(path)

    with contextlib.closing(SqliteDatabase(path, busy_timeout=0.1)) as database, pytest.raises(StoreBusy) as caught:
        database.read(replace)
    assert number > 1
    assert "replaced or changed" in caught.value.message
    assert caught.value.hint


# ------------------------------------------------------------------------------------------ what is left behind


@pytest.mark.parametrize(
    "prepare",
    [lambda path: None, states.leave_hot_journal, states.leave_wal],
    ids=["at rest", "hot journal", "dead WAL"],
)
def test_no_descriptor_is_left_open(folder: Path, prepare: Callable[[Path], None]) -> None:
    path = make(folder / "mlflow.db")
    prepare(path)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with opened(path) as store:
            whole(store)
            assert states.descriptors(folder) == []
    assert states.descriptors(folder) == []
    assert len(os.listdir("/proc/self/fd")) <= before


def test_no_descriptor_is_left_open_by_an_error(folder: Path) -> None:
    (folder / "notes.txt").write_text("x" * 1000)
    path = make(folder / "mlflow.db")
    with opened(path) as store:
        with pytest.raises(StoreNotFound):
            open_store(f"sqlite:///{folder}/none.db")
        with pytest.raises(NotAStore):
            open_store(str(folder / "notes.txt"))
        cancel = threading.Event()
        cancel.set()
        with pytest.raises(Cancelled):
            store.experiment_stats(cancel)
    assert states.descriptors(folder) == []
