"""Puts runs into groups, and finds what they may be meant to be grouped by."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import compress, product, repeat
from threading import Event
from typing import TYPE_CHECKING, Final

from store.entities import MetricColumn
from store.errors import UsageError
from store.groups import Group, Grouping, GroupKey, Level, Spread, Value
from store.key_values import PORTION, Coded, Datasets, KeyValues, portions
from store.kinds import Aggregate, KeyKind, RunParts
from store.quoting import quoted_key, quoted_text
from store.seeds import Proposal, proposals
from store.spreads import Total
from store.texts import hides_password

if TYPE_CHECKING:
    from store.protocols import Store

PROPOSED_FROM: Final = 5000
"""Runs that are looked at for seeds and folds: of more it would take too long."""

MOST_GROUPS: Final = 20_000
"""Groups of all levels together: more are no answer, and each takes some kilobytes with the spreads of its metrics."""


@dataclass(slots=True)
class _Growing:
    """A group that runs are still added to."""

    places: array[int] = field(default_factory=lambda: array("I"))
    parts: dict[tuple[Value, ...], _Growing] = field(default_factory=dict)


def group_runs(
    store: Store,
    run_ids: Sequence[str],
    levels: Sequence[Level],
    metrics: Sequence[MetricColumn] = (),
    cancel: Event | None = None,
    progress: Callable[[int], object] | None = None,
) -> Grouping:
    """Groups the runs with these ids; those that are not in the store any more are left out.

    For each run it takes 5 bytes, 4 for each key and each level, and 8 for each metric. `progress` is told now and then
    how many were read. Raises `UsageError` for more than `MOST_GROUPS` groups, `Cancelled`, and what the store raises.
    """
    levels, metrics = tuple(levels), tuple(metrics)
    keys = [key for level in levels for key in level]
    latest = [(KeyKind.METRIC, column.key) for column in metrics if column.aggregate is Aggregate.LATEST]
    told = None if progress is None or len(latest) < len(metrics) else lambda headway: progress(headway.done)
    wanted = [*((key.kind, key.key) for key in keys), *latest]
    found = store.key_values(run_ids, list(dict.fromkeys(wanted)), cancel, told, MOST_GROUPS)
    numbers = _numbers(store, run_ids, metrics, found, cancel, progress)
    top = _grown(levels, found, cancel)
    used = [column.values for (kind, _), column in found.coded.items() if kind is KeyKind.DATASET]
    crossed = {value for values in used for pairs in values if isinstance(pairs, tuple) for value in _crossed(pairs)}
    finish = partial(_finished, keys, crossed, partial(_spreads, numbers, cancel))
    groups = tuple(finish(values, growing, (), 0) for values, growing in top.parts.items())
    return Grouping(levels, metrics, groups, sum(found.there))


def _numbers(
    store: Store,
    run_ids: Sequence[str],
    metrics: Sequence[MetricColumn],
    found: KeyValues,
    cancel: Event | None,
    progress: Callable[[int], object] | None,
) -> list[array[float]]:
    """Of each metric what it comes to in every run; those that are no latest values are read."""
    computed = [column for column in dict.fromkeys(metrics) if column.aggregate is not Aggregate.LATEST]
    read = {column: array("d", [math.nan]) * len(run_ids) for column in computed}
    for start, some in portions(run_ids, cancel) if computed else ():
        values = store.metric_values(some, computed, cancel)
        for place, run_id in enumerate(some, start):
            for column, value in zip(computed, values.get(run_id, ()), strict=False):
                if value is not None:
                    read[column][place] = value.value
        if progress is not None:
            progress(start + len(some))
    return [found.numbers[one.key] if one.aggregate is Aggregate.LATEST else read[one] for one in metrics]


def _grown(levels: Sequence[Level], found: KeyValues, cancel: Event | None) -> _Growing:
    """The groups, with the places of their runs. Raises `UsageError` and `Cancelled`."""
    top = _Growing()
    columns = [[found.coded[key.kind, key.key] for key in level] for level in levels]
    # Runs with the same codes are in the same groups: one of several if they use several datasets.
    groups_of: dict[tuple[int, ...], list[_Growing]] = {}
    made = 0
    for start, there in portions(found.there, cancel):
        codes = [column.codes[start : start + PORTION] for level in columns for column in level]
        every = zip(*codes, strict=True) if codes else repeat((), len(there))
        for place, own in compress(enumerate(every, start), there):
            groups = groups_of.get(own)
            if groups is None:
                groups = groups_of[own] = []
                made += _enter(top, _paths(columns, own), groups)
                if made > MOST_GROUPS:
                    raise UsageError(
                        f"these runs fall into more than {MOST_GROUPS:,} groups",
                        "group by keys with fewer values, or filter first",
                    )
            for group in groups:
                group.places.append(place)
    return top


def _paths(columns: Sequence[Sequence[Coded]], codes: Sequence[int]) -> Iterator[tuple[tuple[Value, ...], ...]]:
    """The groups that runs with these codes belong to, each as its values of every level."""
    left = iter(codes)
    return product(*[list(product(*[_values(column, next(left)) for column in level])) for level in columns])


def _values(column: Coded, code: int) -> Sequence[Value]:
    value = column.values[code] if code >= 0 else None
    return value if isinstance(value, tuple) else (value,)


def _enter(top: _Growing, paths: Iterable[tuple[tuple[Value, ...], ...]], groups: list[_Growing]) -> int:
    """Adds the groups on these paths, each of them once. Returns how many of these are new."""
    made = 0
    for path in paths:
        group = top
        for values in path:
            part = group.parts.get(values)
            if part is None:
                part = group.parts[values] = _Growing()
                made += 1
            group = part
            if not any(one is group for one in groups):
                groups.append(group)
    return made


def _crossed(used: Datasets) -> Iterator[Value]:
    """Names with digests of other datasets of a run: a filter that names both finds it, though it is not meant."""
    if len(used) > 1:
        for pair in product(*zip(*used, strict=True)):
            if pair not in used:
                yield pair[0], pair[1]


def _spreads(numbers: Sequence[array[float]], cancel: Event | None, places: array[int]) -> tuple[Spread, ...]:
    """What each metric comes to in the runs at these places. Raises `Cancelled`."""
    totals = [Total() for _ in numbers]
    for _, some in portions(places, cancel):
        for total, column in zip(totals, numbers, strict=True):
            total.add(map(column.__getitem__, some))
    return tuple(total.spread for total in totals)


def _finished(
    keys: Sequence[GroupKey],
    crossed: Collection[Value],
    spreads: Callable[[array[int]], tuple[Spread, ...]],
    values: tuple[Value, ...],
    group: _Growing,
    before: tuple[Value, ...],
    depth: int,
) -> Group:
    own = (*before, *values)
    finish = partial(_finished, keys, crossed, spreads)
    parts = tuple(finish(values, part, own, depth + 1) for values, part in group.parts.items())
    text = None if crossed and any(value in crossed for value in own) else filter_of(keys, own)
    return Group(own, depth, spreads(group.places), text, group.places, parts)


def filter_of(keys: Sequence[GroupKey], values: Sequence[Value]) -> str | None:
    """The filter that finds the runs of a group, or None: see `Group.filter`."""
    conditions = [_condition(key, value) for key, value in zip(keys, values, strict=False)]
    if None in conditions:
        return None
    return " AND ".join(condition for condition in conditions if condition is not None)


def _condition(key: GroupKey, value: Value) -> str | None:
    if key.kind is KeyKind.DATASET:
        if not isinstance(value, tuple):
            return "NOT has(datasets)"
        name, digest = (quoted_text(text) for text in value)
        return None if name is None or digest is None else f"dataset.name = {name} AND dataset.digest = {digest}"
    written = quoted_key(key.key)
    if written is None:
        return None
    named = f"{key.kind.value}.{written}"
    if value is None:
        return f"NOT has({named})"
    text = quoted_text(value) if isinstance(value, str) and not hides_password(value) else None
    return None if text is None else f"{named} = {text}"


def propose(store: Store, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[list[Proposal], int]:
    """What these runs may be meant to be grouped by, and how many of them were looked at.

    Raises what the store raises.
    """
    some = run_ids[:PROPOSED_FROM]
    varying = [key for kind, key in store.varying(some, cancel) if kind is KeyKind.PARAM]
    runs = store.runs(some, RunParts.PARAMS, cancel, {RunParts.PARAMS: varying}) if varying else []
    return proposals([run.params for run in runs], varying), len(some)
