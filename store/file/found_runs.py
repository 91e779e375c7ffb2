"""Which runs a tree has, each once, and in which folders they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from threading import Event

from store.file.folders import ExperimentFolder, RunFolder
from store.file.index import Batch
from store.file.layout import shown
from store.file.reading import check
from store.file.tree import Tree


class FoundRuns:
    """Finds experiments and runs, and remembers where runs were."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._runs: dict[str, RunFolder] = {}
        """Those that were seen, by id: where to look first."""
        self._notes: dict[str, tuple[str, ...]] = {}

    @property
    def notes(self) -> Mapping[str, tuple[str, ...]]:
        """Problems of runs that only the look at all of them shows."""
        return self._notes

    def experiments(self, cancel: Event | None) -> list[ExperimentFolder]:
        """The folders of all experiments. Raises `StoreError`s and `Cancelled`, as the other methods do."""
        batch = Batch()
        found = self._tree.experiments(batch, cancel)
        self._tree.index.write(batch)
        return found

    def every(
        self, experiments: Sequence[ExperimentFolder], batch: Batch, cancel: Event | None
    ) -> tuple[int, Iterator[RunFolder]]:
        """About how many runs these experiments have, and each of them once."""
        total, runs = self._tree.runs(experiments, batch, cancel)
        return total, self._once(runs, batch)

    def _once(self, runs: Iterator[RunFolder], batch: Batch) -> Iterator[RunFolder]:
        """Of runs with the same id, which copied folders have, one that is sound; it says where the others are."""
        seen: set[str] = set()
        notes: dict[str, tuple[str, ...]] = {}
        flagged: list[RunFolder] = []

        def sound() -> Iterator[RunFolder]:
            for run in runs:
                if run.fields[-1]:
                    flagged.append(run)
                else:
                    yield run

        for run in chain(sound(), flagged):
            if run.run_id in seen:
                note = f"a folder with the same name, which is not listed as a run, is {shown(run.folder.relative)!r}"
                notes[run.run_id] = (*notes.get(run.run_id, ()), note)
            else:
                seen.add(run.run_id)
                self._runs[run.run_id] = run
                yield run
        # At once: others may look at the tree, or read what was noted, at the same time.
        self._notes = {run_id: told for run_id, told in self._notes.items() if run_id not in seen} | notes
        self._tree.index.write(batch)

    def folders(self, run_ids: Sequence[str], cancel: Event | None) -> dict[str, RunFolder]:
        """The folders of these runs, with what their meta.yaml says now; runs that are not there are left out."""
        found: dict[str, RunFolder] = {}
        batch = Batch()
        experiments: list[ExperimentFolder] | None = None
        for run_id in run_ids:
            check(cancel)
            known = self._runs.get(run_id)
            run = None if known is None else self._tree.again(known, batch, cancel)
            if run is None:
                if experiments is None:
                    experiments = self.experiments(cancel)
                run = self._tree.find_run(run_id, experiments, batch, cancel)
            if run is None:
                self._runs.pop(run_id, None)
            else:
                found[run_id] = self._runs[run_id] = run
        self._tree.index.write(batch)
        return found
