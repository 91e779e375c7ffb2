"""Tells what of a run must be read to decide whether it matches and where it is sorted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from store.kinds import RunParts
from store.search.match import RUN_NAME_TAG
from store.search.syntax import And, Comparison, Entity, Expr, OrderKey

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


def needed_keys(expression: Expr | None, order: Sequence[OrderKey] = ()) -> dict[RunParts, frozenset[str]]:
    """The keys of params, metrics and tags that they look at, by part; parts of which they need none are left out.

    A run that was read with these keys alone is matched and sorted like one that was read in full. Datasets have no
    keys: if they are needed, that is in `needed_parts` only.
    """
    found: dict[RunParts, set[str]] = {}
    for part, key in _looked_at(expression, order):
        if part is not RunParts.INPUTS:
            found.setdefault(part, set()).add(key)
    return {part: frozenset(keys) for part, keys in found.items()}


def _looked_at(expression: Expr | None, order: Iterable[OrderKey]) -> Iterator[tuple[RunParts, str]]:
    for comparison in _comparisons(expression):
        if comparison.entity is not Entity.ATTRIBUTE:
            yield _PARTS[comparison.entity], comparison.key
        elif comparison.key == "run_name":
            # Sorting takes the run's own name, matching takes the tag.
            yield RunParts.TAGS, RUN_NAME_TAG
    for key in order:
        if key.entity is not Entity.ATTRIBUTE:
            yield _PARTS[key.entity], key.key


def _comparisons(expression: Expr | None) -> Iterator[Comparison]:
    if isinstance(expression, And):
        for clause in expression.clauses:
            yield from _comparisons(clause)
    elif expression is not None:
        yield expression
