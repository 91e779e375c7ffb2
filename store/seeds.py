"""Finds params that only repeat a configuration, such as seeds, and the configurations that they repeat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from store.groups import GroupKey
from store.kinds import KeyKind

_REPEATING: Final = frozenset(
    ("seed", "seeds", "rng", "fold", "folds", "kfold", "cvfold", "replica", "replicate", "repeat", "repetition", "rep")
)
_PHRASES: Final = (("random", "state"), ("random", "seed"))
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

MOST_KEYS: Final = 40
"""Params by which configurations are told apart: of more, a group would be wider than any screen."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A way of grouping that looks as if it was meant."""

    keys: tuple[GroupKey, ...]
    """What makes a configuration."""
    configurations: int
    repeated: tuple[str, ...]
    """The params that repeat it; empty if runs with the same params were just started again."""
    least: int
    most: int
    """How many runs a configuration has."""
    others: int = 0
    """Runs without any of the params that repeat it: they are in these groups too, or in some of their own."""
    left_out: tuple[str, ...] = ()
    """Params that have another value in every run, and so tell nothing apart."""


def repeats(param: str) -> bool:
    """True for the name of a param that looks like a seed or the number of a fold: `seed`, `data/cv_fold`."""
    words = [word.lower() for word in _WORDS.findall(param)]
    return any(word in _REPEATING for word in words) or any(pair in _PHRASES for pair in pairwise(words))


def proposals(params: Sequence[Mapping[str, str]], varying: Iterable[str]) -> list[Proposal]:
    """What the runs with these `params` may be meant to be grouped by; `varying` are the params in which they differ.

    Configurations are what is left of the varying params without seeds and folds; each of those alone too, if there
    are both. Only what puts at least two runs into a group, on the average, is proposed.
    """
    if not params:
        return []
    differing = sorted(varying)
    # What is different in every run, a directory or a time, would make a group of each.
    unique = [key for key in differing if not repeats(key) and _all_different(params, key)]
    kept = [key for key in differing if key not in unique]
    repeated = [key for key in kept if repeats(key)]
    found: list[Proposal] = []
    for without in [repeated] if len(repeated) < 2 else [repeated, *([key] for key in repeated)]:
        # A run that sums the others up has no seed of its own.
        counted = [one for one in params if not without or any(key in one for key in without)]
        keys = _telling(counted, [key for key in kept if key not in without])
        sizes = _sizes(counted, keys)
        if not keys or len(keys) > MOST_KEYS or 2 * len(sizes) > len(counted) or len(sizes) < 2:
            continue
        groups = tuple(GroupKey(KeyKind.PARAM, key) for key in keys)
        found.append(
            Proposal(
                groups,
                len(sizes),
                tuple(without),
                min(sizes.values()),
                max(sizes.values()),
                len(params) - len(counted),
                tuple(unique),
            )
        )
    return found


def _sizes(params: Sequence[Mapping[str, str]], keys: Sequence[str]) -> Counter[tuple[str | None, ...]]:
    return Counter(tuple(one.get(key) for key in keys) for one in params)


def _telling(params: Sequence[Mapping[str, str]], keys: Sequence[str]) -> list[str]:
    """The keys that tell configurations apart, those with most values first.

    One that has the same value wherever it has any, and without which there are as many configurations, is left out.
    """
    values = {key: {one[key] for one in params if key in one} for key in keys}
    kept = sorted(keys, key=lambda key: (-len(values[key]), key))
    for key in [key for key in kept if len(values[key]) < 2]:
        others = [one for one in kept if one != key]
        if len(_sizes(params, others)) == len(_sizes(params, kept)):
            kept = others
    return kept


def _all_different(params: Sequence[Mapping[str, str]], key: str) -> bool:
    values = [one[key] for one in params if key in one]
    return len(values) == len(params) == len(set(values))
