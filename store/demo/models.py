"""Logged and registered models while they are being collected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from store.demo.draft import WORKSPACE, DatasetDraft, Draft, Row, RunDraft
from store.demo.files import model_files
from store.demo.noise import identifier

PENDING: Final = 1
READY: Final = 2
FAILED: Final = 3


@dataclass(frozen=True, slots=True)
class LoggedModelDraft:
    """A model that a run wrote, as MLflow 3 keeps it: beside the runs, not inside one."""

    model_id: str
    run: RunDraft
    location: str
    """Where its files are, absolute."""


def log_model(
    run: RunDraft,
    name: str,
    flavor: str,
    at: int,
    *,
    step: int = 0,
    status: int = READY,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, str] | None = None,
    metrics: Mapping[str, float] | None = None,
    dataset: DatasetDraft | None = None,
) -> LoggedModelDraft:
    """A model written by `run` at `step`; the metrics, measured on `dataset`, are the model's own copy."""
    rows, experiment = run.draft.rows, run.experiment.experiment_id
    model_id = "m-" + identifier("model", run.run_id, name, step)
    folder = f"{run.experiment.folder}/models/{model_id}/artifacts"
    model = LoggedModelDraft(model_id, run, f"{run.draft.location}/{folder}")
    reason = "upload interrupted" if status == FAILED else None
    rows["logged_models"].append(
        (
            model_id,
            experiment,
            name,
            model.location,
            at,
            at + 900,
            status,
            "active",
            flavor,
            run.run_id,
            reason,
        )
    )
    edge = identifier("output", run.run_id, model_id)
    rows["inputs"].append((edge, "RUN_OUTPUT", run.run_id, "MODEL_OUTPUT", model_id, step))
    rows["logged_model_params"] += [(model_id, experiment, key, str(value)) for key, value in (params or {}).items()]
    rows["logged_model_tags"] += [(model_id, experiment, key, value) for key, value in (tags or {}).items()]
    measured_on: Row = (None, None, None) if dataset is None else (dataset.uuid, dataset.name, dataset.digest)
    rows["logged_model_metrics"] += [
        (model_id, key, at, step, value, experiment, run.run_id, *measured_on) for key, value in (metrics or {}).items()
    ]
    if status == READY:
        for path, content in model_files(flavor, run.run_id, at, model_id, model.location).items():
            run.draft.files[f"{folder}/{path}"] = content
    return model


def read_model(run: RunDraft, model: LoggedModelDraft) -> None:
    """Notes that a run used a logged model."""
    edge = identifier("input", run.run_id, model.model_id)
    run.draft.rows["inputs"].append((edge, "RUN_INPUT", run.run_id, "MODEL_INPUT", model.model_id, 0))


class RegisteredModelDraft:
    """A registered model whose versions are being collected, oldest first."""

    def __init__(
        self,
        draft: Draft,
        name: str,
        created: int,
        updated: int,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self._draft = draft
        self._name = name
        self._versions = 0
        draft.rows["registered_models"].append((name, created, updated, description, WORKSPACE))
        draft.rows["registered_model_tags"] += [(key, value, name, WORKSPACE) for key, value in (tags or {}).items()]

    def version(
        self,
        model: RunDraft | LoggedModelDraft,
        created: int,
        *,
        stage: str = "None",
        updated: int | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        aliases: tuple[str, ...] = (),
    ) -> None:
        """The next version: of a logged model, or of the folder `model` among a run's artifacts."""
        number = self._next()
        if isinstance(model, LoggedModelDraft):
            source, storage, run = f"models:/{model.model_id}", model.location, model.run
            registered = json.dumps([{"name": self._name, "version": number}])
            self._draft.rows["logged_model_tags"].append(
                (model.model_id, run.experiment.experiment_id, "mlflow.modelVersions", registered)
            )
        else:
            source = storage = f"{self._draft.location}/{model.folder}/model"
            run = model
        self._draft.rows["model_versions"].append(
            (
                self._name,
                number,
                created,
                updated or created,
                description,
                None,
                stage,
                source,
                run.run_id,
                "READY",
                None,
                None,
                storage,
                WORKSPACE,
            )
        )
        self._draft.rows["model_version_tags"] += [
            (key, value, self._name, number, WORKSPACE) for key, value in (tags or {}).items()
        ]
        self._draft.rows["registered_model_aliases"] += [(alias, number, self._name, WORKSPACE) for alias in aliases]

    def deleted_version(self, created: int, deleted: int, storage: str) -> None:
        """The next version as MLflow leaves it after its deletion: redacted, but its number stays taken."""
        self._draft.rows["model_versions"].append(
            (
                self._name,
                self._next(),
                created,
                deleted,
                None,
                None,
                "Deleted_Internal",
                "REDACTED-SOURCE-PATH",
                "REDACTED-RUN-ID",
                "READY",
                None,
                "REDACTED-RUN-LINK",
                storage,
                WORKSPACE,
            )
        )

    def _next(self) -> int:
        self._versions += 1
        return self._versions
