"""The runs of a list in groups."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.message import Message

from tui.bindings import bindings, key_of, some_bindings
from tui.keys import Place
from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.group_order import GroupOrder, can_rank, usual_order
from tui.view.groups import KEYS_BEFORE, GroupRows, key_of_group, key_title, levels_text, order_text, value_text
from tui.view.runs_texts import place
from tui.view.stages import STAGE_NAMES
from tui.view.table import Column, ListRows
from tui.view.text import clean
from tui.widgets.filtering_pane import FilteringPane
from tui.widgets.line import Line
from tui.widgets.table import Table

if TYPE_CHECKING:
    from store.groups import Group, Grouping
    from tui.view.run_columns import RunColumn
    from tui.view.runs import RunsView

NO_ROWS: Final = ListRows((Column("none", ""),), ())


class GroupsPane(FilteringPane):
    """Groups of runs, ranked by what a metric comes to over all runs of each."""

    BINDINGS = [  # noqa: RUF012 (Textual's attribute)
        *bindings(Place.GROUPS),
        *some_bindings("goto", "compare", "unmark", "columns", "copy_command", "filter"),
    ]

    @dataclass
    class Opened(Message):
        """The runs of a group are wanted."""

        filter: str

    @dataclass
    class Marked(Message):
        """The runs of a group are to be marked, or not any more if all are."""

        ids: Sequence[str]

    @dataclass
    class OrderWanted(Message):
        """What groups are ranked by is to be chosen."""

        grouping: Grouping
        columns: Sequence[RunColumn]
        chosen: GroupOrder

    @dataclass
    class Ranked(Message):
        """The groups are ranked by something else now."""

        order: GroupOrder

    class Unmarked(Message):
        """All marks are to be taken away."""

    class ColumnsWanted(Message):
        """The columns, and with them the metrics, are to be chosen."""

    class ChoiceWanted(Message):
        """What runs are grouped by is to be chosen."""

    class Left(Message):
        """The runs are wanted as they were before they were grouped."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._view: RunsView | None = None
        self._names: Mapping[str, str] = {}
        self._grouping: Grouping | None = None
        self._columns: Sequence[RunColumn] = ()
        self._directions: Mapping[str, bool] = {}
        self._folded: set[str] = set()
        self._told = ""
        """How far a reading has come."""
        self._ids: Sequence[str] = ()
        """The runs that were grouped."""
        self.marks: Collection[str] = ()
        """The ids of all runs that are marked."""

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Line(id="groups-others", classes="notes -gone")

    def wait(self, view: RunsView, names: Mapping[str, str]) -> None:
        """Groups are being read; those of the same view stay until then."""
        before, self._view, self._names = self._view, view, names
        self.refused = ""
        if before is None or (before.query, before.groups) != (view.query, view.groups):
            self._grouping, self._folded = None, set()
            self.table.frozen = min(KEYS_BEFORE, sum(len(level) for level in view.groups))
            self.table.show(NO_ROWS, empty=f"reading the runs {GLYPHS.ellipsis}", cursor=0)
        self._entitle()

    def coming(self, done: int, total: int) -> None:
        """Says how far a reading has come."""
        self._told = f"{cells.count(done)} of {cells.plural(total, 'run')} read"
        if self._grouping is None:
            self.table.show(NO_ROWS, empty=f"{self._told} {GLYPHS.ellipsis}")
        self._entitle()

    def failed(self) -> None:
        """The groups do not come: those on screen stay."""
        self._told = ""
        if self._grouping is None:
            self.table.show(NO_ROWS, empty=f"the runs were not grouped\n{key_of(self, 'refresh')} tries again")
        self._entitle()

    def found(
        self,
        view: RunsView,
        grouping: Grouping,
        columns: Sequence[RunColumn],
        directions: Mapping[str, bool],
        ids: Sequence[str],
    ) -> bool:
        """Shows the groups of a view; `columns` are those of the grouping's metrics, `ids` the runs.

        False if they are on screen already.
        """
        self._ids = ids
        was_told, self._told = self._told, ""
        same = grouping == self._grouping and list(columns) == list(self._columns)
        if same and view == self._view and directions == self._directions:
            # Nothing is painted where nothing changed.
            if was_told:
                self._entitle()
            return bool(was_told)
        self._view, self._grouping, self._columns, self._directions = view, grouping, columns, directions
        self._list()
        return True

    @property
    def grouping(self) -> Grouping | None:
        """What is shown; None before anything was."""
        return self._grouping

    @property
    def view(self) -> RunsView | None:
        """What of the runs is shown, or being read."""
        return self._view

    @property
    def group(self) -> Group | None:
        """The one under the cursor."""
        rows = self.table.rows
        return rows.groups[self.table.cursor] if isinstance(rows, GroupRows) and rows.groups else None

    @property
    def listed(self) -> Sequence[Group]:
        """The groups in the list, best first, each above its parts."""
        rows = self.table.rows
        return rows.groups if isinstance(rows, GroupRows) else ()

    @property
    def columns(self) -> Sequence[RunColumn]:
        """Those of the metrics."""
        return self._columns

    @property
    def order(self) -> GroupOrder | None:
        """What the groups are ranked by; None while there are none."""
        view, grouping = self._view, self._grouping
        if view is None or grouping is None:
            return None
        order = view.group_order
        # What was ranked by then may not be there any more.
        if order is not None and can_rank(order, grouping, self._columns):
            return order
        return usual_order(grouping, self._columns, view.order, self._directions)

    def _list(self) -> None:
        order = self.order
        if self._grouping is None or order is None:
            return
        rows = GroupRows(self._grouping, self._columns, order, self._folded)
        self.table.show(rows, empty=f"there are no runs to group\n{key_of(self, 'back')} shows the list")
        self._tell_others()
        self.marked()

    def _entitle(self) -> None:
        view, grouping, order = self._view, self._grouping, self.order
        if view is None:
            return
        pieces = [("Groups", "title"), (place(view, self._names), "accent")]
        if self._told:
            pieces.append((self._told, "warn"))
        elif grouping is not None:
            pieces.append(
                (f"{cells.plural(len(grouping.groups), 'group')} of {cells.plural(grouping.runs, 'run')}", "")
            )
        pieces.append((levels_text(view.groups), "accent"))
        if self.marks:
            pieces.append((f"{cells.count(len(self.marks))} marked", "accent"))
        if order is not None:
            pieces.append((order_text(order), "dim"))
        if view.filter:
            pieces.append((f"where {clean(view.filter)}", "warn"))
        if STAGE_NAMES[view.stage]:
            pieces.append((STAGE_NAMES[view.stage], "warn"))
        self.entitle(pieces)

    def marked(self) -> None:
        """Other runs are marked now."""
        rows = self.table.rows
        if isinstance(rows, GroupRows):
            self.table.marks = _Marked(rows, self._ids, self.marks)
            self._entitle()

    def ranked(self, order: GroupOrder) -> None:
        """Ranks the groups by something else."""
        if self._view is not None:
            self._view = replace(self._view, group_order=order)
            self._list()
            self.table.go_to_row(0)
            self.post_message(self.Ranked(order))

    def clear_search(self) -> bool:
        """Shows the runs again."""
        self.post_message(self.Left())
        return True

    # Keys

    def on_table_opened(self, event: Table.Opened) -> None:
        event.stop()
        group = self.group
        if group is None:
            return
        if group.filter is None:
            told = f"no filter can name what these runs have in common; {key_of(self, 'group_mark')} marks them"
            self.notify(told, severity="warning", markup=False, timeout=6)
        else:
            self.post_message(self.Opened(group.filter))

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self._tell_others()

    def _tell_others(self) -> None:
        """What else the group under the cursor has in common, if not all of it stands before the metrics."""
        group, grouping = self.group, self._grouping
        pieces: list[tuple[str, str]] = []
        if group is not None and grouping is not None:
            others = list(zip(grouping.keys, group.values, strict=False))[KEYS_BEFORE:]
            pieces = [(f"{key_title(key)} {value_text(value)}", "dim") for key, value in others]
        self._say("#groups-others", pieces)

    def action_group_mark(self) -> None:
        """Marks the runs of the group under the cursor, and goes on to the next one."""
        if (group := self.group) is not None:
            self.post_message(self.Marked([self._ids[place] for place in group.places]))
            self.table.action_move(1)

    def action_group_fold(self) -> None:
        """Hides the parts of the group under the cursor, or of the one that it is a part of, or shows them again."""
        rows, group = self.table.rows, self.group
        if group is None or not isinstance(rows, GroupRows):
            return
        if not group.parts:
            above = next((one for one in reversed(rows.groups[: self.table.cursor]) if one.depth < group.depth), None)
            if above is None:
                self.notify("these groups have no parts", severity="information", timeout=3)
                return
            group = above
        self._folded ^= {key_of_group(group)}
        self._list()
        if (row := self.table.rows.find(key_of_group(group))) is not None:
            self.table.go_to_row(row)

    def action_group_sort(self) -> None:
        order = self.order
        if self._grouping is not None and order is not None:
            self.post_message(self.OrderWanted(self._grouping, self._columns, order))

    def action_group_reverse(self) -> None:
        order = self.order
        if order is not None:
            self.ranked(replace(order, ascending=not order.ascending))

    def action_unmark(self) -> None:
        self.post_message(self.Unmarked())

    def action_columns(self) -> None:
        self.post_message(self.ColumnsWanted())

    def action_group_choose(self) -> None:
        self.post_message(self.ChoiceWanted())


class _Marked(Container[str]):
    """The groups of which all runs are marked."""

    def __init__(self, rows: GroupRows, ids: Sequence[str], marks: Collection[str]) -> None:
        self._rows, self._ids, self._marks = rows, ids, marks
        self._known: dict[object, bool] = {}
        """By key: a group may have a hundred thousand runs, and is painted at every cursor key."""

    def __contains__(self, key: object) -> bool:
        known = self._known.get(key)
        if known is None:
            row = self._rows.find(key) if isinstance(key, str) and self._marks else None
            places = () if row is None else self._rows.groups[row].places
            known = self._known[key] = row is not None and all(self._ids[place] in self._marks for place in places)
        return known
