"""Groups of runs are the same from every store, and the filter of a group finds its runs and no others."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.entities import KeyKind, MetricColumn, Run, RunParts, ViewType
from store.errors import Cancelled
from store.grouping import filter_of, group_runs
from store.groups import Group, GroupKey
from store.kinds import Aggregate
from store.protocols import RunQuery, Store
from tests.support.backends import BACKENDS, Backend, grouped, opened, served
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.crafted import Crafted

DATASETS = GroupKey(KeyKind.DATASET)

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture(scope="module", params=grouped(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    found: Backend = request.param
    return found


@pytest.fixture(scope="module")
def store(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with served(backend, tmp_path_factory.mktemp("reference")) as uri, opened(uri) as store:
        yield store


@pytest.fixture(scope="module")
def every(store: Store) -> list[Run]:
    return store.runs(store.run_ids(RunQuery(view=ViewType.ALL)).items, RunParts.ALL)


def keys_of(runs: list[Run]) -> list[GroupKey]:
    params = {key for run in runs for key in run.params}
    tags = {key for run in runs for key in run.tags}
    found = [GroupKey(KeyKind.PARAM, key) for key in sorted(params)]
    return [*found, *(GroupKey(KeyKind.TAG, key) for key in sorted(tags)), DATASETS]


def test_the_runs_of_a_group_have_the_same(store: Store, every: list[Run]) -> None:
    ids = [run.run_id for run in every]
    for key in keys_of(every):
        wanted: dict[object, set[str]] = {}
        for run in every:
            values: list[object]
            if key.kind is KeyKind.DATASET:
                values = [(entry.dataset.name, entry.dataset.digest) for entry in run.dataset_inputs] or [None]
            else:
                values = [(run.params if key.kind is KeyKind.PARAM else run.tags).get(key.key)]
            for value in values:
                wanted.setdefault(value, set()).add(run.run_id)
        found = group_runs(store, ids, [(key,)])
        assert found.runs == len(every)
        assert {group.values[0]: {ids[place] for place in group.places} for group in found.groups} == wanted


def test_the_filter_of_a_group_finds_its_runs(store: Store, every: list[Run]) -> None:
    ids = [run.run_id for run in every]
    asked = unwritable = 0
    for key in keys_of(every):
        for group in group_runs(store, ids, [(key,)]).groups:
            text = filter_of([key], group.values)
            if text is None:
                unwritable += 1
                continue
            asked += 1
            answer = store.run_ids(RunQuery(filter=text, view=ViewType.ALL)).items
            assert sorted(answer) == sorted(ids[place] for place in group.places), text
    assert asked > 30
    assert unwritable < asked


def test_spreads_are_those_of_the_finite_values(store: Store, every: list[Run]) -> None:
    ids = [run.run_id for run in every]
    key = GroupKey(KeyKind.PARAM, "no run has this")
    metrics = sorted({name for run in every for name in run.metrics})
    columns = [MetricColumn(name, Aggregate.LATEST) for name in metrics]
    (group,) = group_runs(store, ids, [(key,)], columns).groups
    assert group.values == (None,)
    for name, spread in zip(metrics, group.spreads, strict=True):
        latest = [run.metrics[name].value for run in every if name in run.metrics]
        numbers = [value for value in latest if value - value == 0 and abs(value) < 1.7976931348623157e308]
        assert spread.n == len(numbers)
        if numbers:
            assert spread.mean == pytest.approx(statistics.fmean(numbers))
            assert (spread.least, spread.most) == (min(numbers), max(numbers))
        if len(numbers) > 1:
            assert spread.std == pytest.approx(statistics.stdev(numbers), abs=1e-12)


def test_a_metric_may_be_what_its_history_comes_to(store: Store, every: list[Run]) -> None:
    ids = [run.run_id for run in every]
    column = MetricColumn("train/loss", Aggregate.MAX)
    (group,) = group_runs(store, ids, [(GroupKey(KeyKind.PARAM, "none"),)], [column]).groups
    values = [found[0].value for found in store.metric_values(ids, [column]).values() if found[0] is not None]
    assert (group.spreads[0].n, group.spreads[0].most) == (len(values), max(values))


def test_groups_of_a_level_are_parts_of_those_of_the_level_before(store: Store, every: list[Run]) -> None:
    ids = [run.run_id for run in every]
    first, second = keys_of(every)[:2]
    found = group_runs(store, ids, [(first,), (second,)])
    together = group_runs(store, ids, [(first, second)])
    leaves = [part for group in found.groups for part in group.parts]
    assert _places(leaves) == _places(list(together.groups))
    assert _places(list(found.groups)) == _places(list(group_runs(store, ids, [(first,)]).groups))
    assert {part.depth for part in leaves} == {1}


def _places(groups: list[Group]) -> dict[object, list[int]]:
    return {group.values: list(group.places) for group in groups}


@pytest.mark.parametrize("copied", [str, postgres_copy, mariadb_copy], ids=["sqlite", "postgres", "mariadb"])
def test_a_password_in_a_value_is_shown_nowhere_and_no_filter_looks_for_it(
    copied: Callable[[Path], str], tmp_path: Path
) -> None:
    made = Crafted(tmp_path / "mlflow.db")
    made.run("a" * 32, "a run", params={"db": "postgresql://ada:s3cret@host/db"})
    made.run("b" * 32, "a run", params={"db": "postgresql://ada:other@host/db"})
    made.run("c" * 32, "a run", params={"db": "postgresql://ada@host/db"})
    shown = "postgresql://ada:***@host/db"
    with opened(copied(made.database)) as store:
        assert store.values(KeyKind.PARAM, "db", None).items == (shown, "postgresql://ada@host/db")
        found = group_runs(store, ["a" * 32, "b" * 32, "c" * 32], [(GroupKey(KeyKind.PARAM, "db"),)])
    assert [(group.values, group.filter, list(group.places)) for group in found.groups] == [
        ((shown,), None, [0, 1]),
        (("postgresql://ada@host/db",), "params.db = 'postgresql://ada@host/db'", [2]),
    ]


def test_it_ends_when_it_is_cancelled(store: Store, every: list[Run]) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        group_runs(store, [every[0].run_id], [(DATASETS,)], (), cancel)
