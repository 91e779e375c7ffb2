"""Following a metric that grows: what is known of it, and its newest points, make what is known now."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from store.entities import Axis, Bucket, Curve, Metric, MetricSummary, Point, is_infinite
from store.series import merged

OVERLAP_MS: Final = 10_000
"""So far back the newest points are asked for again: writers with several threads log them out of order."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A metric of a running run."""

    summary: MetricSummary
    recent: tuple[Point, ...]
    """The points of the last `OVERLAP_MS`: those that will be seen again."""

    @property
    def since(self) -> int:
        """From when (ms since the epoch) points are to be read next."""
        return since(self.summary)


def since(summary: MetricSummary) -> int:
    """From when (ms since the epoch) points are to be read to follow what was summed up."""
    return summary.last_timestamp - OVERLAP_MS


def begin(summary: MetricSummary, newest: Iterable[Point]) -> Followed:
    """What is known of a metric that was summed up before; `newest` is every point since `since(summary)`.

    Those that are not later than the summary are taken to be in it.
    """
    return Followed(summary, tuple(point for point in newest if point.timestamp <= summary.last_timestamp))


def follow(known: Followed, newest: Iterable[Point]) -> Followed:
    """`known` with `newest`: every point of the metric since `known.since`, seen before or not."""
    seen = Counter(map(_identity, known.recent))
    fresh = []
    for point in newest:
        if seen[_identity(point)] > 0:
            seen[_identity(point)] -= 1
        else:
            fresh.append(point)
    if not fresh:
        return known
    summary = _extended_summary(known.summary, fresh)
    recent = (point for point in (*known.recent, *fresh) if point.timestamp >= since(summary))
    return Followed(summary, tuple(recent))


def caught_up(
    curve: Curve, count: int, newest: Iterable[Point], *, start_time: int | None, buckets: int
) -> Curve | None:
    """`curve` with the points that it lacks: its history has `count`, and they are the last of `newest`.

    None if it lacks more than those, or if it is one of a sample: it has to be read again. `start_time` of the run
    (ms since the epoch) is the origin of a relative axis. At most `buckets` are kept.
    """
    missing = count - curve.count
    if curve.sampled:
        return None
    if missing <= 0:
        return curve
    last = sorted(newest, key=lambda point: (point.timestamp, point.step))[-missing:]
    if len(last) < missing or (curve.axis is Axis.RELATIVE and start_time is None):
        return None
    return _extended_curve(curve, last, start_time=start_time, buckets=buckets)


def _identity(point: Point) -> tuple[int, int, str]:
    # NaN differs from itself, its text does not.
    return point.step, point.timestamp, repr(point.value)


def _extended_summary(known: MetricSummary, fresh: Sequence[Point]) -> MetricSummary:
    finite = [point for point in fresh if _is_finite(point)]
    latest = max((Point(known.latest.step, known.latest.timestamp, known.latest.value), *fresh), key=_rank)
    lows = [point for point in (known.minimum, *finite) if point is not None]
    highs = [point for point in (known.maximum, *finite) if point is not None]
    return replace(
        known,
        latest=Metric(known.key, latest.value, latest.timestamp, latest.step),
        count=known.count + len(fresh),
        nans=known.nans + sum(math.isnan(point.value) for point in fresh),
        infinities=known.infinities + sum(is_infinite(point.value) for point in fresh),
        minimum=min(lows, key=lambda point: (point.value, point.step, point.timestamp), default=None),
        maximum=min(highs, key=lambda point: (-point.value, point.step, point.timestamp), default=None),
        first_step=min(known.first_step, *(point.step for point in fresh)),
        last_step=max(known.last_step, *(point.step for point in fresh)),
        first_timestamp=min(known.first_timestamp, *(point.timestamp for point in fresh)),
        last_timestamp=max(known.last_timestamp, *(point.timestamp for point in fresh)),
    )


def _rank(point: Point) -> tuple[int, int, float]:
    """Of two points the greater is the latest value, NaN counting as 0 (MLflow's SQL store, 1.8 to 3.17)."""
    return point.step, point.timestamp, 0.0 if math.isnan(point.value) else point.value


def _is_finite(point: Point) -> bool:
    return not math.isnan(point.value) and not is_infinite(point.value)


def _extended_curve(curve: Curve, fresh: Sequence[Point], *, start_time: int | None, buckets: int) -> Curve:
    if curve.axis is Axis.ORDER:
        first = int(curve.buckets[-1].x_last) + 1 if curve.buckets else 0
        ordered = sorted(fresh, key=lambda point: (point.step, point.timestamp))
        added = [_bucket_of(point, first + place) for place, point in enumerate(ordered)]
    else:
        base = 0 if start_time is None else start_time
        added = [
            _bucket_of(
                point,
                {Axis.STEP: point.step, Axis.WALL: point.timestamp}.get(curve.axis, point.timestamp - base),
            )
            for point in fresh
        ]
    return replace(
        curve,
        buckets=tuple(rebucketed((*curve.buckets, *added), buckets)),
        count=curve.count + len(fresh),
        nans=curve.nans + sum(bucket.nans for bucket in added),
        infinities=curve.infinities + sum(bucket.infinities for bucket in added),
    )


def _bucket_of(point: Point, x: float) -> Bucket:
    if math.isnan(point.value):
        return Bucket(x, x, math.nan, math.nan, 1, nans=1)
    if is_infinite(point.value):
        return Bucket(x, x, math.nan, math.nan, 1, infinities=1)
    return Bucket(x, x, point.value, point.value, 1)


def rebucketed(items: Sequence[Bucket], buckets: int) -> list[Bucket]:
    """`items` in at most `buckets` of equal width in x: one that straddles two joins that of its middle.

    No minimum, no maximum and no count is lost; x moves by less than the width of the wider of the two.
    """
    if len(items) <= 1:
        return list(items)
    low = min(item.x_first for item in items)
    high = max(item.x_last for item in items)
    width = (high - low) / buckets
    found: dict[int, Bucket] = {}
    for item in items:
        middle = item.x_first + (item.x_last - item.x_first) / 2
        at = min(int((middle - low) / width), buckets - 1) if width > 0 else 0
        found[at] = merged(found[at], item) if at in found else item
    return sorted(found.values(), key=lambda bucket: (bucket.x_first, bucket.x_last))
