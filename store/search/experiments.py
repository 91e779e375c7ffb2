"""Turns conditions on a run's experiment into conditions on its id, once the experiments are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from store.search.match import value_test
from store.search.syntax import And, Comparison, Entity, Expr, Not, Operator, Or, leaves

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
    match expression:
        case And():
            return And(tuple(with_experiments(clause, names) for clause in expression.clauses))
        case Or():
            return Or(tuple(with_experiments(clause, names) for clause in expression.clauses))
        case Not():
            return Not(with_experiments(expression.clause, names))
        case Comparison() if _is_about(expression):
            operator = _OPPOSITES.get(expression.operator, expression.operator)
            test, wanted = value_test(operator, expression.value), operator is expression.operator
            ids = tuple(key for key, name in names.items() if (test(name) or test(key)) is wanted)
            return replace(expression, key="experiment_id", operator=Operator.IN, value=ids)
    return expression


def _is_about(leaf: Expr) -> bool:
    return isinstance(leaf, Comparison) and leaf.entity is Entity.ATTRIBUTE and leaf.key == "experiment"
