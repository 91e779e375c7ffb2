"""A real MLflow, in an environment of its own, that changes the runs of a database through its store.

Run as a program with that environment's interpreter: the URI, then a JSON list of calls [name, arguments].
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def change_with_mlflow(python: str, uri: str, calls: Sequence[Sequence[Any]]) -> None:
    """Makes MLflow's own client do the calls; with the driver for PostgreSQL that the tests have."""
    import psycopg

    environment = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", ""), "DO_NOT_TRACK": "1"}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(psycopg.__file__).parent.parent
        for found in place.glob("psycopg*"):
            (Path(folder) / found.name).symlink_to(found)
        environment |= {"PYTHONPATH": folder, "MLFLOW_ALLOW_FILE_STORE": "true"}
        command = [python, __file__, uri, json.dumps(calls)]
        done = subprocess.run(command, capture_output=True, env=environment, timeout=100, check=False)
    assert done.returncode == 0, done.stderr.decode()


def _main(uri: str, calls: list[list[Any]]) -> None:
    sys.path[:] = [place for place in sys.path if Path(place).resolve() != Path(__file__).resolve().parent]
    from mlflow.tracking import MlflowClient

    client = MlflowClient(uri)
    for name, *arguments in calls:
        getattr(client, name)(*arguments)


if __name__ == "__main__":
    _main(sys.argv[1], json.loads(sys.argv[2]))
