"""One experiment as a card beside the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.view.experiments import experiment_card
from tui.view.table import Cell, Column, ListRows
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats


class CardPane(Pane):
    """What there is to know about the experiment under the cursor."""

    def show(self, experiment: Experiment | None, stats: ExperimentStats | None) -> None:
        """None for all experiments together."""
        lines = [] if experiment is None else experiment_card(experiment, stats)
        title = lines[0][1] if lines else "All experiments"
        self.entitle([(title, "title")])
        rows = [(str(place), (Cell(label, "dim"), Cell(text))) for place, (label, text) in enumerate(lines[1:])]
        columns = (Column("label", "", least=14, most=14), Column("text", "", least=10, most=2000))
        empty = "Enter opens the runs of every experiment together"
        self.table.show(ListRows(columns, rows), empty=empty, cursor=0)
