"""Finding the experiments and the runs of a tree, and what their meta.yaml files say."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import Any, Final

from store.file.fields import experiment_fields, no_experiment, no_run, run_fields
from store.file.folders import ExperimentFolder, Folder, RunFolder, linked_folder
from store.file.index import Batch, Entry, Index
from store.file.layout import META, NO_RUNS, REGISTRY, TRASH, is_component, shown
from store.file.meta import read_meta
from store.file.metric_file import is_settled
from store.file.reading import (
    Gone,
    Unreadable,
    check,
    listing,
    root_error,
    root_folder,
    unchanged,
    unreadable,
)

BATCH_ROWS: Final = 2_000
"""Rows that are written to the index at a time: more would delay a caller who withdraws the request."""

_LOOKS: Final = 1_000
"""Names between two looks at whether the caller still wants them."""


class Tree:
    """The folders of a tree. What it read is remembered, and read again when a file has changed."""

    def __init__(self, path: str) -> None:
        self.root = root_folder(path)
        self.index = Index(self.root)
        self._given = shown(path)
        self._metas: dict[str, Entry] = self.index.metas()
        self._owners: frozenset[str] = frozenset()

    def experiments(self, batch: Batch, cancel: Event | None = None) -> list[ExperimentFolder]:
        """Those that are there, then those in the trash. Raises StoreErrors if the root cannot be read."""
        # A copy, because others add to it meanwhile; what they add is not gone.
        before = list(self._metas)
        try:
            names = sorted(os.listdir(self.root))
        except OSError as error:
            raise root_error(self._given, error) from error
        found: dict[str, ExperimentFolder] = {}
        trash = os.path.join(self.root, TRASH)
        try:
            trashed = sorted(os.listdir(trash)) if TRASH in names and not os.path.islink(trash) else []
        except OSError:
            # Deleted experiments that nobody may list are not listed; `info` tells of it.
            trashed = []
        for parent, some in (("", names), (TRASH, trashed)):
            for name in some:
                check(cancel)
                if name.startswith(".") or (name == REGISTRY and not parent):
                    continue
                one = self._experiment(os.path.join(parent, name), name, batch, cancel)
                if one is not None:
                    # Moving an experiment to the trash and back is not atomic everywhere.
                    found.setdefault(one.experiment_id, one)
        owners = frozenset(one.folder.relative for one in found.values())
        if owners != self._owners:
            # The memory of a tree that changed holds no more than the tree.
            gone = [path for path in before if path not in owners and path.rpartition("/")[0] not in owners]
            self.forget(gone)
            self._owners = owners
        return list(found.values())

    def again(self, run: RunFolder, batch: Batch, cancel: Event | None = None) -> RunFolder | None:
        """A run that was found before, with what its meta.yaml says now; None if it is not there any more."""
        experiment = run.experiment
        return self._run(experiment, run.folder.name, os.path.islink(run.folder.path), batch, cancel)

    @property
    def is_empty(self) -> bool:
        """True if the root has nothing but what MLflow puts there before the first experiment."""
        try:
            return not set(os.listdir(self.root)) - {TRASH, REGISTRY}
        except OSError as error:
            raise root_error(self._given, error) from error

    @property
    def hides_trash(self) -> bool:
        """True if there are deleted experiments that may not be listed."""
        trash = os.path.join(self.root, TRASH)
        return os.path.isdir(trash) and not os.access(trash, os.R_OK | os.X_OK)

    def _experiment(
        self, relative: str, name: str, batch: Batch, cancel: Event | None = None
    ) -> ExperimentFolder | None:
        deleted = relative != name
        experiment_id = shown(name)
        try:
            folder = self._folder(relative, name, (self.root,))
        except Gone:
            return None
        except Unreadable as error:
            path = os.path.join(self.root, relative)
            fields = no_experiment(experiment_id, str(error))
            return ExperimentFolder(Folder(name, relative, path, ()), experiment_id, deleted, fields, double=True)
        if folder is None:
            return None
        double = len(folder.bounds) > 1 and os.path.dirname(folder.bounds[1]) in (
            self.root,
            os.path.join(self.root, TRASH),
        )
        fields_ = self._fields(
            folder,
            lambda meta: experiment_fields(meta, experiment_id),
            lambda problem: no_experiment(experiment_id, problem),
            "name",
            batch,
            cancel,
        )
        if fields_ is None:
            return None
        if double:
            problem = f"is a link to {shown(os.path.relpath(folder.bounds[1], self.root))}, whose runs are listed there"
            fields_ = [*fields_[:-1], [*fields_[-1], problem]]
        elif not os.access(folder.path, os.R_OK | os.X_OK):
            fields_ = [*fields_[:-1], [*fields_[-1], "its runs may not be listed: permission denied"]]
        return ExperimentFolder(folder, experiment_id, deleted, fields_, double)

    def _folder(self, relative: str, name: str, bounds: tuple[str, ...]) -> Folder | None:
        """None if it is something else than a folder. Raises Unreadable for a link that leads nowhere."""
        path = os.path.join(self.root, relative)
        try:
            mode = os.lstat(path).st_mode
        except (OSError, ValueError) as error:
            raise unreadable(error) from error
        if stat.S_ISDIR(mode):
            return Folder(name, relative, path, bounds)
        return linked_folder(path, relative, name, bounds) if stat.S_ISLNK(mode) else None

    def sample(
        self, experiment: ExperimentFolder, count: int, batch: Batch, cancel: Event | None = None
    ) -> list[RunFolder]:
        """Some runs of an experiment, at most `count`."""
        names = self._run_names(experiment, cancel, count)
        runs = (self._run(experiment, name, is_link, batch, cancel) for name, is_link in names)
        return [run for run in runs if run is not None]

    def runs(
        self, experiments: Sequence[ExperimentFolder], batch: Batch, cancel: Event | None = None
    ) -> tuple[int, Iterator[RunFolder]]:
        """How many there are about, and the runs of these experiments; those that cannot be read are flagged."""
        # A copy, because others add to it meanwhile; what they add is not gone.
        before = list(self._metas)
        listed = [(experiment, self._run_names(experiment, cancel)) for experiment in experiments]
        return sum(len(names) for _, names in listed), self._runs(listed, before, batch, cancel)

    def _run_names(
        self, experiment: ExperimentFolder, cancel: Event | None, most: int | None = None
    ) -> list[tuple[str, bool]]:
        """Names of the folders that should be runs, some `most` or all, and whether each is a link."""
        check(cancel)
        found: list[tuple[str, bool]] = []
        if experiment.double:
            return found
        try:
            with listing(experiment.folder.path) as entries:
                for count, entry in enumerate(entries):
                    if count % _LOOKS == 0:
                        check(cancel)
                    if len(found) == most:
                        break
                    name = entry.name
                    if name in NO_RUNS or name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        found.append((name, False))
                    elif entry.is_symlink():
                        found.append((name, True))
        except Unreadable:
            # The experiment says so itself, unless it has just gone.
            return []
        return sorted(found)

    def _runs(
        self,
        listed: list[tuple[ExperimentFolder, list[tuple[str, bool]]]],
        before: Sequence[str],
        batch: Batch,
        cancel: Event | None,
    ) -> Iterator[RunFolder]:
        """The runs that are listed; those that were known `before` that, and are not listed, are forgotten."""
        seen = set()
        for experiment, names in listed:
            parent = experiment.folder
            for name, is_link in names:
                check(cancel)
                relative = f"{parent.relative}/{name}"
                seen.add(relative)
                run = self._run(experiment, name, is_link, batch, cancel)
                if run is not None:
                    yield run
                if len(batch) >= BATCH_ROWS:
                    self.index.write(batch)
                    batch.clear()
        whole = {experiment.folder.relative + "/" for experiment, names in listed if names}
        gone = [path for path in before if path not in seen and path[: path.rfind("/") + 1] in whole]
        self.forget(gone)

    def forget(self, folders: Sequence[str]) -> None:
        """Drops what is known of folders that are no longer there."""
        for relative in folders:
            self._metas.pop(relative, None)
        self.index.forget(folders)

    def _run(
        self, experiment: ExperimentFolder, name: str, is_link: bool, batch: Batch, cancel: Event | None
    ) -> RunFolder | None:
        parent = experiment.folder
        relative, path = f"{parent.relative}/{name}", f"{parent.path}/{name}"
        run_id = shown(name)
        folder = Folder(name, relative, path, parent.bounds)
        if is_link:
            try:
                linked = linked_folder(path, relative, name, parent.bounds)
            except Gone:
                return None
            except Unreadable as error:
                return RunFolder(Folder(name, relative, path, ()), run_id, experiment, no_run(str(error)))
            if linked is None:
                return None  # A link to a file.
            folder = linked
        else:
            known = self._remembered(relative, path)
            if known is not None:
                return RunFolder(folder, run_id, experiment, known)
        fields = self._fields(
            folder,
            lambda meta: run_fields(meta, run_id, experiment.experiment_id),
            no_run,
            "user_id",
            batch,
            cancel,
        )
        return None if fields is None else RunFolder(folder, run_id, experiment, fields)

    def find_run(
        self, run_id: str, experiments: Sequence[ExperimentFolder], batch: Batch, cancel: Event | None = None
    ) -> RunFolder | None:
        """The run with this id, without a look at all the others."""
        if "\\x" in run_id:
            _, runs = self.runs(experiments, batch, cancel)
            return next((run for run in runs if run.run_id == run_id), None)
        if not is_component(run_id) or run_id in NO_RUNS:
            return None
        flagged = None
        for experiment in experiments:
            check(cancel)
            if experiment.double:
                continue
            path = f"{experiment.folder.path}/{run_id}"
            try:
                mode = os.lstat(path).st_mode
            except (OSError, ValueError):
                continue
            if stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
                run = self._run(experiment, run_id, stat.S_ISLNK(mode), batch, cancel)
                if run is not None and not run.fields[-1]:
                    return run
                flagged = flagged or run
        return flagged

    def _fields(
        self,
        folder: Folder,
        make: Callable[[dict[str, Any]], Sequence[Any]],
        broken: Callable[[str], Sequence[Any]],
        last: str,
        batch: Batch,
        cancel: Event | None,
    ) -> Sequence[Any] | None:
        """What a meta.yaml says, from memory if it is as it was; None if the folder has gone.

        `last` is the key that a file has once it is written to its end.
        """
        known = self._remembered(folder.relative, folder.path)
        if known is not None:
            return known
        try:
            meta, stamp = read_meta(folder.path, folder.bounds, cancel, complete=lambda meta: last in meta)
        except Gone:
            return None
        except Unreadable as error:
            return broken(str(error))
        fields = make(meta)
        if is_settled(stamp[2]):
            entry = (*stamp, fields)
            self._metas[folder.relative] = entry
            batch.metas.append((folder.relative, entry))
        return fields

    def _remembered(self, relative: str, path: str) -> Sequence[Any] | None:
        """What a folder's meta.yaml said when it was read, if it is the same as then."""
        known = self._metas.get(relative)
        if known is None or not unchanged(f"{path}/{META}", known):
            return None
        fields: Sequence[Any] = known[4]
        return fields
