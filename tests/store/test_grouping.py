"""Groups of runs: what a group adds up to, how its keys are written, which configurations are proposed."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import grouping
from store.entities import Dataset, DatasetInput, KeyKind, Metric, MetricColumn, Run
from store.errors import UsageError
from store.grouping import filter_of, group_runs
from store.groups import GroupKey, group_key_of
from store.kinds import Aggregate
from store.seeds import proposals, repeats
from tests.support.fake_store import FakeStore


def run(number: int, params: dict[str, str], metrics: dict[str, float]) -> Run:
    found = {key: Metric(key, value, 0, 0) for key, value in metrics.items()}
    return Run(f"{number:032x}", f"run-{number}", "0", "FINISHED", 0, 1, "active", None, None, None, params, found)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", None]),
            st.one_of(st.none(), st.floats(-1e9, 1e9), st.sampled_from([math.nan, math.inf, -math.inf])),
        ),
        max_size=30,
    )
)
def test_every_group_adds_up_what_its_runs_have(drawn: list[tuple[str | None, float | None]]) -> None:
    runs = [
        run(place, {} if value is None else {"p": value}, {} if number is None else {"m": number})
        for place, (value, number) in enumerate(drawn)
    ]
    ids = [one.run_id for one in runs]
    store = FakeStore(all_runs=tuple(runs))
    found = group_runs(store, ids, [(group_key_of("params.p"),)], [MetricColumn("m", Aggregate.LATEST)])
    assert sum(group.runs for group in found.groups) == len(runs)
    for group in found.groups:
        (value,) = group.values
        numbers = [number for other, number in drawn if other == value and number is not None and math.isfinite(number)]
        (spread,) = group.spreads
        assert spread.n == len(numbers)
        if numbers:
            scale = 1e-9 * max(1.0, *(abs(number) for number in numbers))
            assert spread.mean == pytest.approx(statistics.fmean(numbers), abs=scale)
            assert (spread.least, spread.most) == (min(numbers), max(numbers))
        if len(numbers) > 1:
            assert spread.std == pytest.approx(statistics.stdev(numbers), abs=1e-6 * scale * 1e9 or 1e-9)
        else:
            assert spread.std is None


def test_small_differences_of_large_numbers_are_not_lost() -> None:
    runs = [run(place, {}, {"m": 1e9 + place}) for place in range(4)]
    ids = [one.run_id for one in runs]
    (group,) = group_runs(
        FakeStore(all_runs=tuple(runs)), ids, [(group_key_of("params.p"),)], [MetricColumn("m", Aggregate.LATEST)]
    ).groups
    assert group.spreads[0].std == pytest.approx(statistics.stdev(range(4)), rel=1e-12)


def test_runs_that_were_deleted_meanwhile_are_left_out_and_portions_are_one_list() -> None:
    runs = [run(place, {"p": str(place % 3)}, {}) for place in range(4500)]
    ids = [one.run_id for one in runs]
    told: list[int] = []
    store = FakeStore(all_runs=tuple(runs[:-1]))
    found = group_runs(store, ids, [(group_key_of("params.p"),)], progress=told.append)
    assert found.runs == 4499
    assert told == [2000, 4000, 4500]
    assert all(ids[place] == runs[place].run_id for group in found.groups for place in group.places)
    assert all(int(group.values[0] or "") == place % 3 for group in found.groups for place in group.places)  # type: ignore[arg-type]


def test_numbers_near_the_end_of_what_a_float_holds_break_nothing() -> None:
    runs = [run(place, {}, {"m": value}) for place, value in enumerate((1e308, -1e308, 1.7e308, -1.7e308, 1.0))]
    store, ids = FakeStore(all_runs=tuple(runs)), [one.run_id for one in runs]
    for many in range(2, len(runs) + 1):
        (group,) = group_runs(
            store, ids[:many], [(group_key_of("params.p"),)], [MetricColumn("m", Aggregate.LATEST)]
        ).groups
        (spread,) = group.spreads
        assert math.isfinite(spread.mean)
        assert spread.std is None


def test_a_dataset_whose_parts_another_run_has_in_two_others_has_no_filter() -> None:
    def using(number: int, *datasets: tuple[str, str]) -> Run:
        inputs = tuple(DatasetInput(Dataset(name, digest, "local", "")) for name, digest in datasets)
        return replace(run(number, {}, {}), dataset_inputs=inputs)

    runs = (using(1, ("a", "1")), using(2, ("a", "2"), ("b", "1")), using(3, ("c", "3")))
    found = group_runs(FakeStore(all_runs=runs), [one.run_id for one in runs], [(group_key_of("datasets"),)])
    filters = {group.values[0]: group.filter for group in found.groups}
    assert filters["a", "1"] is None
    assert filters["c", "3"] == "dataset.name = 'c' AND dataset.digest = '3'"
    assert filters["a", "2"] is not None


def test_more_groups_than_anybody_reads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MOST_GROUPS", 5)
    runs = [run(place, {"p": str(place), "q": "x"}, {}) for place in range(5)]
    store, ids = FakeStore(all_runs=tuple(runs)), [one.run_id for one in runs]
    by = group_key_of("params.p")
    assert len(group_runs(store, ids, [(by,)]).groups) == 5
    with pytest.raises(UsageError, match="more than 5 groups"):
        group_runs(store, ids, [(group_key_of("params.q"),), (by,)])


@pytest.mark.parametrize("text", ["params.lr", "tags.team", "datasets", "params.a.b", "params.naïve key"])
def test_a_key_is_read_as_it_is_written(text: str) -> None:
    assert group_key_of(text).id == text


@pytest.mark.parametrize("text", ["", "metrics.auc", "lr", "datasets.x", "attributes.status"])
def test_nothing_else_is_a_key(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        group_key_of(text)


def test_what_no_filter_can_say_has_none() -> None:
    param = GroupKey(KeyKind.PARAM, "p")
    assert filter_of([param], ["it's"]) == 'params.p = "it\'s"'
    assert filter_of([param], ['it\'s "so"']) is None
    assert filter_of([GroupKey(KeyKind.TAG, "a `key`")], ["x"]) is None
    assert filter_of([param, GroupKey(KeyKind.TAG, "a b")], [None, "x"]) == "NOT has(params.p) AND tags.`a b` = 'x'"
    data = GroupKey(KeyKind.DATASET)
    assert filter_of([data], [("d", "1a")]) == "dataset.name = 'd' AND dataset.digest = '1a'"
    assert filter_of([data], [None]) == "NOT has(datasets)"


@pytest.mark.parametrize("name", ["seed", "random_state", "data/cv_fold", "trainer.seed", "dataSeed", "rng", "kfold"])
def test_names_of_seeds_and_folds_are_known(name: str) -> None:
    assert repeats(name)


@pytest.mark.parametrize("name", ["lr", "seedling_rate", "manifold", "state", "random", "unfold", "trial"])
def test_other_names_are_not(name: str) -> None:
    assert not repeats(name)


def grid(**values: list[str]) -> list[dict[str, str]]:
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def test_a_grid_over_seeds_is_proposed_as_configurations() -> None:
    params = grid(lr=["0.1", "0.01"], depth=["2", "4", "6", "8"], seed=["0", "1", "2", "3", "4"])
    (found,) = proposals(params, {"lr", "depth", "seed"})
    assert [key.key for key in found.keys] == ["depth", "lr"]
    assert (found.configurations, found.repeated, found.least, found.most) == (8, ("seed",), 5, 5)


def test_seeds_and_folds_are_proposed_together_and_each_alone() -> None:
    params = grid(lr=["0.1", "0.01"], seed=["0", "1", "2"], fold=["0", "1"])
    found = proposals(params, {"lr", "seed", "fold"})
    assert [(one.repeated, one.configurations, one.most) for one in found] == [
        (("fold", "seed"), 2, 6),
        (("fold",), 6, 2),
        (("seed",), 4, 3),
    ]


def test_what_differs_in_every_run_and_what_tells_nothing_apart_is_left_out() -> None:
    params = [
        {**one, "dir": f"/tmp/{place}", "device": "cuda"} if place else {**one, "dir": f"/tmp/{place}"}
        for place, one in enumerate(grid(lr=["0.1", "0.01"], seed=["0", "1", "2"]))
    ]
    (found,) = proposals(params, {"lr", "seed", "dir"})
    assert [key.key for key in found.keys] == ["lr"]
    assert found.left_out == ("dir",)


def test_runs_that_were_just_started_again_are_configurations_too() -> None:
    (found,) = proposals(grid(lr=["0.1", "0.01"]) * 3, {"lr"})
    assert (found.configurations, found.repeated, found.most) == (2, (), 3)


def test_parents_that_have_no_seed_do_not_count() -> None:
    params = [*grid(lr=["0.1", "0.01"], seed=["0", "1", "2"]), {"lr": "0.1"}, {"lr": "0.01"}]
    (found,) = proposals(params, {"lr", "seed"})
    assert (found.configurations, found.least, found.most) == (2, 3, 3)


@pytest.mark.parametrize("params", [[], [{"lr": "1"}], grid(lr=["1", "2", "3"]), grid(seed=["1", "2"])])
def test_where_nothing_is_repeated_nothing_is_proposed(params: list[dict[str, str]]) -> None:
    assert proposals(params, {key for one in params for key in one}) == []
