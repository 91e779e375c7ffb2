"""A list of runs that follows what changes in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.entities import Run
from tui.looking import UNFINISHED
from tui.view.run_columns import widened
from tui.view.silence import silent
from tui.view.text import clean
from tui.widgets.nested_runs import NestedRuns

if TYPE_CHECKING:
    from store.entities import Page
    from store.protocols import RunKeys

WATCHED = 300
"""Rows of unfinished runs far from the screen that live mode keeps up to date."""


class LiveRuns(NestedRuns):
    """Shows again what changed of the runs that are listed; cursor, marks and scroll stay as they are."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._badges: list[str] = []
        """What was said last of the silence of the rows on screen."""

    def watched(self) -> dict[str, Run]:
        """The loaded rows near the screen, and those elsewhere that may still change.

        Of these last ones not many are kept: others are forgotten, and read anew when they come on screen.
        """
        near = [run_id for run_id in self._near() if run_id in self._loaded]
        there = set(near)
        others = [key for key, run in self._loaded.items() if run.status in UNFINISHED and key not in there]
        # Wide ones take long to read: they are read again when they come on screen.
        kept = [] if self._wide else others[-WATCHED:]
        self._loaded.forget(others[: len(others) - len(kept)])
        return {key: self._loaded[key] for key in (*near, *kept)}

    def renew(self, known: Sequence[str], page: Page[str]) -> bool:
        """Shows which runs match now, if the list is still the `known` one; rows and cursor stay where they are."""
        view = self._view
        if view is None or not self.settled or known is not self._ids:
            return False
        if not self._ids:
            # There are no columns yet.
            self._ask()
            return True
        self._ids = page.items
        self._nest_again()
        self.look_for_hits()
        self.table.show(self._rows(view), empty=self._emptiness(view))
        self._entitle(view)
        self._say("#runs-notes", [(clean(note), "dim") for note in page.notes])
        return True

    def update_rows(self, asked: Sequence[str], runs: Sequence[Run], keys: RunKeys | None) -> None:
        """Rows that changed, of which at least these keys were read, and new badges of those that did not."""
        if asked:
            wider = widened(self._columns, runs)
            if wider != self._columns and self._view is not None:
                self._columns = wider
                self.table.show(self._rows(self._view))
                self._entitle(self._view)
            self.read(asked, runs, keys)
        shown = (self._loaded.get(self.shown_ids[index]) for index in self.table.on_screen)
        badges = [silent(run, self.now()) for run in shown if run is not None]
        if badges != self._badges:
            self._badges = badges
            self.table.repaint()
