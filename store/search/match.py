"""Turns a filter into a test of one run or experiment, for stores that cannot search.

The answers are those of `store.sql.compile` on SQLite, with MLflow 3.17's meaning: upper and lower case differ;
nothing but IS NULL is true of what is missing, not even `!=`; NaN differs from every number and compares to none.
Values are compared as the entity holds them: an infinity that a tree kept is greater than every number, where an
SQL store has ±1.797e308 instead of it. NOT is true wherever the condition is not.
"""

from __future__ import annotations

import operator as python
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from store.entities import DatasetInput, Experiment, Run
from store.kinds import CONTEXT_TAG, NAME_TAG, Aggregate
from store.search.like import like_test
from store.search.numbers import text_number
from store.search.syntax import COMPARISONS, And, Comparison, Entity, Expr, Not, Operator, Or, Value, Word

T = TypeVar("T")
Test = Callable[[Any], bool]
"""Of a value that is there."""

Aggregated = Callable[[Run, str, Aggregate, int | None], float | None]
"""What a metric of a run comes to over its history, as `store.search.history.aggregate_of` says it."""

_NUMBER_DIGITS: Final = 19
"""Digits of the greatest experiment id that a filter can name."""


def run_predicate(expression: Expr | None, aggregated: Aggregated | None = None) -> Callable[[Run], bool]:
    """True of the runs that satisfy `expression`; of every run if it is None.

    The runs must have been read with the parts that `store.search.needs.needed_parts` tells. `aggregated` is asked
    about histories, if the expression is about some; conditions on experiments must have been turned into ids.
    """

    def condition(leaf: Comparison | Word) -> Callable[[Run], bool]:
        if isinstance(leaf, Word):
            return _word(leaf.text)
        if leaf.aggregate is not Aggregate.LATEST:
            return _aggregate_condition(leaf, aggregated)
        return _run_condition(leaf)

    return _compiled(expression, condition)


def experiment_predicate(expression: Expr | None) -> Callable[[Experiment], bool]:
    """As `run_predicate`, for experiments, about which nothing but comparisons can be asked."""

    def condition(leaf: Comparison | Word) -> Callable[[Experiment], bool]:
        assert isinstance(leaf, Comparison)
        return _experiment_condition(leaf)

    return _compiled(expression, condition)


def experiment_number(experiment_id: str) -> int | None:
    """The number that an experiment's id is, as SQL stores keep it; None if it is none."""
    if experiment_id.isascii() and experiment_id.isdigit() and len(experiment_id) <= _NUMBER_DIGITS:
        return int(experiment_id)
    return None


def _compiled(
    expression: Expr | None, compiler: Callable[[Comparison | Word], Callable[[T], bool]]
) -> Callable[[T], bool]:
    match expression:
        case None:
            return lambda item: True
        case And():
            return _all([_compiled(clause, compiler) for clause in sorted(expression.clauses, key=cost)])
        case Or():
            return _any([_compiled(clause, compiler) for clause in sorted(expression.clauses, key=cost)])
        case Not():
            denied = _compiled(expression.clause, compiler)
            return lambda item: not denied(item)
    return compiler(expression)


def _all(conditions: Sequence[Callable[[T], bool]]) -> Callable[[T], bool]:
    def satisfied(item: T) -> bool:
        for condition in conditions:  # noqa: SIM110 - a generator costs as much as three conditions
            if not condition(item):
                return False
        return True

    return satisfied


def _any(conditions: Sequence[Callable[[T], bool]]) -> Callable[[T], bool]:
    def satisfied(item: T) -> bool:
        for condition in conditions:  # noqa: SIM110 - as above
            if condition(item):
                return True
        return False

    return satisfied


def cost(expression: Expr) -> int:
    """What is tested first: fields, then keys, then patterns, then datasets and words, then histories."""
    match expression:
        case And() | Or():
            return max(cost(clause) for clause in expression.clauses)
        case Not():
            return cost(expression.clause)
        case Word():
            return 3
    if expression.aggregate is not Aggregate.LATEST:
        return 4
    if expression.entity is Entity.DATASET:
        return 3
    if expression.operator in _PATTERNS:
        return 2
    return 0 if expression.entity is Entity.ATTRIBUTE else 1


_PATTERNS: Final = (Operator.LIKE, Operator.ILIKE, Operator.MATCHES, Operator.NOT_MATCHES)


def _word(text: str) -> Callable[[Run], bool]:
    # With ASCII, as SQLite does it: see `store.search.like`.
    find = re.compile(re.escape(text), re.ASCII | re.IGNORECASE).search

    def satisfied(run: Run) -> bool:
        if find(run.run_name) or find(run.run_id):
            return True
        return any(find(value) for values in (run.params, run.tags) for value in values.values())

    return satisfied


def _aggregate_condition(comparison: Comparison, aggregated: Aggregated | None) -> Callable[[Run], bool]:
    assert aggregated is not None, "nobody can be asked about histories"
    key, aggregate, step = comparison.key, comparison.aggregate, comparison.step
    read = aggregated
    return _compared(lambda run: read(run, key, aggregate, step), comparison)


def _run_condition(comparison: Comparison) -> Callable[[Run], bool]:
    key = comparison.key
    match comparison.entity:
        case Entity.METRIC:

            def of_metric(run: Run) -> float | None:
                metric = run.metrics.get(key)
                return None if metric is None else metric.value

            return _compared(of_metric, comparison)
        case Entity.PARAM:
            return _keyed(lambda run: run.params, key, comparison)
        case Entity.TAG:
            return _keyed(lambda run: run.tags, key, comparison)
        case Entity.DATASET:
            read, test = DATASET_TEXTS[key], value_test(comparison.operator, comparison.value)
            return lambda run: any(test(text) for text in read(run.dataset_inputs))
        case Entity.ATTRIBUTE:
            if key == "run_name":
                # As MLflow does: runs of MLflow 1.28 and older have their name in the tag only.
                return _keyed(lambda run: run.tags, NAME_TAG, comparison)
            return _compared(run_attribute(key), comparison)


def run_attribute(key: str) -> Callable[[Run], Any]:
    """Reads an attribute by its canonical name; what it reads is None if the run has none."""
    # An entity has no other way to say that a database holds no status.
    return (lambda run: run.status or None) if key == "status" else python.attrgetter(key)


def _experiment_condition(comparison: Comparison) -> Callable[[Experiment], bool]:
    if comparison.entity is Entity.TAG:
        return _keyed(lambda experiment: experiment.tags, comparison.key, comparison)
    if comparison.key == "experiment_id":
        test = value_test(comparison.operator, comparison.value)
        # An id that is no number differs from every number, as None does.
        return lambda experiment: test(experiment_number(experiment.experiment_id))
    return _compared(python.attrgetter(comparison.key), comparison)


def _keyed(read: Callable[[T], Mapping[str, str]], key: str, comparison: Comparison) -> Callable[[T], bool]:
    if comparison.numeric:
        return _compared(lambda item: text_number(read(item).get(key)), comparison)
    return _compared(lambda item: read(item).get(key), comparison)


def _compared(read: Callable[[T], Any], comparison: Comparison) -> Callable[[T], bool]:
    """True of what has the value, and a fitting one; read as None, it has none."""
    if comparison.operator is Operator.IS_NULL:
        return lambda item: read(item) is None
    if comparison.operator is Operator.IS_NOT_NULL:
        return lambda item: read(item) is not None
    test = value_test(comparison.operator, comparison.value)

    def satisfied(item: T) -> bool:
        found = read(item)
        return found is not None and test(found)

    return satisfied


def _contexts(inputs: Iterable[DatasetInput]) -> Iterable[str]:
    return (item.tags[CONTEXT_TAG] for item in inputs if CONTEXT_TAG in item.tags)


DATASET_TEXTS: Final[Mapping[str, Callable[[Iterable[DatasetInput]], Iterable[str]]]] = {
    "name": lambda inputs: (item.dataset.name for item in inputs),
    "digest": lambda inputs: (item.dataset.digest for item in inputs),
    "context": _contexts,
}
"""What the datasets of a run have under each key."""


def value_test(operator: Operator, value: Value) -> Test:
    """What an operator with its value, other than IS NULL and IS NOT NULL, asks about a value that is there."""
    match operator:
        case Operator.MATCHES | Operator.NOT_MATCHES:
            from store.search.automaton import regex_test

            found_in = regex_test(str(value))
            return found_in if operator is Operator.MATCHES else lambda found: not found_in(found)
        case Operator.LIKE | Operator.ILIKE:
            return like_test(str(value), ignore_case=operator is Operator.ILIKE)
        case Operator.IN | Operator.NOT_IN:
            listed = frozenset(value) if isinstance(value, tuple) else frozenset((value,))
            return listed.__contains__ if operator is Operator.IN else lambda found: found not in listed
        case _:
            compare = COMPARISONS[operator]
            return lambda found: compare(found, value)
