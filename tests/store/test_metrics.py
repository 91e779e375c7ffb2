"""Histories, summaries and curves of metrics, against a slow oracle in plain Python."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from store.entities import INFINITE, Axis, Bucket, Curve, Metric, MetricSummary, Point, Run
from store.sql import curves, metrics
from store.sql.schema import COLUMNS, Schema
from tests.support.sqlite_states import HEAD, RUN, add_points, add_run, create

OTHER: Final = "f" * 32

LEAST: Final = -(2**63)
GREATEST: Final = 2**63 - 1

THE_RUN: Final = Run(RUN, "", "1", "RUNNING", 1000, None, "active", None, None)

Triple = tuple[int, int, float]
"""Step, timestamp, value."""


@dataclass
class Bench:
    """A database in memory whose metrics are replaced again and again."""

    driver: sqlite3.Connection
    connection: sa.Connection
    schema: Schema

    def log(self, logged: dict[str, Sequence[Triple]]) -> None:
        self.driver.execute("DELETE FROM metrics")
        self.driver.execute("DELETE FROM latest_metrics")
        for key, points in logged.items():
            add_points(self.driver, key, points)
            # Another run has logged under the same names.
            add_points(self.driver, key, [(5, 5, -1e9), (6, 6, math.nan), (7, 7, 1e9)], OTHER)

    def history(self, key: str) -> list[Point]:
        return list(metrics.history(self.connection, self.schema, RUN, key))

    def summaries(self) -> dict[str, MetricSummary]:
        found = metrics.metric_summaries(self.connection, self.schema, RUN)
        assert [summary.key for summary in found] == sorted({summary.key for summary in found})
        return {summary.key: summary for summary in found}

    def curve(self, summary: MetricSummary, axis: Axis, buckets: int, run: Run = THE_RUN) -> Curve:
        return curves.curve(self.connection, self.schema, run, summary, axis, buckets)


INDEXES: Final = {
    "MLflow 3.12": (),
    "MLflow 1.25": ("index_metrics_run_uuid_key_step",),
    "MLflow 1.8": ("index_metrics_run_uuid_key_step", "index_metrics_run_uuid"),
}
"""Release -> indexes that it lacks: the statements differ."""


def made(release: str) -> Iterator[Bench]:
    driver = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    create(driver)
    for index in INDEXES[release]:
        driver.execute(f"DROP INDEX {index}")
    for run in (RUN, OTHER):
        add_run(driver, run)
    engine = sa.create_engine("sqlite://", creator=lambda: driver, poolclass=sa.pool.StaticPool)
    schema = Schema(HEAD, {table: frozenset(columns) for table, columns in COLUMNS.items()})
    with engine.connect() as connection:
        yield Bench(driver, connection, schema)
    driver.close()


@pytest.fixture(scope="module", params=list(INDEXES))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    yield from made(request.param)


@pytest.fixture(scope="module")
def newest() -> Iterator[Bench]:
    yield from made("MLflow 3.12")


# ------------------------------------------------------------------------------------------ the oracle


def stored(points: Sequence[Triple]) -> list[Point]:
    """What a database keeps of `points`: duplicates are dropped, infinities are the greatest numbers; in order."""
    kept: dict[tuple[int, int, bool, float], None] = {}
    for step, timestamp, value in points:
        finite = 0.0 if math.isnan(value) else max(-1.7976931348623157e308, min(1.7976931348623157e308, value))
        kept[step, timestamp, math.isnan(value), finite] = None
    return [Point(step, timestamp, math.nan if nan else value) for step, timestamp, nan, value in sorted(kept)]


def is_finite(value: float) -> bool:
    return abs(value) < INFINITE  # false for NaN


def summed_up(key: str, points: Sequence[Point]) -> MetricSummary:
    finite = [point for point in points if is_finite(point.value)]
    nans = sum(math.isnan(point.value) for point in points)
    last = max(points, key=lambda p: (p.step, p.timestamp, 0.0 if math.isnan(p.value) else p.value, p.value == 0.0))
    return MetricSummary(
        key=key,
        latest=Metric(key, last.value, last.timestamp, last.step),
        count=len(points),
        nans=nans,
        infinities=len(points) - nans - len(finite),
        minimum=min(finite, key=lambda p: (p.value, p.step, p.timestamp), default=None),
        maximum=min(finite, key=lambda p: (-p.value, p.step, p.timestamp), default=None),
        first_step=min(point.step for point in points),
        last_step=max(point.step for point in points),
        first_timestamp=min(point.timestamp for point in points),
        last_timestamp=max(point.timestamp for point in points),
    )


def same(one: Any, other: Any) -> bool:
    """Equality under which NaN equals NaN."""
    return repr(one).replace("-0.0", "0.0") == repr(other).replace("-0.0", "0.0")


def check_curve(
    curve: Curve, points: Sequence[Point], buckets: int, base: int = 0, *, of_one_width: bool = True
) -> None:
    """Every point lies in exactly one bucket, and every bucket is what its points add up to."""
    axis = curve.axis
    placed = [
        ({Axis.STEP: point.step, Axis.ORDER: at}.get(axis, point.timestamp - base), point.value)
        for at, point in enumerate(points)
    ]
    assert len(curve.buckets) <= buckets
    assert curve.count == sum(bucket.count for bucket in curve.buckets) == len(points)
    assert curve.nans == sum(math.isnan(point.value) for point in points)
    assert curve.infinities == sum(abs(point.value) >= INFINITE for point in points)
    for left, right in zip(curve.buckets, curve.buckets[1:], strict=False):
        assert left.x_last < right.x_first
    low, high = min(x for x, _ in placed), max(x for x, _ in placed)
    assert curve.buckets[0].x_first == low
    assert curve.buckets[-1].x_last == high
    for bucket in curve.buckets:
        mine = [(x, value) for x, value in placed if bucket.x_first <= x <= bucket.x_last]
        finite = [value for _, value in mine if is_finite(value)]
        nans = sum(math.isnan(value) for _, value in mine)
        assert same(
            bucket,
            Bucket(
                x_first=min(x for x, _ in mine),
                x_last=max(x for x, _ in mine),
                minimum=min(finite, default=math.nan),
                maximum=max(finite, default=math.nan),
                count=len(mine),
                nans=nans,
                infinities=len(mine) - nans - len(finite),
            ),
        )
        assert bucket.finite == bool(finite)
        # Floats of this size are 2048 apart at most.
        if of_one_width:
            assert bucket.x_last - bucket.x_first <= (high - low) / buckets * (1 + 1e-9) + 2048 * ((high - low) > 2**52)


# ------------------------------------------------------------------------------------------ random histories

STEPS: Final = st.one_of(
    st.integers(-3, 12),
    st.integers(0, 1000),
    st.integers(LEAST, GREATEST),
    st.sampled_from([0, LEAST, LEAST + 1, GREATEST, GREATEST - 1, 2**53 + 1, 2**62, -(2**62)]),
)

TIMES: Final = st.one_of(
    st.integers(0, 5),
    st.integers(1_600_000_000_000, 1_600_000_010_000),
    st.sampled_from([0, 1_600_000_000_000, GREATEST]),
)

VALUES: Final = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 1.797e308, -1.797e308, 1.796e308, 5e-324]),
    st.floats(),
    st.floats(-1, 1),
)

HISTORIES: Final = st.lists(st.tuples(STEPS, TIMES, VALUES), min_size=1, max_size=40)

QUICK: Final = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

BORDERS: Final = [
    [(LEAST, 0, 1.0), (GREATEST, 0, 2.0)],
    [(LEAST, 0, 1.0), (-1, 0, 5.0), (0, 0, 3.0), (GREATEST, 0, 2.0)],
    [(0, 0, math.nan), (0, 0, 0.0)],
    [(3, GREATEST, math.inf), (3, 0, -math.inf)],
    [(step, 7, step / 3) for step in range(30)],
    [(0, 7, float(value)) for value in range(30)],
    [(0, 0, math.nan)] * 3,
]


@QUICK
@given(logged=st.dictionaries(st.sampled_from(["loss", "a/b c", "é", "x.y:z"]), HISTORIES, min_size=1, max_size=3))
@example(logged={f"m{number}": points for number, points in enumerate(BORDERS)})
def test_histories_and_summaries_are_those_of_the_oracle(bench: Bench, logged: dict[str, list[Triple]]) -> None:
    bench.log(logged)
    summaries = bench.summaries()
    assert list(summaries) == sorted(logged)
    for key, points in logged.items():
        expected = stored(points)
        assert same(bench.history(key), expected)
        summary = summaries[key]
        if any(math.isnan(point.value) for point in expected):
            # Whether a NaN or a 0 at the last place counts as the latest, MLflow leaves to chance.
            summary = replace(summary, latest=summed_up(key, expected).latest)
        assert same(summary, summed_up(key, expected))


@QUICK
@given(points=HISTORIES, axis=st.sampled_from(Axis), buckets=st.integers(1, 17))
@example(points=BORDERS[0], axis=Axis.STEP, buckets=7)
@example(points=BORDERS[1], axis=Axis.STEP, buckets=3)
@example(points=BORDERS[3], axis=Axis.WALL, buckets=10)
@example(points=BORDERS[4], axis=Axis.STEP, buckets=10)
@example(points=BORDERS[4], axis=Axis.STEP, buckets=29)
@example(points=BORDERS[5], axis=Axis.ORDER, buckets=7)
@example(points=BORDERS[6], axis=Axis.STEP, buckets=1)
def test_curves_keep_every_extreme(bench: Bench, points: list[Triple], axis: Axis, buckets: int) -> None:
    bench.log({"loss": points})
    base = 1000 if axis is Axis.RELATIVE else 0
    check_curve(bench.curve(bench.summaries()["loss"], axis, buckets), stored(points), buckets, base)


def long_history(seed: int, size: int, spread: int, odd: bool) -> list[Triple]:
    """Points at random steps, more than one at some; with `odd` a few are NaN or infinite."""
    random = Random(seed)
    strange = [math.nan, math.inf, -math.inf] if odd else []
    return [
        (
            random.randint(-spread, spread),
            at,
            random.choice(strange) if strange and random.random() < 0.02 else random.uniform(-9, 9),
        )
        for at in range(size)
    ]


@settings(parent=QUICK, max_examples=8)
@given(
    seed=st.integers(0, 999), spread=st.sampled_from([1, 40, 10**6, 2**63 - 1]), odd=st.booleans(), more=st.booleans()
)
@pytest.mark.parametrize("buckets", [1, 2, 3])
def test_curves_of_long_histories_keep_every_extreme(
    bench: Bench, buckets: int, seed: int, spread: int, odd: bool, more: bool
) -> None:
    """Where there is an index of steps, each bucket is read by itself; points may come after the summary was made."""
    points = long_history(seed, buckets * curves.POINTS_PER_RANGE, spread, odd)
    bench.log({"loss": points})
    summary = bench.summaries()["loss"]
    if more:
        points += [(2**62, 1, math.nan), (-(2**62), 1, 1e9), (0, 1, -1e9)]
        bench.log({"loss": points})
    check_curve(bench.curve(summary, Axis.STEP, buckets), stored(points), buckets, of_one_width=not more)


def test_each_bucket_of_a_long_history_is_read_by_itself() -> None:
    """Grouping by an expression sorts all points. Statements are certain, times are not."""
    for release, expected in (("MLflow 3.12", 5), ("MLflow 1.25", 1)):
        for bench in made(release):
            bench.log({"loss": long_history(1, 5 * curves.POINTS_PER_RANGE, 10**6, False)})
            summary = bench.summaries()["loss"]
            seen: list[str] = []
            bench.driver.set_trace_callback(seen.append)
            bench.curve(summary, Axis.STEP, 5)
            bench.driver.set_trace_callback(None)
            statements = [statement for statement in seen if "FROM metrics" in statement]
            assert len(statements) == expected
            plans = [row[3] for one in statements for row in bench.driver.execute(f"EXPLAIN QUERY PLAN {one}")]
            assert any("TEMP B-TREE" in plan for plan in plans) == (expected == 1)
            if expected > 1:
                searches = [plan for plan in plans if " metrics " in plan]
                assert all("(run_uuid=? AND key=? AND step>? AND step<?)" in plan for plan in searches)


@QUICK
@given(before=HISTORIES, after=HISTORIES, axis=st.sampled_from(Axis), buckets=st.integers(1, 9))
@example(before=[(0, 0, 1.0), (9, 9, 2.0)], after=[(5, 5, math.nan)], axis=Axis.STEP, buckets=4)
def test_points_logged_since_the_summary_are_in_the_curve(
    newest: Bench, before: list[Triple], after: list[Triple], axis: Axis, buckets: int
) -> None:
    """They may widen the range and bring the first NaN; none is lost, and no NaN counts as a 0."""
    newest.log({"loss": before})
    summary = newest.summaries()["loss"]
    newest.log({"loss": [*before, *after]})
    points = stored([*before, *after])
    curve = newest.curve(summary, axis, buckets)
    finite = [point.value for point in points if is_finite(point.value)]
    assert curve.count == len(points)
    assert curve.nans == sum(math.isnan(point.value) for point in points)
    assert min((b.minimum for b in curve.buckets if b.finite), default=None) == min(finite, default=None)
    assert max((b.maximum for b in curve.buckets if b.finite), default=None) == max(finite, default=None)
    assert len(curve.buckets) <= buckets


# ------------------------------------------------------------------------------------------ one by one


def test_a_metric_that_nobody_logged_is_empty(newest: Bench) -> None:
    newest.log({})
    assert newest.history("loss") == []
    assert newest.summaries() == {}


def test_nan_and_infinities_never_win(newest: Bench) -> None:
    values = [3.0, math.nan, math.inf, -math.inf, 1.0, 2.0]
    newest.log({"loss": [(step, step, value) for step, value in enumerate(values)]})
    summary = newest.summaries()["loss"]
    assert (summary.count, summary.nans, summary.infinities) == (6, 1, 2)
    assert summary.minimum == Point(4, 4, 1.0)
    assert summary.maximum == Point(0, 0, 3.0)


def test_without_a_finite_value_there_are_no_extremes(newest: Bench) -> None:
    newest.log({"loss": [(0, 0, math.nan), (1, 1, math.inf)]})
    summary = newest.summaries()["loss"]
    assert summary.minimum is summary.maximum is None
    (bucket,) = newest.curve(summary, Axis.STEP, 1).buckets
    assert not bucket.finite
    assert (bucket.nans, bucket.infinities) == (1, 1)


def test_the_first_of_equal_extremes_is_named(newest: Bench) -> None:
    newest.log({"loss": [(5, 50, 1.0), (2, 90, 1.0), (2, 70, 1.0), (7, 10, 1.0), (3, 0, 9.0), (8, 1, 9.0)]})
    summary = newest.summaries()["loss"]
    assert summary.minimum == Point(2, 70, 1.0)
    assert summary.maximum == Point(3, 0, 9.0)


def test_latest_is_the_greatest_step_and_not_the_last_one_logged(newest: Bench) -> None:
    newest.log({"loss": [(100, 5, 0.1), (0, 900, 7.0), (-5, 901, 8.0)]})
    assert newest.summaries()["loss"].latest == Metric("loss", 0.1, 5, 100)


def test_latest_is_what_mlflow_stored(newest: Bench) -> None:
    """Also where it is not what the history says: it is what MLflow shows and searches."""
    newest.log({"loss": [(0, 0, 1.0), (1, 1, 2.0)]})
    newest.driver.execute("UPDATE latest_metrics SET value = 42 WHERE run_uuid = ?", (RUN,))
    assert newest.summaries()["loss"].latest.value == 42


def test_a_history_without_a_latest_value_has_the_one_mlflow_would_keep(bench: Bench) -> None:
    bench.log({"loss": [(0, 9, 1.0), (1, 1, 2.0), (1, 2, -7.0), (1, 2, math.nan)]})
    bench.driver.execute("DELETE FROM latest_metrics")
    latest = bench.summaries()["loss"].latest
    assert (latest.step, latest.timestamp) == (1, 2)
    assert math.isnan(latest.value)  # NaN counts as 0, and 0 > -7


@pytest.mark.parametrize(("value", "extreme"), [(1.5, 1.5), (math.nan, None), (math.inf, None)])
def test_a_latest_value_without_a_history_is_a_summary_of_no_points(
    newest: Bench, value: float, extreme: float | None
) -> None:
    newest.log({"loss": [(3, 4, value)]})
    newest.driver.execute("DELETE FROM metrics")
    summary = newest.summaries()["loss"]
    assert summary.count == 0
    assert (None if summary.minimum is None else summary.minimum.value) == extreme
    assert (summary.first_step, summary.last_step, summary.first_timestamp) == (3, 3, 4)
    assert newest.curve(summary, Axis.STEP, 10).buckets == ()


def test_more_metrics_than_fit_one_statement(newest: Bench) -> None:
    number = metrics.KEYS_PER_QUERY * 2 + 3
    newest.log({f"m{n:04}": [(0, 0, float(n)), (1, 1, n + 0.5), (2, 2, math.nan)] for n in range(number)})
    summaries = newest.summaries()
    assert len(summaries) == number
    for n in (0, 1, number // 2, number - 1):
        assert summaries[f"m{n:04}"].minimum == Point(0, 0, float(n))
        assert summaries[f"m{n:04}"].maximum == Point(1, 1, n + 0.5)
        assert summaries[f"m{n:04}"].nans == 1


def test_logging_without_a_step_is_noticed(newest: Bench) -> None:
    newest.log({"loss": [(0, n, float(n)) for n in range(5)], "once": [(0, 0, 1.0)]})
    summaries = newest.summaries()
    assert summaries["loss"].one_step
    assert not summaries["once"].one_step
    curve = newest.curve(summaries["loss"], Axis.ORDER, 5)
    assert [(bucket.x_first, bucket.minimum) for bucket in curve.buckets] == [(n, float(n)) for n in range(5)]


def test_a_spike_among_many_points_is_kept(newest: Bench) -> None:
    points = [(step, 10 * step, math.sin(step)) for step in range(5000)]
    points[3210] = (3210, 32100, -99.5)
    points[3211] = (3211, 32110, 99.5)
    newest.log({"loss": points})
    for axis in Axis:
        curve = newest.curve(newest.summaries()["loss"], axis, 50)
        assert len(curve.buckets) == 50
        assert min(bucket.minimum for bucket in curve.buckets) == -99.5
        assert max(bucket.maximum for bucket in curve.buckets) == 99.5


def test_relative_time_begins_with_the_run(newest: Bench) -> None:
    newest.log({"loss": [(0, 1500, 1.0), (1, 2500, 2.0)]})
    summary = newest.summaries()["loss"]
    curve = newest.curve(summary, Axis.RELATIVE, 2)
    assert [bucket.x_first for bucket in curve.buckets] == [500, 1500]
    curve = newest.curve(summary, Axis.RELATIVE, 2, replace(THE_RUN, start_time=None))
    assert [bucket.x_first for bucket in curve.buckets] == [0, 1000]


def test_what_another_writer_put_there_instead_of_numbers_is_read(newest: Bench) -> None:
    newest.log({"loss": [(0, 0, 1.0)], "fine": [(0, 0, 1.0)]})
    newest.driver.execute(
        "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('loss', 'much', 'now', ?, 'x', 0)",
        (RUN,),
    )
    newest.driver.execute(
        "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('loss', 9e999, 1.5, ?, 2.5, 0)",
        (RUN,),
    )
    assert [point.step for point in newest.history("loss")] == [0, 0, 2]
    summary = newest.summaries()["loss"]
    assert summary.count == 3
    assert summary.minimum == Point(0, 0, 1.0)
    assert newest.summaries()["fine"].count == 1
    assert newest.curve(summary, Axis.STEP, 3).count == 3


@pytest.mark.parametrize("release", ["MLflow 3.12", "MLflow 1.25"])
def test_points_are_found_through_their_run(release: str) -> None:
    """Left alone SQLite walks the points of every run that logged under that name. Plans are certain, times are not."""
    for bench in made(release):
        bench.log({"loss": [(step, step, float(step)) for step in range(9)]})
        summary = bench.summaries()["loss"]
        bench.driver.execute("DELETE FROM latest_metrics")
        seen: list[str] = []
        bench.driver.set_trace_callback(seen.append)
        bench.history("loss")
        bench.summaries()
        for axis in Axis:
            bench.curve(summary, axis, 3)
        bench.driver.set_trace_callback(None)
        statements = [statement for statement in seen if "FROM metrics" in statement]
        assert len(statements) >= 7
        for statement in statements:
            plan = [row[3] for row in bench.driver.execute(f"EXPLAIN QUERY PLAN {statement}")]
            searches = [step for step in plan if " metrics " in step]
            assert searches
            assert all("(run_uuid=?" in step for step in searches), (statement, plan)
