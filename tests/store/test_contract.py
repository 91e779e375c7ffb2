"""What every store does alike, whatever is behind it: the contract of `store.protocols.Store`."""

from __future__ import annotations

import math
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.entities import Axis, Metric, MetricSummary, Point, Run, RunParts, ViewType, is_infinite
from store.errors import Cancelled, FilterError
from store.protocols import ExperimentQuery, Headway, RunQuery, Store
from tests.support import reference
from tests.support.backends import BACKENDS, SQLITE, Backend, grouped, opened, served
from tests.support.oracle import experiment_cases, page_cases, run_cases
from tests.support.reference import CHILD, EDGE, EDGE_NAME, FULL, MODEL, MODEL_READ, START, TWIN

ALL = RunQuery(view=ViewType.ALL)
ABSENT = "0" * 32

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture(scope="module", params=grouped(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    found: Backend = request.param
    return found


@pytest.fixture(scope="module")
def store(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with served(backend, tmp_path_factory.mktemp("reference")) as uri, opened(uri) as store:
        yield store


def value(backend: Backend, number: float) -> float:
    """A logged value as the backend gives it back."""
    return math.copysign(sys.float_info.max, number) if math.isinf(number) and not backend.keeps_infinities else number


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def test_says_what_it_is(store: Store) -> None:
    assert store.info.kind
    assert store.info.schema
    assert store.info.read_only


def test_lists_experiments_of_each_stage(store: Store) -> None:
    def ids(view: ViewType) -> set[str]:
        return {item.experiment_id for item in store.experiments(ExperimentQuery(view=view)).items}

    assert ids(ViewType.ACTIVE_ONLY) == {"0", "1", "2", "3", EDGE}
    assert ids(ViewType.DELETED_ONLY) == {"4"}
    assert ids(ViewType.ALL) == {"0", "1", "2", "3", "4", EDGE}


def test_an_experiment_has_everything(store: Store) -> None:
    (found,) = store.experiments(ExperimentQuery(filter=f"name = '{EDGE_NAME}'")).items
    assert (found.experiment_id, found.name, found.lifecycle_stage) == (EDGE, EDGE_NAME, "active")
    assert found.artifact_location == f"/srv/mlflow/edge/{EDGE}"
    assert (found.creation_time, found.last_update_time) == (START - 5000, START - 4000)
    assert dict(found.tags) == {"mlflow.note.content": "What *this* is", "stage/é": ""}
    assert found.problems == ()


def test_a_limit_says_whether_there_are_more(store: Store) -> None:
    few = store.experiments(ExperimentQuery(order_by=("name",), limit=2))
    assert (len(few.items), few.more) == (2, True)
    assert not store.experiments(ExperimentQuery(order_by=("name",), limit=5)).more
    every = store.run_ids(RunQuery()).items
    page = store.run_ids(RunQuery(limit=7))
    assert (page.items, page.more) == (every[:7], True)
    assert not store.run_ids(RunQuery(limit=len(every))).more
    assert not store.run_ids(RunQuery(limit=len(every) + 1)).more


def test_counts_the_runs_of_experiments(store: Store, backend: Backend) -> None:
    found = store.experiment_stats()
    if not backend.exact_stats:
        assert found == {}
        return
    runs = [run for run in store.runs(store.run_ids(ALL).items, RunParts.ATTRIBUTES) if run.lifecycle_stage == "active"]
    counts = Counter(run.experiment_id for run in runs)
    assert {key: item.runs for key, item in found.items()} == counts
    running = Counter(run.experiment_id for run in runs if run.status == "RUNNING")
    assert {key: item.running for key, item in found.items()} == {key: running[key] for key in counts}
    for key, item in found.items():
        assert item.last_start_time == max(run.start_time or 0 for run in runs if run.experiment_id == key)


def test_searches_runs_as_mlflow_recorded(store: Store) -> None:
    wrong = []
    for case in [*run_cases(), *page_cases()]:
        try:
            found = store.run_ids(case.query).items
        except FilterError:
            found = None
        if found != case.expected:
            wrong.append((case.name, found, case.expected))
    assert wrong == []


BEYOND_MLFLOW = (
    ("metrics.acc > 0.9 or params.lr = '0.1'", ()),
    ("not metrics.acc > 0.5", ()),
    ("not (params.lr = '0.1' or tags.stage = 'dev')", ("number(params.lr) DESC",)),
    ("params.lr <= 0.01", ("number(params.lr)",)),
    ("params.lr between 0.001 and 0.1 and metrics.acc > 0.1", ("metrics.acc DESC",)),
    ("status in (finished, failed) and params.lr not in (0.1, 1)", ()),
    ("params.lr ~ '^0\\.[01]+$' and metrics.acc > 0.2", ()),
    ("not tags.stage ~ 'dev' or run_name ~ '(?i)^RUN-1'", ("run_name",)),
    ("start_time > '2025-06-15 15:00Z'", ()),
    ("start_time > '1 hour ago'", ()),
    ("duration >= '1h' or duration < '1s'", ("duration DESC",)),
    ("end_time is null", ("duration",)),
    (f"experiment = '{EDGE_NAME}' or experiment = '1'", ()),
    ("experiment != '1' and metrics.acc is null", ()),
    (f"parent = '{FULL}'", ()),
    ("parent is null and has(params.lr)", ("number(params.lr) DESC", "metrics.acc")),
    ("note ~ 'Note'", ()),
    ("twin", ()),
    ("ada AND NOT twin", ()),
    ('"all of it" or metrics.acc > 0.95', ()),
    ("max(metrics.stepless) > 3", ()),
    ("min(metrics.`train/loss`) < 0.1 and max(metrics.`train/loss`) > 1000", ()),
    ("first(metrics.`negative steps`) = -10 and at(metrics.`negative steps`, 3) = 1.5", ()),
    ("mean(metrics.repeated) < 1 or mean(metrics.`only nan`) is not null", ()),
    ("", ("max(metrics.acc) DESC", "number(params.lr)")),
    ("has(metrics.acc)", ("min(metrics.acc)", "tags.stage DESC")),
    ("has(datasets) and not dataset.name = 'ds1'", ()),
    ("dataset.name ~ '^ds[12]$' or dataset.context !~ 'a'", ()),
    ("", ("dataset.name DESC", "run_name")),
    ("has(datasets)", ("datasets.context", "dataset.`digest` DESC")),
    ("lifecycle = 'active' and user_id = 'ada'", ()),
)
"""Filters and orders that have no meaning in MLflow's language."""


def test_searches_beyond_mlflow_as_sqlite_does(store: Store, tmp_path: Path) -> None:
    now = datetime.fromtimestamp(START / 1000 + 3600.5, UTC)
    wrong, found_something = [], 0
    with served(SQLITE, tmp_path) as uri, opened(uri) as sqlite:
        for text, order in BEYOND_MLFLOW:
            for query in (RunQuery(None, text, order, now=now), RunQuery((EDGE, "1"), text, order, limit=3, now=now)):
                wanted, found = sqlite.run_ids(query), store.run_ids(query)
                found_something += bool(wanted.items)
                if (found.items, found.more) != (wanted.items, wanted.more):
                    wrong.append((text, order, found.items, wanted.items))
    assert wrong == []
    assert found_something > len(BEYOND_MLFLOW)


def test_runs_are_sorted_by_the_first_of_their_datasets(store: Store) -> None:
    used = {
        run.run_id: sorted(item.dataset.name for item in run.dataset_inputs)
        for run in store.runs(store.run_ids(RunQuery()).items, RunParts.INPUTS)
    }
    assert len({names[0] for names in used.values() if names}) > 2
    newest = store.run_ids(RunQuery()).items
    there, missing = [key for key in newest if used[key]], tuple(key for key in newest if not used[key])
    for direction in ("ASC", "DESC"):
        found = store.run_ids(RunQuery(order_by=(f"dataset.name {direction}",))).items
        wanted = sorted(there, key=lambda key: used[key][0], reverse=direction == "DESC")
        assert found == (*wanted, *missing)


def test_says_what_was_done_here(store: Store, backend: Backend) -> None:
    notes = " ".join(store.run_ids(RunQuery((EDGE,), "run_name ~ 'w' or metrics.one > 1")).notes)
    if backend.name.startswith("http"):
        assert "does not know `OR`: 3 runs were read and filtered here" in notes
        notes = " ".join(store.run_ids(RunQuery((EDGE,), "max(metrics.one) > 0")).notes)
        assert "`max()`: 3 runs were read, with 1 history of metrics" in notes
        told: list[Headway] = []
        store.run_ids(RunQuery((EDGE,), order_by=("max(metrics.one) DESC",)), progress=told.append)
        assert ("histories", 1) in [(headway.what, headway.done) for headway in told]
    elif backend.name != "tree":
        assert notes == "filtered here by a regular expression over 3 runs"


def test_a_search_with_a_regular_expression_can_be_withdrawn(store: Store) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        store.run_ids(RunQuery(filter="run_name ~ '(a+)+$' and max(metrics.acc) > 0"), cancel)


def test_searches_experiments_as_mlflow_recorded(store: Store) -> None:
    wrong = []
    for case in experiment_cases():
        try:
            # The one experiment that MLflow had not when it was asked.
            found = tuple(
                item.experiment_id for item in store.experiments(case.query).items if item.experiment_id != EDGE
            )
        except FilterError:
            found = None
        if found != case.expected:
            wrong.append((case.name, found, case.expected))
    assert wrong == []


def test_runs_without_an_order_come_newest_first(store: Store) -> None:
    ids = store.run_ids(RunQuery(experiment_ids=(EDGE,))).items
    assert ids == (TWIN, CHILD, FULL)
    runs = store.runs(store.run_ids(ALL).items, RunParts.ATTRIBUTES)
    assert [run.run_id for run in runs] == [
        run.run_id for run in sorted(runs, key=lambda run: (-(run.start_time or 0), run.run_id))
    ]


def test_no_experiments_means_every_one_that_is_not_deleted(store: Store) -> None:
    runs = store.runs(store.run_ids(RunQuery()).items, RunParts.ATTRIBUTES)
    assert {run.experiment_id for run in runs} == {"1", "2", "3", EDGE}
    assert store.run_ids(RunQuery(experiment_ids=())).items == ()
    assert store.run_ids(RunQuery(experiment_ids=("77",))).items == ()


def test_runs_come_in_the_order_they_were_asked_for(store: Store) -> None:
    some = store.run_ids(ALL).items[5:25]
    wanted = [*reversed(some), ABSENT, FULL]
    found = store.runs(wanted, RunParts.ATTRIBUTES)
    assert [run.run_id for run in found] == [*reversed(some), FULL]
    assert store.runs([], RunParts.ALL) == []
    assert store.runs([ABSENT, "", "../..", "e0\x00", "e0%"], RunParts.ALL) == []


def test_only_the_parts_that_were_asked_for_are_there(store: Store, backend: Backend) -> None:
    models = ("model_inputs", "model_outputs") if backend.has_models else ()
    for part, names in {
        RunParts.ATTRIBUTES: (),
        RunParts.PARAMS: ("params",),
        RunParts.METRICS: ("metrics",),
        RunParts.TAGS: ("tags",),
        RunParts.INPUTS: ("dataset_inputs", *models),
    }.items():
        (run,) = store.runs([FULL], part)
        assert run.parts == part
        assert run.run_name == "all of it"
        every = ("params", "metrics", "tags", "dataset_inputs", "model_inputs", "model_outputs")
        assert [name for name in every if getattr(run, name)] == list(names)


def test_only_the_keys_that_were_asked_for_are_there(store: Store) -> None:
    every = store.run_ids(ALL).items
    whole = store.runs(every, RunParts.ALL)
    names = {RunParts.PARAMS: "params", RunParts.METRICS: "metrics", RunParts.TAGS: "tags"}
    known = {part: sorted({key for run in whole for key in getattr(run, name)}) for part, name in names.items()}
    keys = {
        RunParts.PARAMS: [*known[RunParts.PARAMS][::2], "no such key", "../x"],
        RunParts.METRICS: [known[RunParts.METRICS][0].upper(), *known[RunParts.METRICS][1::2], "no such key"],
        RunParts.TAGS: (),
    }
    found = store.runs(every, RunParts.ALL, keys=keys)
    assert [run.run_name for run in found] == [run.run_name for run in whole]
    for run, one in zip(found, whole, strict=True):
        for part, name in names.items():
            kept = {key: value for key, value in getattr(one, name).items() if key in keys[part]}
            assert repr(getattr(run, name)) == repr(kept)
        assert run.dataset_inputs == one.dataset_inputs
    # What is not mentioned is there in full, and what no part was asked for of is not there.
    (run,) = store.runs([FULL], RunParts.PARAMS | RunParts.METRICS, keys={RunParts.METRICS: [], RunParts.TAGS: ["x"]})
    assert (dict(run.params), run.metrics, run.tags) == (reference.PARAMS, {}, {})
    many = [*(f"key {number}" for number in range(1_000)), *reference.PARAMS]
    (run,) = store.runs([FULL], RunParts.PARAMS, keys={RunParts.PARAMS: many})
    assert dict(run.params) == reference.PARAMS


def test_a_run_has_everything(store: Store, backend: Backend) -> None:
    (run,) = store.runs([FULL], RunParts.ALL)
    assert (run.run_id, run.run_name, run.experiment_id) == (FULL, "all of it", EDGE)
    assert (run.status, run.lifecycle_stage, run.user_id) == ("FINISHED", "active", "ada")
    assert (run.start_time, run.end_time, run.deleted_time) == (START, START + 3_600_000, None)
    assert run.artifact_uri == f"/srv/mlflow/edge/{EDGE}/{FULL}/artifacts"
    assert dict(run.params) == reference.PARAMS
    assert dict(run.tags) == reference.TAGS
    histories = reference.points()
    assert run.metrics.keys() == histories.keys()
    for key, metric in run.metrics.items():
        step, timestamp, number = max(histories[key], key=lambda point: (point[0], point[1]))
        assert (metric.key, metric.step, metric.timestamp) == (key, step, timestamp)
        assert same(metric.value, value(backend, number))
    used = [(item.dataset.name, item.dataset.digest, dict(item.tags)) for item in run.dataset_inputs]
    assert used == [("wine", digest, {"mlflow.data.context": f"use of {digest}"}) for digest in ("d1", "d2")]
    dataset = run.dataset_inputs[1].dataset
    assert (dataset.source_type, dataset.source) == ("http", '{"uri": "é"}')
    assert (dataset.schema, dataset.profile) == ('{"columns": []}', '{"num_rows": 3}')
    if backend.has_models:
        assert [entry.model_id for entry in run.model_inputs] == [MODEL_READ]
        assert [(entry.model_id, entry.step) for entry in run.model_outputs] == [(MODEL, 42)]
    else:
        assert run.model_inputs == run.model_outputs == ()
    assert run.problems == ()


def test_a_running_run_has_no_end(store: Store) -> None:
    (run,) = store.runs([CHILD], RunParts.ALL)
    assert (run.status, run.end_time, run.metrics, run.params) == ("RUNNING", None, {}, {})
    assert run.tags["mlflow.parentRunId"] == FULL
    assert run.tags["blank"] == ""


def test_finds_runs_by_the_beginning_of_an_id_and_by_name(store: Store) -> None:
    assert store.matching_run_ids("e0e0", 10) == [FULL]
    assert sorted(store.matching_run_ids("twin", 10)) == [CHILD, TWIN]
    assert len(store.matching_run_ids("twin", 1)) == 1
    assert store.matching_run_ids("no such run", 10) == []
    assert store.matching_run_ids("twi", 10) == []
    assert store.matching_run_ids("e0%", 10) == []


def test_a_history_is_ordered_and_whole(store: Store, backend: Backend) -> None:
    for key, points in reference.points().items():
        found = list(store.history(FULL, key))
        assert [(point.step, point.timestamp) for point in found] == [point[:2] for point in points]
        assert all(same(point.value, value(backend, number)) for point, (*_, number) in zip(found, points, strict=True))
    assert len(store.history(FULL, "no such metric")) == 0
    assert len(store.history(ABSENT, "train/loss")) == 0


def test_the_newest_points_of_a_history_can_be_asked_for(store: Store) -> None:
    for key in reference.points():
        whole = list(store.history(FULL, key))
        for since in (START - 1, START + 17, START + 500_000, START + 500_001, START + 2_000_000, START + 17):
            newest = store.history(FULL, key, since=since)
            assert repr(list(newest)) == repr([point for point in whole if point.timestamp >= since]), (key, since)
    assert len(store.history(ABSENT, "train/loss", since=0)) == 0


def test_sums_up_every_metric(store: Store) -> None:
    found = {summary.key: summary for summary in store.metric_summaries(FULL)}
    assert list(found) == sorted(reference.points())
    for key, points in reference.points().items():
        assert _without_latest(found[key]) == _without_latest(_summary(key, points))
    assert store.metric_summaries(CHILD) == []
    assert store.metric_summaries(ABSENT) == []


def _summary(key: str, points: list[tuple[int, int, float]]) -> MetricSummary:
    finite = [Point(*point) for point in points if math.isfinite(point[2])]
    return MetricSummary(
        key=key,
        latest=Metric(key, 0.0, 0, 0),
        count=len(points),
        nans=sum(math.isnan(point[2]) for point in points),
        infinities=sum(math.isinf(point[2]) for point in points),
        minimum=min(finite, key=lambda point: (point.value, point.step, point.timestamp), default=None),
        maximum=min(finite, key=lambda point: (-point.value, point.step, point.timestamp), default=None),
        first_step=min(point[0] for point in points),
        last_step=max(point[0] for point in points),
        first_timestamp=min(point[1] for point in points),
        last_timestamp=max(point[1] for point in points),
    )


def _without_latest(summary: MetricSummary) -> tuple[object, ...]:
    names = [name for name in MetricSummary.__slots__ if name != "latest"]
    return tuple(getattr(summary, name) for name in names)


@pytest.mark.parametrize("axis", list(Axis))
@pytest.mark.parametrize("buckets", [1, 2, 37, 5000])
def test_a_curve_loses_no_extreme(store: Store, axis: Axis, buckets: int) -> None:
    (run,) = store.runs([FULL], RunParts.ATTRIBUTES)
    for summary in store.metric_summaries(FULL):
        history = list(store.history(FULL, summary.key))
        curve = store.curve(run, summary, axis, buckets)
        assert (curve.run_id, curve.key, curve.axis, curve.sampled) == (FULL, summary.key, axis, False)
        assert len(curve.buckets) <= buckets
        assert (curve.count, curve.nans, curve.infinities) == (summary.count, summary.nans, summary.infinities)
        assert sum(bucket.count for bucket in curve.buckets) == curve.count
        xs = [end for bucket in curve.buckets for end in (bucket.x_first, bucket.x_last)]
        assert xs == sorted(xs)
        every = [_x(axis, point, at) for at, point in enumerate(history)]
        assert (xs[0], xs[-1]) == (min(every), max(every))
        finite = [point.value for point in history if not (math.isnan(point.value) or is_infinite(point.value))]
        drawn = [bucket for bucket in curve.buckets if bucket.finite]
        assert min((bucket.minimum for bucket in drawn), default=None) == min(finite, default=None)
        assert max((bucket.maximum for bucket in drawn), default=None) == max(finite, default=None)


def _x(axis: Axis, point: Point, position: int) -> float:
    base = {Axis.STEP: point.step, Axis.WALL: point.timestamp, Axis.RELATIVE: point.timestamp - START}
    return base.get(axis, position)


def test_reads_logged_models(store: Store, backend: Backend) -> None:
    found = {model.model_id: model for model in store.logged_models([MODEL, MODEL_READ, "m-" + ABSENT])}
    if not backend.has_models:
        assert found == {}
        return
    assert found.keys() == {MODEL, MODEL_READ}
    model = found[MODEL]
    assert (model.name, model.experiment_id, model.status) == ("forest", EDGE, "READY")
    assert (model.model_type, model.source_run_id) == ("sklearn", FULL)
    assert (model.creation_timestamp, model.last_updated_timestamp) == (START + 10, START + 20)
    assert model.artifact_location == f"/srv/mlflow/edge/{EDGE}/models/{MODEL}/artifacts"
    assert (dict(model.params), dict(model.tags)) == ({"trees": "9"}, {"é": "漢"})


@pytest.mark.parametrize("text", ["metrics.loss >", "nonsense.x = 1", "params.a > '3'", "status = 'x' OR", "a ("])
def test_a_wrong_filter_is_refused_with_its_place(store: Store, text: str) -> None:
    with pytest.raises(FilterError) as caught:
        store.run_ids(RunQuery(filter=text))
    assert caught.value.text == text
    assert caught.value.position is not None
    with pytest.raises(FilterError):
        store.experiments(ExperimentQuery(filter="nme = 'x'"))


CALLS: dict[str, Callable[[Store, threading.Event], object]] = {
    "experiments": lambda store, cancel: store.experiments(ExperimentQuery(), cancel),
    "experiment_stats": lambda store, cancel: store.experiment_stats(cancel),
    "run_ids": lambda store, cancel: store.run_ids(RunQuery(), cancel),
    "runs": lambda store, cancel: store.runs([FULL], RunParts.ALL, cancel),
    "matching_run_ids": lambda store, cancel: store.matching_run_ids("e0e0", 5, cancel),
    "metric_summaries": lambda store, cancel: store.metric_summaries(FULL, cancel),
    "history": lambda store, cancel: store.history(FULL, "train/loss", cancel),
    "logged_models": lambda store, cancel: store.logged_models([MODEL], cancel),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_was_withdrawn_ends(store: Store, name: str) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        CALLS[name](store, cancel)


def test_threads_share_it(store: Store) -> None:
    query = RunQuery(view=ViewType.ALL, limit=12)
    once = store.runs(store.run_ids(query).items, RunParts.ALL)

    def read(_: int) -> bool:
        return _comparable(store.runs(store.run_ids(query).items, RunParts.ALL)) == _comparable(once)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(read, range(16)))


def _comparable(runs: list[Run]) -> list[str]:
    # NaN differs from itself, its text does not.
    return [repr(run) for run in runs]


def test_closing_twice_is_closing(backend: Backend, tmp_path: Path) -> None:
    with served(backend, tmp_path) as uri, opened(uri) as store:
        assert store.experiments(ExperimentQuery()).items
        store.close()
        store.close()
