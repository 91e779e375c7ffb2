"""Changing runs in an mlruns tree: the files that MLflow's own file store writes, each replaced as a whole."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any, Final

import yaml

from store.change_rules import Rules, RunState, decide, problems, tag_keys
from store.changes import Change, Edit, Field, Outcome, Result
from store.errors import AccessDenied, Cancelled, StoreBusy, StoreError, UsageError
from store.file.folders import RunFolder
from store.file.index import Batch
from store.file.keys import beyond_links, find_file
from store.file.layout import META, STATUS, TAGS, shown
from store.file.meta import read_meta
from store.file.reading import Gone, Unreadable, check, root_error
from store.file.tree import Tree
from store.replacing import put_text
from store.uris import Address

LOCK_TIMEOUT: Final = 20.0
"""Seconds that a change waits for another flowdeck to finish its own."""

_PAUSE: Final = 0.02
_NUMBERS: Final = {name: number for number, name in STATUS.items()}


def open_tree(address: Address, cancel: Event | None = None) -> TreeChanges:
    """The runs in a tree, to be changed. Raises `StoreError`s."""
    assert address.path is not None
    check(cancel)
    return TreeChanges(str(address.path))


class TreeChanges:
    """See `store.protocols.Changes`.

    Files know no transactions: if one cannot be written the others are taken back. A process that is killed in
    between leaves some runs changed and others not, each file as it was or as it is to be; the same change again
    finishes it. One flowdeck waits for another, but MLflow locks nothing, so its own change of the same run at the
    same moment may win.
    """

    def __init__(self, path: str) -> None:
        self._tree = Tree(path)
        self._rules = Rules()

    def close(self) -> None:
        self._tree.index.close()

    def apply(self, change: Change, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[Outcome, ...]:
        """See `store.protocols.Changes.apply`."""
        return self._changed(change, run_ids, cancel, dry=False)

    def preview(self, change: Change, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[Outcome, ...]:
        """See `store.protocols.Changes.preview`."""
        return self._changed(change, run_ids, cancel, dry=True)

    def _changed(
        self, change: Change, run_ids: Sequence[str], cancel: Event | None, *, dry: bool
    ) -> tuple[Outcome, ...]:
        ids = tuple(dict.fromkeys(run_ids))
        if found := problems(change, self._rules):
            raise UsageError("; ".join(found), "nothing was changed")
        with self._locked(cancel):
            runs = self._find(ids, cancel)
            states = {run_id: _state(run, sorted(tag_keys(change))) for run_id, run in runs.items()}
            decision = decide(change, ids, states, self._rules)
            check(cancel)
            if not (decision.refused or dry):
                self._write([item for item in decision.outcomes if item.result is Result.CHANGED], runs)
            return tuple(decision.outcomes)

    def _find(self, ids: Sequence[str], cancel: Event | None) -> dict[str, RunFolder]:
        batch = Batch()
        experiments = self._tree.experiments(batch, cancel)
        found = {run_id: self._tree.find_run(run_id, experiments, batch, cancel) for run_id in ids}
        return {run_id: run for run_id, run in found.items() if run is not None}

    def _write(self, outcomes: Sequence[Outcome], runs: Mapping[str, RunFolder]) -> None:
        done: list[tuple[RunFolder, tuple[Edit, ...]]] = []
        try:
            for outcome in outcomes:
                run = runs[outcome.run_id]
                done.append((run, outcome.edits))
                _put(run, outcome.edits)
        except (OSError, Unreadable, UnicodeDecodeError, yaml.YAMLError) as error:
            left = [run.run_id for run, edits in reversed(done) if not _taken_back(run, edits)]
            told = (
                f"; what was written to {', '.join(left)} could not be taken back" if left else "; nothing was changed"
            )
            kind = AccessDenied if isinstance(error, PermissionError) else StoreError
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            raise kind(
                f"run {done[-1][0].run_id} cannot be written ({reason}){told}",
                "changing runs needs the permission to write their folders, and room on the disk",
            ) from error

    @contextmanager
    def _locked(self, cancel: Event | None) -> Iterator[None]:
        """One flowdeck at a time; the lock is on the root folder itself and leaves nothing behind."""
        deadline = time.monotonic() + LOCK_TIMEOUT
        try:
            handle = os.open(self._tree.root, os.O_RDONLY)
        except OSError as error:
            raise root_error(shown(self._tree.root), error) from error
        try:
            while True:
                check(cancel)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise StoreBusy(
                            f"another flowdeck has been changing {self._tree.root} for {LOCK_TIMEOUT:g} s", "try again"
                        ) from None
                    _wait(cancel)
                except OSError:
                    # Some network mounts have no locks: then each file is still replaced as a whole.
                    break
            yield
        finally:
            os.close(handle)


def _wait(cancel: Event | None) -> None:
    if cancel is None:
        time.sleep(_PAUSE)
    elif cancel.wait(_PAUSE):
        raise Cancelled


def _state(run: RunFolder, keys: Sequence[str]) -> RunState:
    """What the files say now. Raises `StoreError` for a run that cannot be read."""
    try:
        meta, _ = read_meta(run.folder.path, run.folder.bounds)
        tags = {key: value for key in keys if (value := _tag(run, key)) is not None}
    except (Unreadable, OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"run {run.run_id} {error}; nothing was changed", "flowdeck show tells what is wrong"
        ) from error
    status = meta.get("status", 1)
    return RunState(
        run_id=run.run_id,
        run_name=meta.get("run_name"),
        status=STATUS.get(status) if isinstance(status, int) else None,
        end_time=meta.get("end_time"),
        lifecycle_stage=meta.get("lifecycle_stage", "active"),
        deleted_time=meta.get("deleted_time"),
        tags=tags,
        named="run_name" in meta,
    )


def _tag(run: RunFolder, key: str) -> str | None:
    try:
        path, _ = find_file(run.folder, TAGS, key)
        beyond_links(run.folder, TAGS, key, path)
    except Gone:
        return None
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def _put(run: RunFolder, edits: Sequence[Edit]) -> None:
    """Writes what a run is to be. Raises `OSError` and `Unreadable`."""
    folder = run.folder.path
    for edit in edits:
        if edit.field is not Field.TAG:
            continue
        path = os.path.join(folder, TAGS, *edit.key.split("/"))
        if edit.after is None:
            with suppress(FileNotFoundError, NotADirectoryError):
                os.remove(path)
            continue
        steps = [TAGS, *edit.key.split("/")[:-1]]
        if any(os.path.islink(os.path.join(folder, *steps[:count])) for count in range(1, len(steps) + 1)):
            raise Unreadable(f"has its tag {edit.key} behind a link")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _replace(path, str(edit.after))
    if any(edit.field is not Field.TAG for edit in edits):
        path = os.path.join(folder, META)
        with open(path, encoding="utf-8") as file:
            meta: dict[str, Any] = yaml.safe_load(file)
        # MLflow keeps the time of a deletion through no other change of the file.
        meta.pop("deleted_time", None)
        for edit in edits:
            if edit.field is Field.TAG:
                continue
            if edit.field is Field.STATUS:
                meta["status"] = _NUMBERS[str(edit.after)]
            elif edit.field is not Field.DELETED_TIME or edit.after is not None:
                meta[edit.field.value] = edit.after
        _replace(path, yaml.safe_dump(meta, default_flow_style=False, allow_unicode=True, sort_keys=True))


def _replace(path: str, content: str) -> None:
    """Puts a file in the place of another, with its permissions or those that a new file gets."""
    mode = None
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode & 0o777
    # Hidden, as the reader skips what is: a tag of that name would be seen otherwise.
    put_text(path, content, mode, folder=_scratch(path), prefix=".flowdeck-")


def _scratch(path: str) -> str:
    """The folder of the run: in that of the tags MLflow would take the unfinished file for one."""
    folder = os.path.dirname(path)
    while not os.path.exists(os.path.join(folder, META)):
        folder = os.path.dirname(folder)
    return folder


def _taken_back(run: RunFolder, edits: Sequence[Edit]) -> bool:
    try:
        _put(run, [Edit(edit.field, edit.after, edit.before, edit.key) for edit in edits])
    except (OSError, Unreadable, UnicodeDecodeError, yaml.YAMLError):
        return False
    return True
