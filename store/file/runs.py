"""Making runs of what is read of their folders: whole ones for a page, and as much as a search needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Event
from typing import Any, Final

from store.entities import Metric, Run, RunParts
from store.file.folders import RunFolder
from store.file.index import UNKNOWN, Batch, Entry, Index, Part
from store.file.inputs import InputReader, Inputs
from store.file.layout import METRICS, PARAMS, TAGS
from store.file.parts import read_metric, read_metrics, read_text, read_texts
from store.file.reading import check
from store.file.tree import BATCH_ROWS
from store.kinds import NAME_TAG
from store.protocols import RunKeys

AT_A_TIME: Final = 200
"""Runs whose rows of the index are in memory together."""

_NO_INPUTS: Final = Inputs()
_TEXT_PARTS: Final = {PARAMS: RunParts.PARAMS, TAGS: RunParts.TAGS}


def whole_runs(
    folders: Sequence[RunFolder],
    parts: RunParts,
    index: Index,
    notes: Mapping[str, Sequence[str]],
    cancel: Event | None = None,
    keys: RunKeys | None = None,
) -> Iterator[Run]:
    """The runs in these folders with all of the parts that are asked for, or with those `keys` of them.

    `notes` are problems that a look at the other folders has found, by run id.
    """
    wanted = {part: sorted(some) for part, some in (keys or {}).items()}
    batch, inputs = Batch(), InputReader(cancel)
    for start in range(0, len(folders), AT_A_TIME):
        some = folders[start : start + AT_A_TIME]
        paths = [run.folder.relative for run in some]
        params: Mapping[str, Part] = index.parts(PARAMS, paths) if RunParts.PARAMS in parts else {}
        tags: Mapping[str, Part] = index.parts(TAGS, paths) if RunParts.TAGS in parts else {}
        metrics: Mapping[str, Part] = index.parts(METRICS, paths) if RunParts.METRICS in parts else {}
        for run in some:
            check(cancel)
            folder, path = run.folder, run.folder.relative
            problems: list[str] = [*run.fields[-1], *notes.get(run.run_id, ())]
            read: dict[str, Any] = {}
            if RunParts.PARAMS in parts:
                some_keys, known = wanted.get(RunParts.PARAMS), params.get(path, UNKNOWN)
                read["params"] = read_texts(folder, PARAMS, known, batch, problems, cancel, some_keys)
            if RunParts.TAGS in parts:
                some_keys, known = wanted.get(RunParts.TAGS), tags.get(path, UNKNOWN)
                read["tags"] = read_texts(folder, TAGS, known, batch, problems, cancel, some_keys)
            if RunParts.METRICS in parts:
                some_keys, known = wanted.get(RunParts.METRICS), metrics.get(path, UNKNOWN)
                read["metrics"] = read_metrics(folder, known, batch, problems, cancel, some_keys)
            name = run.fields[0]
            if not name:
                own = read.get("tags") if NAME_TAG in wanted.get(RunParts.TAGS, (NAME_TAG,)) else None
                name = own.get(NAME_TAG) if own is not None else read_text(folder, TAGS, NAME_TAG, None, batch, [])
            found = inputs.read(run, problems) if RunParts.INPUTS in parts else _NO_INPUTS
            yield as_run(run, name or "", parts, problems, found, **read)
            if len(batch) >= BATCH_ROWS:
                index.write(batch)
                batch.clear()
    index.write(batch)


def as_run(
    run: RunFolder,
    name: str,
    parts: RunParts,
    problems: Sequence[str],
    inputs: Inputs = _NO_INPUTS,
    params: Mapping[str, str] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Run:
    """The entity."""
    _, status, start, end, stage, uri, user, deleted, _, _ = run.fields
    # Of all that a search makes the most often: by place, which takes two thirds of the time that names take.
    return Run(
        run.run_id,
        name,
        run.experiment.experiment_id,
        status,
        start,
        end,
        stage,
        uri,
        user,
        deleted,
        params or {},
        metrics or {},
        tags or {},
        *inputs,
        parts,
        tuple(problems),
    )


class PartialRuns:
    """Reads of runs what a search looks at: a few keys of each, instead of all files."""

    def __init__(
        self,
        keys: Mapping[RunParts, Iterable[str] | None],
        index: Index,
        batch: Batch,
        cancel: Event | None,
        *,
        inputs: bool,
    ) -> None:
        """`keys` are those that are read of each part; None: every key."""
        self._index = index
        self._batch = batch
        self._cancel = cancel
        self._inputs = InputReader(cancel) if inputs else None
        self._whole = {name for name, part in _TEXT_PARTS.items() if keys.get(part, ()) is None}
        self._params = self._known(PARAMS, keys.get(RunParts.PARAMS) or ())
        self._tags = self._known(TAGS, keys.get(RunParts.TAGS) or ())
        self._metrics = self._known(METRICS, keys.get(RunParts.METRICS) or ())
        self._texts_of = {part: keys.get(RunParts[part.upper()], ()) != () for part in _TEXT_PARTS}
        """Which parts with texts are read at all: of two thousand runs the others are not even asked."""
        self._names: dict[str, Entry] | None = None

    def _known(self, part: str, keys: Iterable[str]) -> dict[str, dict[str, Entry]]:
        return {key: self._index.values(part, key) for key in keys}

    def read(self, run: RunFolder) -> Run:
        """A run with what the search needs of it, and perhaps no more."""
        path, problems = run.folder.relative, list(run.fields[-1])
        params = self._texts(run, PARAMS, self._params, problems) if self._texts_of[PARAMS] else {}
        tags = self._texts(run, TAGS, self._tags, problems) if self._texts_of[TAGS] else {}
        metrics = {}
        for key, known in self._metrics.items():
            metric = read_metric(run.folder, key, known.get(path), self._batch, problems, self._cancel)
            if metric is not None:
                metrics[key] = metric
        name = run.fields[0] or tags.get(NAME_TAG) or self.name(run)
        inputs = _NO_INPUTS if self._inputs is None else self._inputs.read(run, problems)
        return as_run(run, name, RunParts.ATTRIBUTES, problems, inputs, params, metrics, tags)

    def _texts(
        self, run: RunFolder, part: str, wanted: dict[str, dict[str, Entry]], problems: list[str]
    ) -> dict[str, str]:
        if part in self._whole:
            path = run.folder.relative
            entries = self._index.parts(part, [path]).get(path, UNKNOWN)
            return read_texts(run.folder, part, entries, self._batch, problems, self._cancel)
        found = {}
        for key, known in wanted.items():
            value = read_text(run.folder, part, key, known.get(run.folder.relative), self._batch, problems)
            if value is not None:
                found[key] = value
        return found

    def name(self, run: RunFolder) -> str:
        """MLflow 1.28 and older kept the name in a tag only."""
        if run.fields[0]:
            return str(run.fields[0])
        if self._names is None:
            self._names = self._index.values(TAGS, NAME_TAG)
        return read_text(run.folder, TAGS, NAME_TAG, self._names.get(run.folder.relative), self._batch, []) or ""
