"""A store written out as an mlruns tree, in the layout of MLflow 3's file store."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from store.entities import Experiment, Run, RunParts, ViewType, is_infinite
from store.protocols import ExperimentQuery, RunQuery, Store

_STATUS: Final = {"RUNNING": 1, "SCHEDULED": 2, "FINISHED": 3, "FAILED": 4, "KILLED": 5}
_MODEL_STATUS: Final = {"UNSPECIFIED": 0, "PENDING": 1, "READY": 2, "FAILED": 3}


def tree_copy(store: Store, root: Path) -> None:
    """Writes everything that `store` holds below `root`, which does not exist yet."""
    folders: dict[str, Path] = {}
    for experiment in store.experiments(ExperimentQuery(view=ViewType.ALL)).items:
        deleted = experiment.lifecycle_stage == "deleted"
        folder = root / ".trash" / experiment.experiment_id if deleted else root / experiment.experiment_id
        folders[experiment.experiment_id] = folder
        _write_experiment(folder, experiment)
    (root / ".trash").mkdir(exist_ok=True)
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    for run in store.runs(ids, RunParts.ALL):
        _write_run(folders[run.experiment_id], run)
        for key in run.metrics:
            lines = [
                f"{point.timestamp} {_number(point.value)} {point.step}\n" for point in store.history(run.run_id, key)
            ]
            _write(folders[run.experiment_id] / run.run_id / "metrics" / key, "".join(lines))
    models = [
        entry.model_id for run in store.runs(ids, RunParts.ALL) for entry in (*run.model_inputs, *run.model_outputs)
    ]
    for model in store.logged_models(sorted(set(models))):
        folder = folders[model.experiment_id] / "models" / model.model_id
        meta = {
            "artifact_location": model.artifact_location,
            "creation_timestamp": model.creation_timestamp,
            "experiment_id": model.experiment_id,
            "last_updated_timestamp": model.last_updated_timestamp,
            "model_id": model.model_id,
            "model_type": model.model_type,
            "name": model.name,
            "source_run_id": model.source_run_id,
            "status": _MODEL_STATUS[model.status],
            "status_message": None,
        }
        _write_meta(folder, meta)
        _write_texts(folder / "params", model.params)
        _write_texts(folder / "tags", model.tags)


def _write_experiment(folder: Path, experiment: Experiment) -> None:
    meta = {
        "artifact_location": experiment.artifact_location,
        "creation_time": experiment.creation_time,
        "experiment_id": experiment.experiment_id,
        "last_update_time": experiment.last_update_time,
        "lifecycle_stage": experiment.lifecycle_stage,
        "name": experiment.name,
        "workspace": experiment.workspace,
    }
    _write_meta(folder, meta)
    _write_texts(folder / "tags", experiment.tags)


def _write_run(experiment: Path, run: Run) -> None:
    folder = experiment / run.run_id
    meta = {
        "artifact_uri": run.artifact_uri,
        "end_time": run.end_time,
        "entry_point_name": "",
        "experiment_id": run.experiment_id,
        "lifecycle_stage": run.lifecycle_stage,
        "run_id": run.run_id,
        "run_name": run.run_name,
        "source_name": "",
        "source_type": 4,
        "source_version": "",
        "start_time": run.start_time,
        "status": _STATUS[run.status],
        "tags": [],
        "user_id": run.user_id,
    }
    if run.deleted_time is not None:
        meta["deleted_time"] = run.deleted_time
    _write_meta(folder, meta)
    for name in ("metrics", "params", "tags", "artifacts"):
        (folder / name).mkdir()
    _write_texts(folder / "params", run.params)
    _write_texts(folder / "tags", run.tags)
    for item in run.dataset_inputs:
        dataset = item.dataset
        key = hashlib.md5(f"{dataset.name}{dataset.digest}".encode(), usedforsecurity=False).hexdigest()
        content = {
            "digest": dataset.digest,
            "name": dataset.name,
            "profile": dataset.profile,
            "schema": dataset.schema,
            "source": dataset.source,
            "source_type": dataset.source_type,
        }
        _write_meta(experiment / "datasets" / key, content)
        # MLflow's file store names the dataset in both ends of the edge.
        edge = {"destination_id": key, "destination_type": "RUN", "source_id": key, "source_type": "DATASET"}
        _write_meta(folder / "inputs" / key, {**edge, "tags": dict(item.tags)})
    for model in run.model_inputs:
        edge = {"destination_id": model.model_id, "destination_type": "RUN", "source_id": model.model_id}
        _write_meta(folder / "inputs" / model.model_id, {**edge, "source_type": "MODEL_INPUT", "tags": {}})
    for output in run.model_outputs:
        edge = {"destination_id": output.model_id, "destination_type": "MODEL_OUTPUT", "source_id": output.model_id}
        _write_meta(
            folder / "outputs" / output.model_id, {**edge, "source_type": "RUN_OUTPUT", "step": output.step, "tags": {}}
        )


def _write_meta(folder: Path, content: Mapping[str, Any]) -> None:
    # JSON scalars and objects are YAML.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in sorted(content.items())]
    _write(folder / "meta.yaml", "".join(lines))


def _write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    for key, value in texts.items():
        _write(folder / key, value)


def _write(path: Path, text: str) -> None:
    os.makedirs(path.parent, exist_ok=True)
    path.write_bytes(text.encode())


def _number(value: float) -> str:
    if is_infinite(value):
        return "inf" if value > 0 else "-inf"
    return "nan" if math.isnan(value) else repr(value)
