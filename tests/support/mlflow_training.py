"""A training loop that logs through MLflow's own client: run as a program, with the interpreter that has MLflow.

`python mlflow_training.py URI STEPS` logs one run of so many steps into the experiment `EXPERIMENT`.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

EXPERIMENT: Final = "training now"
RUN: Final = "being trained"
PAUSE: Final = 0.1
"""Seconds between two steps."""


def loss(step: int) -> float:
    """What is logged as `loss` at a step; the digits tell which."""
    return 1000.5 + step


@contextmanager
def training(python: str, uri: str, steps: int, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The loop, in a process of its own that is gone at the end."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "MLFLOW_ALLOW_FILE_STORE": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "PYTHONUTF8": "1",
        # A server that is away for some seconds is asked again soon.
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    }
    command = [python, __file__, uri, str(steps)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", cwd=folder, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _train(uri: str, steps: int) -> None:
    mlflow: Any = importlib.import_module("mlflow")
    client = mlflow.MlflowClient(uri)
    experiment = client.create_experiment(EXPERIMENT)
    run_id = client.create_run(experiment, run_name=RUN).info.run_id
    client.log_param(run_id, "steps", steps)
    for step in range(steps):
        client.log_metric(run_id, "loss", loss(step), step=step)
        time.sleep(PAUSE)
    client.set_terminated(run_id)


if __name__ == "__main__":
    _train(sys.argv[1], int(sys.argv[2]))
