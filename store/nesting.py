"""Runs below the runs that they name as their parents."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, compress
from threading import Event
from typing import TYPE_CHECKING, Final

from store.ids import RunIds
from store.kinds import PARENT_TAG, KeyKind

if TYPE_CHECKING:
    from store.protocols import Store

MOST_NESTED: Final = 500_000
"""Runs that are nested: a tree takes 28 bytes for each of them, and three times as much while it is made."""

_PARENT: Final = (KeyKind.TAG, PARENT_TAG)


@dataclass(frozen=True, slots=True)
class Nesting:
    """The runs of a list as trees."""

    ids: Sequence[str]
    """Every run before those below it; a tree stands where the first of its runs stood in the list, and runs with the
    same parent stand in the same way."""
    depths: Sequence[int]
    """How many runs are above each; 0 for roots."""
    below: Sequence[int]
    """How many runs of the list are somewhere below each."""
    context: frozenset[str]
    """Runs that are not of the list: they are there because runs of it are below them."""
    firsts: Sequence[int]
    """Where in `ids` the run stands that is the first one of the list below each; -1 where none is."""


def read_nesting(store: Store, run_ids: Sequence[str], cancel: Event | None = None) -> Nesting:
    """Nests the runs with these ids, below parents that are not among them too.

    A parent that is not in the store is none. Raises what the store raises.
    """
    places: dict[str, int] = {}
    """Of the runs that are named as parents; -1 of those that are not in the store."""
    context: list[str] = []
    named: list[tuple[Sequence[int], Sequence[str]]] = []
    """What each of the list, and then of the context, names: one of some texts."""
    wanted: Sequence[str] = run_ids
    while wanted:
        found = store.key_values(wanted, [_PARENT], cancel)
        column = found.coded[_PARENT]
        values = [str(value) for value in column.values]
        if wanted is run_ids:
            named.append((column.codes, values))
        else:
            named.append((list(compress(column.codes, found.there)), values))
            for run_id, there in zip(wanted, found.there, strict=True):
                places[run_id] = len(run_ids) + len(context) if there else -1
                context += [run_id] * there
        new = {value for value in values if value and value not in places}
        places.update((run_id, place) for place, run_id in enumerate(run_ids) if run_id in new)
        wanted = [value for value in values if value in new and value not in places]
    above = array("i")
    for codes, texts in named:
        # The last one stands for those that name none.
        targets = [*(places.get(text, -1) for text in texts), -1]
        above.extend(map(targets.__getitem__, codes))
    _cut_circles(above)
    return _laid_out(RunIds(chain(run_ids, context)), len(run_ids), above, *_in_order(len(run_ids), above))


def _cut_circles(above: array[int]) -> None:
    """`above` is the place of the parent of each, -1 for roots: one run of every circle becomes a root too."""
    seen = array("i", [0]) * len(above)
    for start in range(len(above)):
        place = start
        while place >= 0 and not seen[place]:
            seen[place] = start + 1
            if (parent := above[place]) >= 0 and seen[parent] == start + 1:
                # The walk has come back to itself: everything in it was seen from here, and this is its first run.
                above[_first_of_circle(above, parent)] = -1
                break
            place = parent


def _first_of_circle(above: array[int], start: int) -> int:
    first, place = start, above[start]
    while place != start:
        first, place = min(first, place), above[place]
    return first


def _in_order(listed: int, above: array[int]) -> tuple[array[int], array[int]]:
    """The first child of each, and last of all the first root; and the next child of the same parent; -1 if none is.

    They are in the order of the first run of the list in each tree.
    """
    roots = len(above)
    first, last, following = (array("i", [-1]) * (roots + 1) for _ in range(3))
    placed = bytearray(roots)
    for start in range(listed):
        place = start
        while place != roots and not placed[place]:
            placed[place] = 1
            parent = above[place] if above[place] >= 0 else roots
            if last[parent] < 0:
                first[parent] = place
            else:
                following[last[parent]] = place
            last[parent] = place
            place = parent
    return first, following


def _laid_out(every: RunIds, listed: int, above: array[int], first: array[int], following: array[int]) -> Nesting:
    order, depths = array("i"), array("i")
    place, depth = first[-1], 0
    while place >= 0:
        order.append(place)
        depths.append(depth)
        if first[place] >= 0:
            place, depth = first[place], depth + 1
            continue
        while place >= 0 and following[place] < 0:
            place, depth = above[place], depth - 1
        place = following[place] if place >= 0 else -1
    # Of a circle that is not of the list some may have none of it below them: they are left out.
    shown = frozenset(every.at(place for place in order if place >= listed)) if len(every) > listed else frozenset()
    below = array("i", [0]) * len(every)
    least = array("i", [-1]) * len(every)
    # From the leaves up: what is below a run comes after it.
    for place in reversed(order):
        parent = above[place]
        if parent < 0:
            continue
        below[parent] += below[place] + (place < listed)
        for one in (least[place], place if place < listed else -1):
            if one >= 0 and (least[parent] < 0 or one < least[parent]):
                least[parent] = one
    rows = array("i", [0]) * len(every)
    for row, place in enumerate(order):
        rows[place] = row
    return Nesting(
        RunIds(every.at(order)),
        depths,
        array("i", (below[place] for place in order)),
        shown,
        array("i", (rows[least[place]] if least[place] >= 0 else -1 for place in order)),
    )
