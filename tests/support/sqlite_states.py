"""SQLite databases in MLflow's schema, in every state a writer can leave them in, and proof that they stayed so."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

NOBODY: Final = 65534
"""User and group without rights of their own."""

HEAD: Final = "dc11669786a5"
"""Schema revision of MLflow 3.17."""

TABLES: Final[Mapping[str, str]] = {
    "alembic_version": "version_num VARCHAR(32) NOT NULL",
    "experiments": (
        "experiment_id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(256) NOT NULL, artifact_location VARCHAR(256), "
        "lifecycle_stage VARCHAR(32), creation_time BIGINT, last_update_time BIGINT, "
        "workspace VARCHAR(63) DEFAULT 'default' NOT NULL"
    ),
    "experiment_tags": (
        "key VARCHAR(250) NOT NULL, value TEXT, experiment_id INTEGER NOT NULL, PRIMARY KEY (key, experiment_id)"
    ),
    "runs": (
        "run_uuid VARCHAR(32) NOT NULL PRIMARY KEY, name VARCHAR(250), source_type VARCHAR(20), "
        "source_name VARCHAR(500), entry_point_name VARCHAR(50), user_id VARCHAR(256), status VARCHAR(9), "
        "start_time BIGINT, end_time BIGINT, source_version VARCHAR(50), lifecycle_stage VARCHAR(20), "
        "artifact_uri VARCHAR(200), experiment_id INTEGER, deleted_time BIGINT"
    ),
    "metrics": (
        "key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL, run_uuid VARCHAR(32) NOT NULL, "
        "step BIGINT DEFAULT '0' NOT NULL, is_nan BOOLEAN DEFAULT '0' NOT NULL, "
        "PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan)"
    ),
    "latest_metrics": (
        "key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT, step BIGINT NOT NULL, "
        "is_nan BOOLEAN NOT NULL, run_uuid VARCHAR(32) NOT NULL, PRIMARY KEY (key, run_uuid)"
    ),
    "params": "key VARCHAR(250) NOT NULL, value VARCHAR(8000) NOT NULL, run_uuid VARCHAR(32) NOT NULL, "
    "PRIMARY KEY (key, run_uuid)",
    "tags": "key VARCHAR(250) NOT NULL, value VARCHAR(8000), run_uuid VARCHAR(32) NOT NULL, "
    "PRIMARY KEY (key, run_uuid)",
    "datasets": (
        "dataset_uuid VARCHAR(36) NOT NULL, experiment_id INTEGER NOT NULL, name VARCHAR(500) NOT NULL, "
        "digest VARCHAR(36) NOT NULL, dataset_source_type VARCHAR(36) NOT NULL, dataset_source TEXT NOT NULL, "
        "dataset_schema TEXT, dataset_profile TEXT, PRIMARY KEY (experiment_id, name, digest)"
    ),
    "inputs": (
        "input_uuid VARCHAR(36) NOT NULL, source_type VARCHAR(36) NOT NULL, source_id VARCHAR(36) NOT NULL, "
        "destination_type VARCHAR(36) NOT NULL, destination_id VARCHAR(36) NOT NULL, step BIGINT DEFAULT 0 NOT NULL, "
        "PRIMARY KEY (source_type, source_id, destination_type, destination_id)"
    ),
    "input_tags": "input_uuid VARCHAR(36) NOT NULL, name VARCHAR(255) NOT NULL, value VARCHAR(500) NOT NULL, "
    "PRIMARY KEY (input_uuid, name)",
    "logged_models": (
        "model_id VARCHAR(36) NOT NULL PRIMARY KEY, experiment_id INTEGER NOT NULL, name VARCHAR(500) NOT NULL, "
        "artifact_location VARCHAR(1000) NOT NULL, creation_timestamp_ms BIGINT NOT NULL, "
        "last_updated_timestamp_ms BIGINT NOT NULL, status INTEGER NOT NULL, lifecycle_stage VARCHAR(32), "
        "model_type VARCHAR(500), source_run_id VARCHAR(32), status_message VARCHAR(1000)"
    ),
    "logged_model_params": "model_id VARCHAR(36) NOT NULL, experiment_id INTEGER NOT NULL, "
    "param_key VARCHAR(255) NOT NULL, param_value TEXT NOT NULL, PRIMARY KEY (model_id, param_key)",
    "logged_model_tags": "model_id VARCHAR(36) NOT NULL, experiment_id INTEGER NOT NULL, "
    "tag_key VARCHAR(255) NOT NULL, tag_value TEXT NOT NULL, PRIMARY KEY (model_id, tag_key)",
    "registered_models": "workspace VARCHAR(63) DEFAULT 'default' NOT NULL, name VARCHAR(256) NOT NULL, "
    "PRIMARY KEY (workspace, name)",
}
"""The part of MLflow 3.17's schema that is read."""

INDEXES: Final = (
    "CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid)",
    "CREATE INDEX index_metrics_run_uuid_key_step ON metrics (run_uuid, key, step)",
    "CREATE INDEX index_latest_metrics_run_uuid ON latest_metrics (run_uuid)",
    "CREATE INDEX index_params_run_uuid ON params (run_uuid)",
    "CREATE INDEX index_tags_run_uuid ON tags (run_uuid)",
)

RUN: Final = "0123456789abcdef0123456789abcdef"
"""The run that `fill` makes."""


def create(
    connection: sqlite3.Connection,
    *,
    without: Iterable[str] = (),
    lacking: Mapping[str, Sequence[str]] | None = None,
    revision: str | None = HEAD,
) -> None:
    """MLflow's tables, except those in `without` and the columns in `lacking`."""
    for table, definition in TABLES.items():
        if table not in without:
            connection.execute(f"CREATE TABLE {table} ({definition})")
    for statement in INDEXES:
        if statement.split(" ON ")[1].split()[0] not in without:
            connection.execute(statement)
    for table, columns in (lacking or {}).items():
        for column in columns:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    if revision is not None and "alembic_version" not in without:
        connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))


def fill(connection: sqlite3.Connection, *, points: int = 3) -> None:
    """One experiment with one run, which has a param, a tag and a metric `loss` of `points` points."""
    connection.execute("INSERT INTO experiments (experiment_id, name, lifecycle_stage) VALUES (1, 'first', 'active')")
    add_run(connection, RUN, name="the run")
    connection.execute("INSERT INTO params (key, value, run_uuid) VALUES ('lr', '0.1', ?)", (RUN,))
    connection.execute("INSERT INTO tags (key, value, run_uuid) VALUES ('who', 'me', ?)", (RUN,))
    add_points(connection, "loss", [(step, 1000 + step, 1.0 / (1 + step)) for step in range(points)])


def add_run(connection: sqlite3.Connection, run_id: str, name: str = "") -> None:
    connection.execute(
        "INSERT INTO runs (run_uuid, name, experiment_id, status, start_time, lifecycle_stage, artifact_uri) "
        "VALUES (?, ?, 1, 'RUNNING', 1000, 'active', 'here')",
        (run_id, name),
    )


def add_points(
    connection: sqlite3.Connection, key: str, points: Iterable[tuple[int, int, float]], run_id: str = RUN
) -> None:
    """(step, timestamp, value) as MLflow stores them: NaN as 0 beside a flag, an infinity as the greatest number."""
    rows = []
    for step, timestamp, value in points:
        is_nan = value != value
        stored = 0.0 if is_nan else max(-sys.float_info.max, min(sys.float_info.max, value))
        rows.append((key, stored, timestamp, run_id, step, is_nan))
    columns = "(key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)"
    # MLflow drops exact duplicates: all six columns are the key.
    connection.executemany(f"INSERT OR IGNORE INTO metrics {columns}", rows)
    if rows:
        # MLflow's rule: the greatest (step, timestamp, value), NaN counting as 0.
        latest = max(rows, key=lambda row: (row[4], row[2], row[1]))
        connection.execute(f"INSERT OR REPLACE INTO latest_metrics {columns}", latest)


def make(path: Path, *, journal: str = "delete", points: int = 3, **options: Any) -> Path:
    """A small, complete store at `path`, at rest."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        create(connection, **options)
        fill(connection, points=points)
        connection.commit()
    return path


# ------------------------------------------------------------------------------------------ nothing was touched


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Every file below `folder` and the folder itself: kind and rights, size, time of change, content."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        seen = path.lstat()
        content = None
        if path.is_file() and os.access(path, os.R_OK):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(folder))] = (seen.st_mode, seen.st_ino, seen.st_size, seen.st_mtime_ns, content)
    return found


@contextlib.contextmanager
def untouched(folder: Path) -> Iterator[None]:
    """Fails if anything in `folder` was created, changed or deleted meanwhile."""
    before = snapshot(folder)
    try:
        yield
    finally:
        after = snapshot(folder)
        assert after == before, f"{folder} was touched"


# ------------------------------------------------------------------------------------------ other processes


class Writer:
    """Another process with its own connection `c` to a database; it does what it is told, line by line."""

    _PROGRAM: Final = """
        import sqlite3, sys, traceback
        c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
        scope = {"c": c, "sqlite3": sqlite3}
        for line in sys.stdin:
            try:
                exec(eval(line), scope)
                print("done", flush=True)
            except Exception:
                print(repr(traceback.format_exc()), flush=True)
        """

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(self._PROGRAM), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, code: str) -> None:
        """Begins to run `code`, in which `c` is the connection."""
        assert self.process.stdin is not None
        self.process.stdin.write(repr(textwrap.dedent(code)) + "\n")
        self.process.stdin.flush()

    def wait(self) -> None:
        assert self.process.stdout is not None
        answer = self.process.stdout.readline().strip()
        assert answer == "done", answer

    def do(self, code: str) -> None:
        self.start(code)
        self.wait()

    def kill(self) -> None:
        """As a crash does: nothing is rolled back, closed or cleaned up."""
        self.process.send_signal(signal.SIGKILL)
        self._end()

    def close(self) -> None:
        """An orderly end."""
        if self.process.poll() is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
        self._end()

    def _end(self) -> None:
        self.process.wait(30)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


@contextlib.contextmanager
def writer(path: Path) -> Iterator[Writer]:
    made = Writer(path)
    try:
        yield made
    finally:
        made.close()


def leave_hot_journal(path: Path) -> None:
    """A rollback journal, and pages of a transaction that was never committed: every param is `torn`."""
    with writer(path) as process:
        process.do(
            """
            c.execute("PRAGMA cache_size=1")
            c.execute("BEGIN IMMEDIATE")
            c.execute("UPDATE params SET value = 'torn'")
            c.execute("CREATE TABLE torn (x)")
            c.executemany("INSERT INTO torn VALUES (?)", [("x" * 3000,)] * 200)
            """
        )
        process.kill()
    journal = Path(f"{path}-journal")
    assert journal.stat().st_size > 512, "no hot journal was left"


def leave_wal(path: Path, *, shm: bool = True) -> None:
    """A `-wal` with a committed transaction (the param is `from the WAL`) and one that was not (`torn`)."""
    with writer(path) as process:
        process.do(
            """
            c.execute("PRAGMA journal_mode=WAL").fetchall()
            c.execute("PRAGMA wal_autocheckpoint=0")
            c.execute("UPDATE params SET value = 'from the WAL'")
            c.execute("PRAGMA cache_size=1")
            c.execute("BEGIN IMMEDIATE")
            c.execute("UPDATE params SET value = 'torn'")
            c.execute("CREATE TABLE torn (x)")
            c.executemany("INSERT INTO torn VALUES (?)", [("x" * 3000,)] * 200)
            """
        )
        process.kill()
    assert Path(f"{path}-wal").stat().st_size > 32, "no WAL was left"
    if not shm:
        Path(f"{path}-shm").unlink()


def as_nobody(work: Callable[[], Any]) -> Any:
    """What `work` returns or raises in a child process that may only do what everybody may."""
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(receiver)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            try:
                answer = (True, work())
            except BaseException as error:
                answer = (False, error)
            try:
                data = pickle.dumps(answer)
            except Exception:
                data = pickle.dumps((False, RuntimeError(repr(answer[1]))))
            with os.fdopen(sender, "wb") as stream:
                stream.write(data)
            status = 0
        finally:
            os._exit(status)
    os.close(sender)
    with os.fdopen(receiver, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status}"
    good, answer = pickle.loads(data)
    if not good:
        raise answer
    return answer


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter and read (pytest's own are private)."""
    folder = Path(tempfile.mkdtemp(prefix="flowdeck-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(folder)


def descriptors(below: Path) -> list[str]:
    """What this process has open below `below`."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            target = os.readlink(f"/proc/self/fd/{name}")
            if target.startswith(str(below)):
                found.append(target)
    return found
