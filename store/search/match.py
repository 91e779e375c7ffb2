"""Turns a filter into a test of one run or experiment, for stores that cannot search.

The answers are those of `store.sql.compile` on SQLite, with MLflow 3.17's meaning: upper and lower case differ;
nothing but IS NULL is true of what is missing, not even `!=`; NaN differs from every number and compares to none.
Values are compared as the entity holds them: an infinity that a tree kept is greater than every number, where an
SQL store has ±1.797e308 instead of it.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from store.entities import DatasetInput, Experiment, Run
from store.search.like import like_test
from store.search.syntax import And, Comparison, Entity, Expr, Operator, Value

T = TypeVar("T")
Test = Callable[[Any], bool]
"""Of a value that is there."""

RUN_NAME_TAG: Final = "mlflow.runName"
CONTEXT_TAG: Final = "mlflow.data.context"

_NUMBER_DIGITS: Final = 19
"""Digits of the greatest experiment id that a filter can name."""


def run_predicate(expression: Expr | None) -> Callable[[Run], bool]:
    """True of the runs that satisfy `expression`; of every run if it is None.

    The runs must have been read with the parts that `store.search.needs.needed_parts` tells.
    """
    return _compiled(expression, _run_condition)


def experiment_predicate(expression: Expr | None) -> Callable[[Experiment], bool]:
    """As `run_predicate`, for experiments."""
    return _compiled(expression, _experiment_condition)


def experiment_number(experiment_id: str) -> int | None:
    """The number that an experiment's id is, as SQL stores keep it; None if it is none."""
    if experiment_id.isascii() and experiment_id.isdigit() and len(experiment_id) <= _NUMBER_DIGITS:
        return int(experiment_id)
    return None


def _compiled(expression: Expr | None, compiler: Callable[[Comparison], Callable[[T], bool]]) -> Callable[[T], bool]:
    if expression is None:
        return lambda item: True
    if isinstance(expression, And):
        return _all([_compiled(clause, compiler) for clause in sorted(expression.clauses, key=_cost)])
    return compiler(expression)


def _all(conditions: Sequence[Callable[[T], bool]]) -> Callable[[T], bool]:
    def satisfied(item: T) -> bool:
        for condition in conditions:  # noqa: SIM110 - a generator costs as much as three conditions
            if not condition(item):
                return False
        return True

    return satisfied


def _cost(expression: Expr) -> int:
    """What is tested first: fields, then keys, then patterns, then datasets."""
    if not isinstance(expression, Comparison) or expression.entity is Entity.DATASET:
        return 3
    if expression.operator in (Operator.LIKE, Operator.ILIKE):
        return 2
    return 0 if expression.entity is Entity.ATTRIBUTE else 1


def _run_condition(comparison: Comparison) -> Callable[[Run], bool]:
    key, test = comparison.key, _test(comparison.operator, comparison.value)
    match comparison.entity:
        case Entity.METRIC:

            def of_metric(run: Run) -> bool:
                metric = run.metrics.get(key)
                return metric is not None and test(metric.value)

            return of_metric
        case Entity.PARAM:
            return _keyed(lambda run: run.params, key, comparison.operator, test)
        case Entity.TAG:
            return _keyed(lambda run: run.tags, key, comparison.operator, test)
        case Entity.DATASET:
            read = _DATASET_TEXTS[key]
            return lambda run: any(test(text) for text in read(run.dataset_inputs))
        case Entity.ATTRIBUTE:
            if key == "run_name":
                # As MLflow does: runs of MLflow 1.28 and older have their name in the tag only.
                return _keyed(lambda run: run.tags, RUN_NAME_TAG, comparison.operator, test)
            return _present(run_attribute(key), test)


def run_attribute(key: str) -> Callable[[Run], Any]:
    """Reads an attribute by its canonical name; what it reads is None if the run has none."""
    # An entity has no other way to say that a database holds no status.
    return (lambda run: run.status or None) if key == "status" else python.attrgetter(key)


def _experiment_condition(comparison: Comparison) -> Callable[[Experiment], bool]:
    test = _test(comparison.operator, comparison.value)
    if comparison.entity is Entity.TAG:
        return _keyed(lambda experiment: experiment.tags, comparison.key, comparison.operator, test)
    if comparison.key == "experiment_id":
        # An id that is no number differs from every number, as None does.
        return lambda experiment: test(experiment_number(experiment.experiment_id))
    return _present(python.attrgetter(comparison.key), test)


def _keyed(read: Callable[[T], Mapping[str, str]], key: str, operator: Operator, test: Test) -> Callable[[T], bool]:
    if operator is Operator.IS_NULL:
        return lambda item: key not in read(item)
    if operator is Operator.IS_NOT_NULL:
        return lambda item: key in read(item)
    return _present(lambda item: read(item).get(key), test)


def _present(read: Callable[[T], Any], test: Test) -> Callable[[T], bool]:
    def satisfied(item: T) -> bool:
        found = read(item)
        return found is not None and test(found)

    return satisfied


def _contexts(inputs: Iterable[DatasetInput]) -> Iterable[str]:
    return (item.tags[CONTEXT_TAG] for item in inputs if CONTEXT_TAG in item.tags)


_DATASET_TEXTS: Final[Mapping[str, Callable[[Iterable[DatasetInput]], Iterable[str]]]] = {
    "name": lambda inputs: (item.dataset.name for item in inputs),
    "digest": lambda inputs: (item.dataset.digest for item in inputs),
    "context": _contexts,
}


def _test(operator: Operator, value: Value) -> Test:
    match operator:
        case Operator.LIKE | Operator.ILIKE:
            return like_test(str(value), ignore_case=operator is Operator.ILIKE)
        case Operator.IN | Operator.NOT_IN:
            listed = frozenset(value) if isinstance(value, tuple) else frozenset((value,))
            return listed.__contains__ if operator is Operator.IN else lambda found: found not in listed
        case Operator.IS_NULL | Operator.IS_NOT_NULL:
            return lambda found: operator is Operator.IS_NOT_NULL
        case _:
            compare = _COMPARE[operator]
            return lambda found: compare(found, value)


_COMPARE: Final[Mapping[Operator, Callable[[Any, Any], bool]]] = {
    Operator.EQUAL: python.eq,
    Operator.NOT_EQUAL: python.ne,
    Operator.LESS: python.lt,
    Operator.LESS_EQUAL: python.le,
    Operator.GREATER: python.gt,
    Operator.GREATER_EQUAL: python.ge,
}
