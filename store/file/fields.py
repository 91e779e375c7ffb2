"""What meta.yaml files say, checked field by field: what is missing or of a wrong kind becomes a problem in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from store.file.layout import STATUS
from store.texts import location

_RUN_KEYS: Final = ("experiment_id", "user_id", "start_time", "end_time", "artifact_uri")
"""What every release writes; the id is `run_uuid` in old ones, the status and the stage may lack."""


class Fields:
    """Reads the fields of one mapping and collects what is wrong with them."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self._meta = meta
        self.problems: list[str] = []

    def has(self, key: str) -> bool:
        return self._meta.get(key) is not None

    def require(self, *keys: str) -> None:
        missing = [key for key in keys if key not in self._meta]
        if missing:
            self.problems.append(f"meta.yaml has no {', no '.join(missing)}")

    def text(self, key: str) -> str | None:
        value = self._meta.get(key)
        if value is None or isinstance(value, str):
            return value
        self._wrong(key, value, "text")
        return str(value)

    def identity(self, key: str) -> str:
        """An id: releases before 1.0 wrote numbers."""
        value = self._meta.get(key)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text(key) or ""

    def whole(self, key: str) -> int | None:
        value = self._meta.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63):
            return value
        self._wrong(key, value, "whole number")
        return None

    def texts(self, key: str) -> dict[str, str]:
        value = self._meta.get(key)
        if isinstance(value, dict) and all(isinstance(part, str) for item in value.items() for part in item):
            return value
        if value is not None and value != []:
            self._wrong(key, value, "mapping of texts")
        return {}

    def _wrong(self, key: str, value: Any, kind: str) -> None:
        self.problems.append(f"meta.yaml: {key} is no {kind}, but {str(value)[:40]!r}")


RUN_FIELDS: Final = (
    "run_name",
    "status",
    "start_time",
    "end_time",
    "lifecycle_stage",
    "artifact_uri",
    "user_id",
    "deleted_time",
    "uuid",
    "problems",
)
"""What is kept of a run's meta.yaml, in this order."""


def run_fields(meta: Mapping[str, Any], run_id: str, experiment_id: str) -> list[Any]:
    """Values for `RUN_FIELDS`. `run_id` and `experiment_id` are what the folders are called."""
    fields = Fields(meta)
    fields.require(*_RUN_KEYS, *(() if "run_uuid" in meta else ("run_id",)))
    for key, wanted in (("run_id", run_id), ("run_uuid", run_id), ("experiment_id", experiment_id)):
        if key in meta and (named := fields.identity(key)) != wanted:
            fields.problems.append(f"meta.yaml belongs elsewhere: its {key} is {named!r}")
    status = meta.get("status", 1)
    known = STATUS.get(status) if isinstance(status, int) and not isinstance(status, bool) else None
    if known is None:
        fields.problems.append(f"meta.yaml: status is none of MLflow's, but {str(status)[:40]!r}")
    stage = fields.text("lifecycle_stage") or "active"
    if stage not in ("active", "deleted"):
        fields.problems.append(f"meta.yaml: lifecycle_stage is none of MLflow's, but {stage[:40]!r}")
        stage = "active"
    uri = fields.text("artifact_uri")
    return [
        fields.text("run_name") or fields.text("name") or "",
        known or str(status)[:40],
        fields.whole("start_time"),
        fields.whole("end_time"),
        stage,
        None if uri is None else location(uri),
        fields.text("user_id"),
        fields.whole("deleted_time"),
        "run_uuid" in meta,
        fields.problems,
    ]


def no_run(problem: str) -> list[Any]:
    """The same for a run whose meta.yaml cannot be read."""
    return ["", "", None, None, "active", None, None, None, False, [problem]]


EXPERIMENT_FIELDS: Final = (
    "name",
    "artifact_location",
    "lifecycle_stage",
    "creation_time",
    "last_update_time",
    "workspace",
    "problems",
)
"""What is kept of an experiment's meta.yaml, in this order."""


def experiment_fields(meta: Mapping[str, Any], experiment_id: str) -> list[Any]:
    """Values for `EXPERIMENT_FIELDS`. `experiment_id` is what the folder is called."""
    fields = Fields(meta)
    fields.require("experiment_id", "name")
    if "experiment_id" in meta and (named := fields.identity("experiment_id")) != experiment_id:
        fields.problems.append(f"meta.yaml belongs elsewhere: its experiment_id is {named!r}")
    stage = fields.text("lifecycle_stage") or "active"
    if stage not in ("active", "deleted"):
        fields.problems.append(f"meta.yaml: lifecycle_stage is none of MLflow's, but {stage[:40]!r}")
        stage = "active"
    place = fields.text("artifact_location")
    return [
        # An experiment may be called 2024, which another writer leaves without quotes.
        (fields.identity("name") if isinstance(meta.get("name"), int) else fields.text("name")) or experiment_id,
        None if place is None else location(place),
        stage,
        fields.whole("creation_time"),
        fields.whole("last_update_time"),
        fields.text("workspace"),
        fields.problems,
    ]


def no_experiment(experiment_id: str, problem: str) -> list[Any]:
    """The same for an experiment whose meta.yaml cannot be read."""
    return [experiment_id, None, "active", None, None, None, [problem]]
