"""What a filter and an order_by expression name that a run may lack: keys, and statuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from store.search.parse import parse_run_filter, parse_run_order
from store.search.syntax import And, Comparison, Entity, Expr, Operator

_KINDS: Final = {Entity.METRIC: "metrics", Entity.PARAM: "params", Entity.TAG: "tags"}
"""Entities with free keys, by the field of a `Run` that holds them."""


def named_by_filter(text: str) -> tuple[tuple[str, str], ...]:
    """(`metrics`, `params`, `tags` or `status`, the key or the status) that a run must have to match.

    What is asked for with IS NULL is left out: no run has to have it. Raises `FilterError`.
    """
    found = []
    for clause in _comparisons(parse_run_filter(text)):
        if clause.entity in _KINDS and clause.operator is not Operator.IS_NULL:
            found.append((_KINDS[clause.entity], clause.key))
        elif clause.entity is Entity.ATTRIBUTE and clause.key == "status" and clause.operator is Operator.EQUAL:
            found.append(("status", str(clause.value)))
    return tuple(dict.fromkeys(found))


def named_by_order(expressions: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(`metrics`, `params` or `tags`, the key) that runs are sorted by. Raises `FilterError`."""
    keys = parse_run_order(expressions)
    return tuple((_KINDS[key.entity], key.key) for key in keys if key.entity in _KINDS)


def _comparisons(expr: Expr | None) -> tuple[Comparison, ...]:
    if expr is None:
        return ()
    if isinstance(expr, And):
        return tuple(one for clause in expr.clauses for one in _comparisons(clause))
    return (expr,)
