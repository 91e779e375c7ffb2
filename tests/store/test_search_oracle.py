"""Searches answer as MLflow recorded its own answers, item by item and error by error."""

from __future__ import annotations

from typing import Final

import pytest

from store.errors import FilterError
from store.search.parse import parse_mlflow_filter, parse_run_filter
from store.search.syntax import Comparison, Expr, leaves
from tests.support import oracle

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
    if case.expected is None:
        with pytest.raises(FilterError):
            oracle.compiled_run_search(case.database, case.query)
    else:
        assert oracle.compiled_run_search(case.database, case.query) == list(case.expected)


@pytest.mark.parametrize("case", list(oracle.page_cases()), ids=lambda case: case.name)
def test_pages(case: oracle.RunCase) -> None:
    assert case.expected is not None
    assert oracle.compiled_run_search(case.database, case.query) == list(case.expected)


@pytest.mark.parametrize("case", list(oracle.experiment_cases()), ids=lambda case: case.name)
def test_experiments(case: oracle.ExperimentCase) -> None:
    if case.expected is None:
        with pytest.raises(FilterError):
            oracle.compiled_experiment_search(case.database, case.query)
    else:
        assert oracle.compiled_experiment_search(case.database, case.query) == list(case.expected)


@pytest.mark.parametrize("case", list(oracle.parse_cases()), ids=lambda case: case.name)
def test_conditions(case: oracle.ParseCase) -> None:
    refused = case.conditions is None or any(
        comparator.upper() not in EXECUTED[kind] for kind, _, comparator, _ in case.conditions
    )
    if refused and case.filter not in oracle.WIDER:
        with pytest.raises(FilterError):
            parse_run_filter(case.filter)
        return
    comparisons = list(_flat(parse_run_filter(case.filter)))
    if case.conditions is not None and not refused:
        expected = [
            (kind, ALIASES.get(key, key) if kind == "attribute" else key, comparator.upper(), _value(kind, value))
            for kind, key, comparator, value in case.conditions
        ]
        assert [(node.entity.value, node.key, node.operator.value, node.value) for node in comparisons] == expected


@pytest.mark.parametrize("text", oracle.WIDER)
def test_what_is_wider_than_mlflow_was_refused_by_it(text: str) -> None:
    with pytest.raises(FilterError):
        parse_mlflow_filter(text)
    assert parse_run_filter(text) is not None


def _value(kind: str, value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    return float(str(value)) if kind == "metric" else value


def _flat(expression: Expr | None) -> list[Comparison]:
    return [leaf for leaf in leaves(expression) if isinstance(leaf, Comparison)]
