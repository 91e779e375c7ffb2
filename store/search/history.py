"""What a whole history comes to: an aggregate of a metric, for stores that cannot work it out."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

from store.entities import INFINITE, History
from store.kinds import Aggregate


def aggregate_of(history: History, aggregate: Aggregate, step: int | None = None) -> float | None:
    """The value; None if the history is empty, has nothing that counts, or nothing at that step.

    NaN and infinities are no minimum and no maximum and do not count for a mean. Of several values at one step the
    last one counts, by time and then by size.
    """
    values = history.values
    if not values:
        return None
    match aggregate:
        case Aggregate.LATEST:
            return values[-1]
        case Aggregate.FIRST:
            return values[0]
        case Aggregate.AT:
            if step is None:
                return None
            end = bisect_right(history.steps, step)
            return values[end - 1] if bisect_left(history.steps, step) < end else None
    finite = [value for value in values if -INFINITE < value < INFINITE]
    if not finite:
        return None
    match aggregate:
        case Aggregate.MIN:
            return min(finite)
        case Aggregate.MAX:
            return max(finite)
    # Small parts, because a sum may be infinite where the mean is not.
    return math.fsum(value / len(finite) for value in finite)
