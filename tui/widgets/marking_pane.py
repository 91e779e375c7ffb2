"""A pane in which runs are marked, wherever in a long list these are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from store.ids import place_of
from tui.view import cells
from tui.widgets.hits_pane import HitsPane

MOST_MARKS: Final = 100_000
"""Runs that can be marked: their ids take some 15 MB then, and what is done with marks lists every one of them."""

LOOKED_FOR: Final = 20_000_000
"""Marks times rows up to which it is counted how many marks are not in the list."""


class MarkingPane(HitsPane):
    """Keeps the ids of marked runs, in the order of marking, whatever the list is filtered and sorted by."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._marks: dict[str, None] = {}
        self._last_mark = ""
        """Where a range begins."""

    @property
    def marks(self) -> Sequence[str]:
        """The ids of the runs that are marked."""
        return tuple(self._marks)

    @property
    def marked(self) -> Collection[str]:
        """The same, as it is at any time."""
        return self._marks.keys()

    def targets(self) -> Sequence[str]:
        """The ids of the runs that something is done with: those that are marked, else the one under the cursor."""
        if self._marks:
            return self.marks
        return (self.table.key,) if self.table.key else ()

    def marks_text(self) -> str:
        """`3 marked`, and how many of them are not in the list; empty if none is."""
        if not self._marks:
            return ""
        told = f"{cells.count(len(self._marks))} marked"
        if len(self._marks) * len(self.ids) <= LOOKED_FOR:
            gone = sum(place_of(self.ids, key) is None for key in self._marks)
            return f"{told}, {cells.count(gone)} of them not here" if gone else told
        return told

    @property
    def shown_ids(self) -> Sequence[str]:
        """The runs of the rows, which may stand in another order than in the list."""
        return self.ids

    def _marked(self) -> None:
        """The marks are others now."""
        self.table.marks = self._marks
        self.retitle()

    def retitle(self) -> None:
        """Says again what the list has."""
        raise NotImplementedError

    def _mark(self, ids: Sequence[str]) -> None:
        new = [key for key in ids if key not in self._marks]
        if self._room_for(len(self._marks) + len(new)):
            self._marks.update(dict.fromkeys(new))
            self._marked()

    def _room_for(self, many: int) -> bool:
        """Whether so many marks are kept; says so if not."""
        if many > MOST_MARKS:
            told = (
                f"{cells.plural(many, 'run')} cannot be marked at a time, {cells.count(MOST_MARKS)} can: filter first"
            )
            self.notify(told, severity="warning", markup=False)
        return many <= MOST_MARKS

    def toggle_marks(self, ids: Sequence[str]) -> None:
        """Marks these runs; if all of them are marked, takes their marks away."""
        if all(key in self._marks for key in ids):
            for key in ids:
                del self._marks[key]
            self._marked()
        else:
            self._mark(ids)

    def action_mark(self) -> None:
        """Marks the run under the cursor, or takes its mark away, and goes on to the next one."""
        key = self.table.key
        if key is None:
            return
        self._last_mark = key
        if key in self._marks:
            del self._marks[key]
            self._marked()
        else:
            self._mark((key,))
        self.table.action_move(1)

    def action_mark_range(self) -> None:
        """Marks all runs from the one that was marked last to the one under the cursor."""
        start = self.table.rows.find(self._last_mark) if self._last_mark else None
        if start is None:
            self.notify("mark a run of this list first: the range goes from there", severity="warning", timeout=4)
            return
        first, last = sorted((start, self.table.cursor))
        if not self._room_for(last - first + 1):
            return
        self._last_mark = self.table.key or ""
        self._mark(self.shown_ids[first : last + 1])

    def action_mark_all(self) -> None:
        """Marks all runs of the list; if all are, takes their marks away."""
        if not self.settled:
            self.notify("the list is not whole yet", severity="warning", timeout=3)
        elif len(self.ids) <= len(self._marks) or self._room_for(len(self.ids)):
            self.toggle_marks(self.ids)

    def action_unmark(self) -> None:
        """Takes all marks away, also those of runs that are not in the list."""
        self._marks.clear()
        self._marked()
