"""Runs below the runs that they name as their parents."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Final

from store.errors import Cancelled
from store.kinds import PARENT_TAG, RunParts

if TYPE_CHECKING:
    from store.protocols import Store

PORTION: Final = 2000
"""Runs that are read together: of more, cancelling would take too long."""

MOST_NESTED: Final = 100_000
"""Runs that are nested: a tree takes some 500 bytes for each of them."""


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
    parents: dict[str, str | None] = {}
    wanted: list[str] = list(run_ids)
    listed = set(wanted)
    context: dict[str, None] = {}
    while wanted:
        known = _read_parents(store, wanted, cancel)
        parents.update(known)
        if len(parents) > len(listed):
            context.update((run_id, None) for run_id in known if run_id not in listed)
        found = dict.fromkeys(parent for parent in known.values() if parent is not None)
        wanted = [run_id for run_id in found if run_id not in parents and run_id not in listed]
    return nested(run_ids, {child: parent for child, parent in parents.items() if parent}, tuple(context))


def _read_parents(store: Store, run_ids: Sequence[str], cancel: Event | None) -> dict[str, str | None]:
    """The parents that the runs with these ids name; None for those that name none. Unknown ids are left out."""
    found: dict[str, str | None] = {}
    for start in range(0, len(run_ids), PORTION):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        some = run_ids[start : start + PORTION]
        for run in store.runs(some, RunParts.TAGS, cancel, {RunParts.TAGS: (PARENT_TAG,)}):
            found[run.run_id] = run.tags.get(PARENT_TAG) or None
    return found


def nested(ids: Sequence[str], parents: Mapping[str, str], context: Sequence[str] = ()) -> Nesting:
    """The runs of a list, and those of `context`, below their `parents` (child -> parent), as far as these are there.

    Runs that are above themselves are cut off at the one that comes first in the list.
    """
    every = [*ids, *context]
    above = _above(every, parents)
    children, roots = _in_order(len(ids), above)
    return _laid_out(every, len(ids), above, children, roots, frozenset(context))


def _above(every: Sequence[str], parents: Mapping[str, str]) -> array[int]:
    """The place of the parent of each; -1 for roots, also for one run of every circle."""
    places = {run_id: place for place, run_id in enumerate(every)}
    above = array("i", (places.get(parents.get(run_id, ""), -1) for run_id in every))
    seen = array("i", bytes(4 * len(every)))
    for start in range(len(every)):
        place = start
        while place >= 0 and not seen[place]:
            seen[place] = start + 1
            if (parent := above[place]) >= 0 and seen[parent] == start + 1:
                # The walk has come back to itself: everything in it was seen from here, and this is its first run.
                above[_first_of_circle(above, parent)] = -1
                break
            place = parent
    return above


def _first_of_circle(above: array[int], start: int) -> int:
    first, place = start, above[start]
    while place != start:
        first, place = min(first, place), above[place]
    return first


def _in_order(listed: int, above: array[int]) -> tuple[dict[int, list[int]], list[int]]:
    """The children of each run that has some, and the roots, in the order of the first run of each tree in the list."""
    children: dict[int, list[int]] = {}
    roots: list[int] = []
    placed = bytearray(len(above))
    for start in range(listed):
        place = start
        while not placed[place]:
            placed[place] = 1
            parent = above[place]
            if parent < 0:
                roots.append(place)
                break
            children.setdefault(parent, []).append(place)
            place = parent
    return children, roots


def _laid_out(
    every: Sequence[str],
    listed: int,
    above: array[int],
    children: Mapping[int, Sequence[int]],
    roots: Sequence[int],
    context: frozenset[str],
) -> Nesting:
    order, depths = array("i"), array("i")
    stack = [(root, 0) for root in reversed(roots)]
    while stack:
        place, depth = stack.pop()
        order.append(place)
        depths.append(depth)
        stack += [(child, depth + 1) for child in reversed(children.get(place, ()))]
    # Of a circle that is not of the list some may have none of it below them: they are left out.
    shown = frozenset(every[place] for place in order if place >= listed) if context else context
    rows = array("i", bytes(4 * len(every)))
    for row, place in enumerate(order):
        rows[place] = row
    below = array("i", bytes(4 * len(every)))
    first = array("i", [-1]) * len(every)
    # From the leaves up: what is below a run comes after it.
    for place in reversed(order):
        parent = above[place]
        if parent < 0:
            continue
        below[parent] += below[place] + (place < listed)
        for one in (first[place], place if place < listed else -1):
            if one >= 0 and (first[parent] < 0 or one < first[parent]):
                first[parent] = one
    return Nesting(
        [every[place] for place in order],
        depths,
        array("i", (below[place] for place in order)),
        shown,
        array("i", (rows[first[place]] if first[place] >= 0 else -1 for place in order)),
    )
