"""The runs of one or all experiments in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.message import Message

from store.entities import Run, ViewType
from tui.bindings import bindings
from tui.keys import Place
from tui.view import cells
from tui.view.glyphs import GLYPHS, quoted
from tui.view.runs import NEWEST_FIRST, RunColumns, RunRows, RunsView, first_ascending, promoted
from tui.view.stages import STAGE_NAMES, STAGES
from tui.view.text import clean
from tui.widgets.pane import Pane
from tui.widgets.table import Table

if TYPE_CHECKING:
    from tui.widgets.prompt import Prompt

KEPT_ROWS = 4000
"""Runs kept in memory after they were read: some hundred screens."""

ROOMY = 100
"""Columns of the pane from which the title says what has no column."""

NEAR = 60
"""Rows that are read ahead on both sides of those on screen."""


class RunsPane(Pane):
    """Runs, filtered by name or by an expression, sorted by a column, read as they come on screen."""

    BINDINGS = bindings(Place.NAMES, Place.RUNS)
    frozen = 2
    empty = "choose an experiment first: 1"

    @dataclass
    class Asked(Message):
        """Other runs are wanted; they are shown once they were found."""

        view: RunsView

    @dataclass
    class Wanted(Message):
        """Rows near the screen that are to be read."""

        ids: Sequence[str]

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RunsPane.Wanted)

    @dataclass
    class Opened(Message):
        """A run is wanted in full."""

        run_id: str

    @dataclass
    class SortWanted(Message):
        """The order is to be chosen among these (order_by key, title) pairs."""

        choices: Sequence[tuple[str, str]]
        key: str

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._view: RunsView | None = None
        self._names: Mapping[str, str] = {}
        self._ids: Sequence[str] = ()
        self._loaded: dict[str, Run] = {}
        self._columns = RunColumns()
        self._complete = True
        self._asked: RunsView | None = None
        """What was asked for and is not answered yet."""
        self._open_when_found = False
        self._refused = ""
        """A filter that did not do, to be mended."""
        self.answered = False
        """True once the runs of these experiments were found."""

    @property
    def view(self) -> RunsView | None:
        """What the rows on screen answer; None before anything was asked for."""
        return self._view

    @property
    def chosen(self) -> Run | None:
        """The run under the cursor, if it is read."""
        return self._loaded.get(self.table.key or "")

    def start(self, view: RunsView, names: Mapping[str, str]) -> None:
        """Asks for the runs of other experiments; `names` has the names of all by id."""
        self._names = names
        self.answered = False
        self._view, self._ids, self._loaded, self._columns = view, (), {}, RunColumns()
        self.entitle([("Runs", "title"), (self._title(view), "accent")])
        self.table.show(self._rows(view), empty=f"reading the runs {GLYPHS.ellipsis}", cursor=0)
        self._post(view)

    def failed(self) -> None:
        """The runs that were asked for do not come: those on screen stay."""
        if self._asked is not None:
            self._refused = self._asked.filter
        self._asked, self._open_when_found = None, False
        if not self.answered:
            self.table.show(self.table.rows, empty="the runs were not read\nr tries again")

    def stay(self) -> None:
        """What was typed ahead is not meant any more."""
        self._open_when_found = False

    def found(
        self, view: RunsView, ids: Sequence[str], complete: bool, runs: Sequence[Run], columns: RunColumns
    ) -> None:
        """Shows which runs match. Rows that were read before stay on screen until they are read again."""
        again = view == self._view and len(self._ids) > 0
        self._remember(runs)
        if again and not complete:
            # The first part of a list that is read again must not throw the cursor out of the rest.
            return
        if self._columns == RunColumns() or self._view is None or self._view.stage is not view.stage:
            # A narrower filter must not take columns away.
            self._columns = columns
        reordered = self._view is not None and self._view.order != view.order
        self._columns = promoted(self._columns, view.order[0])
        self._view, self._ids, self._complete, self.answered = view, ids, complete, True
        self._refused = ""
        if again:
            # What is not on screen is read again when it comes there.
            kept = {*self._near(), *(run.run_id for run in runs)}
            self._loaded = {key: run for key, run in self._loaded.items() if key in kept}
        # In another order the first rows are what one wants to see; else the cursor stays on its run.
        self.table.show(self._rows(view), empty=self._emptiness(view), cursor=0 if reordered else None)
        self._entitle(view)
        if again and ids:
            self.post_message(self.Wanted(self._near()))
        if view == self._asked:
            open_now, self._open_when_found, self._asked = self._open_when_found, False, None
            if open_now and ids:
                self.table.action_open()

    def read(self, ids: Sequence[str], runs: Sequence[Run]) -> None:
        """Fills rows in; those that were asked for and did not come are no longer in the store."""
        self._remember(runs)
        there = {run.run_id for run in runs}
        self._remember([_gone(run_id) for run_id in ids if run_id not in there])
        self.table.repaint()

    @property
    def key(self) -> str:
        """The id of the run under the cursor; empty if there is none."""
        return self.table.key or ""

    def _remember(self, runs: Sequence[Run]) -> None:
        """Keeps what was read, the latest last; forgets the oldest that is not on screen."""
        for run in runs:
            self._loaded.pop(run.run_id, None)
            self._loaded[run.run_id] = run
        if len(self._loaded) > KEPT_ROWS:
            keep = set(self._near())
            for run_id in list(self._loaded)[: len(self._loaded) - KEPT_ROWS // 2]:
                if run_id not in keep:
                    del self._loaded[run_id]

    def _rows(self, view: RunsView) -> RunRows:
        return RunRows(self._ids, self._loaded, self._columns, self._names, view.order)

    def _forget(self) -> None:
        if len(self._loaded) > KEPT_ROWS:
            keep = set(self._near())
            for run_id in list(self._loaded)[: len(self._loaded) - KEPT_ROWS // 2]:
                if run_id not in keep:
                    del self._loaded[run_id]

    # Texts

    def _title(self, view: RunsView) -> str:
        if view.experiment_ids is None:
            return "all experiments"
        return ", ".join(clean(self._names.get(key, key)) for key in view.experiment_ids)

    @staticmethod
    def _emptiness(view: RunsView) -> str:
        if view.filter or view.find:
            return "no run matches\nEsc shows all of them, f changes the filter"
        if view.stage is ViewType.DELETED_ONLY:
            return "no run is deleted\nV shows the others"
        return "no runs yet\nr reads again, Esc goes back to the experiments"

    def _entitle(self, view: RunsView) -> None:
        total = cells.plural(len(self._ids), "run") if self._complete else f"more than {len(self._ids)} runs"
        pieces = [("Runs", "title"), (self._title(view), "accent"), (total, "")]
        if view.find:
            pieces.append((f"called {quoted(clean(view.find))}", "warn"))
        if view.filter:
            pieces.append((f"where {clean(view.filter)}", "warn"))
        if STAGE_NAMES[view.stage]:
            pieces.append((STAGE_NAMES[view.stage], "warn"))
        if view.order != NEWEST_FIRST:
            key, ascending = view.order
            pieces.append((f"{GLYPHS.up if ascending else GLYPHS.down} {clean(key)}", "dim"))
        hidden = [
            cells.plural(number, noun)
            for number, noun in ((self._columns.other_metrics, "metric"), (self._columns.other_params, "param"))
            if number
        ]
        if hidden and self.size.width >= ROOMY:
            pieces.append((f"{' and '.join(hidden)} without a column", "dim"))
        self.entitle(pieces)

    # Rows that come on screen

    def _near(self) -> list[str]:
        visible = self.table.on_screen
        return list(self._ids[max(0, visible.start - NEAR) : visible.stop + NEAR])

    def on_table_wanted(self, event: Table.Wanted) -> None:
        event.stop()
        wanted = [run_id for run_id in self._near() if run_id not in self._loaded]
        if wanted:
            self.post_message(self.Wanted(wanted))

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    def on_table_opened(self, event: Table.Opened) -> None:
        event.stop()
        if self._asked is not None and (self._asked != self._view or not self._ids):
            # Typed ahead: the run that is meant is among those that are still being looked for.
            self._open_when_found = True
        elif (key := self.table.key) is not None:
            self.post_message(self.Opened(key))

    # Which runs, and in which order

    def _ask(self, **changes: object) -> None:
        # On what was asked for last, even if it is not answered yet: several changes at once all count.
        view = self._asked or self._view
        if view is not None:
            self._post(replace(view, **changes))  # type: ignore[arg-type]  # the names are the view's own

    def _post(self, view: RunsView) -> None:
        self._asked, self._open_when_found = view, False
        self.post_message(self.Asked(view))

    def ask_again(self) -> None:
        self._ask()

    async def action_find(self) -> None:
        if self._view is not None:
            await self.ask("find", self._view.find, "part of a run's name")

    async def action_filter(self) -> None:
        if self._view is not None:
            await self.ask("filter", self._refused or self._view.filter, "for example metrics.rmse < 0.8")

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        event.stop()
        if event.prompt.purpose == "find":
            self._ask(find=event.text.strip())

    def on_prompt_done(self, event: Prompt.Done) -> None:
        event.stop()
        if event.prompt.purpose == "filter":
            self._ask(filter=event.text.strip())
        self.take_focus()

    def on_prompt_dropped(self, event: Prompt.Dropped) -> None:
        event.stop()
        if event.prompt.purpose == "find":
            self._ask(find="")
        self.take_focus()

    def clear_search(self) -> bool:
        """Shows all runs again; False if they are shown already."""
        if self._view is None or not (self._view.filter or self._view.find):
            return False
        self._ask(filter="", find="")
        return True

    def action_sort(self) -> None:
        if self._view is not None:
            choices = [(column.id, column.title) for column in self.table.rows.columns if "." in column.id]
            self.post_message(self.SortWanted(choices, self._view.order[0]))

    def sort_by(self, key: str) -> None:
        """Sorts by an order_by key, from the end that one wants to see first; once more by the same: from the other."""
        if self._view is not None:
            same = key == self._view.order[0]
            self._ask(order=(key, not self._view.order[1] if same else first_ascending(key)))

    def action_next_stage(self) -> None:
        if self._view is not None:
            self._ask(stage=STAGES[(STAGES.index(self._view.stage) + 1) % len(STAGES)])

    def action_reverse(self) -> None:
        if self._view is not None:
            self.sort_by(self._view.order[0])


def _gone(run_id: str) -> Run:
    """A row for a run that was deleted for good after the list was read."""
    return Run(run_id, "(no longer in the store)", "", "", None, None, "deleted", None, None)
