"""Reading while other processes write: no error on either side, no torn answer, and in the end all of it is seen."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from store.entities import Axis, RunParts
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from store.sql.sqlite import SqliteDatabase
from tests.support.mlflow_client import mlflow_python
from tests.support.sqlite_states import RUN, make, untouched, writer

pytestmark = pytest.mark.long

ROWS: Final = 10_000

ROWS_PER_COMMIT: Final = 20

PAUSE: Final = 0.005
"""Seconds between two looks of a reader: without any, the readers would have the whole machine and the writer none."""

BUSY_TIMEOUT_S: Final = 20
"""What MLflow sets for its own connections."""

TRAINER: Final = """
    import json, sqlite3, sys, time
    path, journal, rows, per_commit, run = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    c = sqlite3.connect(path, isolation_level=None)
    c.execute(f"PRAGMA journal_mode={journal}").fetchall()
    c.execute("PRAGMA foreign_keys=ON")
    c.execute("PRAGMA busy_timeout=20000")
    c.execute("PRAGMA case_sensitive_like=true")
    columns = "(key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)"
    slowest = 0.0
    for first in range(0, rows // 2, per_commit // 2):
        start = time.monotonic()
        c.execute("BEGIN")
        for step in range(first, first + per_commit // 2):
            for key in ("left", "right"):
                values = (key, step / 7, 10_000 + step, run, step)
                c.execute(f"INSERT INTO metrics {columns}", values)
                c.execute(f"INSERT OR REPLACE INTO latest_metrics {columns}", values)
        c.execute("COMMIT")
        slowest = max(slowest, time.monotonic() - start)
        time.sleep(0.0005)
    c.close()
    print(json.dumps({"slowest": slowest}))
    """
"""Logs two metrics in step, as MLflow's store does: the point and the latest value in one transaction."""


@contextlib.contextmanager
def reading(*tasks: Callable[[], None]) -> Iterator[list[BaseException]]:
    """Each task again and again in a thread of its own; what they raised is in the list."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def repeat(task: Callable[[], None]) -> None:
        while not stop.wait(PAUSE):
            try:
                task()
            except BaseException as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=repeat, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        yield errors
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_ten_thousand_rows_are_written_while_they_are_read(tmp_path: Path, journal: str) -> None:
    path = make(tmp_path / "mlflow.db", journal=journal)
    store = open_store(str(path))
    seen = {"history": 0, "latest": 0, "reads": 0}

    def look_at_runs() -> None:
        before = seen["latest"]
        assert [experiment.name for experiment in store.experiments(ExperimentQuery()).items] == ["first"]
        assert store.run_ids(RunQuery()).items == (RUN,)
        (run,) = store.runs([RUN], RunParts.ALL)
        assert store.experiment_stats()["1"].runs == 1
        if "left" in run.metrics:
            # Both are written by one transaction, and read by one statement.
            assert run.metrics["left"].step == run.metrics["right"].step >= before
            seen["latest"] = run.metrics["left"].step
        seen["reads"] += 1

    def look_at_history() -> None:
        history = store.history(RUN, "left")
        assert len(history) >= seen["history"]
        assert list(history.steps) == list(range(len(history)))
        seen["history"] = len(history)

    def look_at_charts() -> None:
        (run,) = store.runs([RUN], RunParts.ATTRIBUTES)
        summaries = {summary.key: summary for summary in store.metric_summaries(RUN)}
        if "left" in summaries:
            left, right = summaries["left"], summaries["right"]
            assert (left.count, left.maximum) == (right.count, right.maximum)
            curve = store.curve(run, left, Axis.STEP, 40)
            assert curve.count >= left.count
            assert curve.nans == curve.infinities == 0
            assert curve.buckets[0].minimum == 0.0

    with reading(look_at_runs, look_at_runs, look_at_history, look_at_charts) as errors:
        arguments = [str(path), journal, str(ROWS), str(ROWS_PER_COMMIT), RUN]
        trainer = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(TRAINER), *arguments], capture_output=True, text=True, check=False
        )
    assert errors == []
    assert trainer.stderr == ""
    assert json.loads(trainer.stdout)["slowest"] < BUSY_TIMEOUT_S
    assert seen["reads"] > 3
    with contextlib.closing(sqlite3.connect(path)) as connection:
        query = "SELECT step, timestamp, value FROM metrics WHERE key = ? ORDER BY step"
        for key in ("left", "right"):
            written = connection.execute(query, (key,)).fetchall()
            assert len(written) == ROWS // 2
            assert [(p.step, p.timestamp, p.value) for p in store.history(RUN, key)] == written
    (run,) = store.runs([RUN], RunParts.METRICS)
    assert run.metrics["left"].step == ROWS // 2 - 1
    store.close()
    with writer(path) as process:
        process.do("c.execute('SELECT count(*) FROM runs').fetchall()")
    assert [entry.name for entry in tmp_path.iterdir()] == ["mlflow.db"]


CHURNER: Final = """
    import random, sqlite3, sys, time
    path, sessions = sys.argv[1], int(sys.argv[2])
    chance = random.Random(5)
    for number in range(1, sessions + 1):
        c = sqlite3.connect(path, isolation_level=None, timeout=20)
        for part in range(chance.choice((1, 1, 4))):
            c.execute("BEGIN IMMEDIATE")
            c.execute("UPDATE tags SET value = ? || substr(value, 9)", (f"{number * 10 + part:08}",))
            c.execute("COMMIT")
            if chance.random() < 0.3:
                # All but the first wait for readers, who overlap all the time here: not for long.
                c.execute("PRAGMA busy_timeout=20")
                kind = chance.choice(("PASSIVE", "FULL", "RESTART", "TRUNCATE"))
                c.execute(f"PRAGMA wal_checkpoint({kind})").fetchall()
                c.execute("PRAGMA busy_timeout=20000")
        c.close()
        time.sleep(chance.choice((0, 0, 0.002, 0.01)))
    """
"""Opens, writes, checkpoints and closes: the database goes back and forth between at rest and in use."""

PAGES: Final = 120


@pytest.fixture
def counters(tmp_path: Path) -> Path:
    """A database in WAL mode with `PAGES` counters, each on pages of its own, which are always equal."""
    path = make(tmp_path / "mlflow.db", journal="wal")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM tags")
        rows = [(f"{number}", "00000000" + "x" * 4000, RUN) for number in range(PAGES)]
        connection.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", rows)
        connection.commit()
    return path


def count_up(pause: float) -> Callable[[sa.Connection], int]:
    """Reads all counters twice, with a pause between; fails if any two differ."""

    def work(connection: sa.Connection) -> int:
        values: set[str] = set()
        for _ in range(2):
            values |= {row[0] for row in connection.exec_driver_sql("SELECT substr(value, 1, 8) FROM tags").fetchall()}
            threading.Event().wait(pause)
        if len(values) != 1:
            raise AssertionError(f"a torn answer: {sorted(values)}")
        return int(values.pop())

    return work


def test_a_database_that_is_opened_and_closed_all_the_time_is_never_read_torn(counters: Path) -> None:
    databases = [SqliteDatabase(counters) for _ in range(2)]
    seen: list[set[int]] = [set() for _ in range(4)]

    def reader(number: int) -> Callable[[], None]:
        database, pause = databases[number % 2], (0.0, 0.0, 0.002, 0.02)[number]
        return lambda: seen[number].add(database.read(count_up(pause)))

    with reading(*(reader(number) for number in range(4))) as errors:
        churner = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(CHURNER), str(counters), "100"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert errors == []
    assert churner.stderr == ""
    assert all(len(values) > 5 for values in seen), [len(values) for values in seen]
    last = databases[0].read(count_up(0))
    assert last // 10 == 100
    for database in databases:
        database.close()


@pytest.mark.skipif(not hasattr(fcntl, "F_OFD_SETLK"), reason="this system has no locks that belong to a descriptor")
def test_a_long_read_of_a_database_at_rest_ends_although_others_come_and_go(counters: Path) -> None:
    """Each try sees somebody connect: the second must not depend on nobody doing so."""
    database = SqliteDatabase(counters)
    with contextlib.closing(database), writer(counters) as process:
        process.do("c.close()")
        tries = 0

        def slow(connection: sa.Connection) -> int:
            nonlocal tries
            tries += 1
            first = count_up(0)(connection)
            process.do(
                f"""
                c = sqlite3.connect({str(counters)!r}, isolation_level=None, timeout=20)
                c.execute("UPDATE tags SET value = printf('%08d', {tries}) || substr(value, 9)")
                c.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                c.close()
                """
            )
            assert count_up(0)(connection) == first
            return first

        assert database.read(slow) in (1, 2)
        assert 2 <= tries <= 3


def test_looking_at_a_database_at_rest_leaves_no_trace_between_writers(counters: Path) -> None:
    database = SqliteDatabase(counters)
    with contextlib.closing(database):
        for number in range(5):
            with writer(counters) as process:
                process.do(f"c.execute(\"UPDATE tags SET value = '{number:08}' || substr(value, 9)\")")
            assert [entry.name for entry in counters.parent.iterdir()] == ["mlflow.db"]
            with untouched(counters.parent):
                assert database.read(count_up(0)) == number


CLIENT: Final = """
    import json, sys, time
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param
    uri, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("live")
    experiment_id = experiment.experiment_id if experiment else client.create_experiment("live")
    slowest, runs = 0.0, []
    for number in range(first, last):
        run = client.create_run(experiment_id, run_name=f"run {number}").info.run_id
        client.log_batch(run, params=[Param("lr", str(number))])
        for batch in range(5):
            start = time.monotonic()
            points = [Metric("loss", 1 / (1 + step), 1000 + step, step) for step in range(batch * 20, batch * 20 + 20)]
            client.log_batch(run, metrics=points)
            slowest = max(slowest, time.monotonic() - start)
        client.set_terminated(run)
        runs.append(run)
    print(json.dumps({"slowest": slowest, "runs": runs}))
    """


def test_mlflows_own_client_writes_while_it_is_read(stores: Path, tmp_path: Path) -> None:
    python = mlflow_python()
    path = tmp_path / "mlflow.db"
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "HOME": str(tmp_path)}

    def log(first: int, last: int) -> Any:
        answer = subprocess.run(
            [python, "-W", "ignore", "-c", textwrap.dedent(CLIENT), f"sqlite:///{path}", str(first), str(last)],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment,
        )
        assert answer.returncode == 0, answer.stderr[-4000:]
        return json.loads(answer.stdout.splitlines()[-1])

    shutil.copy(stores / "3.17.2" / "mlflow.db", path)  # as MLflow made it
    store: Store = open_store(str(path))
    there = store.run_ids(RunQuery()).items
    first = there[0]

    def look() -> None:
        for run in store.runs(store.run_ids(RunQuery()).items, RunParts.ALL):
            if run.run_id not in there and "loss" in run.metrics:
                assert len(store.history(run.run_id, "loss")) >= run.metrics["loss"].step + 1

    with reading(look, look, lambda: store.metric_summaries(first) and None) as errors:
        written = log(0, 4)
    assert errors == []
    assert written["slowest"] < BUSY_TIMEOUT_S
    assert len(written["runs"]) == 4
    assert set(store.run_ids(RunQuery()).items) == {*there, *written["runs"]}
    for number, run in enumerate(store.runs(written["runs"], RunParts.ALL)):
        assert (run.run_name, run.status, run.params) == (f"run {number}", "FINISHED", {"lr": str(number)})
        assert list(store.history(run.run_id, "loss").values) == [1 / (1 + step) for step in range(100)]
    with untouched(tmp_path):
        store.experiments(ExperimentQuery())
    store.close()


def test_threads_share_a_store_at_rest(tmp_path: Path) -> None:
    path = make(tmp_path / "mlflow.db", journal="wal", points=50)
    store = open_store(str(path))
    chance = random.Random(1)
    done: list[int] = []

    def look() -> None:
        assert len(store.history(RUN, "loss")) == 50
        assert store.runs([RUN], RunParts.PARAMS)[0].params == {"lr": "0.1"}
        done.append(chance.randrange(9))

    with untouched(tmp_path):
        with reading(*[look] * 6) as errors:
            threading.Event().wait(0.5)
        store.close()
    assert errors == []
    assert len(done) > 12
