"""Keys and statuses that a question names and no run has, with those that could have been meant."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Final

from store.entities import RunParts, RunStatus
from store.errors import FilterError
from store.lookup import similar
from store.protocols import RunQuery, Store

LOOKED_AT: Final = 200
"""Newest runs whose keys are compared with one that was named: one small read in every kind of store."""

_KEYED: Final = ("metrics", "params", "tags")

_MENTIONS: Final = "store.search.mentions"
"""Imported by name and on use, as backends are: commands without a filter do not load its language."""

Named = tuple[str, str]
"""`metrics`, `params`, `tags` or `status`, and the key or the status."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Something that was named and that no run has, as far as was looked."""

    kind: str
    """`metrics`, `params`, `tags` or `status`."""
    text: str
    """The key or the status."""
    similar: tuple[str, ...]
    """What the runs have of that kind and could have been meant, best first."""
    elsewhere: tuple[str, ...]
    """The kinds of which the runs do have this key."""
    all_runs: bool
    """False if only the newest `LOOKED_AT` runs were looked at, because there are more."""


def named_by_filter(text: str) -> tuple[Named, ...]:
    """What a run must have to match a filter that a store understood."""
    return _named("named_by_filter", text)


def named_by_order(expressions: Sequence[str]) -> tuple[Named, ...]:
    """What runs are sorted by, attributes left out, in expressions that a store understood."""
    return _named("named_by_order", expressions)


def _named(function: str, given: str | Sequence[str]) -> tuple[Named, ...]:
    try:
        found: tuple[Named, ...] = getattr(importlib.import_module(_MENTIONS), function)(given)
    except FilterError:
        # A server of a newer release may know more of the language: about that nothing can be said here.
        return ()
    return found


def absent(store: Store, named: Sequence[Named], query: RunQuery, cancel: Event | None = None) -> list[Absent]:
    """Which of these none of the newest runs has, of those that `query` is about whatever its filter says.

    Nothing is said where there are no runs at all. Raises what `Store.run_ids` and `Store.runs` raise.
    """
    page = store.run_ids(RunQuery(query.experiment_ids, view=query.view, limit=LOOKED_AT), cancel)
    runs = store.runs(page.items, RunParts.METRICS | RunParts.PARAMS | RunParts.TAGS, cancel)
    if not runs:
        return []
    known = {kind: {key for run in runs for key in getattr(run, kind)} for kind in _KEYED}
    known["status"] = {run.status for run in runs}
    # A status that no run happens to have is none that was misspelt.
    possible = {**known, "status": known["status"] | set(RunStatus)}
    return [
        Absent(
            kind,
            text,
            tuple(similar(text, sorted(possible[kind]))),
            tuple(other for other in _KEYED if kind != "status" and text in known[other]),
            not page.more,
        )
        for kind, text in dict.fromkeys(named)
        if text not in possible[kind]
    ]
