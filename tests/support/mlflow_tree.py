"""A real MLflow writes an mlruns tree: run as a program, with the interpreter that has MLflow.

`python mlflow_tree.py ROOT RUNS` logs so many runs with everything a run can have, prints `writing` before the first
and, at the end, what MLflow's own client reads back as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def start_writer(python: str, root: Path, runs: int) -> subprocess.Popen[str]:
    """The writer, in a process of its own."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(root.parent),
        "MLFLOW_ALLOW_FILE_STORE": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "PYTHONUTF8": "1",
    }
    return subprocess.Popen(
        [python, __file__, str(root), str(runs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=root.parent,
        env=environment,
    )


def _write(root: str, count: int) -> dict[str, Any]:
    mlflow: Any = importlib.import_module("mlflow")
    entities: Any = importlib.import_module("mlflow.entities")
    client = mlflow.MlflowClient(Path(root).as_uri())
    experiment = client.create_experiment("written now", tags={"team": "é"})
    print("writing", flush=True)
    made = []
    for number in range(count):
        run = client.create_run(experiment, run_name=f"run {number}", tags={"a/b": "c"})
        made.append(run.info.run_id)
        for step in range(20):
            client.log_metric(run.info.run_id, "train/loss", number + 1 / (step + 1), 1_600_000_000_000 + step, step)
        points = [entities.Metric("odd", value, 5, step) for step, value in ((0, float("nan")), (1, float("inf")))]
        client.log_batch(run.info.run_id, points, [entities.Param("p/q", f"{number} ✓")], [entities.RunTag("t", "1")])
        dataset = entities.Dataset(f"data {number % 2}", "abc", "local", "{}")
        inputs = [entities.DatasetInput(dataset, [entities.InputTag("mlflow.data.context", "train")])]
        client.log_inputs(run.info.run_id, inputs)
        model = client.create_logged_model(experiment, name="m", source_run_id=run.info.run_id)
        client.log_outputs(run.info.run_id, [entities.LoggedModelOutput(model.model_id, step=3)])
        client.set_terminated(run.info.run_id, "FINISHED" if number % 2 else "FAILED")
        if number % 5 == 0:
            client.delete_run(run.info.run_id)
    gone = client.create_experiment("deleted now")
    client.delete_experiment(gone)
    everything = entities.ViewType.ALL
    return {
        "experiments": {
            item.experiment_id: [item.name, item.lifecycle_stage, item.artifact_location, item.tags]
            for item in client.search_experiments(everything)
        },
        "order": [run.info.run_id for run in client.search_runs([experiment], "", everything, 1000)],
        "runs": {run_id: _run(client.get_run(run_id)) for run_id in made},
        "losses": {
            run_id: [[m.step, m.timestamp, m.value] for m in client.get_metric_history(run_id, "train/loss")]
            for run_id in made
        },
    }


def _run(run: Any) -> dict[str, Any]:
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "times": [run.info.start_time, run.info.end_time],
        "stage": run.info.lifecycle_stage,
        "artifact_uri": run.info.artifact_uri,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {metric.key: repr(metric.value) for metric in run.data._metric_objs},
        "datasets": [[item.dataset.name, item.dataset.digest] for item in run.inputs.dataset_inputs],
        "models": [[item.model_id, item.step] for item in run.outputs.model_outputs],
    }


if __name__ == "__main__":
    json.dump(_write(sys.argv[1], int(sys.argv[2])), sys.stdout)
