"""What every store answers alike for the columns of a table of runs, whatever is behind it."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from store.aggregates import aggregated, sparkline
from store.entities import Aggregate, Aggregated, KeyKind, MetricColumn, Run, RunParts, ViewType, is_infinite
from store.errors import Cancelled
from store.protocols import RunQuery, Store
from tests.support.backends import BACKENDS, Backend, grouped, opened, served
from tests.support.reference import CHILD, EDGE, FULL, LONG, PARAMS, TAGS, TWIN, loss, points

ABSENT = "0" * 32
BUCKETS = 12

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


def of_full(store: Store, *columns: MetricColumn) -> tuple[Aggregated | None, ...]:
    return store.metric_values([FULL], columns)[FULL]


def test_extremes_have_the_step_of_their_first_point(store: Store) -> None:
    finite = {step: loss(step) for step in range(LONG) if math.isfinite(loss(step))}
    least, most = min(finite, key=finite.__getitem__), max(finite, key=finite.__getitem__)
    found = of_full(store, MetricColumn("train/loss", Aggregate.MIN), MetricColumn("train/loss", Aggregate.MAX))
    assert found == (Aggregated(loss(least), least), Aggregated(1234.5, 411))
    assert most == 411


def test_a_mean_is_of_finite_values_and_has_no_step(store: Store) -> None:
    finite = [loss(step) for step in range(LONG) if math.isfinite(loss(step))]
    (found,) = of_full(store, MetricColumn("train/loss", Aggregate.MEAN))
    assert found is not None
    assert found.step is None
    assert found.value == pytest.approx(math.fsum(finite) / len(finite))


def test_a_mean_of_great_numbers_does_not_overflow(store: Store) -> None:
    (found,) = of_full(store, MetricColumn("huge steps", Aggregate.MEAN))
    assert found == Aggregated(pytest.approx(-1e300), None)


def test_the_first_value_is_that_of_the_smallest_step(store: Store) -> None:
    found = of_full(store, MetricColumn("negative steps", Aggregate.FIRST), MetricColumn("stepless", Aggregate.FIRST))
    assert found == (Aggregated(-10.0, -20), Aggregated(0.0, 0))


def test_the_value_at_a_step_is_the_last_one_there(store: Store) -> None:
    last = max((time, value) for step, time, value in points()["repeated"] if step == 4)[1]
    found = of_full(
        store,
        MetricColumn("repeated", Aggregate.AT, 4),
        MetricColumn("negative steps", Aggregate.AT, -3),
        MetricColumn("huge steps", Aggregate.AT, 10**15),
        MetricColumn("repeated", Aggregate.AT, 400),
        MetricColumn("repeated", Aggregate.AT, 10**30),
        MetricColumn("repeated", Aggregate.AT, None),
    )
    assert found == (Aggregated(last, 4), Aggregated(-1.5, -3), Aggregated(-1e300, 10**15), None, None, None)


@pytest.mark.parametrize("step", [100, 200, 300])
def test_a_value_at_a_step_is_told_as_it_was_logged_finite_or_not(store: Store, step: int) -> None:
    (found,) = of_full(store, MetricColumn("train/loss", Aggregate.AT, step))
    assert found is not None
    assert found.step == step
    assert math.isnan(found.value) if step == 100 else is_infinite(found.value)
    assert step == 100 or (found.value > 0) is (step == 200)


def test_a_history_without_finite_values_comes_to_nothing(store: Store) -> None:
    others = (Aggregate.MIN, Aggregate.MAX, Aggregate.MEAN)
    assert of_full(store, *(MetricColumn("only nan", one) for one in others)) == (None,) * 3
    first, latest = of_full(store, *(MetricColumn("only nan", one) for one in (Aggregate.FIRST, Aggregate.LATEST)))
    assert first is not None
    assert latest is not None
    assert math.isnan(first.value)
    assert math.isnan(latest.value)
    assert (first.step, latest.step) == (0, 2)


def test_columns_keep_their_order_and_runs_that_lack_a_metric_are_empty(store: Store) -> None:
    columns = (
        MetricColumn("one", Aggregate.LATEST),
        MetricColumn("no such metric", Aggregate.MAX),
        MetricColumn("one", Aggregate.MAX),
        MetricColumn("one", Aggregate.LATEST),
    )
    one = Aggregated(1e-9, 7)
    found = store.metric_values([CHILD, FULL, ABSENT, FULL, TWIN], columns)
    assert found == {CHILD: (None,) * 4, FULL: (one, None, one, one), TWIN: (None,) * 4}
    assert store.metric_values([], columns) == {}
    assert store.metric_values([FULL], ()) == {FULL: ()}


AS_LOGGED = (Aggregate.FIRST, Aggregate.AT)
"""What may be NaN, which is not equal to itself."""


def test_the_aggregates_of_every_run_are_those_of_its_histories(store: Store, every: list[Run]) -> None:
    keys = sorted({key for run in every for key in run.metrics})
    columns = [MetricColumn(key, one, 1 if one is Aggregate.AT else None) for key in keys for one in Aggregate]
    columns = [column for column in columns if column.aggregate is not Aggregate.LATEST]
    found = store.metric_values([run.run_id for run in every], columns)
    assert found.keys() == {run.run_id for run in every}
    histories = {(run.run_id, key): store.history(run.run_id, key) for run in every for key in run.metrics}
    wrong = []
    for run_id, values in found.items():
        for column, value in zip(columns, values, strict=True):
            history = histories.get((run_id, column.key))
            wanted = None if history is None else aggregated(history, column)
            if column.aggregate is Aggregate.MEAN and wanted is not None and value is not None:
                wanted = Aggregated(pytest.approx(wanted.value), None)
            same = repr(value) == repr(wanted) if column.aggregate in AS_LOGGED else value == wanted
            if not same:
                wrong.append((run_id, column, value, wanted))
    assert wrong == []


def test_sparklines_are_the_histories_in_columns(store: Store) -> None:
    for key in points():
        found = store.sparklines([CHILD, FULL, ABSENT, FULL], key, BUCKETS)
        assert found.keys() == {FULL}
        wanted = sparkline(store.history(FULL, key), BUCKETS)
        assert len(found[FULL]) <= BUCKETS
        assert repr(found[FULL]) == repr(wanted)  # NaN is not equal to itself
    assert store.sparklines([FULL], "no such metric", BUCKETS) == {}
    assert store.sparklines([], "one", BUCKETS) == {}


def test_sparklines_lose_no_spike_and_count_what_is_not_finite(store: Store) -> None:
    found = store.sparklines([FULL], "train/loss", BUCKETS)[FULL]
    assert max(bucket.maximum for bucket in found) == 1234.5
    assert sum(bucket.count for bucket in found) == LONG
    assert (sum(bucket.nans for bucket in found), sum(bucket.infinities for bucket in found)) == (1, 2)


def test_sparklines_of_values_without_steps_go_by_order(store: Store) -> None:
    found = store.sparklines([FULL], "stepless", 4)[FULL]
    assert [(bucket.x_first, bucket.x_last) for bucket in found] == [(0, 9), (10, 19), (20, 29), (30, 39)]


def test_sparklines_of_runs_with_other_ranges_of_steps_each_fill_theirs(store: Store, every: list[Run]) -> None:
    key = Counter(key for run in every for key in run.metrics).most_common(1)[0][0]
    owners = [run.run_id for run in every if key in run.metrics]
    found = store.sparklines(owners, key, 3)
    assert found.keys() == set(owners)
    assert {run_id: repr(value) for run_id, value in found.items()} == {
        run_id: repr(sparkline(store.history(run_id, key), 3)) for run_id in owners
    }


KINDS = ((KeyKind.METRIC, "metrics"), (KeyKind.PARAM, "params"), (KeyKind.TAG, "tags"))


@pytest.mark.parametrize(("kind", "part"), KINDS)
@pytest.mark.parametrize("experiment_ids", [None, (EDGE,), ("1", "2"), (), ("404",)])
def test_keys_are_counted_over_the_runs_of_experiments(
    store: Store, every: list[Run], kind: KeyKind, part: str, experiment_ids: tuple[str, ...] | None
) -> None:
    runs = [run for run in every if experiment_ids is None or run.experiment_id in experiment_ids]
    wanted = Counter(key for run in runs for key in getattr(run, part))
    page = store.keys(kind, experiment_ids)
    assert {item.key: item.runs for item in page.items} == wanted
    assert not page.more
    assert {item.kind for item in page.items} <= {kind}


def test_keys_that_most_runs_have_come_first_and_mlflows_own_last(store: Store) -> None:
    keys = [item.key for item in store.keys(KeyKind.TAG, (EDGE,)).items]
    own = ["mlflow.runName", "mlflow.user", "mlflow.note.content", "mlflow.parentRunId", "mlflow.source.git.commit"]
    assert keys == ["blank", "quoted 'n' \"m\"", "team/owner", *own]


def test_keys_of_other_experiments_are_not_listed(store: Store) -> None:
    assert {item.key for item in store.keys(KeyKind.PARAM, (EDGE,)).items} == PARAMS.keys()
    assert "data/path with blanks" not in {item.key for item in store.keys(KeyKind.PARAM, ("1", "2")).items}


def test_keys_are_found_by_a_part_in_any_case(store: Store) -> None:
    def found(kind: KeyKind, text: str) -> set[str]:
        return {item.key for item in store.keys(kind, (EDGE,), text).items}

    assert found(KeyKind.METRIC, "LOSS") == {"train/loss"}
    assert found(KeyKind.PARAM, "É") == {"unicode é"}
    assert found(KeyKind.TAG, "own") == {"team/owner"}
    assert found(KeyKind.TAG, "%") == set()
    assert found(KeyKind.TAG, "") == {*TAGS, "mlflow.parentRunId", "blank"}


def test_a_limit_of_keys_says_whether_there_are_more(store: Store) -> None:
    every = store.keys(KeyKind.METRIC, (EDGE,)).items
    few = store.keys(KeyKind.METRIC, (EDGE,), limit=3)
    assert (few.items, few.more) == (every[:3], True)
    assert not store.keys(KeyKind.METRIC, (EDGE,), limit=len(every)).more
    assert store.keys(KeyKind.METRIC, (EDGE,), limit=None).items == every


def test_the_keys_of_datasets_are_their_names(store: Store) -> None:
    found = store.keys(KeyKind.DATASET, (EDGE,)).items
    assert [(item.key, item.runs) for item in found] == [("wine", 1)]
    assert store.keys(KeyKind.DATASET, (EDGE,), "beer").items == ()


@pytest.mark.parametrize(("kind", "part"), KINDS[1:])
@pytest.mark.parametrize("experiment_ids", [None, (EDGE,), ("1", "2"), (), ("404",)])
def test_values_are_those_of_the_runs_of_experiments_the_commonest_first(
    store: Store, every: list[Run], kind: KeyKind, part: str, experiment_ids: tuple[str, ...] | None
) -> None:
    runs = [run for run in every if experiment_ids is None or run.experiment_id in experiment_ids]
    keys = {key for run in every for key in getattr(run, part)}
    assert keys
    for key in keys:
        wanted = Counter(getattr(run, part)[key] for run in runs if key in getattr(run, part))
        page = store.values(kind, key, experiment_ids)
        assert page.items == tuple(sorted(wanted, key=lambda value: (-wanted[value], value)))
        assert not page.more
        assert page.notes == ()


def test_values_are_found_by_a_part_in_any_case(store: Store) -> None:
    assert store.values(KeyKind.TAG, "mlflow.runName", (EDGE,)).items == ("twin", "all of it")
    assert store.values(KeyKind.TAG, "mlflow.runName", (EDGE,), "OF").items == ("all of it",)
    assert store.values(KeyKind.TAG, "team/owner", (EDGE,), "ÉTÉ").items == ("été",)
    assert store.values(KeyKind.TAG, "mlflow.runName", (EDGE,), "%").items == ()
    few = store.values(KeyKind.TAG, "mlflow.runName", (EDGE,), limit=1)
    assert (few.items, few.more) == (("twin",), True)


def test_what_has_no_values_has_none(store: Store) -> None:
    assert store.values(KeyKind.METRIC, "one", (EDGE,)).items == ()
    assert store.values(KeyKind.PARAM, "no such param", None).items == ()
    assert store.values(KeyKind.DATASET, "no such field", None).items == ()


def test_values_of_datasets_are_names_digests_and_contexts(store: Store) -> None:
    assert store.values(KeyKind.DATASET, "name", (EDGE,)).items == ("wine",)
    assert store.values(KeyKind.DATASET, "digest", (EDGE,)).items == ("d1", "d2")
    assert store.values(KeyKind.DATASET, "context", (EDGE,), "D2").items == ("use of d2",)


def test_values_say_if_only_the_newest_runs_were_looked_at(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("store.sql.values.RUNS_WITH_VALUES", "store.file.store.RUNS_WITH_VALUES"):
        monkeypatch.setattr(name, 2)
    monkeypatch.setattr("store.http.columns.RUNS_WITH_KEYS", 2)
    page = store.values(KeyKind.TAG, "mlflow.runName", (EDGE,))
    assert page.items == ("twin",)
    assert page.notes == ("values of the newest 2 runs",)


def test_runs_vary_in_what_differs_and_in_what_some_lack(store: Store, every: list[Run]) -> None:
    assert store.varying([CHILD, TWIN, ABSENT]) == {(KeyKind.TAG, "mlflow.parentRunId"), (KeyKind.TAG, "blank")}
    with_full = store.varying([CHILD, FULL])
    assert {(KeyKind.TAG, key) for key in TAGS if key != "mlflow.user"} <= with_full
    assert {(KeyKind.METRIC, key) for key in points()} <= with_full
    assert {(KeyKind.PARAM, key) for key in PARAMS} <= with_full
    assert (KeyKind.TAG, "mlflow.user") not in with_full
    for alone in ([FULL], [FULL, FULL], [], [ABSENT]):
        assert store.varying(alone) == frozenset()


def test_all_runs_vary_as_their_values_say(store: Store, every: list[Run]) -> None:
    wanted = set()
    for kind, part in KINDS:
        for key in {key for run in every for key in getattr(run, part)}:
            values = [getattr(run, part).get(key) for run in every]
            texts = {getattr(value, "value", value) for value in values}
            if len({repr(value) for value in texts}) > 1:
                wanted.add((kind, key))
    assert store.varying([run.run_id for run in every]) == wanted


def test_a_server_says_if_it_was_not_asked_about_every_run(
    store: Store, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.keys(KeyKind.TAG, (EDGE,)).notes == ()
    monkeypatch.setattr("store.http.columns.RUNS_WITH_KEYS", 2)
    page = store.keys(KeyKind.TAG, (EDGE,))
    if not backend.name.startswith("http"):
        assert page.notes == ()
        return
    assert page.notes == ("a server lists no keys: those of the newest 2 runs were looked at",)
    assert [(item.key, item.runs) for item in page.items] == [
        (key, None) for key in ("blank", "mlflow.parentRunId", "mlflow.runName", "mlflow.user")
    ]


@pytest.mark.parametrize("call", ["metric_values", "sparklines", "keys", "values", "varying"])
def test_each_call_can_be_withdrawn(store: Store, call: str) -> None:
    cancel = threading.Event()
    cancel.set()
    calls = {
        "metric_values": lambda: store.metric_values([FULL], [MetricColumn("one", Aggregate.MAX)], cancel),
        "sparklines": lambda: store.sparklines([FULL], "one", BUCKETS, cancel),
        "keys": lambda: store.keys(KeyKind.METRIC, None, cancel=cancel),
        "values": lambda: store.values(KeyKind.PARAM, "lr", None, cancel=cancel),
        "varying": lambda: store.varying([FULL, CHILD], cancel),
    }
    with pytest.raises(Cancelled):
        calls[call]()


def test_the_latest_value_is_the_one_of_the_run(store: Store, every: list[Run]) -> None:
    keys = sorted({key for run in every for key in run.metrics})
    found = store.metric_values([run.run_id for run in every], [MetricColumn(key, Aggregate.LATEST) for key in keys])
    for run in every:
        for key, value in zip(keys, found[run.run_id], strict=True):
            metric = run.metrics.get(key)
            assert (value is None) == (metric is None)
            if value is not None and metric is not None:
                assert repr((value.value, value.step)) == repr((metric.value, metric.step))
                assert is_infinite(value.value) == is_infinite(metric.value)
