"""Histories in memory are summed up and thinned as the SQL stores do it."""

from __future__ import annotations

import math
import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.entities import Axis, Curve, History, Metric, MetricSummary, RunParts, ViewType
from store.opening import open_store
from store.protocols import RunQuery, Store
from store.series import curve, latest_index, ordered, summary

INF = math.inf
POINTS = st.lists(
    st.tuples(
        st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1),
        st.integers(0, 5) | st.integers(0, 2**53),
        st.sampled_from([0.0, 1.0, -1.0, 0.5, math.nan, INF, -INF, 1.7976931348623157e308]) | st.floats(-1e300, 1e300),
    ),
    min_size=1,
    max_size=40,
)
Points = list[tuple[int, int, float]]


def history(points: Points) -> History:
    steps, times, values = zip(*points, strict=True)
    return ordered("run", "key", array("q", steps), array("q", times), array("d", values))


def order_of(point: tuple[int, int, float]) -> tuple[int, int, bool, float]:
    step, time, value = point
    return step, time, math.isnan(value), 0.0 if math.isnan(value) else value


@given(POINTS)
def test_a_history_is_in_order_and_complete(points: Points) -> None:
    found = [order_of((point.step, point.timestamp, point.value)) for point in history(points)]
    assert found == sorted(map(order_of, points))


@given(POINTS)
def test_the_latest_is_pythons_greatest(points: Points) -> None:
    steps, times, values = zip(*points, strict=True)
    wanted = max(range(len(points)), key=lambda place: points[place])
    assert latest_index(steps, times, values) == wanted


def test_nothing_has_no_latest() -> None:
    assert latest_index([], [], []) == -1


@given(POINTS)
def test_a_summary_counts_everything(points: Points) -> None:
    found = summary(history(points), Metric("key", 0.0, 0, 0))
    values = [value for _, _, value in points]
    finite = [value for value in values if abs(value) < 1.797e308]
    assert found.count == len(points)
    assert found.nans == sum(map(math.isnan, values))
    assert found.infinities == len(values) - found.nans - len(finite)
    for extreme, wanted in ((found.minimum, min(finite, default=None)), (found.maximum, max(finite, default=None))):
        assert (None if extreme is None else extreme.value) == wanted
        if extreme is not None:
            first = min((step, time) for step, time, value in points if value == wanted)
            assert (extreme.step, extreme.timestamp) == first
    assert (found.first_step, found.last_step) == (min(points)[0], max(step for step, _, _ in points))
    times = [time for _, time, _ in points]
    assert (found.first_timestamp, found.last_timestamp) == (min(times), max(times))


@given(POINTS, st.sampled_from(list(Axis)), st.integers(1, 12), st.none() | st.integers(0, 100))
def test_a_curve_loses_no_point_and_no_extreme(points: Points, axis: Axis, buckets: int, start: int | None) -> None:
    whole = history(points)
    found = curve(whole, axis, buckets, start)
    finite = [value for value in whole.values if abs(value) < 1.797e308]
    assert found.count == sum(bucket.count for bucket in found.buckets) == len(points)
    assert 1 <= len(found.buckets) <= buckets
    assert min((bucket.minimum for bucket in found.buckets if bucket.finite), default=None) == min(finite, default=None)
    assert max((bucket.maximum for bucket in found.buckets if bucket.finite), default=None) == max(finite, default=None)
    assert found.nans + found.infinities + len(finite) == len(points)
    for one, other in zip(found.buckets, found.buckets[1:], strict=False):
        assert one.x_first <= one.x_last < other.x_first


def test_a_curve_of_nothing() -> None:
    empty = History("run", "key", array("q"), array("q"), array("d"))
    for axis in Axis:
        assert curve(empty, axis, 10, None).buckets == ()


@pytest.fixture(scope="module")
def database(stores: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A database with a metric that has everything in it that finite steps and times can have."""
    copy = tmp_path_factory.mktemp("series") / "mlflow.db"
    with closing(sqlite3.connect(stores / "3.17.2" / "mlflow.db")) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        run = target.execute("SELECT run_uuid FROM runs LIMIT 1").fetchone()[0]
        rows = [
            ("series", 1_600_000_000_000 + 7 * (at % 90), at // 3 - 20, run, *_stored(_value(at))) for at in range(400)
        ]
        target.executemany(
            "INSERT OR IGNORE INTO metrics (key, timestamp, step, run_uuid, value, is_nan) VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )
        target.execute(
            "INSERT INTO latest_metrics (key, timestamp, step, run_uuid, value, is_nan) VALUES (?, ?, ?, ?, ?, ?)",
            rows[-1],
        )
        target.commit()
    store = open_store(str(copy))
    yield store
    store.close()


def _value(at: int) -> float:
    return {30: math.nan, 31: INF, 32: -INF, 200: 99.0}.get(at, math.sin(at))


def _stored(value: float) -> tuple[float, bool]:
    if math.isnan(value):
        return 0.0, True
    return max(min(value, 1.7976931348623157e308), -1.7976931348623157e308), False


@pytest.mark.parametrize("axis", list(Axis))
@pytest.mark.parametrize("buckets", [1, 2, 7, 50, 500])
def test_curves_and_summaries_are_those_of_the_sql_reader(database: Store, axis: Axis, buckets: int) -> None:
    (run_id,) = (
        run.run_id
        for run in database.runs(database.run_ids(RunQuery(view=ViewType.ALL)).items, RunParts.METRICS)
        if "series" in run.metrics
    )
    (run,) = database.runs([run_id], RunParts.ATTRIBUTES)
    (theirs,) = (item for item in database.metric_summaries(run_id) if item.key == "series")
    whole = database.history(run_id, "series")
    ours: MetricSummary = summary(whole, theirs.latest)
    assert ours == theirs
    wanted: Curve = database.curve(run, theirs, axis, buckets)
    found = curve(whole, axis, buckets, run.start_time)
    assert _comparable(found) == _comparable(wanted)


def _comparable(found: Curve) -> list[tuple[str | float | None, ...]]:
    """A NaN, which equals nothing, as None."""
    return [tuple(None if value != value else value for value in astuple(bucket)) for bucket in found.buckets] + [
        (found.run_id, found.key, found.axis, found.count, found.nans, found.infinities)
    ]
