"""Real MLflow servers on copies of stores, started on free ports and ended with everything they started."""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support.mlflow_client import PYTHON_VARIABLE, REQUIRE_VARIABLE

PYTHON_2_VARIABLE: Final = "FLOWDECK_MLFLOW_2_PYTHON"
"""Names a Python interpreter that has MLflow 2.22."""

PYTHON_1_VARIABLE: Final = "FLOWDECK_MLFLOW_1_PYTHON"
"""Names a Python interpreter that has MLflow 1.30."""

RELEASES: Final = {"3.17.2": PYTHON_VARIABLE, "2.22.5": PYTHON_2_VARIABLE, "1.30.1": PYTHON_1_VARIABLE}
"""Servers that are tried, each on the store that the same release wrote."""

OPTIONAL: Final = frozenset({PYTHON_1_VARIABLE})
"""Those that may be missing even where servers are required: MLflow 1.30 does not install everywhere."""

STORES: Final = Path(__file__).resolve().parents[1] / "data" / "stores"

_PR_SET_PDEATHSIG: Final = 1

START_S: Final = 200.0
"""Seconds until a server must answer: four, but minutes on a machine that is busy."""


def python_with(variable: str, module: str = "") -> str:
    """The interpreter that `variable` names; skips the test, or fails it if servers are required, without one.

    `module` is another one that it must have.
    """
    python = os.environ.get(variable, "")
    if python and Path(python).is_file():
        if not module or not subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode:
            return python
        reason = f"{python} has no {module}"
    else:
        reason = f"{variable} names no interpreter with MLflow: {python or 'it is not set'}"
    if os.environ.get(REQUIRE_VARIABLE) == "1" and variable not in OPTIONAL:
        pytest.fail(reason)
    return str(pytest.skip(reason))


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_this_process() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


@dataclass
class MlflowServer:
    """One server; it can be killed and started again on the same port."""

    python: str
    database: Path
    port: int
    prefix: str = ""
    """Its --static-prefix."""
    options: tuple[str, ...] = ()
    extra: Mapping[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    @property
    def log(self) -> Path:
        return self.database.with_name("server.log")

    def start(self) -> None:
        """Returns once it answers."""
        folder = self.database.parent
        command = [
            *(
                self.python,
                "-c",
                "from mlflow.cli import cli; cli()",
                "server",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
                "--workers",
                "1",
            ),
            *(
                "--backend-store-uri",
                f"sqlite:///{self.database}",
                "--default-artifact-root",
                str(folder / "artifacts"),
            ),
            *(("--static-prefix", self.prefix) if self.prefix else ()),
            *self.options,
        ]
        environment = {
            "PATH": f"{Path(self.python).parent}:{os.environ.get('PATH', '')}",
            "HOME": str(folder),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            # Its queue of jobs is half a dozen processes that nothing here asks for.
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            **(self.extra or {}),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=_end_with_this_process,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                pytest.fail(f"the server did not start:\n{self.log.read_text('utf-8', 'replace')[-3000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Ends it at once, with the processes that it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.uri}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def mlflow_server(
    variable: str,
    database: Path,
    folder: Path,
    *,
    prefix: str = "",
    options: tuple[str, ...] = (),
    extra: Mapping[str, str] | None = None,
) -> Iterator[MlflowServer]:
    """A server of the release that `variable` names, on a copy of `database` in `folder`."""
    python = python_with(variable)
    copy = folder / "mlflow.db"
    if database != copy:
        shutil.copyfile(database, copy)
    server = MlflowServer(python, copy, free_port(), prefix, options, extra)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def server_of(release: str) -> MlflowServer:
    """The server of a release on a copy of its store that all tests of this process share, and do not change."""
    return shared_server(RELEASES[release], STORES / release / "mlflow.db")


def shared_server(variable: str, database: Path) -> MlflowServer:
    """The server on a copy of `database` that all tests of this process share; ends with it."""
    return _shared(python_with(variable), database)


@contextmanager
def changed_back(server: MlflowServer) -> Iterator[None]:
    """What is in a shared server's database at the end is what was there before: a test may change it meanwhile."""
    with closing(sqlite3.connect(":memory:")) as kept:
        with closing(sqlite3.connect(server.database)) as database:
            database.backup(kept)
        try:
            yield
        finally:
            with closing(sqlite3.connect(server.database, timeout=30)) as database:
                kept.backup(database)


@cache
def _shared(python: str, database: Path) -> MlflowServer:
    folder = Path(tempfile.mkdtemp(prefix="flowdeck-mlflow-"))
    shutil.copyfile(database, folder / "mlflow.db")
    server = MlflowServer(python, folder / "mlflow.db", free_port())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.kill)
    server.start()
    return server
