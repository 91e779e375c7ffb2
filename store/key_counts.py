"""The keys that runs have: which are asked for, and in which order they are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from store.entities import KeyCount, Page, Run
from store.kinds import KeyKind, RunParts

PARTS: Final = {
    KeyKind.METRIC: RunParts.METRICS,
    KeyKind.PARAM: RunParts.PARAMS,
    KeyKind.TAG: RunParts.TAGS,
    KeyKind.DATASET: RunParts.INPUTS,
}
"""Where runs have the keys of each kind."""

_INTERNAL: Final = {KeyKind.METRIC: "system/", KeyKind.TAG: "mlflow."}
"""How keys begin that MLflow sets by itself."""


def contains(key: str, text: str) -> bool:
    """True if the text is a part of the key, in whatever case."""
    return text.casefold() in key.casefold()


def place_of(kind: KeyKind, key: str, runs: int | None = None) -> tuple[bool, int, str]:
    """What to sort by: see `store.protocols.Store.keys`."""
    internal = kind in _INTERNAL and key.startswith(_INTERNAL[kind])
    return internal, -(runs or 0), key


def page_of(
    kind: KeyKind, counts: Mapping[str, int | None], limit: int | None, notes: tuple[str, ...] = ()
) -> Page[KeyCount]:
    """The first of these keys; the values are how many runs have them."""
    found = sorted(counts, key=lambda key: place_of(kind, key, counts[key]))
    kept = found if limit is None else found[:limit]
    return Page(tuple(KeyCount(kind, key, counts[key]) for key in kept), len(found) > len(kept), notes)


def count_keys(kind: KeyKind, runs: Iterable[Run], text: str) -> Counter[str]:
    """How many of these runs have each key that contains the text."""
    counts: Counter[str] = Counter()
    for run in runs:
        counts.update(key for key in keys_of(kind, run) if contains(key, text))
    return counts


def keys_of(kind: KeyKind, run: Run) -> Iterable[str]:
    """Each once."""
    match kind:
        case KeyKind.METRIC:
            return run.metrics
        case KeyKind.PARAM:
            return run.params
        case KeyKind.TAG:
            return run.tags
    return {item.dataset.name for item in run.dataset_inputs}
