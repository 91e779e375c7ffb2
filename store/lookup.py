"""Finding the run or the experiment that a user means, over any store."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from threading import Event
from typing import Final

from store.entities import Experiment, Run, RunParts, ViewType
from store.errors import Ambiguous, NotFound
from store.kinds import CALENDAR_END
from store.protocols import ExperimentQuery, RunQuery, Store

SHORTEST_PREFIX: Final = 4
"""Characters of a run id that may stand for the whole: fewer are more likely a name."""

CANDIDATES: Final = 10
"""Runs that are listed when several are meant."""

_MATCHES: Final = 1_000
"""Ids that are looked at for one reference; more cannot begin with the same four characters by chance."""

_MATCHES_OF_SHORT: Final = 100_000
"""The same for a reference so short that it can only be a name: ids that begin with it hide the names."""

_NEIGHBOURS: Final = 200
"""Newest runs whose names are compared with one that does not exist."""


def find_run(store: Store, text: str, parts: RunParts = RunParts.ATTRIBUTES, cancel: Event | None = None) -> Run:
    """The run that `text` names: its id, else its name, else the beginning of its id (four characters or more).

    Where several have that name or that beginning, the only one that is not deleted is meant.
    Raises `NotFound` and `Ambiguous`.
    """
    if exact := store.runs([text], parts, cancel):
        return exact[0]
    limit = _MATCHES if len(text) >= SHORTEST_PREFIX else _MATCHES_OF_SHORT
    ids = store.matching_run_ids(text, limit, cancel) if text else []
    matches = store.runs(ids, RunParts.ATTRIBUTES, cancel)
    named = [run for run in matches if run.run_name == text]
    begun = [run for run in matches if run.run_id.startswith(text)] if len(text) >= SHORTEST_PREFIX else []
    for found, how in ((named, "are called"), (begun, "have an id that begins with")):
        if not found:
            continue
        active = [run for run in found if run.lifecycle_stage == "active"]
        chosen = found if len(found) == 1 else active
        if len(chosen) == 1:
            return chosen[0] if parts is RunParts.ATTRIBUTES else store.runs([chosen[0].run_id], parts, cancel)[0]
        raise _ambiguous(store, text, found, how, cancel)
    raise _no_run(store, text, cancel)


def _ambiguous(store: Store, text: str, runs: Sequence[Run], how: str, cancel: Event | None) -> Ambiguous:
    names = experiment_names(store, cancel)
    newest = sorted(runs, key=lambda run: (-(run.start_time or 0), run.run_id))
    lines = [
        f"{run.run_id}  {run.run_name or '(no name)'}  in {names.get(run.experiment_id, run.experiment_id)}"
        f"  {_started(run.start_time)}{'  deleted' if run.lifecycle_stage == 'deleted' else ''}"
        for run in newest[:CANDIDATES]
    ]
    if len(newest) > CANDIDATES:
        lines.append(f"and {len(newest) - CANDIDATES} more")
    return Ambiguous(f"{len(newest)} runs {how} “{text}”", "\n".join(["name one of them by its id:", *lines]))


def _started(ms: int | None) -> str:
    if ms is None or not 0 < ms < CALENDAR_END:
        return "start unknown"
    return f"started {datetime.fromtimestamp(ms / 1000, UTC).astimezone():%Y-%m-%d %H:%M}"


def _no_run(store: Store, text: str, cancel: Event | None) -> NotFound:
    page = store.run_ids(RunQuery(view=ViewType.ALL, limit=_NEIGHBOURS), cancel)
    names = [run.run_name for run in store.runs(page.items, RunParts.ATTRIBUTES, cancel)]
    hint = "a run is named by its id, by its name, or by four or more characters that begin its id"
    if near := similar(text, names):
        hint = f"did you mean {alternatives(near)}?"
    elif 0 < len(text) < SHORTEST_PREFIX:
        hint = f"the beginning of an id takes at least {SHORTEST_PREFIX} characters"
    return NotFound(f"no run has the id or the name “{text}”", hint)


def experiment_names(store: Store, cancel: Event | None = None) -> dict[str, str]:
    """The names of all experiments by id, deleted ones included."""
    every = store.experiments(ExperimentQuery(view=ViewType.ALL), cancel).items
    return {item.experiment_id: item.name for item in every}


def find_experiment(store: Store, text: str, cancel: Event | None = None) -> Experiment:
    """The experiment that `text` names: its id, its name, its name in another spelling, or the beginning of it.

    Another spelling is another case or another Unicode normal form. Of several, the only one that is not
    deleted is meant. Raises `NotFound` and `Ambiguous`.
    """
    every = store.experiments(ExperimentQuery(view=ViewType.ALL), cancel).items
    folded = _fold(text)
    for found in (
        [item for item in every if item.experiment_id == text],
        [item for item in every if item.name == text],
        [item for item in every if _fold(item.name) == folded],
        [item for item in every if text and item.name.startswith(text)],
    ):
        if not found:
            continue
        active = [item for item in found if item.lifecycle_stage == "active"]
        chosen = found if len(found) == 1 else active
        if len(chosen) == 1:
            return chosen[0]
        listed = [f"{item.experiment_id}  {item.name}" for item in found[:CANDIDATES]]
        if len(found) > CANDIDATES:
            listed.append(f"and {len(found) - CANDIDATES} more")
        raise Ambiguous(f"{len(found)} experiments answer to “{text}”", "\n".join(["name one by its id:", *listed]))
    near = similar(text, [item.name for item in every])
    hint = f"did you mean {alternatives(near)}?" if near else "flowdeck experiments --all lists them"
    raise NotFound(f"no experiment has the id or the name “{text}”", hint)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def similar(text: str, words: Iterable[str]) -> list[str]:
    """At most three of `words` that could have been meant, best first."""
    known = {_fold(word): word for word in reversed(list(words)) if word}
    near = get_close_matches(_fold(text), list(known), 3, 0.61)
    inside = [word for word in sorted(known) if _fold(text) in word] if len(text) >= 3 else []
    return [known[word] for word in dict.fromkeys([*near, *inside])][:3]


def alternatives(words: Sequence[str]) -> str:
    """“a”, “b” or “c”."""
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
