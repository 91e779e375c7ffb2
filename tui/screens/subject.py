"""What the cursor is on, for copying."""

from __future__ import annotations

from dataclasses import dataclass

from tui.screens.layout import GROUPS
from tui.screens.panes import Panes
from tui.view import cells


@dataclass(frozen=True, slots=True)
class Subject:
    """An experiment or a run, and what of it the cursor is on; empty texts if there is nothing."""

    what: str = ""
    id: str = ""
    value: str = ""
    """A value, or the artifact URI."""


def subject(panes: Panes) -> Subject:
    """What the cursor of the pane that has the focus is on."""
    pane = panes.focused_pane
    if pane in ("experiments", "card"):
        experiment = panes.experiments.chosen
        if experiment is None:
            return Subject()
        return Subject("experiment", experiment.experiment_id, experiment.artifact_location or "")
    if pane == "runs":
        found = panes.runs.chosen
        return Subject("run", panes.runs.key, (found.artifact_uri or "") if found else "")
    run = panes.run.run_shown
    if run is None or pane == GROUPS:
        return Subject()
    if pane == "chart":
        metric = panes.chart.metric
        return Subject("run", run.run_id, cells.exact(metric.latest.value) if metric else "")
    return Subject("run", run.run_id, panes.run.value_under_cursor)
