"""What columns of runs hold, as programs want to have it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tui.view.export import json_number
from tui.view.facts import datasets_of, datasets_text

if TYPE_CHECKING:
    from store.entities import Run, RunParts

ATTRIBUTES: Final = (
    *("run_id", "run_name", "experiment_id", "experiment", "status", "start_time", "end_time", "duration"),
    *("lifecycle_stage", "artifact_uri", "user_id", "deleted_time"),
)
"""Attributes that may be named; `experiment` is the experiment's name, `duration` is in milliseconds."""

STORED: Final = tuple(name for name in ATTRIBUTES if name not in ("experiment", "duration"))
"""Those that the store holds."""

TIMES: Final = ("start_time", "end_time", "deleted_time")
"""Attributes in milliseconds since the epoch."""


class Type(enum.Enum):
    """What kind of values stand in a column, for formats that ask."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    TIME = "time"
    """Milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class RunField:
    """One column."""

    kind: str
    """attributes, metrics, params, tags or datasets."""
    key: str
    """Of a dataset its name; empty for all of them."""
    aggregate: str = ""
    """Of a metric: what of its history counts (`store.kinds.Aggregate`); empty for the latest value."""
    step: int | None = None
    """For the value at a step: which."""
    best: bool = False
    """True if it was asked for as the best value, whichever that is."""

    @property
    def title(self) -> str:
        all_datasets = self.kind == "datasets" and not self.key
        plain = self.key if self.kind == "attributes" else self.kind if all_datasets else f"{self.kind}.{self.key}"
        step = "" if self.step is None else f", {self.step}"
        word = "best" if self.best else self.aggregate
        return f"{word}({plain}{step})" if word else plain

    @property
    def name(self) -> str:
        """What a JSON object of its kind has it under."""
        return self.title if self.aggregate else self.key

    @property
    def type(self) -> Type:
        if self.kind == "metrics":
            return Type.NUMBER
        if self.kind == "attributes" and self.key in TIMES:
            return Type.TIME
        return Type.INTEGER if self.kind == "attributes" and self.key == "duration" else Type.TEXT

    def plain(self, run: Run, experiment_names: Mapping[str, str]) -> Any:
        """As the store holds it, numbers of every kind included; None if the run has no such thing."""
        if self.kind == "metrics":
            # What was computed from histories stands among the metrics of the run: see `RunReading`.
            metric = run.metrics.get(self.name)
            return None if metric is None else metric.value
        if self.kind == "datasets":
            return datasets_text(datasets_of(run), self.key) or None
        if self.kind != "attributes":
            return getattr(run, self.kind).get(self.key)
        if self.key == "experiment":
            return experiment_names.get(run.experiment_id)
        if self.key == "duration":
            return run.duration
        return getattr(run, self.key)

    def value(self, run: Run, experiment_names: Mapping[str, str]) -> Any:
        """As JSON and CSV have it."""
        value = self.plain(run, experiment_names)
        return json_number(value) if isinstance(value, float) else value


def parts_of(fields: Iterable[RunField]) -> RunParts:
    """What has to be read for these columns."""
    from store.kinds import RunParts

    parts = RunParts.ATTRIBUTES
    for field in fields:
        if field.kind != "attributes":
            parts |= RunParts.INPUTS if field.kind == "datasets" else RunParts[field.kind.upper()]
    return parts


def _digests(run: Run, name: str) -> dict[str, list[str]]:
    """The digests of the datasets of a run by their names; of one alone if `name` says which."""
    found: dict[str, list[str]] = {name: []} if name else {}
    for called, digest in datasets_of(run):
        if name in ("", called):
            found.setdefault(called, []).append(digest)
    return found


def limited_document(
    fields: Iterable[RunField], experiment_names: Mapping[str, str]
) -> Callable[[Run], dict[str, Any]]:
    """A function that makes JSON objects of these columns; the run's id is always there, and what could not be read."""
    from tui.view.documents import problems_document

    wanted = tuple(fields)

    def document(run: Run) -> dict[str, Any]:
        made: dict[str, Any] = {"run_id": run.run_id}
        for field in wanted:
            if field.kind == "datasets":
                made.setdefault(field.kind, {}).update(_digests(run, field.key))
                continue
            value = field.value(run, experiment_names)
            if field.kind == "attributes":
                made[field.key] = value
            else:
                made.setdefault(field.kind, {})[field.name] = value
        return made | problems_document(run)

    return document
