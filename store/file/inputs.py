"""Reading what runs were given and what they wrote: datasets and logged models."""

from __future__ import annotations

import os
from threading import Event
from typing import Any, NamedTuple

from store.entities import Dataset, DatasetInput, ModelInput, ModelOutput
from store.file.fields import Fields
from store.file.folders import Folder, RunFolder
from store.file.layout import DATASETS, INPUTS, OUTPUTS, is_component, shown
from store.file.meta import LARGEST_DATASET, read_meta
from store.file.reading import Gone, Unreadable, check, listing
from store.texts import location, value_text


class Inputs(NamedTuple):
    """What one run read and wrote, as `Run` has it."""

    datasets: tuple[DatasetInput, ...] = ()
    models_read: tuple[ModelInput, ...] = ()
    models_written: tuple[ModelOutput, ...] = ()


class InputReader:
    """Reads inputs and outputs; a dataset that several runs share is read once."""

    def __init__(self, cancel: Event | None = None) -> None:
        self._cancel = cancel
        self._datasets: dict[tuple[str, str], Dataset | str] = {}

    def read(self, run: RunFolder, problems: list[str]) -> Inputs:
        """What a run read and wrote; what of it cannot be read goes to `problems`."""
        datasets: list[DatasetInput] = []
        models_read: list[ModelInput] = []
        models_written: list[ModelOutput] = []
        for name, meta in self._metas(run.folder, INPUTS, problems):
            fields = Fields(meta)
            kind, source = fields.text("source_type"), fields.text("source_id")
            if not source:
                problems.append(f"{INPUTS}/{name} names no source")
            elif kind == "DATASET":
                dataset = self._dataset(run.experiment.folder, source)
                tags = {key: value_text(value) for key, value in sorted(fields.texts("tags").items())}
                if isinstance(dataset, str):
                    problems.append(f"{DATASETS}/{source[:80]} {dataset}")
                else:
                    datasets.append(DatasetInput(dataset, tags))
            elif kind in ("MODEL", "MODEL_INPUT"):
                models_read.append(ModelInput(source))
            problems += [f"{INPUTS}/{name}: {problem}" for problem in fields.problems]
        for name, meta in self._metas(run.folder, OUTPUTS, problems):
            fields = Fields(meta)
            model = fields.text("destination_id")
            if model and fields.text("destination_type") == "MODEL_OUTPUT":
                models_written.append(ModelOutput(model, fields.whole("step") or 0))
            problems += [f"{OUTPUTS}/{name}: {problem}" for problem in fields.problems]
        return Inputs(
            tuple(sorted(datasets, key=lambda item: (item.dataset.name, item.dataset.digest))),
            tuple(sorted(models_read, key=lambda item: item.model_id)),
            tuple(sorted(models_written, key=lambda item: item.model_id)),
        )

    def _metas(self, folder: Folder, part: str, problems: list[str]) -> list[tuple[str, dict[str, Any]]]:
        path = os.path.join(folder.path, part)
        names = []
        try:
            with listing(path) as entries:
                names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
            if os.path.islink(path):
                raise Unreadable("is a link: it is not followed")
        except Gone:
            return []
        except Unreadable as error:
            problems.append(f"{part} {error}")
        found = []
        for name in sorted(names):
            check(self._cancel)
            try:
                meta, _ = read_meta(os.path.join(path, name), folder.bounds, self._cancel)
                found.append((shown(name), meta))
            except Gone:
                continue
            except Unreadable as error:
                problems.append(f"{part}/{shown(name)}: {error}")
        return found

    def _dataset(self, experiment: Folder, dataset_id: str) -> Dataset | str:
        """The dataset, or why it cannot be read."""
        place = experiment.path, dataset_id
        if place not in self._datasets:
            self._datasets[place] = self._read_dataset(experiment, dataset_id)
        return self._datasets[place]

    def _read_dataset(self, experiment: Folder, dataset_id: str) -> Dataset | str:
        if not is_component(dataset_id):
            return "is no folder's name"
        parent = os.path.join(experiment.path, DATASETS)
        path = os.path.join(parent, dataset_id)
        if os.path.islink(parent) or os.path.islink(path):
            return "is a link: it is not followed"
        try:
            meta, _ = read_meta(path, experiment.bounds, self._cancel, limit=LARGEST_DATASET)
        except Unreadable as error:
            return str(error)
        fields = Fields(meta)
        return Dataset(
            name=fields.text("name") or "",
            digest=fields.text("digest") or "",
            source_type=fields.text("source_type") or "",
            source=location(fields.text("source") or ""),
            schema=fields.text("schema"),
            profile=fields.text("profile"),
        )
