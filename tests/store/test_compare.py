"""Runs side by side: what differs, how far from the baseline, and what is better."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.compare import Comparison, Row, Section, compare
from store.entities import Dataset, DatasetInput, Metric, Run


def run(number: int, **fields: object) -> Run:
    plain = Run(f"{number:032x}", f"run-{number}", "1", "FINISHED", 1000 * number, 2000 * number, "active", None, "ann")
    return replace(plain, **fields)  # type: ignore[arg-type]  # the names are the entity's own


def measured(number: int, **values: float) -> Run:
    return run(number, metrics={key: Metric(key, value, 0, 0) for key, value in values.items()})


def row(comparison: Comparison, section: Section, key: str) -> Row:
    (found,) = (one for one in comparison.rows if (one.section, one.key) == (section, key))
    return found


def test_a_value_that_is_missing_differs_from_all_others_and_from_an_empty_one() -> None:
    found = compare([run(1, params={"a": "", "b": "x"}), run(2, params={"b": "x"})])
    assert row(found, Section.PARAMS, "a").values == ("", None)
    assert row(found, Section.PARAMS, "a").differs
    assert not row(found, Section.PARAMS, "b").differs
    assert [one.key for one in found.differing if one.section is Section.PARAMS] == ["a"]


def test_texts_that_are_one_number_differ_by_nothing() -> None:
    found = row(compare([run(1, params={"lr": "0.00001"}), run(2, params={"lr": "1e-05"})]), Section.PARAMS, "lr")
    assert found.differs
    assert found.differences == (None, 0.0)


def test_what_is_better_is_told_by_the_direction_of_the_metric() -> None:
    runs = [measured(1, loss=0.5, acc=0.5, lr=0.1), measured(2, loss=0.25, acc=0.25, lr=0.2)]
    found = compare(runs)
    assert row(found, Section.METRICS, "loss").better == (None, True)
    assert row(found, Section.METRICS, "loss").differences == (None, -0.25)
    assert row(found, Section.METRICS, "loss").percents == (None, -50.0)
    assert row(found, Section.METRICS, "acc").better == (None, False)
    assert row(found, Section.METRICS, "lr").better == (None, None)
    assert row(compare(runs, directions={"lr": True}), Section.METRICS, "lr").better == (None, True)
    assert row(compare(runs, baseline=1), Section.METRICS, "acc").better == (True, None)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 1.7976931348623157e308])
def test_what_is_no_finite_number_is_never_better(odd: float) -> None:
    for runs in ([measured(1, loss=odd), measured(2, loss=1.0)], [measured(1, loss=1.0), measured(2, loss=odd)]):
        found = row(compare(runs), Section.METRICS, "loss")
        assert found.differs
        assert found.better == found.differences == found.percents == (None, None)
    assert not row(compare([measured(1, loss=odd), measured(2, loss=odd)]), Section.METRICS, "loss").differs


def test_of_seeds_none_is_more_than_another() -> None:
    found = compare([run(1, params={"seed": "1", "lr": "1"}), run(2, params={"seed": "2", "lr": "2"})])
    assert row(found, Section.PARAMS, "seed").differences == (None, None)
    assert row(found, Section.PARAMS, "lr").percents == (None, 100.0)


def test_ids_moments_and_versions_are_no_amounts() -> None:
    found = compare([run(1, tags={"version": "1"}), run(2, experiment_id="7", tags={"version": "2"})])
    assert row(found, Section.ATTRIBUTES, "experiment_id").differences == (None, None)
    assert row(found, Section.TAGS, "version").differences == (None, None)
    assert row(found, Section.ATTRIBUTES, "start_time").percents == (None, None)
    assert row(found, Section.ATTRIBUTES, "duration").differences == (None, 1000.0)


def test_nothing_is_a_part_of_nothing() -> None:
    found = row(compare([measured(1, acc=0.0), measured(2, acc=0.5)]), Section.METRICS, "acc")
    assert (found.differences, found.percents, found.better) == ((None, 0.5), (None, None), (None, True))


def test_datasets_are_compared_by_their_digests() -> None:
    def given_to(number: int, *digests: str) -> Run:
        inputs = tuple(DatasetInput(Dataset("iris", digest, "local", "x")) for digest in digests)
        return run(number, dataset_inputs=inputs)

    assert row(compare([given_to(1, "a"), given_to(2, "b", "a")]), Section.DATASETS, "iris").values == ("a", "a, b")
    assert not row(compare([given_to(1, "a", "b"), given_to(2, "b", "a")]), Section.DATASETS, "iris").differs


VALUES = st.dictionaries(st.text(max_size=3), st.text(max_size=4) | st.floats().map(str), max_size=4)


@given(st.lists(VALUES, min_size=2, max_size=5), st.data())
def test_every_row_has_something_for_each_run(params: list[dict[str, str]], data: st.DataObject) -> None:
    runs = [run(number, params=values) for number, values in enumerate(params)]
    baseline = data.draw(st.integers(0, len(runs) - 1))
    found = compare(runs, baseline)
    assert {one.key for one in found.rows if one.section is Section.PARAMS} == {key for one in params for key in one}
    for one in found.rows:
        assert len(one.values) == len(one.differences) == len(one.percents) == len(one.better) == len(runs)
        assert one.differences[baseline] is None
        assert all(change is None or math.isfinite(change) for change in (*one.differences, *one.percents))
    assert set(found.differing) <= set(found.rows) or any(value != value for one in found.rows for value in one.values)
