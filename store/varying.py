"""Telling in which keys runs differ, for stores that cannot work it out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from store.entities import Run
from store.kinds import KeyKind

_Value = str | float | None
"""None stands for every NaN: two of them are alike."""


def varying_among(runs: Iterable[Run]) -> frozenset[tuple[KeyKind, str]]:
    """See `store.protocols.Store.varying`; the runs are different ones."""
    first: dict[tuple[KeyKind, str], _Value] = {}
    counts: dict[tuple[KeyKind, str], int] = {}
    different: set[tuple[KeyKind, str]] = set()
    total = 0
    for run in runs:
        total += 1
        for name, value in _values(run):
            counts[name] = counts.get(name, 0) + 1
            if first.setdefault(name, value) != value:
                different.add(name)
    return frozenset(name for name, count in counts.items() if count != total or name in different)


def _values(run: Run) -> Iterator[tuple[tuple[KeyKind, str], _Value]]:
    for key, text in run.params.items():
        yield (KeyKind.PARAM, key), text
    for key, text in run.tags.items():
        yield (KeyKind.TAG, key), text
    for key, metric in run.metrics.items():
        yield (KeyKind.METRIC, key), None if math.isnan(metric.value) else metric.value
