"""What a row of the run's lists stands for, in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from store.entities import DatasetInput, LoggedModel, Run
from store.kinds import NOTE_TAG
from tui.view import cells
from tui.view.reader import pretty_json, reading_lines


@dataclass(frozen=True, slots=True)
class FullValue:
    """A value to be read, with what stands around it."""

    title: str
    """What it is called: as the store has it, not clean."""
    kind: str
    """What it is: `param`, `tag`, `dataset`."""
    parts: tuple[tuple[str, str], ...]
    """(label, text as the store has it); one part without a label if there is nothing else to say."""
    copied: str
    """What a copy of it is."""


def value_lines(value: FullValue, columns: int) -> list[tuple[str, str]]:
    """(clean line, role) of at most so many terminal columns: labels above their texts, JSON set out."""
    lines: list[tuple[str, str]] = []
    for label, text in value.parts:
        if lines:
            lines.append(("", ""))
        if label:
            lines += [(line, "accent") for line in reading_lines(label, columns)]
        shown = pretty_json(text) if not _is_note(value) else None
        lines += [(line, "") for line in reading_lines(shown or text, columns)] if text else [("(empty)", "dim")]
    return lines


def _is_note(value: FullValue) -> bool:
    return value.title == NOTE_TAG or value.kind == "note"


def pair_value(kind: str, pairs: Mapping[str, str], key: str) -> FullValue | None:
    """A param or a tag; None if the run has no such key."""
    return FullValue(key, kind, (("", pairs[key]),), pairs[key]) if key in pairs else None


def overview_value(run: Run, key: str, shown: str) -> FullValue:
    """A line of the overview, which shows the text `shown`; of a note all lines."""
    kind, _, number = key.partition(" ")
    if kind == "note" and number:
        note = run.tags.get(NOTE_TAG, "")
        return FullValue("note", "note", (("", note),), note)
    if kind == "problem" and number:
        text = "\n".join(run.problems)
        return FullValue("problems", "run", (("", text),), text)
    exact = {"run id": run.run_id, "name": run.run_name, "artifacts": run.artifact_uri or ""}
    text = exact.get(key) or shown
    return FullValue(key, "run", (("", text),), text)


def data_value(run: Run, models: Sequence[LoggedModel], key: str) -> FullValue | None:
    """A dataset with its schema and profile, or a logged model with its params and tags, by the key of its row."""
    for item in run.dataset_inputs:
        if key == f"dataset {item.dataset.name} {item.dataset.digest}":
            return _dataset(item)
    steps = [f"{output.step}" for output in run.model_outputs if output.model_id == key]
    model = next((model for model in models if model.model_id == key), None)
    if model is not None:
        return _model(model, steps)
    if steps or any(entry.model_id == key for entry in run.model_inputs):
        return FullValue(key, "model", (("", "the store has no such logged model any more"),), key)
    return None


def _dataset(item: DatasetInput) -> FullValue:
    dataset = item.dataset
    parts = (
        ("source", dataset.source),
        ("source type", dataset.source_type),
        ("digest", dataset.digest),
        *sorted(item.tags.items()),
        ("schema", dataset.schema or ""),
        ("profile", dataset.profile or ""),
    )
    return FullValue(dataset.name, "dataset", _told(parts), dataset.source)


def _model(model: LoggedModel, steps: Sequence[str]) -> FullValue:
    parts = (
        ("model id", model.model_id),
        ("type", model.model_type or ""),
        ("status", model.status),
        ("created", cells.exact_moment(model.creation_timestamp)),
        ("updated", cells.exact_moment(model.last_updated_timestamp)),
        ("source run", model.source_run_id or ""),
        ("logged at step", ", ".join(steps)),
        ("artifacts", model.artifact_location),
        *((f"param {key}", text) for key, text in sorted(model.params.items())),
        *((f"tag {key}", text) for key, text in sorted(model.tags.items())),
    )
    return FullValue(model.name, "model", _told(parts), model.artifact_location)


def _told(parts: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in parts if text)
