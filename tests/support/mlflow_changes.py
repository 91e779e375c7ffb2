"""Real MLflows, in environments of their own, whose clients change runs and tell what they read of them."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg2
import pymysql
import pytest

from tests.support.mlflow_servers import RELEASES, python_with

ENVIRONMENTS_VARIABLE: Final = "FLOWDECK_MLFLOW_ENVIRONMENTS"
"""Names a folder with environments of further releases, `mlflow-1.8.0` and the like."""

_PROGRAM: Final = Path(__file__).with_name("mlflow_calls.py")


def release_python(release: str) -> str:
    """The interpreter with that release; skips the test where there is none.

    Those that continuous integration has fail there instead.
    """
    further = Path(os.environ.get(ENVIRONMENTS_VARIABLE, ""), f"mlflow-{release}", "bin", "python")
    if os.environ.get(ENVIRONMENTS_VARIABLE) and further.is_file():
        return str(further)
    if release in RELEASES:
        return python_with(RELEASES[release])
    return str(pytest.skip(f"{ENVIRONMENTS_VARIABLE} names no folder with MLflow {release}"))


class MlflowRuns:
    """The runs of stores as the client of one release takes them, in one process that loads MLflow once."""

    def __init__(self, python: str) -> None:
        # Drivers for database servers, as the tests have them; MLflow brings none.
        self._drivers = tempfile.mkdtemp(prefix="flowdeck-drivers-")
        atexit.register(shutil.rmtree, self._drivers, ignore_errors=True)
        for module in (psycopg2, pymysql):
            place = Path(module.__file__ or "").parent
            for found in place.parent.glob(f"{place.name}*"):
                Path(self._drivers, found.name).symlink_to(found)
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": self._drivers,
            "MLFLOW_ALLOW_FILE_STORE": "true",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "PYTHONPATH": self._drivers,
            "PYTHONUTF8": "1",
        }
        self._log = Path(self._drivers, "log")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [python, str(_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                env=environment,
                cwd=self._drivers,
            )
        atexit.register(self._process.kill)

    def change(self, uri: str, calls: Sequence[Sequence[Any]]) -> None:
        """Makes the client do calls `[name, arguments]`."""
        self._ask({"uri": _for_mlflow(uri), "calls": calls})

    def read(self, uri: str, run_ids: Sequence[str], experiments: Sequence[str]) -> dict[str, Any]:
        """What the client says of these runs, by id: their name, status, end, stage and tags.

        It says the same when it searches these experiments.
        """
        told = self._ask({"uri": _for_mlflow(uri), "read": run_ids, "experiments": experiments})
        found = {run_id: told["found"][run_id] for run_id in run_ids}
        assert found == told["got"]
        return found

    def _ask(self, request: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        if not (line := self._process.stdout.readline()):
            pytest.fail(f"MLflow failed:\n{self._log.read_text('utf-8', 'replace')[-3000:]}")
        return json.loads(line)


@cache
def mlflow_runs(python: str) -> MlflowRuns:
    """The process of that interpreter, which all tests of this process share."""
    return MlflowRuns(python)


def _for_mlflow(uri: str) -> str:
    """The address for an MLflow that has the tests' drivers."""
    return uri.replace("postgresql://", "postgresql+psycopg2://")
