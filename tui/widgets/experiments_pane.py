"""The list of experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from store.kinds import ViewType
from tui.bindings import bindings, key_of
from tui.keys import Place
from tui.view import cells
from tui.view.experiments import ALL, experiment_rows
from tui.view.glyphs import GLYPHS, quoted
from tui.view.stages import STAGE_NAMES
from tui.view.text import clean
from tui.widgets.names_pane import NamesPane
from tui.widgets.table import Table

if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats


class ExperimentsPane(NamesPane):
    """Experiments, narrowed by name as one types."""

    BINDINGS = bindings(Place.NAMES, Place.EXPERIMENTS)
    empty = f"reading the experiments {GLYPHS.ellipsis}"

    placeholder = "part of an experiment's name"

    @dataclass
    class Moved(Message):
        """The cursor is on another experiment."""

        experiment_id: str

    @dataclass
    class Opened(Message):
        """The runs of an experiment, or of all, are wanted."""

        experiment_id: str
        """`ALL` for all."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._experiments: Sequence[Experiment] = ()
        self._stats: Mapping[str, ExperimentStats] | None = None
        self._stage = ViewType.ACTIVE_ONLY
        self._read = False
        self._open_when_read = False
        """True if Enter was typed before there was anything to open."""

    def show(
        self, experiments: Sequence[Experiment], stats: Mapping[str, ExperimentStats] | None, stage: ViewType
    ) -> None:
        """`stats` are None while nobody counted the runs."""
        first = not self._read
        self._experiments, self._stats, self._stage, self._read = experiments, stats, stage, True
        self._fill()
        if first and len(experiments) > 1:
            # On the first real experiment, below the row for all of them.
            self.table.cursor = 1
        self._tell()
        if self._open_when_read:
            self._open_when_read = False
            self.table.action_open()

    @property
    def was_read(self) -> bool:
        """True once experiments were shown, however few."""
        return self._read

    @property
    def chosen(self) -> Experiment | None:
        """The experiment under the cursor; None on the row for all."""
        key = self.table.key
        return next((item for item in self._experiments if item.experiment_id == key), None)

    @property
    def listed(self) -> Sequence[Experiment]:
        """The experiments in the list, without the row for all."""
        return [item for item in self._experiments if self.matches(item.name)]

    def return_to(self, key: str, wanted: str) -> None:
        """Narrows the list to what was `wanted`, and puts the cursor on the experiment with this id, if it is there."""
        self.wanted = wanted
        self._fill()
        place = self.table.rows.find(key)
        if place is not None:
            self.table.cursor = place
        self._tell()

    def _fill(self) -> None:
        kept = self.listed
        if self.wanted:
            empty = f"no experiment is called {quoted(clean(self.wanted))}\n{key_of(self, 'back')} shows all of them"
        elif self._stage is ViewType.DELETED_ONLY:
            empty = f"no experiment is deleted\n{key_of(self, 'stage')} shows the others"
        else:
            again = f"{key_of(self, 'refresh')} reads again"
            empty = f"this store has no experiments yet\nthey appear here once something is logged: {again}"
        self.table.show(experiment_rows(kept, self._stats), empty=empty)
        pieces = [("Experiments", "title"), (cells.count(len(self._experiments)), "dim")]
        if self.wanted:
            found = f"{len(kept)} of {len(self._experiments)} called {quoted(clean(self.wanted))}"
            pieces = [pieces[0], (found, "accent")]
        if STAGE_NAMES[self._stage]:
            pieces.append((STAGE_NAMES[self._stage], "warn"))
        self.entitle(pieces)

    def failed(self) -> None:
        """The experiments do not come: those on screen stay."""
        if not self._read:
            again = f"the experiments were not read\n{key_of(self, 'refresh')} tries again"
            self.table.show(self.table.rows, empty=again)
        self._open_when_read = False

    def narrow(self) -> None:
        self._fill()
        self._tell()

    def _tell(self) -> None:
        if (key := self.table.key) is not None:
            self.post_message(self.Moved(key))

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self._tell()

    def on_table_opened(self, event: Table.Opened) -> None:
        event.stop()
        if (key := self.table.key) is not None:
            self.post_message(self.Opened(key))
        else:
            self._open_when_read = not self._read

    def stay(self) -> None:
        """What was typed ahead is not meant any more."""
        self._open_when_read = False

    def action_all_runs(self) -> None:
        self.post_message(self.Opened(ALL))
