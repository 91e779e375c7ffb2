"""What many runs have under a few keys: columns as long as their list, with no object for each run."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from store.errors import Cancelled, UsageError
from store.key_counts import PARTS
from store.kinds import KeyKind, RunParts

if TYPE_CHECKING:
    from store.entities import Run
    from store.protocols import Progress, RunKeys

V = TypeVar("V")

PORTION: Final = 2000
"""Runs that are worked on together: of more, cancelling would take too long."""

Key: TypeAlias = tuple[KeyKind, str]
"""A param, a metric, by its latest value, or a tag; of DATASET (with no key) all datasets, by name and digest."""

Datasets: TypeAlias = tuple[tuple[str, str], ...]
"""(name, digest) of those that a run uses, each once, in order."""


@dataclass(slots=True)
class Coded:
    """A column of texts or of datasets, in which each different one is kept once."""

    codes: array[int]
    """For each run where in `values` its own is; -1 if it has none."""
    values: list[str | Datasets] = field(default_factory=list)
    """Perhaps with some that no run has."""
    _known: dict[str | Datasets, int] = field(default_factory=dict)

    def code(self, value: str | Datasets) -> int:
        """Where a value is in `values`, from now on."""
        code = self._known.get(value)
        if code is None:
            code = self._known[value] = len(self.values)
            self.values.append(value)
        return code


class KeyValues:
    """What the runs of a list have under some keys, which `Store.key_values` says."""

    __slots__ = ("_most", "coded", "numbers", "there")

    def __init__(self, runs: int, keys: Sequence[Key], most: int | None = None) -> None:
        """Of so many runs nothing is known yet."""
        self._most = most
        self.there = bytearray(runs)
        """For each run 1 if it is in the store, else 0."""
        none = array("i", [-1])
        self.coded: Mapping[Key, Coded] = {key: Coded(none * runs) for key in keys if key[0] is not KeyKind.METRIC}
        """By key, of params, tags and datasets."""
        nan = array("d", [math.nan])
        self.numbers: Mapping[str, array[float]] = {key: nan * runs for kind, key in keys if kind is KeyKind.METRIC}
        """By key, of metrics: the latest value as the store holds it; NaN also where there is none."""

    def forget(self, places: Iterable[int]) -> None:
        """What was said of the runs at these places."""
        for place in places:
            self.there[place] = 0
            for column in self.coded.values():
                column.codes[place] = -1
            for numbers in self.numbers.values():
                numbers[place] = math.nan

    def check(self) -> None:
        """Raises `UsageError` if there are more values than are wanted."""
        for (kind, key), column in self.coded.items():
            if self._most is not None and len(column.values) > self._most:
                name = f"{kind.value}.{key}" if key else kind.value
                raise UsageError(
                    f"these runs have more than {self._most:,} different values of {name}",
                    "take keys with fewer values, or filter first",
                )


def portions(runs: Sequence[V], cancel: Event | None) -> Iterator[tuple[int, Sequence[V]]]:
    """A list in portions, each with the place of its first item. Raises `Cancelled`."""
    for start in range(0, len(runs), PORTION):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        yield start, runs[start : start + PORTION]


def key_values_of_runs(
    read: Callable[[Sequence[str], RunParts, Event | None, RunKeys], Sequence[Run]],
    run_ids: Sequence[str],
    keys: Sequence[Key],
    cancel: Event | None,
    progress: Progress | None,
    most: int | None,
) -> KeyValues:
    """See `store.protocols.Store.key_values`, for stores without columns: `read`, which is their `runs`, reads runs."""
    from store.protocols import Headway

    found = KeyValues(len(run_ids), keys, most)
    parts, wanted = RunParts.ATTRIBUTES, dict[RunParts, list[str]]()
    for kind, key in keys:
        parts |= PARTS[kind]
        if kind is not KeyKind.DATASET:
            wanted.setdefault(PARTS[kind], []).append(key)
    for start, some in portions(run_ids, cancel):
        places = {run_id: start + place for place, run_id in enumerate(some)}
        for run in read(some, parts, cancel, wanted):
            _put(found, places[run.run_id], run)
        found.check()
        if progress is not None:
            progress(Headway("runs", start + len(some), len(run_ids)))
    return found


def _put(found: KeyValues, place: int, run: Run) -> None:
    found.there[place] = 1
    for (kind, key), column in found.coded.items():
        value: str | Datasets | None
        if kind is KeyKind.DATASET:
            value = datasets_of((one.dataset.name, one.dataset.digest) for one in run.dataset_inputs) or None
        else:
            value = (run.params if kind is KeyKind.PARAM else run.tags).get(key)
        if value is not None:
            column.codes[place] = column.code(value)
    for key, numbers in found.numbers.items():
        if (metric := run.metrics.get(key)) is not None:
            numbers[place] = metric.value


def datasets_of(pairs: Iterable[tuple[str, str]]) -> Datasets:
    """As a run has them."""
    return tuple(sorted(set(pairs)))
