"""Dividing long lists of runs into portions, each of which takes one short read."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import sqlalchemy as sa

from store.ids import RunIds
from store.sql.compare import Column, Condition
from store.sql.engine import IDS_PER_QUERY

LOOKED_UP: Final = 2000
"""Runs of a portion that are looked up by their ids."""

RANGE: Final = 65_536
"""Runs of the database, about, that a range of ids holds: ids are random, so ranges of the same width hold as many."""

SHARE: Final = 4
"""One run in so many must be wanted for ranges to be read, of which the others are passed over."""

_HEADS: Final = 256
"""The values of the first byte of an id, by which ranges are made."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some runs of a list."""

    places: dict[str, int]
    """Where in the list each stands."""
    start: str | None = None
    """Where the range of ids begins that holds these runs, and others; None if they are looked up one by one."""
    stop: str | None = None
    """Before which id the range ends; None if it has no end."""

    @property
    def is_range(self) -> bool:
        return self.start is not None

    def conditions(self, run_uuid: Column) -> Iterator[Condition]:
        """What finds these runs, and in a range others too, in one statement each."""
        if self.start is not None:
            # Digits and small letters have this order in nearly every collation: see `not_found`.
            yield run_uuid >= self.start if self.stop is None else sa.and_(run_uuid >= self.start, run_uuid < self.stop)
            return
        ids = list(self.places)
        for start in range(0, len(ids), IDS_PER_QUERY):
            yield run_uuid.in_(ids[start : start + IDS_PER_QUERY])

    def not_found(self, there: Sequence[int]) -> Iterator[Portion]:
        """The runs of a range that were not found in it, to be looked up; `there` has 1 for those that were.

        They were deleted, or the database sorts their ids otherwise: in Danish `aa` comes after all other letters, in
        Welsh `dd` after `de`.
        """
        if self.is_range:
            yield from _looked_up((place, run_id) for run_id, place in self.places.items() if not there[place])


def are_few(run_ids: Sequence[str], total: int) -> bool:
    """True if runs are better looked up one by one; `total` is how many runs the database has."""
    return len(run_ids) <= LOOKED_UP or len(run_ids) * SHARE < total


def portions(run_ids: Sequence[str], total: int) -> Iterator[Portion]:
    """The runs of a list, each in one portion; `total` is how many runs the database has, about."""
    if are_few(run_ids, total):
        yield from _looked_up(enumerate(run_ids))
        return
    ids = run_ids if isinstance(run_ids, RunIds) else RunIds(run_ids)
    number = min(_HEADS, -(-max(total, len(ids)) // RANGE))
    ranges = [array("I") for _ in range(number)]
    odd = set(ids.others)
    for place, which in enumerate(ids.heads().translate(bytes(head * number // _HEADS for head in range(_HEADS)))):
        if place not in odd:
            ranges[which].append(place)
    # Somebody else's ids may not be random: a range of too many would take too much memory.
    crowded = [places for places in ranges if len(places) > 2 * RANGE]
    bounds = [-(-which * _HEADS // number) for which in range(number + 1)]
    for which, places in enumerate(ranges):
        if places and len(places) <= 2 * RANGE:
            stop = f"{bounds[which + 1]:02x}" if which + 1 < number else None
            yield Portion(dict(zip(ids.at(places), places, strict=True)), f"{bounds[which]:02x}", stop)
    yield from _looked_up((place, ids[place]) for place in chain(sorted(odd), *crowded))


def _looked_up(runs: Iterable[tuple[int, str]]) -> Iterator[Portion]:
    places: dict[str, int] = {}
    for place, run_id in runs:
        places[run_id] = place
        if len(places) == LOOKED_UP:
            yield Portion(places)
            places = {}
    if places:
        yield Portion(places)
