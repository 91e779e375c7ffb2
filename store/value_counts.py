"""The values that runs have under a key: which are asked for, and in which order they are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from store.entities import Page, Run
from store.key_counts import PARTS, contains
from store.kinds import CONTEXT_TAG, KeyKind
from store.protocols import RunKeys

RUNS_WITH_VALUES: Final = 10_000
"""Newest runs whose values are listed: what was tried lately is what is typed, and counting a million takes seconds."""

DATASET_FIELDS: Final = ("name", "digest", "context")
"""What datasets have values of."""


def keys_read(kind: KeyKind, key: str) -> RunKeys | None:
    """What of runs has to be read for the values of a key; None: all of the part."""
    return None if kind is KeyKind.DATASET else {PARTS[kind]: (key,)}


def values_among(
    kind: KeyKind, key: str, runs: Iterable[Run], text: str, limit: int | None, *, every: bool
) -> Page[str]:
    """The values that these runs have, which are all that there are if `every`."""
    counts: Counter[str] = Counter()
    looked_at = 0
    for run in runs:
        looked_at += 1
        counts.update(set(values_of(kind, key, run)))
    return values_page(counts, text, limit, looked_at=None if every else looked_at)


def values_of(kind: KeyKind, key: str, run: Run) -> Iterable[str]:
    """What a run has under the key: one value, or of datasets several."""
    match kind:
        case KeyKind.PARAM | KeyKind.TAG:
            value = (run.params if kind is KeyKind.PARAM else run.tags).get(key)
            return () if value is None else (value,)
        case KeyKind.DATASET if key == "context":
            return [item.tags[CONTEXT_TAG] for item in run.dataset_inputs if CONTEXT_TAG in item.tags]
        case KeyKind.DATASET if key in DATASET_FIELDS:
            return [item.dataset.name if key == "name" else item.dataset.digest for item in run.dataset_inputs]
    return ()


def values_page(counts: Mapping[str, int], text: str, limit: int | None, *, looked_at: int | None) -> Page[str]:
    """The first of the values that hold `text`, by how many runs have them; `looked_at` is how many runs were looked
    at, None for every one.
    """
    found = sorted((value for value in counts if contains(value, text)), key=lambda value: (-counts[value], value))
    kept = found if limit is None else found[:limit]
    note = () if looked_at is None else (f"values of the newest {looked_at:,} runs",)
    return Page(tuple(kept), len(found) > len(kept), note)
