"""What is read for the list of runs, and what is chosen for it: order, columns, views."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from store.kinds import ViewType
from tui import messages, reading
from tui.bindings import key_of
from tui.screens.changes import ChangesScreen
from tui.screens.layout import RUN
from tui.screens.session import Work
from tui.view.cells import plural
from tui.view.text import clean
from tui.views import EVERY, Place, ViewBook
from tui.widgets.error_bar import ErrorBar

# What the first frame does not need is imported when the panes below the experiments are prepared.
if TYPE_CHECKING:
    from tui.screens.modals.columns import ColumnsChosen, ColumnsScreen
    from tui.screens.modals.picker import Choice
    from tui.screens.modals.sorting import SortScreen
    from tui.screens.modals.views import ViewChoice
    from tui.spot import Spot
    from tui.view.run_columns import RunColumn
    from tui.view.runs import RunsView
    from tui.view.stores import Which
    from tui.widgets.filter_prompt import FilterPrompt
    from tui.widgets.filtering_pane import FilteringPane
    from tui.widgets.nested_runs import NestedRuns
    from tui.widgets.runs_list import RunsList
    from tui.widgets.runs_pane import RunsPane


class RunsScreen(ChangesScreen):
    """Reads the runs of experiments as they are wanted."""

    def __init__(
        self,
        which: Which,
        given: Which,
        *,
        opener: reading.Opener,
        read_only: bool,
        spot: Spot | None,
        interval: float,
        live: bool,
        views: ViewBook,
    ) -> None:
        """`views` are those that were kept, and where those are kept that are left here."""
        super().__init__(which, given, opener=opener, read_only=read_only, spot=spot, interval=interval, live=live)
        self._names: Mapping[str, str] = {}
        """Of all experiments, by id."""
        self._views = views
        self._looking_up: ColumnsScreen | SortScreen | None = None
        """Where keys are chosen, while that is open."""
        self._early: RunsView | None = None
        """Runs that were asked for before the store was open."""

    def _read(self, group: str, what: str, work: Work, *arguments: object, silent: bool = False) -> None:
        if self._session.read(group, what, work, *arguments, silent=silent) and not silent:
            self.show_status()

    def _was_read(self, pane: str, *groups: str) -> None:
        """What a pane shows was read just now; errors of the work that did it are settled."""
        self.query_one(ErrorBar).hide(*groups)
        self.status.was_read(pane)
        self.show_status()

    async def prepare(self) -> None:
        await super().prepare()
        # In a thread: the disk may be slow.
        if not self._views.loaded and (notice := await asyncio.to_thread(self._views.load)):
            self.notify(clean(notice), severity="warning", markup=False, timeout=12)
        from tui.widgets.groups_pane import GroupsPane
        from tui.widgets.runs_pane import RunsPane

        # They are gone already if the program ended meanwhile.
        for pane in self.query(RunsPane):
            pane.directions, pane.history = self._views.directions, self.history
        for groups in self.query(GroupsPane):
            groups.history = self.history

    # Which runs

    async def open_runs(self, experiment_ids: tuple[str, ...] | None, stage: ViewType) -> None:
        """Asks for the runs of these experiments (None: of all) as they were left, unless they are on screen already.

        `stage` is that of the experiments; the usual one leaves it to the view.
        """
        from tui.view.runs import RunsView

        left = self._views.of(self._place(experiment_ids)) or RunsView()
        view = replace(left, experiment_ids=experiment_ids)
        if stage is not ViewType.ACTIVE_ONLY:
            view = replace(view, stage=stage)
        shown = self.runs.view
        same = shown is not None and shown.experiment_ids == view.experiment_ids and stage in (shown.stage, view.stage)
        if not (same and self.runs.answered):
            self.runs_started(view)
            self.runs.start(view, self._names)

    def runs_started(self, view: RunsView) -> None:
        """The runs of other experiments are asked for."""

    def _place(self, experiment_ids: tuple[str, ...] | None) -> Place:
        return self._which.key, EVERY if experiment_ids is None else ",".join(experiment_ids)

    def on_runs_list_viewed(self, message: RunsList.Viewed) -> None:
        """What is looked for by name is not kept: it was typed to find a run."""
        self._views.leave(self._place(message.view.experiment_ids), replace(message.view, experiment_ids=None, find=""))

    def on_runs_list_asked(self, message: RunsList.Asked) -> None:
        if self._session.store is None:
            # Typed ahead: they are read as soon as there is a store.
            self._early = message.view
        else:
            self._session.cancel("offers")
            self._read("runs", "reading the runs", reading.read_runs, message.view)

    def on_runs_coming(self, message: messages.RunsComing) -> None:
        self.runs.coming(message.view, message.headway)

    def on_runs_found(self, message: messages.RunsFound) -> None:
        self.runs.found(message)
        self._was_read("runs", "runs")

    def on_runs_absent(self, message: messages.RunsAbsent) -> None:
        self.runs.explain(message.view, message.absent)

    def on_runs_list_wanted(self, message: RunsList.Wanted) -> None:
        self._read("rows", "reading runs", reading.read_rows, message.ids, message.keys, message.columns)

    def on_nested_runs_nesting_wanted(self, message: NestedRuns.NestingWanted) -> None:
        self._read("nesting", "looking for parents", reading.nest_runs, message.ids)

    def on_runs_nested(self, message: messages.RunsNested) -> None:
        self.runs.nest(message.ids, message.nesting)

    def on_hits_pane_hits_wanted(self, message: RunsPane.HitsWanted) -> None:
        wanted = (message.view, message.ids, message.text)
        self._read("hits", "looking for runs", reading.read_hits, *wanted)

    def on_hits_found(self, message: messages.HitsFound) -> None:
        self.runs.hits_found(message.hits)

    def on_runs_read(self, message: messages.RunsRead) -> None:
        self.runs.read(message.ids, message.runs, message.keys)
        self._was_read("runs", "rows")

    def on_values_read(self, message: messages.ValuesRead) -> None:
        self.runs.computed(message.values)

    @property
    def filtering(self) -> FilteringPane:
        """Where a filter is written."""
        return self.runs

    def on_filtering_pane_filtered(self, message: FilteringPane.Filtered) -> None:
        self.runs.filter_by(message.text)

    def on_filtering_pane_mending_dropped(self) -> None:
        self.query_one(ErrorBar).hide("runs")

    def start_runs(self, spot: Spot) -> None:
        if spot.runs is not None:
            self.runs_started(spot.runs)
            self.runs.start(spot.runs, self._names, return_to=spot.run)

    # Order

    def on_runs_pane_sort_wanted(self, message: RunsPane.SortWanted) -> None:
        from tui.screens.modals.sorting import SortScreen

        title = "Then by" if message.adds else "Sort by"
        self._looking_up = screen = SortScreen(title, message.choices, message.chosen.id, self.runs.directions, self)

        def picked(key: str | None) -> None:
            self._looking_up = None
            if key is not None:
                chosen = screen.choice(key)
                self.runs.sort_by(chosen.column, numeric=chosen.numeric, adds=message.adds)

        self.app.push_screen(screen, picked)

    def on_sort_screen_keys_wanted(self, message: SortScreen.KeysWanted) -> None:
        self._look_up(reading.find_keys, message.text)

    def _look_up(self, work: Work, text: str) -> None:
        view = self.runs.view
        if view is not None:
            self._read("keys", "looking up keys", work, view.experiment_ids, text, silent=True)

    @property
    def _is_elsewhere(self) -> bool:
        """True if the user went on to something else than the lists: what was typed ahead is not meant any more."""
        from textual.widgets import Input

        return self.app.screen is not self or isinstance(self.focused, Input)

    # Columns

    def on_runs_pane_columns_wanted(self, message: RunsPane.ColumnsWanted) -> None:
        from tui.screens.modals.columns import ColumnsScreen

        if self._is_elsewhere:
            return
        self._looking_up = ColumnsScreen(message.choice, message.widths, message.ups, self)
        self.app.push_screen(self._looking_up, self._columns_chosen)

    def _columns_chosen(self, chosen: ColumnsChosen | None) -> None:
        self._looking_up = None
        if chosen is None:
            return
        for metric, up in chosen.directions.items():
            self._views.direct(metric, up)
        self.runs.directions = self._views.directions
        self.runs.choose_columns(chosen.choice)

    def on_columns_screen_keys_wanted(self, message: ColumnsScreen.KeysWanted) -> None:
        self._look_up(reading.find_columns, message.text)

    def on_filter_prompt_offers_wanted(self, message: FilterPrompt.OffersWanted) -> None:
        what = (message.observed, message.typed)
        self._read("offers", "looking up what can come next", reading.find_offers, *what, silent=True)

    def on_offers_found(self, message: messages.OffersFound) -> None:
        self.query_one(ErrorBar).hide("offers")
        self.filtering.offered(message.offers)

    def on_mistake_found(self, message: messages.MistakeFound) -> None:
        self.filtering.mistaken(message.typed, message.error)

    def on_keys_found(self, message: messages.KeysFound) -> None:
        # What was asked for by a dialogue before may come while this one is being made.
        if self._looking_up is not None and self._looking_up.is_mounted:
            self._looking_up.found(message.text, message.keys, message.note)

    def on_runs_list_varying_wanted(self, message: RunsList.VaryingWanted) -> None:
        self._read("varying", "looking which columns differ", reading.read_varying, message.view, message.ids)

    def on_varying_read(self, message: messages.VaryingRead) -> None:
        self.runs.vary(message.view, message.keys)

    # Side by side

    def action_compare(self) -> None:
        """Reads the marked runs; they are shown when that is done."""
        from store.compare import MOST_RUNS

        marked = len(self.runs.marks)
        if 2 <= marked <= MOST_RUNS:
            self._read("compare", "reading the marked runs", reading.read_compared, self.runs.marks)
        else:
            key = key_of(self, "mark")
            told = f"{plural(marked, 'run')} marked: {key} marks from 2 to {MOST_RUNS} to compare"
            self.notify(told, severity="warning", markup=False, timeout=5)

    def on_runs_compared(self, message: messages.RunsCompared) -> None:
        if self.app.screen is not self:
            return
        if len(message.runs) < 2:
            self.notify("the marked runs are not in the store any more", severity="warning", markup=False, timeout=5)
            return
        from tui.screens.modals.compare import CompareScreen

        if gone := message.asked - len(message.runs):
            told = f"{plural(gone, 'marked run')} not in the store any more"
            self.notify(told, severity="warning", markup=False, timeout=5)
        screen = CompareScreen(message.runs, self._names, self.runs.directions, self)
        self.app.push_screen(screen, self._compared_opened)

    async def _compared_opened(self, run_id: str | None) -> None:
        if run_id is not None:
            self.read_run(run_id)
            await self.go(RUN)

    # Views with a name

    def action_views(self) -> None:
        """Goes to a view that has a name, or gives the present one a name."""
        from tui.screens.modals.views import Views

        view = self.runs.view
        if view is not None:
            screen = Views(self._views.named)
            self.app.push_screen(screen, lambda _: self._view_chosen(screen.chosen))

    def _view_chosen(self, chosen: ViewChoice | None) -> None:
        view = self.runs.view
        if chosen is None or view is None:
            return
        if chosen.save:
            self._views.name(chosen.name, replace(view, experiment_ids=None, find=""))
            self._keep_views(f"this view is called {chosen.name}")
        elif chosen.forget:
            self._views.forget(chosen.name)
            self._keep_views(f"the view {chosen.name} is forgotten")
        else:
            self.runs.apply(replace(self._views.named[chosen.name], experiment_ids=view.experiment_ids))

    def _keep_views(self, done: str) -> None:
        self._session.start("views", "keeping the view", reading.keep_views, self._views, done, silent=True)

    def on_views_kept(self, message: messages.ViewsKept) -> None:
        told, wrong = message.unkept or message.done, bool(message.unkept)
        self.notify(clean(told), severity="warning" if wrong else "information", markup=False, timeout=6)

    def action_copy_command(self) -> None:
        """Copies the command that prints the runs as they are shown."""
        view = self.runs.view
        if view is not None:
            self.copy_command(view, self.runs.columns)

    def copy_command(self, view: RunsView, columns: Sequence[RunColumn]) -> None:
        """Copies the command of a view. Clipboards and the histories of shells are no places for passwords."""
        from store.uris import redact_address
        from tui.view.command import command_of

        store = redact_address(self._which.text)
        what = "command" if store == self._which.text else "command without the store's password"
        self.post_message(messages.CopyWanted(what, command_of(view, columns, store, self._names)))

    def _pick(
        self, title: str, choices: Sequence[Choice], chosen: str, then: Callable[[str], None], hint: str = ""
    ) -> None:
        from tui.screens.modals.picker import Picker

        def picked(key: str | None) -> None:
            if key is not None:
                then(key)

        self.app.push_screen(Picker(title, choices, chosen, hint=hint), picked)
