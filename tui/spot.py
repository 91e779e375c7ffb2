"""Where on the path of one store somebody is, so that coming back leads there again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from store.kinds import ViewType
from tui import plain
from tui.filter_history import FilterHistory

if TYPE_CHECKING:
    from tui.view.runs import RunsView

DEEPEST: Final = 3
"""The last level of the path; see `tui.screens.layout`."""

LAST_TAB: Final = 4
"""Of the run's pane."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A level, and what the cursors are on; texts are empty where that is nothing."""

    level: int = 0
    stage: ViewType = ViewType.ACTIVE_ONLY
    """Of the experiments that are listed."""
    wanted: str = ""
    """What experiments are narrowed by."""
    experiment: str = ""
    """The id under the cursor."""
    runs: RunsView | None = None
    """Which runs are listed: filter, order and stage."""
    run: str = ""
    """The id under the cursor."""
    opened: str = ""
    """The id of the run that is shown in full."""
    tab: int = 0
    row: str = ""
    """What the cursor of that run's pane is on."""
    metric: str = ""
    """The metric that is charted."""
    filters: tuple[str, ...] = ()
    """Those that were used, the last one last."""


def document_of(spot: Spot) -> dict[str, Any]:
    """A spot as JSON has it."""
    from tui.view.view_document import view_document

    runs = spot.runs
    return {
        "level": spot.level,
        "stage": spot.stage.value,
        "wanted": spot.wanted,
        "experiment": spot.experiment,
        "runs": runs and {"experiment_ids": runs.experiment_ids and list(runs.experiment_ids), **view_document(runs)},
        "run": spot.run,
        "opened": spot.opened,
        "tab": spot.tab,
        "row": spot.row,
        "metric": spot.metric,
        "filters": list(spot.filters),
    }


def spot_of(document: object) -> Spot:
    """The spot that `document_of` made it from. Raises `ValueError` for anything else."""
    entries = plain.table(document)
    runs = entries.get("runs")
    return Spot(
        level=plain.number(entries.get("level"), DEEPEST),
        stage=ViewType(plain.text(entries.get("stage"))),
        wanted=plain.text(entries.get("wanted")),
        experiment=plain.text(entries.get("experiment")),
        runs=None if runs is None else _runs(plain.table(runs)),
        run=plain.text(entries.get("run")),
        opened=plain.text(entries.get("opened")),
        tab=plain.number(entries.get("tab"), LAST_TAB),
        row=plain.text(entries.get("row")),
        metric=plain.text(entries.get("metric")),
        filters=_filters(entries.get("filters")),
    )


def _filters(entries: object) -> tuple[str, ...]:
    """Those that can be used; a damaged history is worth no place in a store."""
    texts = entries if isinstance(entries, list) else []
    return FilterHistory(text for text in texts if isinstance(text, str)).texts


def _runs(entries: dict[str, Any]) -> RunsView:
    from tui.view.view_document import view_of

    ids = entries.get("experiment_ids")
    if ids is not None and not isinstance(ids, list):
        raise ValueError("experiment_ids")
    return replace(view_of(entries), experiment_ids=None if ids is None else tuple(map(plain.text, ids)))
