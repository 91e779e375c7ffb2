"""Entities as JSON objects with MLflow's own keys."""

from __future__ import annotations

from typing import Any

from store.entities import (
    DatasetInput,
    Experiment,
    LoggedModel,
    MetricSummary,
    ModelInput,
    ModelOutput,
    Point,
    Run,
)
from tui.view.export import json_number

Document = dict[str, Any]


def experiment_document(item: Experiment) -> Document:
    document: Document = {
        "experiment_id": item.experiment_id,
        "name": item.name,
        "artifact_location": item.artifact_location,
        "lifecycle_stage": item.lifecycle_stage,
        "creation_time": item.creation_time,
        "last_update_time": item.last_update_time,
        "tags": item.tags,
    }
    if item.workspace is not None:
        document["workspace"] = item.workspace
    return document | problems_document(item)


def run_document(run: Run) -> Document:
    return {
        **attributes_document(run),
        "metrics": metrics_document(run),
        "params": run.params,
        "tags": run.tags,
        "inputs": inputs_document(run),
        "outputs": outputs_document(run),
        **problems_document(run),
    }


def problems_document(item: Experiment | Run) -> Document:
    """What could not be read, if there is any of that."""
    return {"problems": item.problems} if item.problems else {}


def attributes_document(run: Run) -> Document:
    return {
        "run_id": run.run_id,
        # Runs of MLflow 1.28 and older may have none; what is missing is null.
        "run_name": run.run_name or None,
        "experiment_id": run.experiment_id,
        "status": run.status,
        "start_time": run.start_time,
        "end_time": run.end_time,
        "lifecycle_stage": run.lifecycle_stage,
        "artifact_uri": run.artifact_uri,
        "user_id": run.user_id,
        "deleted_time": run.deleted_time,
    }


def metrics_document(run: Run) -> Document:
    """Latest values by key."""
    # A difference of a number with itself is 0 unless it is NaN or infinite: cheaper than two calls a value.
    return {
        key: metric.value if metric.value - metric.value == 0 else json_number(metric.value)
        for key, metric in run.metrics.items()
    }


def inputs_document(run: Run) -> Document:
    return {
        "dataset_inputs": [dataset_input_document(item) for item in run.dataset_inputs],
        "model_inputs": [model_input_document(item) for item in run.model_inputs],
    }


def outputs_document(run: Run) -> Document:
    return {"model_outputs": [model_output_document(item) for item in run.model_outputs]}


def dataset_input_document(item: DatasetInput) -> Document:
    dataset = item.dataset
    return {
        "dataset": {
            "name": dataset.name,
            "digest": dataset.digest,
            "source_type": dataset.source_type,
            "source": dataset.source,
            "schema": dataset.schema,
            "profile": dataset.profile,
        },
        "tags": item.tags,
    }


def model_input_document(item: ModelInput) -> Document:
    return {"model_id": item.model_id}


def model_output_document(item: ModelOutput) -> Document:
    return {"model_id": item.model_id, "step": item.step}


def summary_document(summary: MetricSummary) -> Document:
    """What a metric's history adds up to."""
    return {
        "value": json_number(summary.latest.value),
        "step": summary.latest.step,
        "timestamp": summary.latest.timestamp,
        "count": summary.count,
        "nans": summary.nans,
        "infinities": summary.infinities,
        "minimum": None if summary.minimum is None else point_document(summary.minimum),
        "maximum": None if summary.maximum is None else point_document(summary.maximum),
        "first_step": summary.first_step,
        "last_step": summary.last_step,
        "first_timestamp": summary.first_timestamp,
        "last_timestamp": summary.last_timestamp,
        # Only where it is so: almost every store has all points.
        **({"sampled": True} if summary.sampled else {}),
    }


def point_document(point: Point) -> Document:
    return {"step": point.step, "timestamp": point.timestamp, "value": json_number(point.value)}


def logged_model_document(model: LoggedModel) -> Document:
    return {
        "model_id": model.model_id,
        "experiment_id": model.experiment_id,
        "name": model.name,
        "artifact_location": model.artifact_location,
        "creation_timestamp": model.creation_timestamp,
        "last_updated_timestamp": model.last_updated_timestamp,
        "status": model.status,
        "model_type": model.model_type,
        "source_run_id": model.source_run_id,
        "params": model.params,
        "tags": model.tags,
    }
