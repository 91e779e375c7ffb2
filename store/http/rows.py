"""From what an MLflow server answers to entities.

Older servers write 64-bit integers as strings, all leave out what is not set, and NaN and infinities come as words.
Texts pass `store.texts`, where passwords in URIs stop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from store.entities import (
    Dataset,
    DatasetInput,
    Experiment,
    LoggedModel,
    Metric,
    ModelInput,
    ModelOutput,
    Run,
    RunParts,
)
from store.kinds import NAME_TAG
from store.texts import location, optional_location, optional_text, text, value_text


def fields(value: Any) -> Mapping[str, Any]:
    """An object of the answer; empty where there is none."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Mapping[str, Any]]:
    """A list of objects of the answer."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def integer(value: Any) -> int:
    """A 64-bit integer, which may be a string; what is no number counts as 0."""
    return optional_integer(value) or 0


def optional_integer(value: Any) -> int | None:
    """As `integer`; None where nothing is set."""
    if type(value) is int:
        return value if -(2**63) <= value < 2**63 else 0
    if value is None:
        return None
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
    return found if -(2**63) <= found < 2**63 else 0


def number(value: Any) -> float:
    """A metric's value: "NaN", "Infinity" and "-Infinity" are words. One that is not set is 0, as in protobuf."""
    if type(value) is float:
        return value
    if value is None:
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def texts(value: Any) -> dict[str, str]:
    """Params or tags, ordered by key."""
    found = {text(item.get("key")): value_text(item.get("value")) for item in listed(value)}
    return {key: found[key] for key in sorted(found)}


def metric(item: Mapping[str, Any]) -> Metric:
    return Metric(
        key=text(item.get("key")),
        value=number(item.get("value")),
        timestamp=integer(item.get("timestamp")),
        step=integer(item.get("step")),
    )


def experiment(item: Mapping[str, Any]) -> Experiment:
    return Experiment(
        experiment_id=text(item.get("experiment_id")),
        name=text(item.get("name")),
        artifact_location=optional_location(item.get("artifact_location")),
        lifecycle_stage=text(item.get("lifecycle_stage")) or "active",
        creation_time=optional_integer(item.get("creation_time")),
        last_update_time=optional_integer(item.get("last_update_time")),
        tags=texts(item.get("tags")),
        workspace=optional_text(item.get("workspace")),
    )


def run_id_of(item: Mapping[str, Any]) -> str:
    """The id of a run; the second name is that of MLflow before 1.0, which all servers still send."""
    info = fields(item.get("info"))
    return text(info.get("run_id") or info.get("run_uuid"))


def run(item: Mapping[str, Any], parts: RunParts = RunParts.ALL) -> Run:
    """A run with those of its parts that are wanted."""
    info, data, inputs = fields(item.get("info")), fields(item.get("data")), fields(item.get("inputs"))
    metrics = [metric(one) for one in listed(data.get("metrics"))] if RunParts.METRICS in parts else []
    whole = RunParts.INPUTS in parts
    tags = data.get("tags")
    name = text(info.get("run_name"))
    if not name:
        named = (text(tag.get("value")) for tag in listed(tags) if tag.get("key") == NAME_TAG)
        name = next(named, "")
    return Run(
        run_id=run_id_of(item),
        run_name=name,
        experiment_id=text(info.get("experiment_id")),
        status=text(info.get("status")),
        start_time=optional_integer(info.get("start_time")),
        end_time=optional_integer(info.get("end_time")),
        lifecycle_stage=text(info.get("lifecycle_stage")) or "active",
        artifact_uri=optional_location(info.get("artifact_uri")),
        user_id=optional_text(info.get("user_id")),
        params=texts(data.get("params")) if RunParts.PARAMS in parts else {},
        metrics={one.key: one for one in sorted(metrics, key=lambda one: one.key)},
        tags=texts(tags) if RunParts.TAGS in parts else {},
        dataset_inputs=_dataset_inputs(inputs) if whole else (),
        model_inputs=_model_inputs(inputs) if whole else (),
        model_outputs=_model_outputs(fields(item.get("outputs"))) if whole else (),
        parts=parts,
    )


def _dataset_inputs(inputs: Mapping[str, Any]) -> tuple[DatasetInput, ...]:
    found = []
    for item in listed(inputs.get("dataset_inputs")):
        dataset = fields(item.get("dataset"))
        found.append(
            DatasetInput(
                Dataset(
                    name=text(dataset.get("name")),
                    digest=text(dataset.get("digest")),
                    source_type=text(dataset.get("source_type")),
                    source=location(dataset.get("source")),
                    schema=optional_text(dataset.get("schema")),
                    profile=optional_text(dataset.get("profile")),
                ),
                texts(item.get("tags")),
            )
        )
    return tuple(sorted(found, key=lambda entry: (entry.dataset.name, entry.dataset.digest)))


def _model_inputs(inputs: Mapping[str, Any]) -> tuple[ModelInput, ...]:
    return tuple(
        sorted((ModelInput(text(item.get("model_id"))) for item in listed(inputs.get("model_inputs"))), key=_id)
    )


def _model_outputs(outputs: Mapping[str, Any]) -> tuple[ModelOutput, ...]:
    found = [
        ModelOutput(text(item.get("model_id")), integer(item.get("step")))
        for item in listed(outputs.get("model_outputs"))
    ]
    return tuple(sorted(found, key=_id))


def _id(entry: ModelInput | ModelOutput) -> str:
    return entry.model_id


def logged_model(item: Mapping[str, Any]) -> LoggedModel:
    info, data = fields(item.get("info")), fields(item.get("data"))
    return LoggedModel(
        model_id=text(info.get("model_id")),
        experiment_id=text(info.get("experiment_id")),
        name=text(info.get("name")),
        artifact_location=location(info.get("artifact_uri")),
        creation_timestamp=integer(info.get("creation_timestamp_ms")),
        last_updated_timestamp=integer(info.get("last_updated_timestamp_ms")),
        status=_STATUS.get(text(info.get("status")), text(info.get("status"))),
        model_type=text(info.get("model_type")) or None,
        source_run_id=text(info.get("source_run_id")) or None,
        params=texts(data.get("params")),
        tags=texts(info.get("tags")),
    )


_STATUS = {
    "": "UNSPECIFIED",
    "LOGGED_MODEL_STATUS_UNSPECIFIED": "UNSPECIFIED",
    "LOGGED_MODEL_PENDING": "PENDING",
    "LOGGED_MODEL_READY": "READY",
    "LOGGED_MODEL_UPLOAD_FAILED": "FAILED",
}
