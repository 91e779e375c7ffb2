"""Going from one store to another: the next one is opened before the one on screen is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Thread
from typing import TYPE_CHECKING

from store.errors import NotFound
from store.kinds import ViewType
from tui import messages, reading
from tui.filter_history import FilterHistory
from tui.screens.layout import CHART, EXPERIMENTS, RUN, RUNS
from tui.screens.path import PathScreen
from tui.screens.session import Session
from tui.spot import Spot
from tui.view.text import clean
from tui.work import WorkFailed

if TYPE_CHECKING:
    from store.protocols import Store
    from tui.view.stores import StoreEntry, Which

GROUP = "store"
"""The work that opens another store."""


class StoresScreen(PathScreen):
    """Knows which store it shows, which others there are, and where one was when it was left."""

    def __init__(
        self, which: Which, given: Which, *, opener: reading.Opener, read_only: bool, spot: Spot | None = None
    ) -> None:
        """`given` is the store that was named on the command line; `spot` is where to go back to."""
        super().__init__(which.title, read_only=read_only)
        self._which = which
        self._given = given
        self._opener = opener
        self._session = Session(self)
        self._stage = ViewType.ACTIVE_ONLY if spot is None else spot.stage
        self._spot = spot
        """Where to go back to, until that is done."""
        self.history = FilterHistory(() if spot is None else spot.filters)
        """The filters that were used in this store."""
        self._returning_to = ""
        """The run that is being read because it was open when the store was left."""
        self._arrived: messages.OtherStoreOpened | None = None
        """Another store that is open, while something lies above this screen."""
        self._choosing = False
        """True while the list is open: what is chosen there counts, not what was chosen before."""

    @property
    def which(self) -> Which:
        """The store that is shown."""
        return self._which

    # The list

    def action_stores(self) -> None:
        """Reads which stores there are; the list opens when that is known."""
        self._session.start("stores", "reading the saved stores", reading.list_stores, self._given)

    def on_stores_listed(self, message: messages.StoresListed) -> None:
        from tui.screens.modals.stores import Stores

        if self.app.screen is self:
            self._choosing = True
            self.app.push_screen(Stores(message.entries, self._which.key), self._picker(message.entries))

    def _picker(self, entries: Sequence[StoreEntry]) -> Callable[[str | None], None]:
        def picked(key: str | None) -> None:
            self._choosing = False
            chosen = next((entry.which for entry in entries if entry.key == key), None)
            if chosen is None:
                self._hand_over()
            elif chosen.key == self._which.key:
                self._session.cancel(GROUP)
                self._drop_arrived()
            else:
                self._drop_arrived()
                self._open_other(chosen)

        return picked

    # The other store

    def _open_other(self, which: Which) -> None:
        self.status.doing(f"opening {which.title}")
        self._session.start(GROUP, f"opening {which.title}", reading.open_other, self._opener, which)
        self.show_status()

    def on_other_store_opened(self, message: messages.OtherStoreOpened) -> None:
        if message.cancel.is_set():
            # It was under way to here when something else was chosen.
            _close(message.store)
            return
        self._drop_arrived()
        self._arrived = message
        self._hand_over()

    def on_screen_resume(self) -> None:
        self._hand_over()

    @property
    def can_leave(self) -> bool:
        """False while something is done here that would end with it."""
        return True

    def _hand_over(self) -> None:
        """To the other store, unless something lies above this screen, or is done on it: then when that is gone."""
        arrived = self._arrived
        if arrived is not None and self.app.screen is self and not self._choosing and self.can_leave:
            self._arrived = None
            spot = self.spot
            self._session.leave()
            self.post_message(messages.StoreLeft(self._which, spot, arrived.which, arrived.store, self.is_live))

    def _drop_arrived(self) -> None:
        """Closes a store that was opened and is not wanted any more."""
        if self._arrived is not None:
            _close(self._arrived.store)
            self._arrived = None

    def on_unmount(self) -> None:
        self._drop_arrived()
        self._session.leave()

    # Where one is

    @property
    def spot(self) -> Spot:
        """Where one is, for coming back."""
        if self._spot is not None:
            return self._spot
        table = self.experiments.table
        found = {
            "stage": self._stage,
            "wanted": self.experiments.wanted,
            "experiment": (table.key or "") if len(table.rows) else "",
            "filters": self.history.texts,
        }
        if not self.panes.prepared or self.runs.view is None:
            return Spot(**found)  # type: ignore[arg-type]  # the names are the spot's own
        run = self.run_pane.run_shown
        metric = self.chart.metric
        return Spot(
            **found,  # type: ignore[arg-type]  # as above
            level=self.level,
            runs=self.runs.view,
            run=self.runs.key,
            opened=run.run_id if run is not None else "",
            tab=self.run_pane.tab,
            row=self.run_pane.table.key or "",
            metric=metric.key if metric is not None and self.level == CHART else "",
        )

    async def return_to_spot(self, known: Sequence[str]) -> None:
        """Goes back to where one was, once experiments are on screen; `known` are the ids of all of them.

        What is no longer in the store is left out.
        """
        spot, self._spot = self._spot, None
        if spot is None or self.level != EXPERIMENTS:
            return
        self.experiments.return_to(spot.experiment, spot.wanted)
        view = spot.runs
        if view is None or spot.level < RUNS or not set(view.experiment_ids or ()) <= set(known):
            return
        await self.prepare()
        self.start_runs(spot)
        if spot.opened:
            self._returning_to = spot.opened
            self.read_run(spot.opened)
            self.run_pane.return_to(spot.tab, spot.row, spot.metric if spot.level == CHART else "")
        await self.go(min(spot.level, RUN) if spot.opened else RUNS)

    async def returned_in_vain(self, message: WorkFailed) -> bool:
        """True if what failed is only that the run that was open here is no longer in the store."""
        if message.group != "run" or not self._returning_to:
            return False
        gone, self._returning_to = self._returning_to, ""
        if not isinstance(message.error, NotFound):
            return False
        self.notify(clean(f"the run that was open here is gone: {gone}"), markup=False)
        self.run_pane.stay()
        self.run_pane.forget()
        await self.go(RUNS)
        return True

    def start_runs(self, spot: Spot) -> None:
        """Asks for the runs of a spot."""
        raise NotImplementedError

    def read_run(self, run_id: str) -> None:
        """Reads a run for the run's pane."""
        raise NotImplementedError


def _close(store: Store) -> None:
    """In a thread: its way may lead through a host that does not answer."""
    Thread(target=store.close, name="flowdeck-leave").start()
