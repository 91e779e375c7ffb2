"""Runs in the interpreter of a real MLflow, of any release since 1.8: makes its client change runs and read them.

A request is a line of JSON on standard input, an answer one on standard output: `{"uri", "calls"}` makes calls
`[name, arguments]` of the client, `{"uri", "read", "experiments"}` asks what it reads of these runs.
"""

from __future__ import annotations

import json
import os
import sys
from typing import IO, Any


def _read(client: Any, run_ids: list[str], experiments: list[str]) -> dict[str, Any]:
    """What the client says of runs when it is asked for each, and when it searches."""
    from mlflow.entities import ViewType

    found = client.search_runs(experiments, "", ViewType.ALL, 1000)
    return {
        "got": {run_id: _told(client.get_run(run_id)) for run_id in run_ids},
        "found": {run.info.run_id: _told(run) for run in found},
    }


def _told(run: Any) -> dict[str, Any]:
    info = run.info
    return {
        # The client has had it since 1.30.
        "name": getattr(info, "run_name", None),
        "status": info.status,
        "end_time": info.end_time,
        "stage": info.lifecycle_stage,
        "tags": dict(run.data.tags),
    }


def _answer(request: dict[str, Any], clients: dict[str, Any]) -> Any:
    from mlflow.tracking import MlflowClient

    uri = request["uri"]
    client = clients.get(uri) or clients.setdefault(uri, MlflowClient(uri))
    for name, *arguments in request.get("calls", ()):
        getattr(client, name)(*arguments)
    return _read(client, request["read"], request["experiments"]) if "read" in request else None


def _main(answers: IO[str]) -> None:
    clients: dict[str, Any] = {}
    for line in sys.stdin:
        json.dump(_answer(json.loads(line), clients), answers)
        answers.write("\n")
        answers.flush()


if __name__ == "__main__":
    # This folder's modules are the tests' own, and answers are all that is said on standard output.
    sys.path.pop(0)
    with os.fdopen(os.dup(1), "w") as stream:
        os.dup2(2, 1)
        _main(stream)
