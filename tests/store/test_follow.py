"""Following a metric gives what reading it anew gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from store.entities import Axis, Bucket, Curve, Metric, MetricSummary, Point
from store.follow import OVERLAP_MS, Followed, begin, caught_up, follow, rebucketed, since

values = st.floats(allow_nan=True, allow_infinity=True, width=32)
points = st.builds(Point, st.integers(-50, 50), st.integers(0, 5 * OVERLAP_MS), values)


def summary(history: Sequence[Point]) -> MetricSummary:
    finite = [point for point in history if math.isfinite(point.value)]
    latest = max(
        history, key=lambda point: (point.step, point.timestamp, 0 if math.isnan(point.value) else point.value)
    )
    return MetricSummary(
        key="loss",
        latest=Metric("loss", latest.value, latest.timestamp, latest.step),
        count=len(history),
        nans=sum(math.isnan(point.value) for point in history),
        infinities=sum(math.isinf(point.value) for point in history),
        minimum=min(finite, key=lambda point: (point.value, point.step, point.timestamp), default=None),
        maximum=min(finite, key=lambda point: (-point.value, point.step, point.timestamp), default=None),
        first_step=min(point.step for point in history),
        last_step=max(point.step for point in history),
        first_timestamp=min(point.timestamp for point in history),
        last_timestamp=max(point.timestamp for point in history),
    )


def followed(history: Sequence[Point]) -> Followed:
    known = summary(history)
    return begin(known, [point for point in history if point.timestamp >= since(known)])


def newest(history: Sequence[Point], known: Followed) -> list[Point]:
    return [point for point in history if point.timestamp >= known.since]


@given(st.lists(points, min_size=1), st.lists(st.lists(points), max_size=4))
def test_a_metric_that_is_followed_is_summed_up_as_a_whole_one(first: list[Point], more: list[list[Point]]) -> None:
    history = list(first)
    known = followed(history)
    for some in more:
        # Nobody logs further back than what is read again.
        history += [point for point in some if point.timestamp >= known.since]
        known = follow(known, newest(history, known))
        assert repr(known.summary) == repr(summary(history))
        assert sorted(map(repr, known.recent)) == sorted(map(repr, followed(history).recent))


def test_points_that_were_seen_count_once() -> None:
    history = [Point(step, 1000 * step, math.nan if step == 2 else 1.0) for step in range(5)]
    known = followed(history)
    assert follow(known, history) is known
    doubled = follow(known, [*history, Point(4, 4000, 1.0)])
    assert doubled.summary.count == 6


def test_what_came_between_the_summary_and_the_first_look_is_new() -> None:
    history = [Point(step, 1000 * step, 1.0) for step in range(5)]
    later = [*history, Point(5, 4001, 2.0)]
    known = begin(summary(history), later)
    assert follow(known, later).summary == summary(later)


@given(
    st.lists(points, min_size=2, max_size=60),
    st.integers(0, 59),
    st.integers(1, 20),
    st.sampled_from([Axis.STEP, Axis.WALL, Axis.RELATIVE]),
)
def test_a_curve_that_is_followed_loses_no_extreme(history: list[Point], at: int, buckets: int, axis: Axis) -> None:
    # In the order of time, in which they are logged.
    history.sort(key=lambda point: (point.timestamp, point.step))
    empty = Curve("run", "loss", axis, (), 0, 0, 0)
    head = history[: max(1, min(at, len(history) - 1))]
    curve = caught_up(empty, len(head), head, start_time=7, buckets=buckets)
    assert curve is not None
    assert curve.count == len(head)
    # The newest points have some that the curve has, too.
    found = caught_up(curve, len(history), history[len(head) // 2 :], start_time=7, buckets=buckets)
    assert found is not None
    finite = [point.value for point in history if math.isfinite(point.value)]
    assert len(found.buckets) <= buckets
    assert sum(bucket.count for bucket in found.buckets) == found.count == len(history)
    assert found.nans == sum(math.isnan(point.value) for point in history)
    assert found.infinities == sum(math.isinf(point.value) for point in history)
    drawn = [bucket for bucket in found.buckets if bucket.finite]
    assert min((bucket.minimum for bucket in drawn), default=None) == min(finite, default=None)
    assert max((bucket.maximum for bucket in drawn), default=None) == max(finite, default=None)
    origin = {Axis.STEP: lambda point: point.step, Axis.WALL: lambda point: point.timestamp}
    x = origin.get(axis, lambda point: point.timestamp - 7)
    assert min(bucket.x_first for bucket in found.buckets) == min(map(x, history))
    assert max(bucket.x_last for bucket in found.buckets) == max(map(x, history))


def test_a_curve_that_lacks_more_than_the_newest_points_is_to_be_read_again() -> None:
    curve = Curve("run", "loss", Axis.STEP, (Bucket(0, 4, 1.0, 2.0, 5),), 5, 0, 0)
    new = [Point(7, 7000, 1.0)]
    assert caught_up(curve, 7, new, start_time=0, buckets=9) is None
    assert caught_up(replace(curve, sampled=True), 6, new, start_time=0, buckets=9) is None
    assert caught_up(replace(curve, axis=Axis.RELATIVE), 6, new, start_time=None, buckets=9) is None
    # Read after the summary was: it has what the summary lacks.
    assert caught_up(curve, 5, new, start_time=0, buckets=9) is curve


def test_points_without_steps_go_to_the_end_of_the_order() -> None:
    curve = Curve("run", "loss", Axis.ORDER, (Bucket(0, 4, 1.0, 2.0, 5),), 5, 0, 0)
    found = caught_up(curve, 6, [Point(0, 4000, 2.0), Point(0, 5000, 9.0)], start_time=0, buckets=2)
    assert found is not None
    assert [(bucket.x_first, bucket.x_last, bucket.maximum) for bucket in found.buckets] == [(0, 4, 2.0), (5, 5, 9.0)]


def test_wider_buckets_hold_all_of_the_narrow_ones() -> None:
    narrow = [Bucket(x, x + 0.5, -x, x, 2, nans=1) for x in range(100)]
    found = rebucketed(narrow, 10)
    assert [bucket.count for bucket in found] == [20] * 10
    assert (found[0].minimum, found[-1].maximum) == (-9, 99)
    assert sum(bucket.nans for bucket in found) == 100
    assert rebucketed(narrow[:1], 10) == narrow[:1]
    assert rebucketed([Bucket(3, 3, 1, 1, 1)] * 4, 10) == [Bucket(3, 3, 1, 1, 4)]
