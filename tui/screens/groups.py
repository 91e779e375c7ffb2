"""What is read and chosen for groups of runs."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from tui import messages, reading
from tui.screens.runs import RunsScreen

# What the first frame does not need is imported when the panes below the experiments are prepared.
if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.groups import Level
    from tui.screens.modals.grouping import GroupingScreen
    from tui.view.run_columns import RunColumn
    from tui.view.runs import RunsView
    from tui.widgets.filtering_pane import FilteringPane
    from tui.widgets.groups_pane import GroupsPane
    from tui.widgets.runs_list import RunsList
    from tui.widgets.runs_pane import RunsPane

GROUP = "groups"
"""The group of work that reads groups."""

RESTS = 10.0
"""Live mode groups again after so many times as long as it took: a long list is not read all the time."""

PROPOSING = "proposals"
"""The group of work that looks for seeds and folds."""


class GroupsScreen(RunsScreen):
    """Shows groups in the place of the runs, while a view has them."""

    _grouping: GroupingScreen | None = None
    """While that is open."""
    _grouped: tuple[RunsView, Sequence[str], Sequence[RunColumn]] | None = None
    """What was grouped last, or is being grouped."""
    _began = 0.0
    _grouped_at = 0.0
    """When the last grouping began and ended, in seconds of `monotonic`."""
    _took = 0.0
    """Seconds from the one to the other."""
    _quiet = False
    """True while nobody waits for what is being grouped."""
    _outdated = False
    """True if runs logged something after they were grouped."""

    @property
    def filtering(self) -> FilteringPane:
        return self.panes.groups if self.panes.grouped else super().filtering

    # From the runs to their groups

    def on_runs_list_viewed(self, message: RunsList.Viewed) -> None:
        super().on_runs_list_viewed(message)
        self.follow_groups()

    def runs_started(self, view: RunsView) -> None:
        self.panes.group(bool(view.groups))
        if view.groups:
            self._grouped = None
            self.panes.groups.wait(view, self._names)

    def follow_groups(self, *, silent: bool = False) -> None:
        """Groups the runs that are listed, if they are to be grouped and others than those that are grouped already.

        `silent`: nothing is said of it before something changed.
        """
        view = self.runs.view
        if view is None:
            return
        were_grouped = self.panes.grouped
        self.panes.group(bool(view.groups))
        if not view.groups or not self.runs.settled:
            return
        if not were_grouped:
            # Runs may have been marked while the list stood in their place.
            self.panes.groups.marked()
        columns = [column for column in self.runs.all_columns if column.kind == "metrics" and not column.spark]
        wanted = (replace(view, group_order=None), self.runs.ids, columns)
        before = self._grouped
        if before is not None and before[0] == wanted[0] and before[1] is wanted[1] and before[2] == columns:
            return
        self._grouped, self._began = wanted, monotonic()
        self._quiet = silent
        if not silent:
            self.panes.groups.wait(view, self._names)
        work = (reading.read_groups, view, self.runs.ids, columns)
        self._read(GROUP, "grouping the runs", *work, silent=silent)

    def on_looked(self, message: messages.Looked) -> None:
        super().on_looked(message)
        if not (self.panes.prepared and self.panes.grouped):
            return
        # Runs that go on, or ended a moment ago, may have logged something even if the list is the same.
        self._outdated = self._outdated or message.moved or bool(message.asked) or self._is_growing()
        rested = monotonic() - self._grouped_at >= RESTS * self._took
        if self._session.is_running(GROUP) or not rested:
            # What takes longer than the pause between two looks would never end else, or do nothing else.
            return
        if self._outdated:
            self._grouped, self._outdated = None, False
        self.follow_groups(silent=True)

    def _is_growing(self) -> bool:
        """True if some run of the list may be going on."""
        view = self.runs.view
        if view is None or self._stats is None:
            return view is not None
        ids = view.experiment_ids
        return any(item.running for key, item in self._stats.items() if ids is None or key in ids)

    def on_groups_coming(self, message: messages.GroupsComing) -> None:
        if self._is_wanted(message.view) and not self._quiet:
            self.panes.groups.coming(message.done, message.total)

    def on_groups_found(self, message: messages.GroupsFound) -> None:
        view = self.runs.view
        if view is not None and self._is_wanted(message.view):
            self._grouped_at = monotonic()
            self._took = self._grouped_at - self._began
            groups = self.panes.groups
            groups.marks = self.runs.marked
            if groups.found(view, message.grouping, message.columns, self.runs.directions, message.ids):
                self._was_read("runs", GROUP)

    def _is_wanted(self, view: RunsView) -> bool:
        shown = self.runs.view
        return shown is not None and replace(shown, group_order=None) == replace(view, group_order=None)

    def groups_failed(self) -> None:
        """The groups that were asked for do not come."""
        self._grouped = None
        if self.panes.prepared:
            self.panes.groups.failed()

    # Choosing

    def on_runs_pane_group_wanted(self, message: RunsPane.GroupWanted) -> None:
        from tui.screens.modals.grouping import GroupingScreen

        view = self.runs.view
        if view is None or not self.runs.settled or self._is_elsewhere:
            return
        self._grouping = GroupingScreen(view.groups, self, at_once=message.at_once)
        self.app.push_screen(self._grouping, self._groups_chosen)

    def on_groups_pane_choice_wanted(self, message: GroupsPane.ChoiceWanted) -> None:
        self.runs.action_group()

    def on_grouping_screen_proposals_wanted(self) -> None:
        view = self.runs.view
        if view is not None:
            work = (reading.propose_groups, view, self.runs.ids)
            self._read(PROPOSING, "looking for seeds and folds", *work, silent=True)

    def _groups_chosen(self, levels: tuple[Level, ...] | None) -> None:
        self._grouping = None
        self._session.cancel(PROPOSING)
        if levels is not None:
            self.runs.group_by(levels)

    def on_grouping_screen_keys_wanted(self, message: GroupingScreen.KeysWanted) -> None:
        self._look_up(reading.find_keys, message.text)

    def on_keys_found(self, message: messages.KeysFound) -> None:
        if self._grouping is None:
            super().on_keys_found(message)
        elif self._grouping.is_mounted:
            # What was asked for by a dialogue before may come while this one is being made.
            self._grouping.found(message.text, message.keys, message.note)

    def on_groups_proposed(self, message: messages.GroupsProposed) -> None:
        if self._grouping is not None and self._grouping.is_mounted:
            self._grouping.proposed(message.proposals, message.note)

    def not_proposed(self) -> None:
        """Nobody could look for seeds and folds, or was to go on with it."""
        if self._grouping is not None and self._grouping.is_mounted:
            self._grouping.not_proposed()

    def on_groups_pane_order_wanted(self, message: GroupsPane.OrderWanted) -> None:
        from tui.screens.modals.picker import Choice
        from tui.view.groups import order_choices, order_text

        by_text = {
            order.text: order for order in order_choices(message.grouping, message.columns, self.runs.directions)
        }
        choices = [Choice(text, order_text(order)) for text, order in by_text.items()]
        self._pick("Rank by", choices, message.chosen.text, lambda text: self.panes.groups.ranked(by_text[text]))

    def on_groups_pane_ranked(self, message: GroupsPane.Ranked) -> None:
        self.runs.rank_groups(message.order)

    def action_copy_command(self) -> None:
        view = self.runs.view
        if view is None or not self.panes.grouped:
            super().action_copy_command()
            return
        ranked = replace(view, group_order=self.panes.groups.order)
        self.copy_command(ranked, self.runs.all_columns)

    # From the groups to their runs

    def on_groups_pane_opened(self, message: GroupsPane.Opened) -> None:
        self.runs.open_group(message.filter)

    def on_groups_pane_left(self, message: GroupsPane.Left) -> None:
        self.runs.group_by(())

    def on_groups_pane_marked(self, message: GroupsPane.Marked) -> None:
        self.runs.toggle_marks(message.ids)
        self.panes.groups.marked()

    def on_groups_pane_unmarked(self, message: GroupsPane.Unmarked) -> None:
        self.runs.action_unmark()
        self.panes.groups.marked()

    def on_groups_pane_columns_wanted(self, message: GroupsPane.ColumnsWanted) -> None:
        self.runs.action_columns()
