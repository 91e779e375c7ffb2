"""What a filter and an order_by expression name that a run may lack: keys, and statuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from store.search.parse import parse_run_filter, parse_run_order
from store.search.syntax import And, Comparison, Entity, Expr, Operator, Or

_KINDS: Final = {Entity.METRIC: "metrics", Entity.PARAM: "params", Entity.TAG: "tags"}
"""Entities with free keys, by the field of a `Run` that holds them."""


def named_by_filter(text: str) -> tuple[tuple[str, str], ...]:
    """(`metrics`, `params`, `tags` or `status`, the key or the status) that a run must have to match.

    What is asked for with IS NULL is left out: no run has to have it. Raises `FilterError`.
    """
    found = []
    for leaf in _required(parse_run_filter(text)):
        if leaf.entity in _KINDS and leaf.operator is not Operator.IS_NULL:
            found.append((_KINDS[leaf.entity], leaf.key))
        elif leaf.entity is Entity.ATTRIBUTE and leaf.key == "status" and leaf.operator is Operator.EQUAL:
            found.append(("status", str(leaf.value)))
    return tuple(dict.fromkeys(found))


def named_by_order(expressions: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(`metrics`, `params` or `tags`, the key) that runs are sorted by. Raises `FilterError`."""
    keys = parse_run_order(expressions)
    return tuple((_KINDS[key.entity], key.key) for key in keys if key.entity in _KINDS)


def _required(expression: Expr | None) -> Iterator[Comparison]:
    """The conditions that are asked for themselves, in an OR as well, and not for their opposite."""
    match expression:
        case Comparison():
            yield expression
        case And() | Or():
            for clause in expression.clauses:
                yield from _required(clause)
