"""Filters and order_by expressions become trees, and errors point at what is wrong."""

from __future__ import annotations

import pytest

from store.errors import FilterError
from store.search.language import DEEPEST
from store.search.parse import (
    parse_experiment_filter,
    parse_experiment_order,
    parse_run_filter,
    parse_run_order,
)
from store.search.syntax import And, Comparison, Entity, Operator, OrderKey, Span

NOWHERE = Span(0, 0)


def refused(text: str) -> FilterError:
    with pytest.raises(FilterError) as caught:
        parse_run_filter(text)
    error = caught.value
    assert error.text == text
    return error


def blamed(error: FilterError) -> str:
    assert error.position is not None
    return error.text[error.position : error.position + error.length]


def test_a_condition_knows_what_it_says_and_where_it_stands() -> None:
    parsed = parse_run_filter("  metrics.rmse < 0.5")
    assert parsed == Comparison(Entity.METRIC, "rmse", Operator.LESS, 0.5, NOWHERE)
    assert isinstance(parsed, Comparison)
    assert parsed.span == Span(2, 18)


def test_conditions_are_joined() -> None:
    parsed = parse_run_filter("params.a = 'x' AND tags.`b c` IS NOT NULL")
    assert parsed == And(
        (
            Comparison(Entity.PARAM, "a", Operator.EQUAL, "x", NOWHERE),
            Comparison(Entity.TAG, "b c", Operator.IS_NOT_NULL, None, NOWHERE),
        )
    )
    assert isinstance(parsed, And)
    assert [clause.span for clause in parsed.clauses if isinstance(clause, Comparison)] == [Span(0, 14), Span(19, 22)]


@pytest.mark.parametrize("text", [None, "", "AND", " and AND\n"])
def test_no_condition_is_no_filter(text: str | None) -> None:
    assert parse_run_filter(text) is None
    assert parse_experiment_filter(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("metrics.a > 1", 1.0),
        ("metrics.a > -.5", -0.5),
        ("start_time > 5", 5),
        ("start_time > 5e2", 500.0),
        ("params.a = 'it''s'", "it''s"),
        ('params.a = "x"', "x"),
        ("run_id IN ('a')", ("a",)),
        ("run_id NOT IN ('a', 'b')", ("a", "b")),
    ],
)
def test_values(text: str, value: object) -> None:
    parsed = parse_run_filter(text)
    assert isinstance(parsed, Comparison)
    assert parsed.value == value
    assert type(parsed.value) is type(value)


def test_an_experiments_id_is_a_number() -> None:
    assert parse_experiment_filter("experiment_id IN ('1', '2')") == Comparison(
        Entity.ATTRIBUTE, "experiment_id", Operator.IN, (1, 2), NOWHERE
    )


@pytest.mark.parametrize(
    ("text", "wrong", "suggestion"),
    [
        ("metrcs.acc > 1", "metrcs", "metrics"),
        ("params.a = 'x' AND PARAMS.lr = 'x'", "PARAMS", "params"),
        ("stauts = 'x'", "stauts", "status"),
        ("acc > 1", "acc", "metrics.acc"),
        ("val.loss > 1", "val", "metrics.val"),
        ("dataset.nam = 'x'", "nam", "name"),
        ("status = FINISHD", "FINISHD", "FINISHED"),
        ("params.lr = abc", "abc", "'abc'"),
        ("metrics.acc > '0.5'", "'0.5'", "0.5"),
        ("params.lr > '0.5'", "'0.5'", "0.5"),
        ("metrics.acc == 0.5", "==", "="),
        ("metrics.acc <> 0.5", "<>", "!="),
        ("metrics.acc => 0.5", "=>", ">="),
        ("params.x LIK 'a'", "LIK", "LIKE"),
        ("metrics.a > 1 AMD metrics.b < 1", "AMD", "AND"),
        ("tags.a is nul", "is nul", "IS NULL"),
        ("run_id = ('a')", "(", "IN"),
        ("start_time > 'yesterdy'", "'yesterdy'", "'yesterday'"),
        ("start_time > 2026-01-31", "2026-01-31", "'2026-01-31'"),
        ("duration < 1h", "1h", "'1h'"),
        ("tags.team contains 'a'", "contains", "ILIKE"),
        ("metrics.a > 1 && resnet", "&&", "AND"),
        ("metrics.a > 1 || resnet", "||", "OR"),
        ("experiment_id = '1'", "experiment_id", "experiment"),
        ("maxx(metrics.acc) > 1", "maxx", "max"),
        ("avg(metrics.acc) > 1", "avg", "mean"),
        ("metrics.acc", "metrics.acc", "has(metrics.acc)"),
        ("resnet metrics.acc > 1", "metrics.acc", "AND"),
        ("a; b", ";", "AND"),
    ],
)
def test_an_error_points_and_suggests(text: str, wrong: str, suggestion: str) -> None:
    error = refused(text)
    assert blamed(error) == wrong
    assert suggestion in error.suggestions


@pytest.mark.parametrize(
    ("text", "wrong", "said"),
    [
        ("metrics.acc > 0.1 OR", "OR", "a condition is expected"),
        ("NOT", "NOT", "a condition is expected"),
        ("OR metrics.acc > 0.1", "OR", "was not expected"),
        ("(metrics.acc > 1", "(", "never closed"),
        ("metrics.acc > 1)", ")", "closes nothing"),
        ("()", "()", "nothing stands"),
        ("metrics.a > 1 -- c", "--", "comments"),
        ("metrics.a > 1, metrics.b < 2", ",", "commas"),
        ("metrics.acc BETWEEN 0 OR 1", "OR", "two values"),
        ("params.a ~ 'x(b'", "(", "never closed"),
        ("params.a ~ '(a)\\1'", "\\1", "references"),
        ("dataset.name < 'a'", "<", "does not work on dataset"),
        ("max(params.a) > 1", "params.a", "takes a metric"),
        ("at(metrics.a) > 1", ")", "at(metrics.acc, 100)"),
        ("has(status.x)", "status", "nothing may follow"),
        ("start_time = '2026-01-31'", "'2026-01-31'", "BETWEEN"),
        ("duration > 'long'", "'long'", "'1h 30m'"),
        ("''", "''", "nothing to search for"),
        ("status", "status", "an operator and a value are expected"),
        ("params.lr = 'abc", "'", "never closed"),
        ("params.lr = \u2018abc\u2019", "\u2018", "straight quotes"),
        ("metrics.acc", "metrics.acc", "an operator and a value are expected"),
        ("metrics.acc >", ">", "a value is expected"),
        ("metrics.acc > +1", "+1", "compared with a number"),
        ("1 < metrics.acc", "1", "such as metrics.rmse"),
        ("run_id IN ()", "()", "empty"),
        ("run_id IN ('a', 1)", "1", "is text, not a number"),
        ("run_id IN (a b)", "b", "('a', 'b')"),
        ("params.a IN ('a', 1)", "('a', 1)", "all texts, or all numbers"),
        ("run_id IN 'a'", "IN", "list in parentheses"),
        ("start_time LIKE 'a'", "LIKE", "it takes =, !=, <"),
        ("experiment IS NULL", "IS NULL", "it takes =, !=, LIKE, ILIKE"),
        ("start_time > '1700000000000'", "'1700000000000'", "milliseconds"),
        ("start_time > 9223372036854775808", "9223372036854775808", "too large"),
        ("status.x = 'a'", "status", "nothing may follow"),
        ("   ", "   ", "blank"),
        ("params.a = '\ud800'", "\ud800", "surrogate"),
    ],
)
def test_an_error_points_and_explains(text: str, wrong: str, said: str) -> None:
    error = refused(text)
    assert blamed(error) == wrong
    assert said in error.message


@pytest.mark.parametrize("depth", [DEEPEST + 1, 500, 10_000, 20_000])
def test_nesting_without_end_is_refused(depth: int) -> None:
    said = "too deep" if depth < 9_000 else "at most 10,000 words"
    assert said in refused("(" * depth + "metrics.a > 1" + ")" * depth).message
    assert refused("not " * depth + "metrics.a > 1").position == (4 * DEEPEST if depth < 9_000 else 40_000)
    if depth > DEEPEST + 1:  # MLflow itself takes some
        refused("run_id IN " + "(" * depth + "'a'" + ")" * depth)
    assert parse_run_filter("(" * DEEPEST + "metrics.a > 1" + ")" * DEEPEST) == parse_run_filter("metrics.a > 1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name like 'a'", "upper case"),
        ("attributes.name = 'a'", "no entity"),
        ("experiment_id = 1", "in quotes"),
        ("experiment_id = 'one'", "whole number"),
        ("creation_time > 0.5", "whole number"),
    ],
)
def test_experiment_filters_are_narrower(text: str, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_experiment_filter(text)
    assert said in caught.value.message


def test_order_keys() -> None:
    assert parse_run_order(["metrics.`val/loss` desc", "created", 'params."a b" ASC']) == (
        OrderKey(Entity.METRIC, "val/loss", ascending=False, span=NOWHERE),
        OrderKey(Entity.ATTRIBUTE, "start_time", ascending=True, span=NOWHERE),
        OrderKey(Entity.PARAM, "a b", ascending=True, span=NOWHERE),
    )


@pytest.mark.parametrize(
    ("text", "wrong", "suggestion"),
    [
        (" start_time", " start_time", "start_time"),
        ("start_time dsc", "dsc", "DESC"),
        ("acc DESC", "acc", "metrics.acc"),
        ("strat_time", "strat_time", "start_time"),
        ("metrcs.a", "metrcs", "metrics"),
    ],
)
def test_an_order_error_points_and_suggests(text: str, wrong: str, suggestion: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_run_order([text])
    assert caught.value.text == text
    assert blamed(caught.value) == wrong
    assert suggestion in caught.value.suggestions


def test_runs_are_not_sorted_by_a_key_twice() -> None:
    with pytest.raises(FilterError, match="twice") as caught:
        parse_run_order(["created", "start_time DESC"])
    assert caught.value.text == "start_time DESC"
    assert len(parse_experiment_order(["name", "name DESC"])) == 2


def test_experiments_are_not_sorted_by_tags() -> None:
    with pytest.raises(FilterError) as caught:
        parse_experiment_order(["tags.team"])
    assert blamed(caught.value) == "tags"
