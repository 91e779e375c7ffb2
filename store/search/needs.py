"""Tells what of a run must be read to decide whether it matches and where it is sorted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from store.kinds import NAME_TAG, Aggregate, RunParts
from store.search.syntax import Entity, Expr, OrderKey, Word, leaves

_PARTS = {
    Entity.METRIC: RunParts.METRICS,
    Entity.PARAM: RunParts.PARAMS,
    Entity.TAG: RunParts.TAGS,
    Entity.DATASET: RunParts.INPUTS,
}


def needed_parts(expression: Expr | None, order: Sequence[OrderKey] = ()) -> RunParts:
    """The parts that `run_predicate(expression)` and `run_order(order)` look at."""
    found = RunParts.ATTRIBUTES
    for part, _ in _looked_at(expression, order):
        found |= part
    return found


def needed_keys(expression: Expr | None, order: Sequence[OrderKey] = ()) -> dict[RunParts, frozenset[str] | None]:
    """The keys of params, metrics and tags that they look at, by part; parts of which they need none are left out.

    None stands for every key. A run that was read with these keys alone is matched and sorted like one that was read
    in full. Datasets have no keys: if they are needed, that is in `needed_parts` only.
    """
    found: dict[RunParts, set[str]] = {}
    whole = set()
    for part, key in _looked_at(expression, order):
        if key is None:
            whole.add(part)
        elif part is not RunParts.INPUTS:
            found.setdefault(part, set()).add(key)
    return {**{part: frozenset(keys) for part, keys in found.items()}, **dict.fromkeys(whole, None)}


Asked = tuple[str, Aggregate, int | None]
"""A metric, and what of its history is asked, with AT at which step."""


def asked_of_histories(expression: Expr | None, order: Sequence[OrderKey] = ()) -> tuple[Asked, ...]:
    """What they ask of the histories of metrics, beyond the latest values, each once."""
    every: list[Asked] = [
        (leaf.key, leaf.aggregate, leaf.step) for leaf in leaves(expression) if not isinstance(leaf, Word)
    ]
    every += [(key.key, key.aggregate, key.step) for key in order]
    return tuple(dict.fromkeys(one for one in every if one[1] is not Aggregate.LATEST))


def _looked_at(expression: Expr | None, order: Iterable[OrderKey]) -> Iterator[tuple[RunParts, str | None]]:
    for leaf in leaves(expression):
        if isinstance(leaf, Word):
            yield RunParts.PARAMS, None
            yield RunParts.TAGS, None
        elif leaf.entity is not Entity.ATTRIBUTE:
            if leaf.aggregate is Aggregate.LATEST:
                yield _PARTS[leaf.entity], leaf.key
        elif leaf.key == "run_name":
            # Sorting takes the run's own name, matching takes the tag.
            yield RunParts.TAGS, NAME_TAG
    for key in order:
        if key.entity is not Entity.ATTRIBUTE and key.aggregate is Aggregate.LATEST:
            yield _PARTS[key.entity], key.key
