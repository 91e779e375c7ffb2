"""One experiment as a card beside the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.bindings import key_of
from tui.view.experiments import experiment_card
from tui.view.table import Cell, Column, ListRows
from tui.view.text import wrapped
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats


LABELS = 14
"""Columns of the labels."""


class CardPane(Pane):
    """What there is to know about the experiment under the cursor."""

    DEFAULT_CSS = """
    CardPane Table > .table--cursor-blurred { background: $background; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._experiment: Experiment | None = None
        self._stats: ExperimentStats | None = None

    def show(self, experiment: Experiment | None, stats: ExperimentStats | None) -> None:
        """None for all experiments together."""
        self._experiment, self._stats = experiment, stats
        lines = [] if experiment is None else experiment_card(experiment, stats)
        self.entitle([(lines[0][1] if lines else "All experiments", "title")])
        room = max(10, self.table.size.width - LABELS - 6)
        rows: list[tuple[str, tuple[Cell, Cell]]] = []
        for label, text in lines[1:]:
            for part in wrapped(text, room):
                rows.append((str(len(rows)), (Cell(label, "dim"), Cell(part))))
                label = ""
        columns = (Column("label", "", least=LABELS, most=LABELS), Column("text", "", least=10, most=2000))
        empty = f"{key_of(self, 'open')} opens the runs of every experiment together"
        self.table.show(ListRows(columns, rows), empty=empty, cursor=0)

    def on_resize(self) -> None:
        if self._experiment is not None:
            self.show(self._experiment, self._stats)
