"""What a change means for a run as it is found, by MLflow's own rules."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from store.changes import (
    Change,
    DeleteRuns,
    Edit,
    EndRuns,
    Exactly,
    Field,
    Outcome,
    Rename,
    RestoreRuns,
    Result,
    SetTags,
)
from store.kinds import NAME_TAG

LONGEST_KEY: Final = 250
"""Characters of a tag's key, and of a run's name."""

_KEY: Final = re.compile(r"[/\w.\- :]*")
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
"""What no text in a database holds."""

_ENDED: Final = frozenset({"FINISHED", "FAILED", "KILLED"})


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as it is found, as far as changes need it."""

    run_id: str
    run_name: str | None
    status: str | None
    end_time: int | None
    lifecycle_stage: str | None
    deleted_time: int | None
    tags: Mapping[str, str]
    named: bool = True
    """False if an old release made it, which has no name beside the tag."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the release that a store belongs to takes and keeps."""

    longest_value: int = 8000
    """Characters of a tag's value."""
    colons: bool = True
    """In keys."""
    names: bool = True
    """A run has a name beside the tag."""
    deleted_times: bool = True


class Refusal(Exception):
    """A run cannot be changed like this; the text says why."""


def tag_keys(change: Change) -> frozenset[str]:
    """The tags that a change looks at."""
    if isinstance(change, SetTags):
        return frozenset({key for key, _ in change.tags} | set(change.delete))
    if isinstance(change, Rename):
        return frozenset({NAME_TAG})
    if isinstance(change, Exactly):
        every = (edit for edits in change.edits.values() for edit in edits)
        return frozenset(edit.key for edit in every if edit.field is Field.TAG)
    return frozenset()


def problems(change: Change, rules: Rules) -> list[str]:
    """Why a change can be made of no run; empty if it can."""
    found: list[str] = []
    if isinstance(change, SetTags):
        keys = [key for key, _ in change.tags]
        found += [f"the tag “{key}” is given more than once" for key in _repeated([*keys, *change.delete])]
        for key, value in change.tags:
            found += _key_problems(key, rules) + _value_problems(key, value, rules)
        found += [f"“{NAME_TAG}” cannot be empty" for key, value in change.tags if key == NAME_TAG and not value]
        names = [value for key, value in change.tags if key == NAME_TAG]
    else:
        names = [change.name] if isinstance(change, Rename) else []
    for name in names:
        if not name:
            found.append("a run's name cannot be empty")
        if len(name) > LONGEST_KEY:
            found.append(f"a run's name has at most {LONGEST_KEY} characters, this one has {len(name):,}")
        if isinstance(change, Rename):
            found += _value_problems(NAME_TAG, name, rules)
    if isinstance(change, EndRuns) and change.status not in _ENDED:
        found.append(f"a run does not end as {change.status}: {', '.join(sorted(_ENDED))} are possible")
    return list(dict.fromkeys(found))


def _repeated(keys: list[str]) -> list[str]:
    return [key for key in dict.fromkeys(keys) if keys.count(key) > 1]


def _key_problems(key: str, rules: Rules) -> list[str]:
    if len(key) > LONGEST_KEY:
        return [f"a tag's key has at most {LONGEST_KEY} characters, “{key[:40]}...” has {len(key):,}"]
    if not _KEY.fullmatch(key) or (":" in key and not rules.colons):
        signs = "underscores, dashes, dots, spaces, colons and slashes"
        return [f"the key “{key}” has a character that MLflow does not take: letters, digits, {signs} are possible"]
    norm = posixpath.normpath(key)
    if norm != key or norm == "." or norm.startswith(("..", "/")):
        return [f"MLflow does not take the key “{key}”: as a path it would be “{norm}”"]
    return []


def _value_problems(key: str, value: str, rules: Rules) -> list[str]:
    if len(value) > rules.longest_value:
        limit = f"this store keeps {rules.longest_value:,}, and nothing is cut"
        return [f"the value of “{key}” has {len(value):,} characters: {limit}"]
    if _UNSTORABLE.search(value):
        return [f"the value of “{key}” has a character that no database keeps"]
    return []


def edits_of(change: Change, state: RunState, rules: Rules) -> tuple[Edit, ...]:
    """What a change does to a run; empty if the run is like that already. Raises `Refusal`."""
    match change:
        case DeleteRuns(deleted_time):
            return _stage(state, "deleted", deleted_time, rules)
        case RestoreRuns():
            return _stage(state, "active", None, rules)
        case Exactly(edits):
            return _undone(edits.get(state.run_id, ()), state)
    if state.lifecycle_stage != "active":
        raise Refusal("it is deleted: restore it first")
    match change:
        case SetTags(tags, delete):
            found = [edit for key, value in tags for edit in _tag(state, key, value, rules)]
            if absent := [key for key in delete if key not in state.tags]:
                raise Refusal("it has no tag " + ", ".join(f"“{key}”" for key in absent))
            return (*found, *(Edit(Field.TAG, state.tags[key], None, key) for key in delete))
        case Rename(name):
            return tuple(_tag(state, NAME_TAG, name, rules))
        case EndRuns(status, end_time):
            if state.status in _ENDED:
                raise Refusal(f"it has ended: it is {state.status}")
            found = [Edit(Field.STATUS, state.status, status)]
            if state.end_time != end_time:
                found.append(Edit(Field.END_TIME, state.end_time, end_time))
            return tuple(found)


def _stage(state: RunState, stage: str, time: int | None, rules: Rules) -> tuple[Edit, ...]:
    if state.lifecycle_stage == stage:
        return ()
    found = [Edit(Field.STAGE, state.lifecycle_stage, stage)]
    if rules.deleted_times and state.deleted_time != time:
        found.append(Edit(Field.DELETED_TIME, state.deleted_time, time))
    return tuple(found)


def _tag(state: RunState, key: str, value: str, rules: Rules) -> Iterable[Edit]:
    if key == NAME_TAG and rules.names and state.named and state.run_name != value:
        yield Edit(Field.NAME, state.run_name, value)
    if state.tags.get(key) != value:
        yield Edit(Field.TAG, state.tags.get(key), value, key)


def _undone(edits: tuple[Edit, ...], state: RunState) -> tuple[Edit, ...]:
    for edit in edits:
        if value_of(state, edit) != edit.before:
            raise Refusal(f"it was changed meanwhile: {edit.key or edit.field} is not what it was")
    stage = [edit for edit in edits if edit.field is Field.STAGE]
    if not stage and state.lifecycle_stage != "active":
        raise Refusal("it was deleted meanwhile: restore it first")
    return edits


def value_of(state: RunState, edit: Edit) -> str | int | None:
    """What a run holds where an edit would change it."""
    if edit.field is Field.TAG:
        return state.tags.get(edit.key)
    found: str | int | None = getattr(state, edit.field.value)
    return found


@dataclass(slots=True)
class Decision:
    """What becomes of each run, before anything is written."""

    outcomes: list[Outcome] = field(default_factory=list)
    refused: bool = False


def decide(change: Change, run_ids: Iterable[str], states: Mapping[str, RunState], rules: Rules) -> Decision:
    """All or nothing: if one run is refused the others are held."""
    decision = Decision()
    for run_id in run_ids:
        state = states.get(run_id)
        try:
            if state is None:
                raise Refusal("there is no such run any more")
            edits = edits_of(change, state, rules)
        except Refusal as refusal:
            decision.refused = True
            decision.outcomes.append(Outcome(run_id, Result.REFUSED, problem=str(refusal)))
            continue
        decision.outcomes.append(Outcome(run_id, Result.CHANGED if edits else Result.UNCHANGED, edits))
    if decision.refused:
        decision.outcomes = [
            Outcome(item.run_id, Result.HELD) if item.result is Result.CHANGED else item for item in decision.outcomes
        ]
    return decision
