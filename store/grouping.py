"""Puts runs into groups, and finds what they may be meant to be grouped by."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from threading import Event
from typing import TYPE_CHECKING, Final

from store.entities import MetricColumn, Run
from store.errors import Cancelled, UsageError
from store.groups import Group, Grouping, GroupKey, Level, Spread, Value
from store.kinds import Aggregate, KeyKind, RunParts, is_infinite
from store.quoting import quoted_key, quoted_text
from store.seeds import Proposal, proposals

if TYPE_CHECKING:
    from store.protocols import Store

PROPOSED_FROM: Final = 5000
"""Runs that are looked at for seeds and folds: of more it would take too long."""

MOST_GROUPS: Final = 20_000
"""Groups of all levels together: more are no answer, and each takes some kilobytes with the spreads of its metrics."""

PORTION: Final = 2000
"""Runs that are read together: of more, cancelling would take too long."""


@dataclass(slots=True)
class _Sum:
    """Adds numbers up as Welford does, whose sums do not lose small differences of large numbers.

    B. P. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products, Technometrics 4 (1962).
    """

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0
    least: float = math.inf
    most: float = -math.inf

    def add(self, number: float) -> None:
        self.n += 1
        away = number - self.mean
        # The difference of two numbers near the end of what a float holds is infinite; of their parts it is not.
        self.mean += away / self.n if math.isfinite(away) else number / self.n - self.mean / self.n
        self.squares += away * (number - self.mean)
        self.least, self.most = min(self.least, number), max(self.most, number)

    @property
    def spread(self) -> Spread:
        if not self.n:
            return Spread(0)
        std = math.sqrt(self.squares / (self.n - 1)) if self.n > 1 and math.isfinite(self.squares) else None
        return Spread(self.n, self.mean, std, self.least, self.most)


@dataclass(slots=True)
class _Growing:
    """A group that runs are still added to."""

    sums: list[_Sum]
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

    `progress` is told now and then how many were read. Raises `UsageError` for more than `MOST_GROUPS` groups,
    `Cancelled`, and what the store raises.
    """
    levels, metrics = tuple(levels), tuple(metrics)
    top = _Growing([])
    known = made = 0
    crossed: set[Value] = set()
    for start in range(0, len(run_ids), PORTION):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        some = run_ids[start : start + PORTION]
        places = {run_id: start + place for place, run_id in enumerate(some)}
        for run, numbers in _read(store, some, levels, metrics, cancel):
            known += 1
            crossed.update(_crossed(run))
            made += _add(top, places[run.run_id], _prefixes(run, levels), numbers)
            if made > MOST_GROUPS:
                raise UsageError(
                    f"these runs fall into more than {MOST_GROUPS:,} groups",
                    "group by keys with fewer values, or filter first",
                )
        if progress is not None:
            progress(start + len(some))
    keys = [key for level in levels for key in level]
    groups = tuple(_finished(keys, crossed, values, growing, (), 0) for values, growing in top.parts.items())
    return Grouping(levels, metrics, groups, known)


def _read(
    store: Store,
    run_ids: Sequence[str],
    levels: tuple[Level, ...],
    metrics: tuple[MetricColumn, ...],
    cancel: Event | None,
) -> Iterator[tuple[Run, Sequence[float | None]]]:
    """The runs with what groups need of them, and their metrics."""
    parts = RunParts.ATTRIBUTES
    keys: dict[RunParts, tuple[str, ...]] = {}
    for key in (key for level in levels for key in level):
        if key.kind is KeyKind.DATASET:
            parts |= RunParts.INPUTS
        else:
            part = RunParts.PARAMS if key.kind is KeyKind.PARAM else RunParts.TAGS
            keys[part] = (*keys.get(part, ()), key.key)
    latest = tuple(column.key for column in metrics if column.aggregate is Aggregate.LATEST)
    if latest:
        keys[RunParts.METRICS] = latest
    for part in keys:
        parts |= part
    computed = [column for column in metrics if column.aggregate is not Aggregate.LATEST]
    values = store.metric_values(run_ids, computed, cancel) if computed else {}
    for run in store.runs(run_ids, parts, cancel, keys):
        found = dict(zip(computed, values.get(run.run_id, ()), strict=False))
        numbers = []
        for column in metrics:
            one = run.metrics.get(column.key) if column.aggregate is Aggregate.LATEST else found.get(column)
            usable = one is not None and not math.isnan(one.value) and not is_infinite(one.value)
            numbers.append(one.value if one is not None and usable else None)
        yield run, numbers


def _prefixes(run: Run, levels: Sequence[Level]) -> Iterable[tuple[tuple[Value, ...], ...]]:
    """The groups that a run belongs to, each as its values of every level; several if it uses several datasets."""
    return product(*(product(*(_values(run, key) for key in level)) for level in levels))


def _values(run: Run, key: GroupKey) -> Sequence[Value]:
    if key.kind is KeyKind.DATASET:
        return list(dict.fromkeys((entry.dataset.name, entry.dataset.digest) for entry in run.dataset_inputs)) or [None]
    source: Mapping[str, str] = run.params if key.kind is KeyKind.PARAM else run.tags
    return [source.get(key.key)]


def _add(
    top: _Growing, place: int, paths: Iterable[tuple[tuple[Value, ...], ...]], numbers: Sequence[float | None]
) -> int:
    """Adds a run to its groups, to each of them once. Returns how many of these are new."""
    made = 0
    for path in paths:
        group = top
        for values in path:
            part = group.parts.get(values)
            if part is None:
                part = group.parts[values] = _Growing([_Sum() for _ in numbers])
                made += 1
            group = part
            if group.places and group.places[-1] == place:
                continue
            group.places.append(place)
            for total, number in zip(group.sums, numbers, strict=True):
                if number is not None:
                    total.add(number)
    return made


def _crossed(run: Run) -> Iterator[Value]:
    """Names with digests of other datasets of the run: a filter that names both finds it, though it is not meant."""
    used = {(entry.dataset.name, entry.dataset.digest) for entry in run.dataset_inputs}
    if len(used) > 1:
        for pair in product(*zip(*used, strict=True)):
            if pair not in used:
                yield pair[0], pair[1]


def _finished(
    keys: Sequence[GroupKey],
    crossed: Collection[Value],
    values: tuple[Value, ...],
    group: _Growing,
    before: tuple[Value, ...],
    depth: int,
) -> Group:
    own = (*before, *values)
    parts = tuple(_finished(keys, crossed, values, part, own, depth + 1) for values, part in group.parts.items())
    spreads = tuple(total.spread for total in group.sums)
    text = None if crossed and any(value in crossed for value in own) else filter_of(keys, own)
    return Group(own, depth, spreads, text, group.places, parts)


def filter_of(keys: Sequence[GroupKey], values: Sequence[Value]) -> str | None:
    """The filter that finds the runs of a group; None if the language has no way of writing a key or a value of it."""
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
    text = quoted_text(value) if isinstance(value, str) else None
    return None if text is None else f"{named} = {text}"


def propose(store: Store, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[list[Proposal], int]:
    """What these runs may be meant to be grouped by, and how many of them were looked at.

    Raises what the store raises.
    """
    some = run_ids[:PROPOSED_FROM]
    varying = [key for kind, key in store.varying(some, cancel) if kind is KeyKind.PARAM]
    runs = store.runs(some, RunParts.PARAMS, cancel, {RunParts.PARAMS: varying}) if varying else []
    return proposals([run.params for run in runs], varying), len(some)
