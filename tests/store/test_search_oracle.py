"""Searches answer as MLflow recorded its own answers, item by item and error by error."""

from __future__ import annotations

from typing import Final

import pytest

from store.errors import FilterError
from store.search.parse import parse_run_filter
from store.search.syntax import And, Comparison, Expr
from tests.support import oracle

WIDER_THAN_MLFLOW: Final[frozenset[str]] = frozenset()
"""Filters that are understood here although MLflow refuses them."""

EXECUTED: Final = {
    "metric": {"=", "!=", "<", "<=", ">", ">="},
    "parameter": {"=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"},
    "tag": {"=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"},
    "dataset": {"=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"},
    "attribute": {"=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "NOT IN"},
}
"""MLflow's parser lets more operators through than its search executes."""

ALIASES: Final = {
    "created": "start_time",
    "Created": "start_time",
    "run name": "run_name",
    "Run name": "run_name",
    "Run Name": "run_name",
}


@pytest.mark.parametrize("case", list(oracle.run_cases()), ids=lambda case: case.name)
def test_runs(case: oracle.RunCase) -> None:
    if case.expected is None and case.query.filter not in WIDER_THAN_MLFLOW:
        with pytest.raises(FilterError):
            oracle.compiled_run_search(case.database, case.query)
    else:
        found = oracle.compiled_run_search(case.database, case.query)
        assert case.expected is None or found == list(case.expected)


@pytest.mark.parametrize("case", list(oracle.page_cases()), ids=lambda case: case.name)
def test_pages(case: oracle.RunCase) -> None:
    assert case.expected is not None
    assert oracle.compiled_run_search(case.database, case.query) == list(case.expected)


@pytest.mark.parametrize("case", list(oracle.experiment_cases()), ids=lambda case: case.name)
def test_experiments(case: oracle.ExperimentCase) -> None:
    if case.expected is None and case.query.filter not in WIDER_THAN_MLFLOW:
        with pytest.raises(FilterError):
            oracle.compiled_experiment_search(case.database, case.query)
    else:
        found = oracle.compiled_experiment_search(case.database, case.query)
        assert case.expected is None or found == list(case.expected)


@pytest.mark.parametrize("case", list(oracle.parse_cases()), ids=lambda case: case.name)
def test_conditions(case: oracle.ParseCase) -> None:
    refused = case.conditions is None or any(
        comparator.upper() not in EXECUTED[kind] for kind, _, comparator, _ in case.conditions
    )
    if refused and case.filter not in WIDER_THAN_MLFLOW:
        with pytest.raises(FilterError):
            parse_run_filter(case.filter)
        return
    comparisons = list(_flat(parse_run_filter(case.filter)))
    if case.conditions is not None:
        expected = [
            (kind, ALIASES.get(key, key) if kind == "attribute" else key, comparator.upper(), _value(kind, value))
            for kind, key, comparator, value in case.conditions
        ]
        assert [(node.entity.value, node.key, node.operator.value, node.value) for node in comparisons] == expected


def _value(kind: str, value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    return float(str(value)) if kind == "metric" else value


def _flat(expression: Expr | None) -> list[Comparison]:
    if expression is None:
        return []
    if isinstance(expression, And):
        return [node for clause in expression.clauses for node in _flat(clause)]
    return [expression]
