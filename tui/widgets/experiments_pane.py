"""The list of experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from store.kinds import ViewType
from tui.bindings import bindings
from tui.keys import Place
from tui.view import cells
from tui.view.experiments import ALL, experiment_rows
from tui.view.glyphs import GLYPHS
from tui.view.stages import STAGE_NAMES
from tui.view.text import clean
from tui.widgets.pane import Pane
from tui.widgets.table import Table

if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats
    from tui.widgets.prompt import Prompt


class ExperimentsPane(Pane):
    """Experiments, narrowed by name as one types."""

    BINDINGS = bindings(Place.NAMES, Place.EXPERIMENTS)
    empty = f"reading the experiments {GLYPHS.ellipsis}"

    @dataclass
    class Moved(Message):
        """The cursor is on another experiment."""

        experiment_id: str

    @dataclass
    class Opened(Message):
        """The runs of an experiment, or of all, are wanted."""

        experiment_id: str
        """`ALL` for all."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._experiments: Sequence[Experiment] = ()
        self._stats: Mapping[str, ExperimentStats] = {}
        self._stage = ViewType.ACTIVE_ONLY
        self._wanted = ""
        self._read = False

    def show(self, experiments: Sequence[Experiment], stats: Mapping[str, ExperimentStats], stage: ViewType) -> None:
        first = not self._read
        self._experiments, self._stats, self._stage, self._read = experiments, stats, stage, True
        self._fill()
        if first and len(experiments) > 1:
            # On the first real experiment, below the row for all of them.
            self.table.cursor = 1
        self._tell()

    @property
    def chosen(self) -> Experiment | None:
        """The experiment under the cursor; None on the row for all."""
        key = self.table.key
        return next((item for item in self._experiments if item.experiment_id == key), None)

    def _fill(self) -> None:
        words = self._wanted.casefold().split()
        kept = [item for item in self._experiments if all(word in item.name.casefold() for word in words)]
        if self._wanted:
            empty = f"no experiment is called “{clean(self._wanted)}”\nEsc shows all of them"
        elif self._stage is ViewType.DELETED_ONLY:
            empty = "no experiment is deleted\nV shows the others"
        else:
            empty = "this store has no experiments yet\nthey appear here once something is logged: r reads again"
        self.table.show(experiment_rows(kept, self._stats), empty=empty)
        pieces = [("Experiments", "title"), (cells.count(len(self._experiments)), "dim")]
        if self._wanted:
            pieces = [pieces[0], (f"{len(kept)} of {len(self._experiments)} called “{clean(self._wanted)}”", "accent")]
        if STAGE_NAMES[self._stage]:
            pieces.append((STAGE_NAMES[self._stage], "warn"))
        self.entitle(pieces)

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

    def action_all_runs(self) -> None:
        self.post_message(self.Opened(ALL))

    async def action_find(self) -> None:
        await self.ask("find", self._wanted, "part of an experiment's name")

    def clear_search(self) -> bool:
        """Shows all experiments again; False if they are shown already."""
        if not self._wanted:
            return False
        self._wanted = ""
        self._fill()
        return True

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        event.stop()
        self._wanted = event.text.strip()
        self._fill()
        self._tell()

    def on_prompt_done(self, event: Prompt.Done) -> None:
        event.stop()
        self.take_focus()

    def on_prompt_dropped(self, event: Prompt.Dropped) -> None:
        event.stop()
        self.clear_search()
        self.take_focus()
