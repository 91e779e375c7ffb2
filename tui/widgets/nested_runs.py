"""A list of runs that may stand below their parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.message import Message

from store.ids import place_of
from store.nesting import MOST_NESTED
from tui.bindings import key_of
from tui.view import cells
from tui.view.run_tree import RunTree
from tui.widgets.runs_list import NEAR, RunsList

if TYPE_CHECKING:
    from store.nesting import Nesting
    from tui.messages import RunsFound
    from tui.view.runs import RunsView

FIRST, EVERY = "first", "every"
"""What stands for the first run, and for all, where else the id of one stands."""


class NestedRuns(RunsList):
    """Shows runs below their parents, if the view wants it; what is below a run can be folded away."""

    @dataclass
    class NestingWanted(Message):
        """The runs of a list are to stand below their parents."""

        ids: Sequence[str]

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._typed_ahead: list[str] = []
        """What is to be folded once there is a tree: ids of runs, `FIRST` or `EVERY`."""
        self._brings_parents = False
        """True if the tree that is looked for comes in the place of a list that was on screen."""

    def start(self, view: RunsView, names: Mapping[str, str], return_to: str = "") -> None:
        self.not_nested()
        super().start(view, names, return_to)

    def dropped(self) -> RunsView | None:
        self.not_nested()
        return super().dropped()

    def not_nested(self) -> None:
        """The tree that was looked for does not come: what was to be done with it is not done with the next one."""
        self._typed_ahead.clear()
        self._brings_parents = False

    def found(self, answer: RunsFound) -> None:
        super().found(answer)
        if answer.view.nested and answer.complete:
            self._tell_unnested()

    def _near(self) -> list[str]:
        near, tree, view = super()._near(), self._tree, self._view
        if tree is None or view is None:
            return near
        # A parent shows what the child has by which it stands there, wherever that is.
        start = max(0, self.table.on_screen.start - NEAR)
        others = (tree.stands_for(row, view.order) for row in range(start, start + len(near)))
        return list(dict.fromkeys([*near, *(run_id for run_id in others if run_id)]))

    def _tell_unnested(self) -> None:
        """Says that there are too many runs to nest, if that is so."""
        if len(self._ids) > MOST_NESTED:
            told = (
                f"{cells.plural(len(self._ids), 'run')} are not nested, {cells.count(MOST_NESTED)} can be: filter first"
            )
            self.notify(told, severity="warning", markup=False)

    def nest(self, ids: Sequence[str], nesting: Nesting) -> None:
        """Shows the runs below their parents, if these are still the `ids` of the list."""
        if ids is self._ids and self._view is not None and self._view.nested:
            self._show_tree(self.tree_of(nesting))
            brings, self._brings_parents = self._brings_parents, False
            if brings and self._tree is not None and len(self._tree.ids):
                self.table.bring_row(self._tree.root(self.table.cursor))

    def _show_tree(self, tree: RunTree | None) -> None:
        self._tree = tree
        if self._view is not None:
            self.table.show(self._rows(self._view))
            self._entitle(self._view)
        self._fill()
        self.forget_hits()
        self.look_for_hits()

    def _nest_again(self) -> None:
        """Asks how the runs of a list that is another now are nested; until then they stand as they are."""
        if self._view is None or not self._view.nested or not self.settled:
            return
        if len(self._ids) <= MOST_NESTED:
            self.post_message(self.NestingWanted(self._ids))
        else:
            self._show_tree(None)
            self._tell_unnested()

    def action_nested(self) -> None:
        """Runs below their parents, or one after the other."""
        view = self._view
        if view is None:
            return
        self._typed_ahead.clear()
        if not self.settled:
            # The list is asked for once more, with its parents.
            self._ask(nested=not (self._asked or view).nested)
            return
        self._view = replace(view, nested=not view.nested)
        if view.nested:
            self._tree = None
        self._brings_parents = self._view.nested
        self._show_as(self._view)
        self._nest_again()

    def action_fold(self) -> None:
        """Hides what is below the run under the cursor, or below its parent, or shows it again."""
        tree = self._tree
        if tree is None:
            self._fold_later(self.table.key or FIRST)
        elif (row := tree.holder(self.table.cursor)) is not None:
            self._fold(self._folded ^ {tree.ids[row]}, tree.ids[row])

    def action_fold_all(self) -> None:
        """Hides what is below every run; if everything is hidden, shows all again."""
        tree = self._tree
        if tree is None:
            self._fold_later(EVERY)
        elif len(tree.ids):
            self._fold(self._all_folded(tree), tree.ids[tree.root(self.table.cursor)])

    def _all_folded(self, tree: RunTree) -> frozenset[str]:
        parents = tree.parents
        return frozenset() if parents <= self._folded else parents

    def _fold_later(self, what: str) -> None:
        """Remembers what is to be folded in a tree that is still looked for."""
        view = self._asked or self._view
        if view is not None and view.nested and len(self._ids) <= MOST_NESTED:
            self._typed_ahead.append(what)
        else:
            self.notify(f"{key_of(self, 'nested')} shows runs below their parents", markup=False, timeout=4)

    def tree_of(self, nesting: Nesting) -> RunTree:
        """Folds what was typed ahead."""
        for what in self._typed_ahead:
            whole = RunTree(nesting)
            place = 0 if what == FIRST else place_of(whole.ids, what)
            if what == EVERY:
                self._folded = self._all_folded(whole)
            elif place is not None and (row := whole.holder(place)) is not None:
                self._folded ^= {whole.ids[row]}
        self._typed_ahead.clear()
        return super().tree_of(nesting)

    def stay(self) -> None:
        self._typed_ahead.clear()
        super().stay()

    def _fold(self, folded: frozenset[str], cursor: str) -> None:
        """Shows the tree with these runs folded, and the cursor on a run that is shown."""
        if self._tree is None:
            return
        self._folded = folded
        tree = RunTree(self._tree.nesting, folded)
        self._tree = tree
        if (row := place_of(tree.ids, cursor)) is not None and self._view is not None:
            self.table.show(self._rows(self._view), cursor=row)
        self._show_tree(tree)

    def hit_rows(self, places: Sequence[int]) -> Sequence[int]:
        if self._tree is None:
            return places
        if self._folded:
            self._fold(frozenset(), self.key)
        wanted = {self._ids[place] for place in places}
        return [row for row, run_id in enumerate(self._tree.ids) if run_id in wanted]
