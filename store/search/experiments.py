"""Turns conditions on a run's experiment into conditions on its id, once the experiments are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from store.search.match import value_test
from store.search.syntax import Comparison, Entity, Expr, Leaf, Operator, leaves, replaced

_OPPOSITES: Final = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_MATCHES: Operator.MATCHES,
}


def asks_for_experiments(expression: Expr | None) -> bool:
    """True if a condition is about the run's experiment."""
    return any(_is_about(leaf) for leaf in leaves(expression))


def with_experiments(expression: Expr, names: Mapping[str, str]) -> Expr:
    """The same condition about ids, which no experiment may satisfy. `names` are those of all experiments, by id.

    An experiment answers to its name and to its id; a condition with `not` in it wants neither.
    """

    def with_ids(leaf: Leaf) -> Expr:
        if not isinstance(leaf, Comparison) or not _is_about(leaf):
            return leaf
        operator = _OPPOSITES.get(leaf.operator, leaf.operator)
        test, wanted = value_test(operator, leaf.value), operator is leaf.operator
        ids = tuple(key for key, name in names.items() if (test(name) or test(key)) is wanted)
        return replace(leaf, key="experiment_id", operator=Operator.IN, value=ids)

    return replaced(expression, with_ids)


def _is_about(leaf: Leaf) -> bool:
    return isinstance(leaf, Comparison) and leaf.entity is Entity.ATTRIBUTE and leaf.key == "experiment"
