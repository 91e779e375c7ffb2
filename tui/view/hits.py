"""Where in a list of runs those are that somebody looks for."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from threading import Event
from typing import Final

from store.errors import Cancelled
from store.protocols import RunQuery
from tui.view.runs import RunsView

AT_ONCE: Final = 50_000
"""Hits that are looked for together: a table of all of them would take more room than the list."""

Places = Sequence[int]
"""Indices of rows, in order."""


@dataclass(frozen=True, slots=True)
class Hits:
    """The runs of a list that have a text in their name, or whose id begins with it."""

    text: str
    ids: Sequence[str]
    """The list."""
    places: Places

    def step(self, place: int, steps: int) -> tuple[int, int]:
        """(place, number from 1) of the hit that is so many hits behind a place, or before it; round the ends.

        There must be hits, and `steps` not be 0.
        """
        before = bisect_right(self.places, place) - 1 if steps > 0 else bisect_left(self.places, place)
        number = (before + steps) % len(self.places)
        return self.places[number], number + 1


def hits_query(view: RunsView, text: str) -> RunQuery:
    """Which of the runs of a view have `text` in their name."""
    return replace(view.query, filter=RunsView(find=text, filter=view.query.filter).query.filter)


def hit_places(ids: Sequence[str], named: Sequence[str], text: str, cancel: Event) -> Places:
    """Where in `ids` those are that were found by their name, `named` in the same order, and those that begin so.

    What came into the store after the list was read is not in it. Raises `Cancelled`.
    """
    if len(ids) == len(named) and ids == named:
        return range(len(ids))
    found = array("L")
    ahead = iter(named)
    wanted: set[str] = set()
    left = _filled(wanted, ahead)
    for place, run_id in enumerate(ids):
        if run_id in wanted:
            found.append(place)
            wanted.discard(run_id)
            left -= 1
            if left <= 0:
                left = _filled(wanted, ahead)
        elif run_id.startswith(text):
            found.append(place)
        if not place % AT_ONCE and cancel.is_set():
            raise Cancelled
    return found


def _filled(wanted: set[str], ahead: Iterator[str]) -> int:
    """Adds the next hits; how many are to be found before there is room for more."""
    wanted.update(islice(ahead, AT_ONCE))
    return len(wanted) // 2
