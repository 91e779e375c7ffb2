"""What the browser changes, as functions for worker threads: store calls in, messages out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from textual.message import Message

from store.kinds import RunParts

if TYPE_CHECKING:
    from store.changes import Change, Outcome
    from store.protocols import Store
    from tui.reading import Post


@dataclass
class ChangePlanned(Message):
    """What a change would do, to be agreed to."""

    title: str
    outcomes: Sequence[Outcome]
    names: Mapping[str, str]
    """Of the runs, by id."""


@dataclass
class ChangeMade(Message):
    """What became of a change."""

    title: str
    outcomes: Sequence[Outcome]
    names: Mapping[str, str]


@dataclass
class NoteRead(Message):
    """The note of a run, to be edited."""

    run_id: str
    text: str


def plan(store: Store, address: str, title: str, change: Change, ids: Sequence[str], post: Post, cancel: Event) -> None:
    """Looks at the runs as they are now; nothing is changed."""
    from store.opening import open_named_changes

    names = {run.run_id: run.run_name for run in store.runs(ids, RunParts.ATTRIBUTES, cancel)}
    changes = open_named_changes(address, os.environ, cancel)
    try:
        outcomes = changes.preview(change, ids, cancel)
    finally:
        changes.close()
    post(ChangePlanned(title, outcomes, names))


def make(address: str, planned: ChangePlanned, post: Post, cancel: Event) -> None:
    """Does what was agreed to, in runs that are still as they were shown."""
    from store.changes import exactly
    from store.opening import open_named_changes

    change = exactly(planned.outcomes)
    changes = open_named_changes(address, os.environ, cancel)
    try:
        outcomes = changes.apply(change, list(change.edits), cancel)
    finally:
        changes.close()
    post(ChangeMade(planned.title, outcomes, planned.names))


def read_note(store: Store, run_id: str, post: Post, cancel: Event) -> None:
    """The note that is to be edited."""
    from store.kinds import NOTE_TAG

    found = store.runs([run_id], RunParts.TAGS, cancel)
    post(NoteRead(run_id, found[0].tags.get(NOTE_TAG, "") if found else ""))
