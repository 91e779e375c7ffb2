"""A real MLflow, in an environment of its own, asked what it reads in a database.

The tests never import MLflow: `mlflow_python` names the interpreter that can, and `ask_mlflow` runs this very file
with it. Run as a program, it answers one request, read from standard input as JSON, in JSON on standard output.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

PYTHON_VARIABLE: Final = "FLOWDECK_MLFLOW_PYTHON"
"""Names a Python interpreter that has MLflow 3.17."""

REQUIRE_VARIABLE: Final = "FLOWDECK_REQUIRE_SERVERS"
"""Set to 1, a missing MLflow fails the test instead of skipping it."""

TIMEOUT_S: Final = 110


def mlflow_python() -> str:
    """The interpreter to ask; skips the test, or fails it if servers are required, where there is none."""
    import pytest

    python = os.environ.get(PYTHON_VARIABLE, "")
    if python and Path(python).is_file():
        return python
    reason = f"{PYTHON_VARIABLE} names no interpreter with MLflow 3.17: {python or 'it is not set'}"
    if os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail(reason)
    return str(pytest.skip(reason))


def ask_mlflow(
    python: str,
    database: Path,
    *,
    histories: Sequence[tuple[str, str]] = (),
    readers: Sequence[str] = (),
    artifact: tuple[str, str],
) -> Any:
    """Everything MLflow's own client reads in `database`; see `_report`.

    `histories` are (run id, metric key), `readers` are ids of runs that read logged models (a search leaves
    those out), `artifact` is (run id, path) of a file to download.
    """
    request = {"database": str(database), "histories": histories, "readers": readers, "artifact": artifact}
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(database.parent),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "PYTHONUTF8": "1",
    }
    answer = subprocess.run(
        [python, __file__],
        input=json.dumps(request),
        capture_output=True,
        encoding="utf-8",
        cwd=database.parent,
        env=environment,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-4000:]
    return json.loads(answer.stdout)


def schema_of(database: Path) -> dict[str, str]:
    """The words of the statements that make everything in a database, by name.

    Sorted, because MLflow leaves the order of a table's constraints to chance.
    """
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sorted(re.findall(r"[\w']+|[()]", sql))) for name, sql in rows}


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _report(request: dict[str, Any]) -> dict[str, Any]:
    """The answer: numbers that JSON does not know are left to Python's dialect of it."""
    mlflow: Any = importlib.import_module("mlflow")
    everything = mlflow.entities.ViewType.ALL
    uri = f"sqlite:///{request['database']}"
    client = mlflow.MlflowClient(uri, uri)
    experiments = list(_pages(lambda token: client.search_experiments(everything, 1000, page_token=token)))
    ids = [experiment.experiment_id for experiment in experiments]
    runs = list(_pages(lambda token: client.search_runs(ids, "", everything, 200, page_token=token)))
    registered = list(_pages(lambda token: client.search_registered_models(page_token=token)))
    versions = list(_pages(lambda token: client.search_model_versions(page_token=token)))
    logged = list(_pages(lambda token: client.search_logged_models(ids, page_token=token)))
    run_id, path = request["artifact"]
    with tempfile.TemporaryDirectory() as folder:
        mlflow.set_tracking_uri(uri)
        downloaded = digest_of(Path(client.download_artifacts(run_id, path, folder)))
        fresh = Path(folder) / "fresh.db"
        mlflow.MlflowClient(f"sqlite:///{fresh}").search_experiments()
        schema = schema_of(fresh)
    return {
        "version": mlflow.__version__,
        "schema": schema,
        "experiments": {e.experiment_id: [e.name, e.lifecycle_stage, e.tags] for e in experiments},
        "runs": {run.info.run_id: _run(run) for run in runs},
        "histories": [
            [[point.step, point.timestamp, point.value] for point in client.get_metric_history(*wanted)]
            for wanted in request["histories"]
        ],
        "models_read": {
            run: sorted(model.model_id for model in client.get_run(run).inputs.model_inputs)
            for run in request["readers"]
        },
        "registered_models": {
            model.name: {
                "description": model.description,
                "tags": model.tags,
                "aliases": {
                    alias: client.get_model_version_by_alias(model.name, alias).version for alias in model.aliases
                },
            }
            for model in registered
        },
        "model_versions": {
            f"{v.name}/{v.version}": [v.current_stage, v.status, v.source, v.run_id, v.description, v.tags]
            for v in versions
        },
        "logged_models": {
            model.model_id: [
                model.name,
                model.source_run_id,
                str(model.status),
                model.artifact_location,
                model.params,
                model.tags,
                {metric.key: metric.value for metric in model.metrics or ()},
            ]
            for model in logged
        },
        "artifacts": sorted(_walk(client, run_id, None)),
        "downloaded": downloaded,
    }


def _run(run: Any) -> dict[str, Any]:
    info, inputs, outputs = run.info, run.inputs, run.outputs
    return {
        "name": info.run_name,
        "status": info.status,
        "times": [info.start_time, info.end_time],
        "stage": info.lifecycle_stage,
        "artifact_uri": info.artifact_uri,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {m.key: [m.value, m.timestamp, m.step] for m in run.data._metric_objs},
        "datasets": sorted(
            [i.dataset.name, i.dataset.digest, {tag.key: tag.value for tag in i.tags}["mlflow.data.context"]]
            for i in inputs.dataset_inputs
        ),
        "models_written": sorted([o.model_id, o.step] for o in (outputs.model_outputs if outputs else None) or ()),
    }


def _pages(fetch: Callable[[str | None], Any]) -> Iterator[Any]:
    token = None
    while True:
        page = fetch(token)
        yield from page
        token = page.token
        if not token:
            return


def _walk(client: Any, run_id: str, path: str | None) -> Iterator[tuple[str, int]]:
    for entry in client.list_artifacts(run_id, path):
        if entry.is_dir:
            yield from _walk(client, run_id, entry.path)
        else:
            yield entry.path, entry.file_size


if __name__ == "__main__":
    json.dump(_report(json.load(sys.stdin)), sys.stdout)
