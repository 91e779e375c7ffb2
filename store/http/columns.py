"""What the columns of a table show of runs behind a server, which works out none of it: read, and added up here."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Final

from store.aggregates import sparkline, values_of
from store.entities import Aggregated, Bucket, KeyCount, MetricColumn, Page, Run
from store.http.histories import whole_histories
from store.http.wire import Wire
from store.key_counts import count_keys, page_of
from store.kinds import Aggregate, KeyKind

RUNS_WITH_KEYS: Final = 1000
"""Newest runs whose keys are listed: a page of a search."""

RUNS_WITH_DATASETS: Final = 100
"""The same for datasets, because newer servers are asked for each of these runs."""


def metric_values(
    wire: Wire, runs: Sequence[Run], columns: Sequence[MetricColumn], cancel: Event | None
) -> dict[str, tuple[Aggregated | None, ...]]:
    """See `store.protocols.Store.metric_values`; the runs have the latest values of these metrics."""
    asked = dict.fromkeys(column.key for column in columns if column.aggregate is not Aggregate.LATEST)
    # Without a latest value there is no history.
    keys = {run.run_id: [key for key in asked if key in run.metrics] for run in runs}
    histories = whole_histories(wire, [(run_id, key) for run_id, some in keys.items() for key in some], cancel)
    found = {}
    for run in {run.run_id: run for run in runs}.values():
        own = {key: next(histories) for key in keys[run.run_id]}
        found[run.run_id] = values_of(run, columns, own.__getitem__)
    return found


def sparklines(
    wire: Wire, runs: Sequence[Run], key: str, buckets: int, cancel: Event | None
) -> dict[str, tuple[Bucket, ...]]:
    """See `store.protocols.Store.sparklines`; the runs have the latest value of this metric."""
    wanted = dict.fromkeys((run.run_id, key) for run in runs if key in run.metrics)
    histories = whole_histories(wire, list(wanted), cancel)
    return {history.run_id: sparkline(history, buckets) for history in histories if len(history)}


def runs_for_keys(kind: KeyKind) -> int:
    """How many of the newest runs are looked at for their keys."""
    return RUNS_WITH_DATASETS if kind is KeyKind.DATASET else RUNS_WITH_KEYS


def keys_among(kind: KeyKind, runs: Sequence[Run], text: str, limit: int | None, *, every: bool) -> Page[KeyCount]:
    """The keys that these runs have, which are all that there are if `every`."""
    counts = count_keys(kind, runs, text)
    if every:
        return page_of(kind, counts, limit)
    note = f"a server lists no keys: those of the newest {len(runs):,} runs were looked at"
    return page_of(kind, dict.fromkeys(counts), limit, (note,))
