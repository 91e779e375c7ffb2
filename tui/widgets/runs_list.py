"""A list of runs that are read as they come on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.message import Message

from store.entities import Run
from store.kinds import KeyKind
from tui.bindings import key_of
from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.headway import headway_text
from tui.view.run_columns import RunColumn, RunColumns, keys_of, promoted
from tui.view.run_tree import RunTree
from tui.view.run_values import RunValues
from tui.view.runs import RunRows, RunsView
from tui.view.runs_texts import KeyNames, emptiness, place, runs_title
from tui.view.text import clean
from tui.widgets.line import Line
from tui.widgets.marking_pane import MarkingPane
from tui.widgets.run_cache import RunCache
from tui.widgets.table import Table

if TYPE_CHECKING:
    from store.absent import Absent
    from store.nesting import Nesting
    from store.protocols import Headway, RunKeys
    from tui.messages import RunsFound


@dataclass(frozen=True, slots=True)
class Seen:
    """The part of a list that is on screen."""

    ids: Sequence[str]
    columns: Sequence[RunColumn]
    """Those behind the run's name."""


ROOMY = 100
"""Columns of the pane from which the title says what has no column."""

NARROW = 100
"""Columns of the pane below which what was measured comes before times and states."""

NEAR = 60
"""Rows that are read ahead on both sides of those on screen."""


class RunsList(MarkingPane):
    """Shows the runs that were found for a view, and asks for those that are near the screen."""

    frozen = 2

    @dataclass
    class Asked(Message):
        """Other runs are wanted; they are shown once they were found."""

        view: RunsView

    @dataclass
    class Wanted(Message):
        """Rows near the screen that are to be read."""

        ids: Sequence[str]
        keys: RunKeys | None
        """What of them; None: all."""
        columns: Sequence[RunColumn] = ()
        """The table's: some show more than what runs hold."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RunsList.Wanted)

    @dataclass
    class Opened(Message):
        """A run is wanted in full."""

        run_id: str

    @dataclass
    class VaryingWanted(Message):
        """It is to be found out in which columns these runs differ."""

        view: RunsView
        ids: Sequence[str]

    @dataclass
    class Viewed(Message):
        """The runs are shown in another way."""

        view: RunsView

    _reading = f"reading the runs {GLYPHS.ellipsis}"

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._view: RunsView | None = None
        self._names: Mapping[str, str] = {}
        self._ids: Sequence[str] = ()
        self._tree: RunTree | None = None
        """The same below their parents, while they are nested."""
        self._folded: frozenset[str] = frozenset()
        """Runs below which nothing is shown."""
        self._loaded = RunCache()
        self._values = RunValues()
        """What columns show of histories."""
        self._columns = RunColumns()
        """What has a column where the user chose none."""
        self._complete = True
        self._wide = False
        """True if runs have so many params or metrics that only those are read that have a column."""
        self._asked: RunsView | None = None
        """What was asked for and is not answered yet."""
        self._open_when_found = False
        self.refused = ""
        """A filter that did not do, to be mended."""
        self._absent: Sequence[Absent] = ()
        self._headway = ""
        """How far a reading that takes long has come."""
        self._narrow = False
        self._varying: frozenset[tuple[KeyKind, str]] | None = None
        """In what the runs differ; None while nobody looked."""
        self.directions: Mapping[str, bool] = {}
        """Metrics of which the user said whether more is better."""
        self._return_to = ""
        """The run on which the cursor is to be once it was found."""
        self.answered = False
        """True once the runs of these experiments were found."""

    def compose(self) -> ComposeResult:
        yield Line(classes="title")
        yield Table(frozen=self.frozen, empty=f"choose an experiment first: {key_of(self, 'experiments')}")
        yield Line(id="runs-notes", classes="notes -gone")

    @property
    def view(self) -> RunsView | None:
        """What the rows on screen answer; None before anything was asked for."""
        return self._view

    @property
    def chosen(self) -> Run | None:
        """The run under the cursor, if it is read."""
        return self._loaded.get(self.table.key or "")

    def start(self, view: RunsView, names: Mapping[str, str], return_to: str = "") -> None:
        """Asks for the runs of other experiments; `names` has the names of all by id.

        The cursor goes to the run with the id `return_to`, if that is among them.
        """
        self._names, self._return_to = names, return_to
        self.answered = False
        self._view, self._ids, self._loaded, self._columns = view, (), RunCache(), RunColumns()
        self._values, self._varying = RunValues(), None
        self._tree, self._folded = None, frozenset()
        self.no_hits()
        self.forget_hits()
        self._absent, self._headway = (), ""
        self.entitle([("Runs", "title"), (place(view, names), "accent")])
        self._say("#runs-notes", ())
        self.table.show(self._rows(view), empty=self._reading, cursor=0)
        self._post(view)

    def names_are(self, names: Mapping[str, str]) -> None:
        """The names of the experiments, which may come after the first runs do."""
        if names == self._names:
            return
        self._names = names
        if self._view is not None:
            self.table.show(self._rows(self._view))
            self._entitle(self._view)

    def dropped(self) -> RunsView | None:
        """The runs that were asked for do not come: those on screen stay. Returns what was asked for."""
        asked = self._asked
        self.no_hits()
        if asked is not None:
            self.refused = asked.filter
        self._asked, self._open_when_found, self._headway = None, False, ""
        if not self.answered:
            again = f"the runs were not read\n{key_of(self, 'refresh')} tries again"
            self.table.show(self.table.rows, empty=again)
        elif self._view is not None:
            self._entitle(self._view)
        return asked

    def stay(self) -> None:
        """What was typed ahead is not meant any more."""
        self._open_when_found = False
        self.no_hits()
        self.table.stay()

    def coming(self, view: RunsView, headway: Headway) -> None:
        """Says how far the store has come; rows that it found show at once where there are no others yet."""
        if self._view is None or view != (self._asked or self._view):
            return
        self._headway = headway_text(headway)
        first = not self.answered or (view == self._view and not self._complete)
        if first and len(headway.found) > len(self._ids):
            self._ids, self._complete, self._tree = headway.found, False, None
            self.table.show(self._rows(view))
        elif not len(self._ids) and not self.answered:
            self.table.show(self.table.rows, empty=f"{self._headway} {GLYPHS.ellipsis}")
        self._entitle(self._view)

    def found(self, answer: RunsFound) -> None:
        """Shows which runs match. Rows that were read before stay on screen until they are read again."""
        view, ids = answer.view, answer.ids
        again = self.answered and view == self._view and len(self._ids) > 0
        was_complete = self._complete
        self._wide = answer.keys is not None
        self._loaded.remember(answer.runs, self._near(), answer.keys)
        if again and not answer.complete:
            # The first part of a list that is read again must not throw the cursor out of the rest.
            return
        if self._columns == RunColumns() or self._view is None or self._view.stage is not view.stage:
            # A narrower filter must not take columns away.
            self._columns = answer.columns
        reordered = self._view is not None and self._view.order != view.order
        self._columns = promoted(self._columns, [key.column for key in view.order])
        self._view, self._ids, self._complete, self.answered = view, ids, answer.complete, True
        self._tree = None if answer.nesting is None else self.tree_of(answer.nesting)
        self.refused, self._absent, self._headway = "", (), ""
        if again and was_complete:
            # What is not on screen is read again when it comes there.
            self._loaded.keep_only({*self._near(), *(run.run_id for run in answer.runs)})
        # In another order the first rows are what one wants to see; else the cursor stays on its run.
        self.table.show(self._rows(view), empty=self._emptiness(view), cursor=0 if reordered else None)
        self._go_back(answer.complete)
        if answer.complete:
            self.table.go_on()
        self._fill()
        if view.varying and self._complete:
            self.post_message(self.VaryingWanted(view, self._ids))
        self.post_message(self.Viewed(view))
        self._entitle(view)
        self._say("#runs-notes", [(clean(note), "dim") for note in answer.notes])
        if again and ids:
            self.post_message(self.Wanted(self._near(), self.keys, self.columns))
        if view == self._asked:
            open_now, self._open_when_found, self._asked = self._open_when_found, False, None
            if open_now and ids:
                self.table.action_open()
        self.look_for_hits()

    def tree_of(self, nesting: Nesting) -> RunTree:
        """The rows of a nesting."""
        return RunTree(nesting, self._folded)

    def _go_back(self, complete: bool) -> None:
        """The cursor to the run that it is to return to, unless it was moved meanwhile."""
        place = self.table.rows.find(self._return_to) if self._return_to and self.table.cursor == 0 else None
        if place is not None:
            self.table.cursor = place
        if place is not None or complete:
            self._return_to = ""

    def explain(self, view: RunsView, absent: Sequence[Absent]) -> None:
        """Says why there are no runs: what the filter names and no run has."""
        if view == self._view and not len(self._ids):
            self._absent = absent
            self.table.show(self.table.rows, empty=self._emptiness(view))

    @property
    def keys(self) -> RunKeys | None:
        """What is read of a run; None: all."""
        return keys_of(self.columns) if self._wide else None

    def read(self, ids: Sequence[str], runs: Sequence[Run], keys: RunKeys | None = None) -> None:
        """Fills rows in; those that were asked for and did not come are no longer in the store.

        `keys` are what was read of them, if not all.
        """
        near, there = self._near(), {run.run_id for run in runs}
        self._loaded.remember(runs, near, keys)
        self._loaded.gone([run_id for run_id in ids if run_id not in there], near)
        self.table.repaint()

    @property
    def settled(self) -> bool:
        """True if the list is whole, and no other one is asked for."""
        return self.answered and self._complete and self._asked is None

    @property
    def ids(self) -> Sequence[str]:
        """The runs that are listed."""
        return self._ids

    @property
    def shown_ids(self) -> Sequence[str]:
        """The runs of the rows: in a tree in another order than in the list, and with parents that are not of it."""
        return self._ids if self._tree is None else self._tree.ids

    @property
    def near(self) -> Sequence[str]:
        """The rows on screen and around it."""
        return self._near()

    @property
    def seen(self) -> Seen:
        """What is on screen, the last column in part perhaps."""
        table = self.table
        shown = {table.rows.columns[place].id for place in table.columns_on_screen}
        ids = [table.rows.key(index) for index in table.on_screen]
        return Seen(ids, [column for column in self.columns if column.id in shown])

    @property
    def key(self) -> str:
        """The id of the run under the cursor; empty if there is none."""
        return self.table.key or ""

    def _rows(self, view: RunsView) -> RunRows:
        self.table.frozen = self.frozen + min(view.frozen, len(self.columns))
        return RunRows(
            self.shown_ids,
            self._loaded.having(self.keys),
            self.columns,
            self._names,
            view.order,
            self.now,
            self._values,
            self._tree,
        )

    @property
    def all_columns(self) -> tuple[RunColumn, ...]:
        """What has a column behind the run's name: what the user chose, or what tells most."""
        chosen = None if self._view is None else self._view.columns
        return self._columns.listed(narrow=self._narrow) if chosen is None else chosen

    @property
    def columns(self) -> tuple[RunColumn, ...]:
        """Those of them that are shown: if only such are wanted, those in which the runs differ."""
        columns, varying = self.all_columns, self._varying
        if self._view is None or not self._view.varying or varying is None:
            return columns
        # Of attributes and datasets nobody looked whether they differ.
        always = ("attributes", "datasets")
        return tuple(one for one in columns if one.kind in always or (KeyKind(one.kind), one.key) in varying)

    # Texts

    def _emptiness(self, view: RunsView) -> str:
        keys = KeyNames(*(key_of(self, entry) for entry in ("back", "filter", "refresh", "runs_stage")))
        return emptiness(view, self._absent, keys, self.size.width - 4)

    def _entitle(self, view: RunsView) -> None:
        total = cells.plural(len(self._ids), "run") if self._complete else f"more than {len(self._ids)} runs"
        roomy, waiting = self.size.width >= ROOMY, bool(self._headway)
        amount = self._headway or total
        pieces = list(runs_title(view, self._names, amount, self._columns, roomy=roomy, waiting=waiting))
        told = [(text, "accent") for text in (self.marks_text(), self.hit_told) if text]
        asked = self._asked
        if asked is not None and asked.query != view.query:
            # What is on screen answers another question still.
            what = "filtering" if (asked.filter, asked.find) != (view.filter, view.find) else "reading"
            told.insert(0, (f"{what} {GLYPHS.ellipsis}", "warn"))
        self.entitle([*pieces[:3], *told, *pieces[3:]])

    def hit_changed(self) -> None:
        self.retitle()

    def retitle(self) -> None:
        if self._view is not None:
            self._entitle(self._view)

    # Rows that come on screen

    def _near(self) -> list[str]:
        visible = self.table.on_screen
        return list(self.shown_ids[max(0, visible.start - NEAR) : visible.stop + NEAR])

    def on_table_wanted(self, event: Table.Wanted) -> None:
        event.stop()
        self._fill()

    def _fill(self) -> None:
        """Asks for the rows near the screen that were not read with all that has a column."""
        loaded, columns = self._loaded.having(self.keys), [column for column in self.columns if column.computed]
        wanted = [key for key in self._near() if key not in loaded or self._values.lacks(columns, key)]
        if wanted:
            self.post_message(self.Wanted(wanted, self.keys, self.columns))

    def on_table_scrolled(self, event: Table.Scrolled) -> None:
        event.stop()
        if any(column.computed for column in self.columns):
            self._fill()

    def computed(self, values: RunValues) -> None:
        """Fills in what columns show of histories."""
        self._values.remember(values)
        self._values.keep_only(self._loaded.keys())
        self.table.repaint()

    def on_resize(self, event: events.Resize) -> None:
        narrow = event.size.width < NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            if self._view is not None and self._view.columns is None and self.answered:
                self.table.show(self._rows(self._view))

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self.moved(event.index)

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
        if self.answered:
            self.retitle()
        self.table.stay()
        self.post_message(self.Asked(view))

    def ask_again(self) -> None:
        if not self.answered:
            self.table.show(self.table.rows, empty=self._reading)
        self._ask()

    def _show_as(self, view: RunsView) -> None:
        """Shows the same runs with other columns."""
        self._view = view
        if self._asked is not None:
            # What is being read answers a view with other columns: it is asked for anew.
            self._post(
                replace(
                    self._asked,
                    columns=view.columns,
                    frozen=view.frozen,
                    varying=view.varying,
                    nested=view.nested,
                    groups=view.groups,
                    group_order=view.group_order,
                )
            )
        self.table.show(self._rows(view))
        self._fill()
        self._entitle(view)
        self.post_message(self.Viewed(view))
