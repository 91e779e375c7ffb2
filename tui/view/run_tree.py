"""Nested runs as rows: which are shown, how deep, and which of those below a run gives it its place."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence

from store.nesting import Nesting
from tui.view.glyphs import GLYPHS
from tui.view.order import Order

INDENTED = 8
"""Runs above one up to which it stands further to the right for each of them; deeper ones tell how many they are, so
that there is room for their names."""


class RunTree:
    """The rows of a nesting, without what is below folded runs."""

    def __init__(self, nesting: Nesting, folded: Collection[str] = ()) -> None:
        """`folded` are ids of runs; those that have none below them, or are not there, are no matter."""
        self.nesting = nesting
        self._folded = folded
        self._places: Sequence[int] = range(len(nesting.ids))
        self.ids: Sequence[str] = nesting.ids
        """Of the rows."""
        if folded:
            self._places = _visible(nesting, folded)
            self.ids = [nesting.ids[place] for place in self._places]

    def depth(self, row: int) -> int:
        return self.nesting.depths[self._places[row]]

    def below(self, row: int) -> int:
        """How many runs of the list are below this one, shown or not."""
        return self.nesting.below[self._places[row]]

    def is_context(self, row: int) -> bool:
        """True for a run that is not of the list."""
        return self.ids[row] in self.nesting.context

    def parent(self, row: int) -> int | None:
        """The row of the run that this one is below."""
        depth = self.depth(row)
        return next((above for above in range(row - 1, -1, -1) if self.depth(above) < depth), None) if depth else None

    @property
    def parents(self) -> frozenset[str]:
        """The ids of all runs that have some below them, shown or not."""
        nesting = self.nesting
        return frozenset(run_id for run_id, below in zip(nesting.ids, nesting.below, strict=True) if below)

    def holder(self, row: int) -> int | None:
        """The row itself, else that of the nearest run above it, if it has runs below."""
        found: int | None = row if row < len(self.ids) else None
        while found is not None and not self.below(found):
            found = self.parent(found)
        return found

    def root(self, row: int) -> int:
        """The row of the outermost run that this one is below, or its own."""
        while (above := self.parent(row)) is not None:
            row = above
        return row

    def sign(self, row: int) -> str:
        """What stands before its name."""
        depth = self.depth(row)
        indent = "  " * min(depth, INDENTED) + (f"({depth}) " if depth > INDENTED else "")
        if not self.below(row):
            return f"{indent}  "
        return f"{indent}{GLYPHS.folded if self.ids[row] in self._folded else GLYPHS.unfolded} "

    def stands_for(self, row: int, order: Order) -> str:
        """The id of the first run of the list below this one, where runs are sorted by a metric; else empty.

        It is the one by which this one has its place in the list: the best, unless the worst are to be first.
        """
        if not order or order[0].column.kind != "metrics":
            return ""
        place = self.nesting.firsts[self._places[row]]
        return self.nesting.ids[place] if place >= 0 else ""


def _visible(nesting: Nesting, folded: Collection[str]) -> array[int]:
    shown, hidden_below = array("i"), -1
    for place, depth in enumerate(nesting.depths):
        if 0 <= hidden_below < depth:
            continue
        hidden_below = depth if nesting.ids[place] in folded else -1
        shown.append(place)
    return shown
