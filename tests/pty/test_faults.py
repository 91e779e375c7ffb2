"""Whatever happens to a store, the screen stays, the error says what to do, and a refresh recovers."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.backends import opened
from tests.support.certificates import self_signed
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.mlflow_client import PYTHON_VARIABLE
from tests.support.mlflow_servers import MlflowServer, mlflow_server, python_with
from tests.support.mlflow_training import EXPERIMENT, RUN, loss, training
from tests.support.program import in_terminal
from tests.support.reference import EDGE, EDGE_NAME, FULL, TWIN, reference_database
from tests.support.scripted import PAGE_404, Answer, Asked, scripted
from tests.support.servers import READER, PostgresServer, private
from tests.support.terminal import Terminal, raw_control_sequences
from tests.support.tree_copy import tree_copy
from tests.support.wire import Relay, relay

pytestmark = [pytest.mark.pty, pytest.mark.timeout(400), pytest.mark.xdist_group("faults")]

PATIENCE = 60.0
"""Seconds until something must be seen: most of it is for machines that are busy."""

ADVICE = "what to do:"
HELD = 3600.0
"""Seconds for which a relay keeps back what it should pass on: longer than any test."""
STEPS = 30
"""Steps of a training loop."""


@pytest.fixture(scope="module")
def server(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with mlflow_server(PYTHON_VARIABLE, demo, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def way(server: MlflowServer) -> Iterator[Relay]:
    with relay(server.port) as between:
        yield between


def address(way: Relay) -> str:
    return f"http://127.0.0.1:{way.port}"


def at_the_runs(terminal: Terminal) -> None:
    """Opens the experiment on which the cursor is at first."""
    terminal.wait_for("›llm-finetune-lora", PATIENCE)
    settled(terminal)
    terminal.press("enter")
    terminal.wait_for("lora-mistral-7b-r16", PATIENCE)
    settled(terminal)


def settled(terminal: Terminal) -> None:
    """Waits until everything was read, without an error."""
    terminal.wait_for(lambda: ADVICE not in terminal.text() and "as of" in terminal.text(), PATIENCE, "everything read")


def fails(terminal: Terminal, message: str, advice: str) -> None:
    """A refresh fails with an error that says what happened and what to do, below the runs that were there."""
    terminal.press("r")
    terminal.wait_for(ADVICE, PATIENCE)
    terminal.wait_for(lambda: message in flat(terminal) and advice in flat(terminal), PATIENCE, f"{message}, {advice}")
    assert "lora-mistral-7b-r16" in terminal.text()


def flat(terminal: Terminal) -> str:
    """The text of the screen, with what was wrapped in one line."""
    return " ".join(" ".join(line.strip("█▌▏ ") for line in terminal.lines()).split())


def recovers(terminal: Terminal, new: str = "") -> None:
    """A refresh succeeds; `new` came into the store meanwhile, and is seen."""
    terminal.press("r")
    settled(terminal)
    if new:
        terminal.wait_for(new, PATIENCE)
        assert ADVICE not in terminal.text()


@contextmanager
def renamed(database: Path, run: str, name: str) -> Iterator[None]:
    """A run has another name in a server's database meanwhile."""

    def rename(before: str, after: str) -> None:
        with closing(sqlite3.connect(database, timeout=PATIENCE)) as connection, connection:
            assert connection.execute("UPDATE runs SET name = ? WHERE name = ?", (after, before)).rowcount == 1

    rename(run, name)
    try:
        yield
    finally:
        rename(name, run)


def quits(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.wait_exit(PATIENCE) == 0
    assert terminal.restored


def test_a_server_that_is_killed_and_started_again(server: MlflowServer) -> None:
    with in_terminal(server.uri, columns=120, rows=30) as terminal:
        at_the_runs(terminal)
        server.kill()
        try:
            fails(terminal, "connection refused", "that the server runs")
            terminal.press("j")
            terminal.wait_for("›●  lora-gemma2-9b-r16", what="the cursor below")
        finally:
            server.start()
        recovers(terminal)
        assert "›●  lora-gemma2-9b-r16" in terminal.text()
        quits(terminal)


def test_a_connection_that_is_cut_in_the_middle_of_a_page(server: MlflowServer, way: Relay) -> None:
    with in_terminal(address(way), columns=120, rows=30) as terminal:
        at_the_runs(terminal)
        with renamed(server.database, "lora-gemma2-9b-r16", "after-the-cut"):
            way.cut_after = 300
            fails(terminal, "ended before the answer was complete", "try again")
            assert way.cuts
            # Nothing of half a page is shown.
            assert "lora-gemma2-9b-r16" in terminal.text()
            assert "after-the-cut" not in terminal.text()
            way.cut_after = None
            recovers(terminal, "after-the-cut")
        quits(terminal)


@pytest.mark.parametrize("round_trip", [0.05, 0.3])
def test_a_long_way(way: Relay, round_trip: float) -> None:
    way.round_trip = round_trip
    with in_terminal(address(way), columns=120, rows=30) as terminal:
        at_the_runs(terminal)
        terminal.press("G")
        terminal.wait_for("›✓  qlora-llama3-8b-r16", PATIENCE)
        terminal.press("enter")
        terminal.wait_for("Metrics", PATIENCE)
        terminal.press("escape")
        terminal.wait_for("›✓  qlora-llama3-8b-r16", PATIENCE)
        quits(terminal)


def test_keys_work_while_an_answer_is_waited_for_and_control_c_gives_it_up(way: Relay) -> None:
    with in_terminal(address(way), columns=120, rows=30) as terminal:
        at_the_runs(terminal)
        way.round_trip = HELD
        terminal.press("r")
        terminal.wait_for("reading", PATIENCE)
        terminal.press("j", "j")
        terminal.wait_for("›●  dpo-qwen2.5-7b", PATIENCE)
        assert "reading" in terminal.text()
        terminal.press("ctrl+c")
        terminal.wait_for("cancelled", PATIENCE)
        assert "›●  dpo-qwen2.5-7b" in terminal.text()
        way.round_trip = 0.0
        recovers(terminal)
        quits(terminal)


class Small:
    """A server with one experiment and one run, whose answers to searches for runs may be spoilt."""

    def __init__(self) -> None:
        self.spoilt: Answer | None = None
        self.name = "lora-mistral-7b-r16"

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/version":
            return Answer("3.17.2")
        if asked.path.endswith("/experiments/search"):
            one = {"experiment_id": "0", "name": "llm-finetune-lora", "lifecycle_stage": "active"}
            return Answer({"experiments": [one]})
        info = {"run_id": "a" * 32, "run_name": self.name, "experiment_id": "0", "status": "FINISHED"}
        if asked.path.endswith("/runs/search"):
            return self.spoilt or Answer({"runs": [{"info": info}]})
        if asked.path.endswith("/runs/get"):
            return Answer({"run": {"info": info}})
        return PAGE_404


def test_garbage_instead_of_an_answer() -> None:
    small = Small()
    with scripted(small) as (uri, _), in_terminal(uri, columns=120, rows=30) as terminal:
        at_the_runs(terminal)
        small.name, small.spoilt = "after-the-garbage", Answer("\x1b[2Jgarbage \u202e{{[red]")
        fails(terminal, "not what MLflow answers", "address")
        # Whatever is shown of it, it neither wipes the screen nor turns its text round.
        assert raw_control_sequences(terminal.settled_log) == []
        small.spoilt = None
        recovers(terminal, "after-the-garbage")
        quits(terminal)


def test_an_answer_that_never_ends_is_given_up_with_control_c() -> None:
    done = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")
        while not done.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    small = Small()
    with scripted(small) as (uri, _), in_terminal(uri, columns=120, rows=30) as terminal:
        at_the_runs(terminal)
        small.spoilt = Answer(raw=endless)
        terminal.press("r")
        terminal.wait_for("reading", PATIENCE)
        terminal.press("ctrl+c")
        terminal.wait_for("cancelled", PATIENCE)
        assert "lora-mistral-7b-r16" in terminal.text()
        done.set()
        small.name, small.spoilt = "after-the-end", None
        recovers(terminal, "after-the-end")
        quits(terminal)


def test_a_database_server_that_is_restarted(demo: Path) -> None:
    with private(PostgresServer) as database:
        uri = postgres_copy(demo, server=database)
        with in_terminal(uri, columns=120, rows=30) as terminal:
            at_the_runs(terminal)
            database.stop()
            fails(terminal, f"127.0.0.1:{database.port}", "that the server runs")
            database.start()
            with database.admin(uri.rpartition("/")[2]) as connection:
                connection.execute("UPDATE runs SET name = 'after-the-restart' WHERE name = 'lora-gemma2-9b-r16'")
            recovers(terminal, "after-the-restart")
            quits(terminal)


def test_a_wrong_password_is_told_without_it(demo: Path) -> None:
    with private(PostgresServer) as database:
        name = postgres_copy(demo, server=database).rpartition("/")[2]
        with in_terminal(database.uri(name, password="s3cret"), columns=120, rows=30) as terminal:
            terminal.wait_for(ADVICE, PATIENCE)
            assert "password" in flat(terminal)
            assert "s3cret" not in flat(terminal)
            with database.admin() as connection:
                connection.execute(f"ALTER ROLE {READER} PASSWORD 's3cret'")
            recovers(terminal)
            at_the_runs(terminal)
            quits(terminal)


@pytest.mark.parametrize("uri", ["http://flowdeck.invalid:5000", "postgresql://reader@flowdeck.invalid/mlflow"])
def test_an_unknown_host(uri: str) -> None:
    with in_terminal(uri, columns=120, rows=30) as terminal:
        terminal.wait_for(ADVICE, PATIENCE)
        assert "flowdeck.invalid" in flat(terminal)
        terminal.press("r")
        terminal.wait_quiet(1.0, PATIENCE)
        terminal.wait_for(ADVICE, PATIENCE)
        quits(terminal)


def test_a_certificate_that_is_not_trusted(server: MlflowServer, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with relay(server.port, certificate.server_context()) as way:
        uri = f"https://127.0.0.1:{way.port}"
        with in_terminal(uri, columns=120, rows=30) as terminal:
            terminal.wait_for(ADVICE, PATIENCE)
            assert "not signed by an authority" in flat(terminal)
            assert "MLFLOW_TRACKING_SERVER_CERT_PATH" in flat(terminal)
            quits(terminal)
        trusted = {"MLFLOW_TRACKING_SERVER_CERT_PATH": str(certificate.path)}
        with in_terminal(uri, columns=120, rows=30, env=trusted) as terminal:
            at_the_runs(terminal)
            quits(terminal)


LOST: dict[str, str | re.Pattern[str]] = {
    f"{EDGE}/{TWIN}": "58 runs",
    f"{EDGE}/{FULL}/metrics": "59 runs",
    # Nobody knows when it began: it comes last.
    f"{EDGE}/{FULL}/meta.yaml": re.compile(r"59 runs(?!.*✓  all of it)", re.DOTALL),
    "1": "41 runs",
}
"""Parts of a tree, and what is on the screen once they are gone."""


def test_a_tree_that_loses_files_while_it_is_read(tmp_path: Path) -> None:
    root, aside = tmp_path / "mlruns", tmp_path / "aside"
    with opened(str(reference_database(tmp_path))) as store:
        tree_copy(store, root)
    with in_terminal(root, columns=120, rows=30) as terminal:
        terminal.wait_for(EDGE_NAME, PATIENCE)
        settled(terminal)
        terminal.press("A")
        terminal.wait_for("all of it", PATIENCE)
        terminal.wait_for("59 runs", PATIENCE)
        for lost, seen in LOST.items():
            terminal.press("r")  # the reading is under way when the files go
            os.rename(root / lost, aside)
            terminal.wait_for(lambda: "reading" not in terminal.text(), PATIENCE, "an end of the reading")
            terminal.press("r")
            terminal.wait_for(seen, PATIENCE)
            os.rename(aside, root / lost)
            recovers(terminal)
            terminal.wait_for(re.compile("59 runs.*✓  all of it", re.DOTALL), PATIENCE)
        os.rename(root, aside)
        terminal.press("r")
        terminal.wait_for(ADVICE, PATIENCE)
        assert "59 runs" in terminal.text()
        os.rename(aside, root)
        recovers(terminal)
        shutil.rmtree(root / EDGE / TWIN)
        terminal.press("r")
        terminal.wait_for("58 runs", PATIENCE)
        quits(terminal)


def _trained_server(folder: Path) -> Iterator[tuple[str, str]]:
    database = reference_database(folder)
    served = folder / "served"
    served.mkdir()
    with mlflow_server(PYTHON_VARIABLE, database, served) as server:
        yield server.uri, server.uri


def _trained_tree(folder: Path) -> Iterator[tuple[str, str]]:
    with opened(str(reference_database(folder))) as store:
        tree_copy(store, folder / "mlruns")
    yield str(folder / "mlruns"), (folder / "mlruns").as_uri()


def _trained_sqlite(folder: Path) -> Iterator[tuple[str, str]]:
    uri = f"sqlite:///{reference_database(folder)}"
    yield uri, uri


def _trained_mariadb(folder: Path) -> Iterator[tuple[str, str]]:
    uri = mariadb_copy(reference_database(folder), writable=True)
    yield uri, uri


TRAINED: dict[str, tuple[Callable[[Path], Iterator[tuple[str, str]]], str]] = {
    "server": (_trained_server, ""),
    "tree": (_trained_tree, ""),
    "sqlite": (_trained_sqlite, ""),
    "mariadb": (_trained_mariadb, "pymysql"),
}
"""Stores to train into: gives their addresses for flowdeck and for MLflow; and the module that MLflow needs for it."""


@pytest.mark.parametrize("kind", TRAINED)
def test_a_training_loop_is_followed_by_refreshing(kind: str, tmp_path: Path) -> None:
    serve, module = TRAINED[kind]
    python = python_with(PYTHON_VARIABLE, module)
    serving = serve(tmp_path)
    shown, logged = next(serving)
    with in_terminal(shown, columns=120, rows=30) as terminal, training(python, logged, STEPS, tmp_path) as trainer:
        terminal.wait_for(EDGE_NAME, PATIENCE)
        settled(terminal)
        while EXPERIMENT not in terminal.text():
            assert trainer.poll() is None, trainer.communicate()
            recovers(terminal)
            terminal.wait_quiet(0.2, PATIENCE)
        terminal.press("A")
        terminal.wait_for(RUN, PATIENCE)
        terminal.wait_for("›●  " + RUN, PATIENCE)
        terminal.press("enter")
        terminal.wait_for("loss", PATIENCE)
        refreshed = 0
        while trainer.poll() is None:
            terminal.press("r")
            terminal.wait_quiet(0.3, PATIENCE)
            assert ADVICE not in terminal.text(), terminal.dump()
            refreshed += 1
        assert trainer.returncode == 0, trainer.communicate()
        assert refreshed > 0
        terminal.press("r")
        terminal.wait_for(f"{loss(STEPS - 1)}", PATIENCE)
        terminal.wait_for("FINISHED", PATIENCE)
        quits(terminal)
    for _ in serving:
        raise AssertionError("a store is served once")
