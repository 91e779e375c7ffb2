"""Reading logged models (MLflow 3.0 and newer)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Event

from store.entities import LoggedModel
from store.file.fields import Fields
from store.file.folders import ExperimentFolder, Folder
from store.file.index import UNKNOWN, Batch
from store.file.layout import LOGGED_MODELS, PARAMS, TAGS, is_component
from store.file.meta import read_meta
from store.file.parts import read_texts
from store.file.reading import Unreadable, check
from store.kinds import LOGGED_MODEL_STATUS
from store.texts import location


def logged_models_by_id(
    experiments: Sequence[ExperimentFolder], model_ids: Sequence[str], cancel: Event | None = None
) -> list[LoggedModel]:
    """The logged models with these ids, in their order; those that are not there or cannot be read are left out."""
    found = {}
    for model_id in dict.fromkeys(model_ids):
        if not is_component(model_id):
            continue
        for experiment in experiments:
            check(cancel)
            parent = experiment.folder
            relative = f"{parent.relative}/{LOGGED_MODELS}/{model_id}"
            folder = Folder(model_id, relative, f"{parent.path}/{LOGGED_MODELS}/{model_id}", parent.bounds)
            links = map(os.path.islink, (folder.path, os.path.dirname(folder.path)))
            if not experiment.double and os.path.isdir(folder.path) and not any(links):
                model = _logged_model(folder, experiment.experiment_id, cancel)
                if model is not None:
                    found[model_id] = model
                    break
    return [found[model_id] for model_id in model_ids if model_id in found]


def _logged_model(folder: Folder, experiment_id: str, cancel: Event | None) -> LoggedModel | None:
    try:
        meta, _ = read_meta(folder.path, folder.bounds, cancel, complete=lambda meta: "status" in meta)
    except Unreadable:
        return None
    fields = Fields(meta)
    if fields.text("lifecycle_stage") == "deleted":
        # As MLflow's own reader has it.
        return None
    status = fields.whole("status")
    kept, problems = Batch(), list[str]()
    return LoggedModel(
        model_id=folder.name,
        experiment_id=experiment_id,
        name=fields.text("name") or "",
        artifact_location=location(fields.text("artifact_location") or ""),
        creation_timestamp=fields.whole("creation_timestamp") or 0,
        last_updated_timestamp=fields.whole("last_updated_timestamp") or 0,
        status=LOGGED_MODEL_STATUS.get(status or 0, str(status)),
        model_type=fields.text("model_type"),
        source_run_id=fields.text("source_run_id"),
        params=read_texts(folder, PARAMS, UNKNOWN, kept, problems, cancel),
        tags=read_texts(folder, TAGS, UNKNOWN, kept, problems, cancel),
    )
