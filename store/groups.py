"""Groups of runs that have the same params, tags or datasets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from store.entities import MetricColumn
from store.kinds import KeyKind


@dataclass(frozen=True, slots=True)
class GroupKey:
    """Something that runs are told apart by."""

    kind: KeyKind
    """PARAM, TAG or DATASET."""
    key: str = ""
    """Empty for DATASET: all of them, by name and digest."""

    @property
    def id(self) -> str:
        """How it is written: `params.lr`, `tags.team`, `datasets`."""
        return self.kind.value if self.kind is KeyKind.DATASET else f"{self.kind.value}.{self.key}"


def group_key_of(text: str) -> GroupKey:
    """The key whose `id` is `text`. Raises `ValueError`."""
    if text == KeyKind.DATASET.value:
        return GroupKey(KeyKind.DATASET)
    kind, dot, key = text.partition(".")
    if kind not in (KeyKind.PARAM.value, KeyKind.TAG.value) or not dot:
        raise ValueError(text)
    return GroupKey(KeyKind(kind), key)


Value = str | tuple[str, str] | None
"""Of a param or tag its text, of a dataset (name, digest); None for runs that have none."""

Level = tuple[GroupKey, ...]
"""Keys in which the runs of a group agree; of each level, groups are parts of those of the level before."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What a metric comes to over the runs of a group; NaN, infinities and runs without it take no part."""

    n: int
    """How many runs that are; the other fields mean nothing if none is."""
    mean: float = math.nan
    std: float | None = None
    """The sample standard deviation (n - 1); None for fewer than two runs, and for one that no float holds."""
    least: float = math.nan
    most: float = math.nan


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that have the same."""

    values: tuple[Value, ...]
    """Of every key of its level and of the levels before."""
    depth: int
    """Its level, from 0."""
    spreads: tuple[Spread, ...]
    """One for each metric that was asked for."""
    filter: str | None
    """Finds its runs; None if the language of filters has no way of writing a key or a value of it, or if a password in
    a value is hidden."""
    places: Sequence[int]
    """Where its runs stand in the list that was grouped."""
    parts: tuple[Group, ...] = ()
    """The groups of the next level."""

    @property
    def runs(self) -> int:
        return len(self.places)


@dataclass(frozen=True, slots=True)
class Grouping:
    """The runs of a list in groups."""

    levels: tuple[Level, ...]
    metrics: tuple[MetricColumn, ...]
    groups: tuple[Group, ...]
    """Of the first level, in the order in which their first runs are listed."""
    runs: int
    """How many were grouped. One that uses several datasets is in the group of each."""

    @property
    def keys(self) -> tuple[GroupKey, ...]:
        """Of all levels."""
        return tuple(key for level in self.levels for key in level)
