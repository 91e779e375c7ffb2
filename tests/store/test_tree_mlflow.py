"""A tree is read while MLflow 3.17 writes it; at the end both read the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from store.entities import Run, RunParts, ViewType
from store.protocols import ExperimentQuery, RunQuery, Store
from tests.support.mlflow_client import mlflow_python
from tests.support.mlflow_tree import start_writer
from tests.support.trees import opened

pytestmark = pytest.mark.long

RUNS = 40


@pytest.mark.timeout(300)
def test_reading_while_mlflow_writes(tmp_path: Path) -> None:
    root = tmp_path / "mlruns"
    writer = start_writer(mlflow_python(), root, RUNS)
    assert writer.stdout is not None
    try:
        assert writer.stdout.readline() == "writing\n", writer.communicate()
        looks = 0
        with opened(root) as store:
            while writer.poll() is None:
                page = store.run_ids(RunQuery(order_by=("metrics.`train/loss` DESC",)))
                for run in store.runs(page.items, RunParts.ALL):
                    assert run.problems == (), run
                    steps = list(store.history(run.run_id, "train/loss").steps)
                    assert steps == list(range(len(steps)))
                looks += 1
                if looks > 10_000:
                    raise AssertionError("the writer does not end")
            out, err = writer.communicate(timeout=60)
            assert writer.returncode == 0, err[-2000:]
            _compare(store, json.loads(out))
        with opened(root) as store:
            _compare(store, json.loads(out))
        assert looks > 1
    finally:
        writer.kill()
        writer.wait()


def _compare(store: Store, wanted: dict[str, Any]) -> None:
    experiments = store.experiments(ExperimentQuery(view=ViewType.ALL)).items
    have = {
        item.experiment_id: [item.name, item.lifecycle_stage, item.artifact_location, dict(item.tags)]
        for item in experiments
    }
    assert have == wanted["experiments"]
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    assert list(ids) == wanted["order"]
    runs = {run.run_id: run for run in store.runs(ids, RunParts.ALL)}
    assert {key: _run(run) for key, run in runs.items()} == wanted["runs"]
    for run_id, points in wanted["losses"].items():
        assert [[point.step, point.timestamp, point.value] for point in store.history(run_id, "train/loss")] == points
    models = store.logged_models([item.model_id for run in runs.values() for item in run.model_outputs])
    assert sorted(str(model.source_run_id) for model in models) == sorted(runs)


def _run(run: Run) -> dict[str, Any]:
    assert run.problems == ()
    return {
        "name": run.run_name,
        "status": run.status,
        "times": [run.start_time, run.end_time],
        "stage": run.lifecycle_stage,
        "artifact_uri": run.artifact_uri,
        "params": dict(run.params),
        "tags": dict(run.tags),
        "metrics": {key: repr(metric.value) for key, metric in run.metrics.items()},
        "datasets": [[item.dataset.name, item.dataset.digest] for item in run.dataset_inputs],
        "models": [[item.model_id, item.step] for item in run.model_outputs],
    }
