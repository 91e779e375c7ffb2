"""A filter and an order are applied to entities as MLflow's SQL store applies them."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from threading import Event
from typing import Any

import pytest

from store.entities import Dataset, DatasetInput, Experiment, Metric, Run, RunParts, ViewType
from store.errors import Cancelled, FilterError
from store.protocols import ExperimentQuery, RunQuery
from store.search.match import experiment_predicate, run_predicate
from store.search.needs import needed_keys, needed_parts
from store.search.order import run_order
from store.search.parse import parse_experiment_filter, parse_run_filter, parse_run_order
from store.search.select import search_experiments, search_runs

LARGEST = 1.7976931348623157e308


def make_run(run_id: str = "r", *, metrics: Mapping[str, float] | None = None, **fields: Any) -> Run:
    values = {
        "run_name": "",
        "experiment_id": "0",
        "status": "FINISHED",
        "start_time": 0,
        "end_time": None,
        "lifecycle_stage": "active",
        "artifact_uri": None,
        "user_id": None,
        "metrics": {key: Metric(key, value, 0, 0) for key, value in (metrics or {}).items()},
    }
    return Run(run_id=run_id, **{**values, **fields})


def make_experiment(experiment_id: str, created: int | None = 0, **fields: Any) -> Experiment:
    values = {"name": experiment_id, "artifact_location": None, "lifecycle_stage": "active"}
    return Experiment(experiment_id=experiment_id, creation_time=created, **{**values, **fields})


def matches(text: str, run: Run) -> bool:
    return run_predicate(parse_run_filter(text))(run)


def arranged(runs: Sequence[Run], *order_by: str) -> list[str]:
    return [run.run_id for run in run_order(parse_run_order(order_by)).sorted(runs)]


def found(runs: Sequence[Run], query: RunQuery, deleted: Sequence[str] = ()) -> list[str]:
    return [run.run_id for run in search_runs(runs, query, deleted_experiments=deleted)]


def test_no_filter_takes_everything() -> None:
    assert run_predicate(None)(make_run())
    assert experiment_predicate(None)(make_experiment("1"))


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
def test_nan_differs_from_every_number_and_compares_to_none(operator: str) -> None:
    assert matches(f"metrics.m {operator} 0", make_run(metrics={"m": math.nan})) == (operator == "!=")


def test_an_infinity_is_beyond_what_stands_for_it_in_sql_stores() -> None:
    kept, clamped = make_run(metrics={"m": math.inf}), make_run(metrics={"m": LARGEST})
    for run in (kept, clamped):
        assert matches("metrics.m > 1e308", run)
    assert matches("metrics.m > 1.7976931348623157e308", kept)
    assert matches("metrics.m = 1.7976931348623157e308", clamped)


@pytest.mark.parametrize("clause", ["!= 'x'", "= ''", "LIKE '%'", "ILIKE '%'", "IS NOT NULL"])
@pytest.mark.parametrize("key", ["params.k", "tags.k"])
def test_what_is_missing_satisfies_nothing_but_is_null(key: str, clause: str) -> None:
    assert not matches(f"{key} {clause}", make_run())
    assert matches(f"{key} IS NULL", make_run())


@pytest.mark.parametrize("text", ["metrics.k != 1", "end_time != 1", "user_id != 'x'", "artifact_uri LIKE '%'"])
def test_a_missing_metric_or_attribute_satisfies_nothing(text: str) -> None:
    assert not matches(text, make_run())


def test_an_empty_text_is_not_missing() -> None:
    run = make_run(params={"k": ""}, tags={"k": ""})
    for key in ("params.k", "tags.k"):
        assert matches(f"{key} = '' AND {key} IS NOT NULL AND {key} LIKE '' AND {key} != 'x'", run)
        assert not matches(f"{key} IS NULL", run)


def test_case_counts_except_for_ilike() -> None:
    run = make_run(params={"k": "Adam", "K": "other"})
    assert matches("params.k = 'Adam' AND params.k LIKE 'A%' AND params.k ILIKE 'aDAM'", run)
    assert not matches("params.k = 'adam'", run)
    assert not matches("params.k LIKE 'a%'", run)
    assert not matches("params.K LIKE 'A%'", run)


def test_the_name_is_looked_up_in_the_tag() -> None:
    assert not matches("run_name = 'here'", make_run(run_name="here"))
    assert matches("run_name = 'there'", make_run(run_name="here", tags={"mlflow.runName": "there"}))


def test_conditions_on_datasets_may_be_met_by_two_of_them() -> None:
    inputs = (
        DatasetInput(Dataset("iris", "d1", "local", "s"), {"mlflow.data.context": "train"}),
        DatasetInput(Dataset("mnist", "d2", "local", "s"), {"other": "eval"}),
    )
    run = make_run(dataset_inputs=inputs)
    assert matches("dataset.name = 'mnist' AND dataset.context = 'train' AND dataset.digest IN ('d1', 'd3')", run)
    assert matches("dataset.name != 'iris'", run)
    assert not matches("dataset.context = 'eval'", run)
    assert not matches("dataset.context != 'train'", run)
    assert not matches("dataset.name NOT IN ('iris', 'mnist')", run)
    assert not matches("dataset.name != 'x'", make_run())


def test_ids_of_experiments_are_numbers() -> None:
    def fits(text: str, experiment_id: str) -> bool:
        return experiment_predicate(parse_experiment_filter(text))(make_experiment(experiment_id))

    assert fits("experiment_id = '338612890846804348'", "338612890846804348")
    assert fits("experiment_id IN ('1', '2')", "2")
    assert fits("experiment_id != '1' AND experiment_id NOT IN ('2')", "no number")
    assert fits("experiment_id != '1'", "\u0661")
    assert not fits("experiment_id = '1'", "1" * 5000)


def test_a_pattern_with_many_wildcards_takes_no_time_to_fail() -> None:
    run = make_run(params={"k": "a" * 8000})
    assert not matches(f"params.k LIKE '{'%a' * 60}%b%{'a_' * 20}'", run)
    assert matches(f"params.k LIKE '{'%a' * 60}%{'_a' * 20}%'", run)


def test_numbers_then_nan_then_nothing_whatever_the_direction() -> None:
    values = {"low": -math.inf, "one": 1.0, "high": math.inf, "nan": math.nan}
    runs = [make_run(run_id, metrics={"m": value}) for run_id, value in values.items()] + [make_run("none")]
    random.Random(1).shuffle(runs)
    assert arranged(runs, "metrics.m") == ["low", "one", "high", "nan", "none"]
    assert arranged(runs, "metrics.m DESC") == ["high", "one", "low", "nan", "none"]


@pytest.mark.parametrize("field", ["params", "tags"])
def test_texts_without_the_key_come_last(field: str) -> None:
    runs = [make_run("none")]
    for value in ("b", "", "B", "é", "10"):
        fields: dict[str, Any] = {field: {"k": value}}
        runs.append(make_run(f"has {value}", **fields))
    upwards = ["has ", "has 10", "has B", "has b", "has é"]
    assert arranged(runs, f"{field}.k") == [*upwards, "none"]
    assert arranged(runs, f"{field}.k DESC") == [*reversed(upwards), "none"]


def test_attributes_that_are_missing_come_last() -> None:
    runs = [make_run("none"), make_run("late", end_time=9, user_id="z"), make_run("early", end_time=-9, user_id="a")]
    for key in ("end_time", "user_id"):
        assert arranged(runs, key) == ["early", "late", "none"]
        assert arranged(runs, f"{key} DESC") == ["late", "early", "none"]


def test_ties_go_to_the_newest_and_then_to_the_first_id() -> None:
    runs = [make_run("b", start_time=5), make_run("a", start_time=5), make_run("c", start_time=7)]
    unknown = make_run("0", start_time=None)
    assert arranged([unknown, *runs]) == ["c", "a", "b", "0"]
    assert arranged([unknown, *runs], "status DESC") == ["c", "a", "b", "0"]
    assert arranged([unknown, *runs], "start_time") == ["a", "b", "c", "0"]
    assert arranged([unknown, *runs], "created desc", "run_id DESC") == ["c", "b", "a", "0"]


def test_experiments_are_sorted_newest_first() -> None:
    listed = [make_experiment("2", 5), make_experiment("10", 5), make_experiment("1", 9), make_experiment("3", None)]

    def sorted_by(*order_by: str) -> list[str]:
        return [item.experiment_id for item in search_experiments(listed, ExperimentQuery(order_by=order_by))]

    assert sorted_by() == ["1", "2", "10", "3"]
    assert sorted_by("creation_time") == ["10", "2", "1", "3"]
    assert sorted_by("creation_time DESC") == ["1", "10", "2", "3"]
    assert sorted_by("name DESC") == ["3", "2", "10", "1"]
    assert sorted_by("last_update_time") == ["10", "3", "2", "1"]
    assert sorted_by("experiment_id") == ["1", "2", "3", "10"]


@pytest.mark.parametrize("order_by", [(), ("metrics.m DESC",), ("params.k DESC", "metrics.m"), ("start_time",)])
def test_the_first_ones_are_those_of_the_whole_order(order_by: tuple[str, ...]) -> None:
    chance = random.Random(2)
    runs = [
        make_run(
            f"{chance.getrandbits(64):x}",
            start_time=chance.choice((None, 1, 2)),
            metrics={"m": chance.choice((1.0, 2.0, math.nan))} if chance.random() < 0.8 else {},
            params={"k": chance.choice("abc")} if chance.random() < 0.8 else {},
        )
        for _ in range(300)
    ]
    everything = arranged(runs, *order_by)
    for limit in (0, 1, 7, 299, 300, 1000):
        assert found(runs, RunQuery(order_by=order_by, limit=limit)) == everything[:limit]


def test_deleted_experiments_hide_their_runs_unless_named_or_viewed() -> None:
    runs = [
        make_run("in deleted", experiment_id="1"),
        make_run("in active"),
        make_run("gone", lifecycle_stage="deleted"),
    ]
    deleted = ["1"]
    assert found(runs, RunQuery(), deleted) == ["in active"]
    assert found(runs, RunQuery(("1",)), deleted) == ["in deleted"]
    assert found(runs, RunQuery(view=ViewType.DELETED_ONLY), deleted) == ["gone"]
    assert found(runs, RunQuery(view=ViewType.ALL), deleted) == ["gone", "in active", "in deleted"]
    assert found(runs, RunQuery(()), deleted) == []


def test_what_is_wrong_is_said_before_a_run_is_taken() -> None:
    def never() -> Iterator[Run]:
        pytest.fail("a run was taken")
        yield make_run()

    for query in (
        RunQuery(filter="metrics.a == 1"),
        RunQuery(order_by=("metrics.a", "metrics.a DESC")),
        RunQuery(order_by=("experiment_id",)),
    ):
        with pytest.raises(FilterError):
            search_runs(never(), query, deleted_experiments=())


def test_a_search_that_is_withdrawn_ends() -> None:
    cancel = Event()

    def withdrawn() -> Iterator[Run]:
        yield make_run("a")
        cancel.set()
        yield make_run("b")
        pytest.fail("the search went on")

    with pytest.raises(Cancelled):
        search_runs(withdrawn(), RunQuery(), deleted_experiments=(), cancel=cancel)
    with pytest.raises(Cancelled):
        search_experiments([make_experiment("1")], ExperimentQuery(), cancel=cancel)


@pytest.mark.parametrize(
    ("text", "order_by", "parts", "keys"),
    [
        ("", (), RunParts.ATTRIBUTES, {}),
        ("status = 'FAILED' AND start_time > 0", ("run_name",), RunParts.ATTRIBUTES, {}),
        ("run_name = 'x'", (), RunParts.TAGS, {RunParts.TAGS: {"mlflow.runName"}}),
        ("dataset.name = 'x'", (), RunParts.INPUTS, {}),
        (
            "metrics.a > 1 AND metrics.b > 1 AND params.p IS NULL",
            ("metrics.a", "tags.t DESC"),
            RunParts.METRICS | RunParts.PARAMS | RunParts.TAGS,
            {RunParts.METRICS: {"a", "b"}, RunParts.PARAMS: {"p"}, RunParts.TAGS: {"t"}},
        ),
    ],
)
def test_what_must_be_read(
    text: str, order_by: tuple[str, ...], parts: RunParts, keys: dict[RunParts, set[str]]
) -> None:
    expression, order = parse_run_filter(text), parse_run_order(order_by)
    assert needed_parts(expression, order) == parts
    assert needed_keys(expression, order) == keys


def test_a_plain_listing_loads_no_parser() -> None:
    script = """
import sys
from store.protocols import RunQuery
from store.search.select import search_runs
assert search_runs([], RunQuery(), deleted_experiments=()) == []
sys.exit(bool({"sqlparse", "sqlalchemy"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
