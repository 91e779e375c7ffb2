"""The runs of one or all experiments in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from textual.message import Message

from store.direction import more_is_better
from store.errors import FilterError, FlowdeckError
from store.kinds import KeyKind
from tui.bindings import bindings
from tui.keys import Place
from tui.view.column_choice import ColumnChoice, described
from tui.view.order import OrderChoice, SortKey, order_choices
from tui.view.run_cells import title
from tui.view.run_columns import RunColumn
from tui.view.runs import RunsView, first_ascending, narrowed
from tui.view.stages import STAGES
from tui.widgets.filtering_pane import FilteringPane, Mistake
from tui.widgets.live_runs import LiveRuns

if TYPE_CHECKING:
    from store.groups import Level
    from tui.messages import RunsFound
    from tui.view.group_order import GroupOrder
    from tui.widgets.prompt import Prompt
    from tui.widgets.table import Table


class RunsPane(LiveRuns, FilteringPane):
    """Runs, filtered by name or by an expression, sorted by columns, with the columns that are wanted."""

    BINDINGS = bindings(Place.NAMES, Place.RUNS)

    @dataclass
    class SortWanted(Message):
        """The order is to be chosen."""

        choices: Sequence[OrderChoice]
        """Those that the runs tell that are read."""
        chosen: RunColumn
        """What they are sorted by now."""
        adds: bool
        """True if what is chosen comes behind the keys that there are."""

    @dataclass
    class ColumnsWanted(Message):
        """The columns are to be chosen."""

        choice: ColumnChoice
        widths: Mapping[str, int]
        """Terminal columns of those on screen, by id."""
        ups: Mapping[str, bool | None]
        """Metrics -> whether more is better, as far as that is known."""

    @dataclass
    class GroupWanted(Message):
        """What the runs are grouped by is to be chosen."""

        at_once: bool = False
        """True if the first of what is proposed is meant."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._outer: RunsView | None = None
        """The groups that one came from, while the runs of one of them are listed."""
        self._when_settled: Literal["", "columns", "group", "group at once"] = ""
        """What is to be chosen once the list is whole: it was asked for before."""

    def failed(self, error: FlowdeckError | None = None) -> Mistake | None:
        """The runs that were asked for do not come: those on screen stay. None: they were not wanted any more.

        Returns the filter that is to be mended, if one was wrong.
        """
        self._when_settled = ""
        asked = self.dropped()
        if not isinstance(error, FilterError) or asked is None:
            return None
        # What is looked for by name stands before the filter.
        start = -1 if error.position is None else error.position - asked.filter_at
        known = start >= 0 and error.text == asked.query.filter
        return Mistake(asked.filter, range(start, start + max(1, error.length)) if known else range(0))

    # Which runs

    async def action_find(self) -> None:
        if self._view is not None:
            await self.ask("find", self._view.find, "part of a run's name")

    def filter_by(self, text: str) -> None:
        """Asks for the runs that match."""
        self._ask(filter=text)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        event.stop()
        if event.prompt.purpose == "find":
            self._ask(find=event.text.strip())

    def on_prompt_done(self, event: Prompt.Done) -> None:
        event.stop()
        if event.prompt.purpose not in ("row", "filter"):
            self.take_focus()

    def on_prompt_dropped(self, event: Prompt.Dropped) -> None:
        event.stop()
        if event.prompt.purpose == "find":
            self._ask(find="")
        if event.prompt.purpose not in ("row", "filter"):
            self.take_focus()

    def clear_search(self) -> bool:
        """Shows all runs again, or the groups that one came from; False if they are shown already."""
        outer, view = self._outer, self._view
        if outer is not None and view is not None and view.find in ("", outer.find):
            self._outer = None
            self._post(outer)
            return True
        if self._view is None or not (self._view.filter or self._view.find):
            return False
        self._ask(filter="", find="")
        return True

    # Columns

    def action_columns(self) -> None:
        view = self._view
        if not self.answered:
            self._when_settled = "columns"
        elif view is not None:
            columns = self.all_columns
            metrics = {column.key for column in columns if column.kind == "metrics"}
            ups = {key: self.directions.get(key, more_is_better(key)) for key in metrics}
            choice = ColumnChoice(columns, view.frozen)
            self.post_message(self.ColumnsWanted(choice, self.table.widths, {**ups, **self.directions}))

    def action_varying(self) -> None:
        """Only columns in which the runs differ, or all again."""
        view = self._view
        if view is None:
            return
        if not self.settled:
            # The list is asked for once more: it is looked what differs when it is whole.
            self._ask(varying=not (self._asked or view).varying)
        elif view.varying:
            self._show_as(replace(view, varying=False))
        else:
            self.post_message(self.VaryingWanted(view, self._ids))

    def vary(self, view: RunsView, keys: frozenset[tuple[KeyKind, str]]) -> None:
        """Leaves out the columns in which the runs do not differ, if the runs are still those of that view."""
        if self._view is not None and self._view.query == view.query:
            self._varying = keys
            self._show_as(replace(self._view, varying=True))

    def choose_columns(self, choice: ColumnChoice | None) -> None:
        """Shows other columns; None: those that tell most."""
        if self._view is None:
            return
        if choice is None:
            self._show_as(replace(self._view, columns=None, frozen=0))
        elif choice.columns != self.all_columns or choice.frozen != self._view.frozen:
            self._show_as(replace(self._view, columns=choice.columns, frozen=choice.frozen))

    def apply(self, view: RunsView) -> None:
        """Asks for the same experiments' runs in another view."""
        if self._view is not None:
            self._post(view)

    # Groups

    def start(self, view: RunsView, names: Mapping[str, str], return_to: str = "") -> None:
        self._outer, self._when_settled = None, ""
        super().start(view, names, return_to)

    def stay(self) -> None:
        self._when_settled = ""
        super().stay()

    def found(self, answer: RunsFound) -> None:
        super().found(answer)
        if self.settled and self._when_settled:
            what, self._when_settled = self._when_settled, ""
            if what == "columns":
                self.action_columns()
            else:
                self.post_message(self.GroupWanted(at_once=what != "group"))

    def action_group(self) -> None:
        """Asks what the runs are to be grouped by; in a list that is not whole yet, when it is."""
        if self.settled:
            self.post_message(self.GroupWanted())
        else:
            self._when_settled = "group"

    def on_table_opened(self, event: Table.Opened) -> None:
        if self._when_settled.startswith("group"):
            # Typed ahead: what will be proposed is meant.
            event.stop()
            event.prevent_default()
            self._when_settled = "group at once"

    def group_by(self, levels: tuple[Level, ...]) -> None:
        """Groups the runs; without levels they are listed."""
        if self._view is not None:
            # What was ranked by a key means nothing without that key.
            order = self._view.group_order
            lost = order is not None and order.key is not None and all(order.key not in level for level in levels)
            self._outer = None
            self._show_as(replace(self._view, groups=levels, group_order=None if lost else order))

    def rank_groups(self, order: GroupOrder) -> None:
        """Keeps what groups are ranked by."""
        if self._view is not None:
            self._show_as(replace(self._view, group_order=order))

    def open_group(self, text: str) -> None:
        """Lists the runs that a filter finds among those that are grouped, until one goes back."""
        view = self._view
        if view is None:
            return
        self._post(replace(view, filter=narrowed(view.filter, text), groups=()))
        self._outer = view

    # Order

    def _choose_order(self, *, adds: bool) -> None:
        if self._view is not None:
            choices = order_choices(self._loaded.values())
            choices += [
                OrderChoice(column, title(column), described(column)) for column in self.columns if column.history
            ]
            self.post_message(self.SortWanted(choices, self._view.order[0].column, adds))

    def action_sort(self) -> None:
        self._choose_order(adds=False)

    def action_sort_more(self) -> None:
        self._choose_order(adds=True)

    def sort_by(self, column: RunColumn, *, numeric: bool = False, adds: bool = False) -> None:
        """Sorts by a column, from the end that one wants to see first; once more by the same: from the other.

        `numeric`: the values of a param count as numbers; `adds`: behind the keys that there are.
        """
        view = self._asked or self._view
        if view is None:
            return
        same = next((key for key in view.order if key.column.same(column)), None)
        key = SortKey(column, first_ascending(column, self.directions) if same is None else not same.ascending, numeric)
        if not adds:
            self._ask(order=(key,))
        elif same is None:
            self._ask(order=(*view.order, key))
        else:
            self._ask(order=tuple(key if one is same else one for one in view.order))

    def action_next_stage(self) -> None:
        if self._view is not None:
            self._ask(stage=STAGES[(STAGES.index(self._view.stage) + 1) % len(STAGES)])

    def action_reverse(self) -> None:
        view = self._asked or self._view
        if view is not None:
            self._ask(order=tuple(replace(key, ascending=not key.ascending) for key in view.order))
