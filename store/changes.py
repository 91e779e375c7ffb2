"""Changes of runs that can be asked for, and what becomes of them."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class Field(enum.StrEnum):
    """What of a run can change."""

    TAG = "tags"
    NAME = "run_name"
    STATUS = "status"
    END_TIME = "end_time"
    STAGE = "lifecycle_stage"
    DELETED_TIME = "deleted_time"


@dataclass(frozen=True, slots=True)
class Edit:
    """One value of a run, before and after."""

    field: Field
    before: str | int | None
    """None: there was none."""
    after: str | int | None
    """None: there will be none. Times are ms since the epoch."""
    key: str = ""
    """Of a tag."""


@dataclass(frozen=True, slots=True)
class SetTags:
    """Sets tags; one that is there gets the new value."""

    tags: tuple[tuple[str, str], ...]
    delete: tuple[str, ...] = ()
    """Keys of tags that go; each must be there."""


@dataclass(frozen=True, slots=True)
class Rename:
    """Gives runs a name."""

    name: str


@dataclass(frozen=True, slots=True)
class EndRuns:
    """Ends runs that say that they are running."""

    status: str
    """FINISHED, FAILED or KILLED."""
    end_time: int
    """Ms since the epoch."""


@dataclass(frozen=True, slots=True)
class DeleteRuns:
    """Marks runs as deleted."""

    deleted_time: int
    """Ms since the epoch."""


@dataclass(frozen=True, slots=True)
class RestoreRuns:
    """Takes the mark of deletion away."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """These very edits, in runs that still hold what each replaces: what was agreed to, or what takes a change back."""

    edits: Mapping[str, tuple[Edit, ...]]
    """By run id."""


Change = SetTags | Rename | EndRuns | DeleteRuns | RestoreRuns | Exactly


class Result(enum.StrEnum):
    """What became of a run."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """It was like that already."""
    PARTLY = "partly"
    """Some of it was done, over an interface that changes one thing at a time."""
    REFUSED = "refused"
    FAILED = "failed"
    """The store failed; an interface that changes one run at a time may have changed others."""
    HELD = "held"
    """It could have been changed, but another one of the same change could not."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one run."""

    run_id: str
    result: Result
    edits: tuple[Edit, ...] = ()
    problem: str = ""
    """Why it was refused, or not done to its end."""
    note: str = ""
    """What went with it, and no undo brings back."""


def exactly(outcomes: Iterable[Outcome]) -> Exactly:
    """The change that does what a preview told, and nothing else."""
    return Exactly({item.run_id: item.edits for item in outcomes if item.result is Result.CHANGED})


def deletes(outcome: Outcome) -> bool:
    """True if a run is marked as deleted by it."""
    return any(edit.field is Field.STAGE and edit.after == "deleted" for edit in outcome.edits)


def undo_of(outcomes: Iterable[Outcome]) -> Exactly | None:
    """What takes back that which was changed; None if nothing was."""
    found = {
        outcome.run_id: tuple(Edit(edit.field, edit.after, edit.before, edit.key) for edit in outcome.edits)
        for outcome in outcomes
        if outcome.result in (Result.CHANGED, Result.PARTLY)
    }
    return Exactly(found) if found else None
