"""Histories of metrics in memory: put in order, summed up and thinned for a chart, as the SQL stores do it."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice
from operator import itemgetter, lt

from store.entities import INFINITE, Axis, Bucket, Curve, History, Metric, MetricSummary, Point


def latest_index(steps: Sequence[int], timestamps: Sequence[int], values: Sequence[float]) -> int:
    """Where the latest value of a history is that stands in the order in which it was logged; -1 if it is empty.

    MLflow's file store takes the greatest (step, timestamp, value), the first of equals. Nothing compares to NaN
    there: of one step and time, a NaN is the latest only if it was logged first, and then stays it.
    """
    if not steps:
        return -1
    last = max(steps)
    if steps[-1] == last and steps.count(last) == 1:
        return len(steps) - 1
    places = [place for place, step in enumerate(steps) if step == last]
    newest = max(timestamps[place] for place in places)
    found = -1
    for place in places:
        if timestamps[place] == newest and (found < 0 or values[place] > values[found]):
            found = place
    return found


def ordered(run_id: str, key: str, steps: array[int], timestamps: array[int], values: array[float]) -> History:
    """A history ordered by (step, timestamp, value), NaN last among equals, from points in any order."""
    if all(map(lt, steps, islice(steps, 1, None))):
        return History(run_id, key, steps, timestamps, values)
    rows = sorted(zip(steps, timestamps, map(math.isnan, values), values, strict=True))
    return History(
        run_id,
        key,
        array("q", map(itemgetter(0), rows)),
        array("q", map(itemgetter(1), rows)),
        array("d", map(itemgetter(3), rows)),
    )


def newest(history: History, since: int) -> History:
    """The points of a history that were logged at `since` (ms since the epoch) or later."""
    kept = [place for place, timestamp in enumerate(history.timestamps) if timestamp >= since]
    return History(
        history.run_id,
        history.key,
        array("q", map(history.steps.__getitem__, kept)),
        array("q", map(history.timestamps.__getitem__, kept)),
        array("d", map(history.values.__getitem__, kept)),
    )


def summary(history: History, latest: Metric, *, sampled: bool = False) -> MetricSummary:
    """What a history, which has at least one point, adds up to."""
    values = history.values
    nans = sum(map(math.isnan, values))
    finite: Sequence[float] = values
    if nans or not (min(values) > -INFINITE and max(values) < INFINITE):
        finite = [value for value in values if -INFINITE < value < INFINITE]
    return MetricSummary(
        key=history.key,
        latest=latest,
        count=len(values),
        nans=nans,
        infinities=len(values) - nans - len(finite),
        # The history is in order, so the first point with a value is the one to tell of.
        minimum=_point_of(history, min(finite)) if finite else None,
        maximum=_point_of(history, max(finite)) if finite else None,
        first_step=history.steps[0],
        last_step=history.steps[-1],
        first_timestamp=min(history.timestamps),
        last_timestamp=max(history.timestamps),
        sampled=sampled,
    )


def _point_of(history: History, value: float) -> Point:
    place = history.values.index(value)
    return Point(history.steps[place], history.timestamps[place], value)


def curve(history: History, axis: Axis, buckets: int, start_time: int | None, *, sampled: bool = False) -> Curve:
    """A history in at most `buckets` columns of equal width in x; each keeps its smallest and greatest value.

    `start_time` is that of the run, the zero of a relative axis; None: its first point.
    """
    if not len(history):
        found: list[Bucket] = []
    elif axis is Axis.ORDER:
        found = _by_order(history.values, buckets)
    elif axis is Axis.STEP:
        found = _by_x(history.steps, history.values, buckets, 0)
    else:
        times, values = _in_time(history)
        base = 0 if axis is Axis.WALL else times[0] if start_time is None else start_time
        found = _by_x(times, values, buckets, base)
    return curve_of(history.run_id, history.key, axis, found, sampled=sampled)


def curve_of(run_id: str, key: str, axis: Axis, buckets: Sequence[Bucket], *, sampled: bool = False) -> Curve:
    """The curve that these buckets are."""
    return Curve(
        run_id=run_id,
        key=key,
        axis=axis,
        buckets=tuple(buckets),
        count=sum(bucket.count for bucket in buckets),
        nans=sum(bucket.nans for bucket in buckets),
        infinities=sum(bucket.infinities for bucket in buckets),
        sampled=sampled,
    )


def _in_time(history: History) -> tuple[Sequence[int], Sequence[float]]:
    """Timestamps and values, ordered by time."""
    times = history.timestamps
    # Nearly every history is in this order, too.
    if not any(map(lt, islice(times, 1, None), times)):
        return times, history.values
    order = sorted(range(len(times)), key=times.__getitem__)
    return array("q", map(times.__getitem__, order)), array("d", map(history.values.__getitem__, order))


def _by_x(xs: Sequence[int], values: Sequence[float], buckets: int, base: int) -> list[Bucket]:
    """The columns of points that are ordered by x."""
    low, high = xs[0], xs[-1]
    if low == high:
        return [_bucket(low - base, high - base, values)]
    width = (high - low) / buckets

    def place(x: int) -> int:
        return min(int((x - low) / width), buckets - 1)

    found, start = [], 0
    while start < len(xs):
        end = bisect_left(xs, place(xs[start]) + 1, lo=start, key=place)
        found.append(_bucket(xs[start] - base, xs[end - 1] - base, values[start:end]))
        start = end
    return found


def _by_order(values: Sequence[float], buckets: int) -> list[Bucket]:
    """The columns of points by their position."""
    last = len(values) - 1
    # The first position in each column: that of position p is p * buckets // last, the last position joins the last.
    starts = sorted({-(-number * last // buckets) for number in range(buckets)}) if last > 0 else [0]
    ends = [*starts[1:], last + 1]
    return [_bucket(start, end - 1, values[start:end]) for start, end in zip(starts, ends, strict=True)]


def _bucket(first: int, last: int, values: Sequence[float]) -> Bucket:
    # A NaN or an infinity makes the sum one, too, and adding up is faster than looking at each.
    if math.isfinite(sum(values)) and _ordinary(values):
        return Bucket(first, last, min(values), max(values), len(values))
    finite = [value for value in values if -INFINITE < value < INFINITE]
    nans = sum(map(math.isnan, values))
    return Bucket(
        x_first=first,
        x_last=last,
        minimum=min(finite, default=math.nan),
        maximum=max(finite, default=math.nan),
        count=len(values),
        nans=nans,
        infinities=len(values) - len(finite) - nans,
    )


def _ordinary(values: Sequence[float]) -> bool:
    """True if none of these numbers, of which none is NaN or infinite, stands for an infinity."""
    return min(values) > -INFINITE and max(values) < INFINITE


def merged(one: Bucket, other: Bucket) -> Bucket:
    """The bucket of the points of both."""
    values = [value for value in (one.minimum, one.maximum, other.minimum, other.maximum) if not math.isnan(value)]
    return Bucket(
        x_first=min(one.x_first, other.x_first),
        x_last=max(one.x_last, other.x_last),
        minimum=min(values, default=math.nan),
        maximum=max(values, default=math.nan),
        count=one.count + other.count,
        nans=one.nans + other.nans,
        infinities=one.infinities + other.infinities,
    )
