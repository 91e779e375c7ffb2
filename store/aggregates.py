"""What histories of metrics come to in the columns of a table, for stores that cannot work it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from store.entities import Aggregated, Axis, Bucket, History, MetricColumn, Run
from store.kinds import Aggregate
from store.search.history import aggregate_of
from store.series import curve


def values_of(
    run: Run, columns: Sequence[MetricColumn], history: Callable[[str], History]
) -> tuple[Aggregated | None, ...]:
    """Of each column, in their order. `history` reads that of a metric, which is done once for each key."""
    histories: dict[str, History] = {}
    found: list[Aggregated | None] = []
    for column in columns:
        latest = run.metrics.get(column.key)
        if latest is None:
            found.append(None)
        elif column.aggregate is Aggregate.LATEST:
            found.append(Aggregated(latest.value, latest.step))
        else:
            if column.key not in histories:
                histories[column.key] = history(column.key)
            found.append(aggregated(histories[column.key], column))
    return tuple(found)


def aggregated(history: History, column: MetricColumn) -> Aggregated | None:
    """See `store.protocols.Store.metric_values`."""
    value = aggregate_of(history, column.aggregate, column.step)
    if value is None:
        return None
    match column.aggregate:
        case Aggregate.MEAN:
            return Aggregated(value, None)
        case Aggregate.LATEST:
            return Aggregated(value, history.steps[-1])
        case Aggregate.FIRST:
            return Aggregated(value, history.steps[0])
        case Aggregate.AT:
            return Aggregated(value, column.step)
    # The history is in order, so the first point with a value is the one to tell of.
    return Aggregated(value, history.steps[history.values.index(value)])


def sparkline(history: History, buckets: int) -> tuple[Bucket, ...]:
    """See `store.protocols.Store.sparklines`."""
    steps = history.steps
    one_step = len(steps) > 1 and steps[0] == steps[-1]
    return curve(history, Axis.ORDER if one_step else Axis.STEP, buckets, None).buckets
