"""Random histories come to the same in the columns of a table, whoever adds them up."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.aggregates import aggregated, sparkline
from store.entities import Aggregate, Aggregated, History, KeyKind, MetricColumn, RunParts, ViewType
from store.ids import RunIds
from store.protocols import RunQuery, Store
from store.sql import columns as sql_columns
from store.sql import keys as sql_keys
from store.sql import portions as sql_portions
from store.sql import sparklines as sql_sparklines
from store.sql import varying_many as sql_varying
from store.varying import varying_among
from tests.support.backends import opened
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.crafted import Crafted
from tests.support.examples import examples
from tests.support.fuzz_language import stores
from tests.support.reference import EDGE, FULL, points, reference_database_of
from tests.support.searchable import EXPERIMENTS, KEYS

ALL = RunQuery(view=ViewType.ALL)
EVERY_PART = RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("contract-language")]


@pytest.fixture(scope="module", params=[1, 2])
def among(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Store]]:
    with stores(request.param, servers=True) as found:
        yield found


Histories = Callable[[str, str, str], History]
"""By the name of a store, a run's id and a key."""


@pytest.fixture(scope="module")
def histories(among: Mapping[str, Store]) -> Histories:
    """The histories of stores that nothing changes, each read once."""
    return cache(lambda name, run_id, key: among[name].history(run_id, key))


RANDOM = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def random_column(chance: random.Random) -> MetricColumn:
    one = chance.choice(list(Aggregate))
    return MetricColumn(chance.choice(KEYS), one, chance.randrange(-2, 6) if one is Aggregate.AT else None)


def random_runs(store: Store, chance: random.Random) -> list[str]:
    every = list(store.run_ids(ALL).items)
    return chance.sample(every, chance.choice((0, 1, 2, 7, len(every))))


def comparable(column: MetricColumn, value: Aggregated | None) -> object:
    if value is None:
        return None
    if column.aggregate is Aggregate.MEAN:
        return pytest.approx(value.value), value.step
    return repr(value.value + 0.0), value.step  # NaN is alike, and so are both zeros


@RANDOM
@given(chance=st.randoms(use_true_random=False))
def test_random_columns_have_the_values_of_the_histories(
    among: Mapping[str, Store], histories: Histories, chance: random.Random
) -> None:
    asked = [random_column(chance) for _ in range(chance.randrange(1, 6))]
    ids = random_runs(among["SQLite"], chance)
    for name, store in among.items():
        found = store.metric_values(ids, asked)
        assert found.keys() == set(ids), name
        for run in store.runs(ids, RunParts.METRICS):
            for column, value in zip(asked, found[run.run_id], strict=True):
                if column.aggregate is Aggregate.LATEST:
                    metric = run.metrics.get(column.key)
                    wanted = None if metric is None else Aggregated(metric.value, metric.step)
                else:
                    wanted = aggregated(histories(name, run.run_id, column.key), column)
                assert comparable(column, value) == comparable(column, wanted), (name, run.run_id, column)


@RANDOM
@given(chance=st.randoms(use_true_random=False))
def test_random_sparklines_are_those_of_the_histories(
    among: Mapping[str, Store], histories: Histories, chance: random.Random
) -> None:
    key, buckets = chance.choice(KEYS), chance.randrange(1, 9)
    ids = random_runs(among["SQLite"], chance)
    for name, store in among.items():
        found = store.sparklines(ids, key, buckets)
        wanted = {run_id: sparkline(histories(name, run_id, key), buckets) for run_id in ids}
        assert {run_id: repr(one).replace("-0.0", "0.0") for run_id, one in found.items()} == {
            run_id: repr(one).replace("-0.0", "0.0") for run_id, one in wanted.items() if one
        }, name


@RANDOM
@given(chance=st.randoms(use_true_random=False))
def test_random_runs_vary_alike(among: Mapping[str, Store], chance: random.Random) -> None:
    ids = random_runs(among["SQLite"], chance)
    for name, store in among.items():
        assert store.varying(ids) == varying_among(store.runs(ids, EVERY_PART)), name


@settings(RANDOM, max_examples=examples(8))
@given(chance=st.randoms(use_true_random=False))
def test_random_runs_vary_alike_where_they_are_taken_for_many(
    among: Mapping[str, Store], chance: random.Random
) -> None:
    ids = random_runs(among["SQLite"], chance)
    with pytest.MonkeyPatch.context() as patch:
        for module in (sql_portions, sql_varying):
            patch.setattr(module, "LOOKED_UP", 0)
        patch.setattr(sql_portions, "SHARE", 10**6)
        patch.setattr(sql_portions, "RANGE", chance.choice((10, 10**6)))
        patch.setattr(sql_varying, "SAMPLE", chance.choice((1, 2, 5)))
        patch.setattr(sql_varying, "HELD", chance.choice((1, 10**6)))
        patch.setattr(sql_varying, "KEYS_PER_QUERY", chance.choice((1, 3)))
        patch.setattr(sql_varying, "FOUND_A_RUN", chance.choice((0, 1, 10**6)))
        for name in among.keys() - {"tree"}:
            store = among[name]
            assert store.varying(ids) == varying_among(store.runs(ids, EVERY_PART)), name


def test_what_single_runs_have_otherwise_lack_or_have_alone_is_found_among_many(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    ids = [f"{number:02x}" * 16 for number in range(60)]
    for number, run_id in enumerate(ids):
        params = {"same": "A", "case": "a" if number == 7 else "A", "alone": "x", "lacking": "x", "empty": ""}
        metrics = {"one": 1.0, "other": 2.0 if number == 11 else 1.0, "high": 1.0}
        if number != 13:
            del params["alone"]
        if number == 17:
            del params["lacking"], metrics["high"]
        crafted.run(run_id, "a run", params=params, metrics=metrics, tags={"long": "x" * 500})
    crafted.run("f0" * 16, "not of the list", params={"same": "B", "foreign": "x"})
    with closing(sqlite3.connect(crafted.database)) as connection, connection:
        connection.execute("UPDATE latest_metrics SET is_nan = 1, value = 0 WHERE key = 'one'")
    wanted = {(KeyKind.PARAM, "case"), (KeyKind.PARAM, "alone"), (KeyKind.PARAM, "lacking")}
    wanted |= {(KeyKind.METRIC, "other"), (KeyKind.METRIC, "high")}
    with pytest.MonkeyPatch.context() as patch:
        for module in (sql_portions, sql_varying):
            patch.setattr(module, "LOOKED_UP", 0)
        patch.setattr(sql_varying, "SAMPLE", 3)
        patch.setattr(sql_varying, "FOUND_A_RUN", 100)
        patch.setattr(sql_varying, "varying_of_few", None)
        for uri in (str(crafted.database), postgres_copy(crafted.database), mariadb_copy(crafted.database)):
            with opened(uri) as store:
                assert store.varying(ids) == wanted
                assert store.varying(RunIds(ids)) == wanted


@pytest.mark.parametrize("kind", list(KeyKind))
def test_keys_are_the_same_everywhere(among: Mapping[str, Store], kind: KeyKind) -> None:
    for experiment_ids in (None, ("1",), ("2", "4"), tuple(map(str, range(len(EXPERIMENTS))))):
        for text in ("", "A", "É", "e", "nothing"):
            pages = {name: store.keys(kind, experiment_ids, text) for name, store in among.items()}
            assert all(page == pages["SQLite"] for page in pages.values()), pages
        assert among["SQLite"].keys(kind, experiment_ids).items


@pytest.mark.parametrize("kind", list(KeyKind))
@pytest.mark.parametrize("bound", ["COUNTED_RUNS", "COUNTED_ROWS"])
def test_keys_that_are_not_counted_are_the_same_keys(
    among: Mapping[str, Store], monkeypatch: pytest.MonkeyPatch, kind: KeyKind, bound: str
) -> None:
    cases = [(experiment_ids, text) for experiment_ids in (None, ("1",), ("2", "4"), ()) for text in ("", "A")]
    wanted = [{item.key for item in among["tree"].keys(kind, *case).items} for case in cases]
    monkeypatch.setattr(sql_keys, bound, 0)
    monkeypatch.setattr(sql_keys, "NEWEST", 1)
    for name in among.keys() - {"tree"}:
        for (experiment_ids, text), keys in zip(cases, wanted, strict=True):
            page = among[name].keys(kind, experiment_ids, text)
            assert {item.key for item in page.items} == keys, (name, experiment_ids, text)
            if experiment_ids is not None or bound == "COUNTED_ROWS":
                assert {item.runs for item in page.items} <= {None}
            few = among[name].keys(kind, experiment_ids, text, limit=1)
            assert (few.items, few.more) == (page.items[:1], len(page.items) > 1)


def test_many_runs_are_asked_about_in_parts(among: Mapping[str, Store], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [MetricColumn(key, one) for key in KEYS for one in Aggregate if one is not Aggregate.AT]
    for name in among.keys() - {"tree"}:
        store = among[name]
        ids = store.run_ids(ALL).items

        def answers(store: Store = store, ids: tuple[str, ...] = tuple(ids)) -> list[object]:
            values = {run_id: repr(found) for run_id, found in store.metric_values(ids, asked).items()}
            return [values, repr(store.sparklines(ids, "a", 4)), store.varying(ids), store.keys(KeyKind.TAG, ("1",))]

        whole = answers()
        with monkeypatch.context() as patch:
            for module in (sql_columns, sql_sparklines, sql_keys):
                patch.setattr(module, "IDS_PER_QUERY", 7)
            patch.setattr("store.sql.varying.IDS_PER_QUERY", 7)
            patch.setattr(sql_columns, "RUNS_PER_LOOKUP", 3)
            assert answers() == whole, name


@pytest.mark.parametrize("release", ["1.8.0", "1.30.1", "2.22.5", "3.10.1", "3.17.2"])
def test_every_schema_gives_the_same(tmp_path: Path, release: str) -> None:
    """Which of the indexes on metrics there are decides how points are looked up."""
    asked = [MetricColumn(key, one, 2) for key in points() for one in Aggregate if one is not Aggregate.LATEST]
    with opened(str(reference_database_of(release, tmp_path))) as store:
        (found,) = store.metric_values([FULL], asked).values()
        for column, value in zip(asked, found, strict=True):
            wanted = aggregated(store.history(FULL, column.key), column)
            assert comparable(column, value) == comparable(column, wanted), column
        for key in points():
            assert repr(store.sparklines([FULL], key, 5)[FULL]) == repr(sparkline(store.history(FULL, key), 5))
        assert {item.key for item in store.keys(KeyKind.METRIC, (EDGE,)).items} == points().keys()


def test_keys_that_differ_in_case_are_different_keys(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    first, second = "a" * 32, "b" * 32
    crafted.run(first, "first", metrics={"Acc": 1.0}, params={"lr": "x"}, tags={"t": "x"})
    crafted.run(second, "second", metrics={"acc": 2.0}, params={"lr": "X"}, tags={"T": "x"})
    asked = (MetricColumn("acc", Aggregate.MAX), MetricColumn("Acc", Aggregate.MAX))
    for uri in (str(crafted.database), postgres_copy(crafted.database), mariadb_copy(crafted.database)):
        with opened(uri) as store:
            values = store.metric_values([first, second], asked)
            assert values == {first: (None, Aggregated(1.0, 0)), second: (Aggregated(2.0, 0), None)}
            assert [(item.key, item.runs) for item in store.keys(KeyKind.METRIC, None).items] == [
                ("Acc", 1),
                ("acc", 1),
            ]
            assert store.sparklines([first, second], "acc", 3).keys() == {second}
            assert store.varying([first, second]) == {
                (KeyKind.METRIC, "Acc"),
                (KeyKind.METRIC, "acc"),
                (KeyKind.PARAM, "lr"),
                (KeyKind.TAG, "t"),
                (KeyKind.TAG, "T"),
            }


def test_system_metrics_come_last(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    for number in range(3):
        metrics = {"system/cpu": 1.0, "zeta": 1.0} if number else {"system/cpu": 1.0, "alpha": 1.0}
        crafted.run(f"{number:032x}", "a run", metrics=metrics)
    with opened(str(crafted.database)) as store:
        found = [(item.key, item.runs) for item in store.keys(KeyKind.METRIC, ("0",)).items]
    assert found == [("zeta", 2), ("alpha", 1), ("system/cpu", 3)]
