"""Where on the path of one store somebody is, so that coming back leads there again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from store.kinds import ViewType

if TYPE_CHECKING:
    from tui.view.runs import RunsView

DEEPEST: Final = 3
"""The last level of the path; see `tui.screens.layout`."""

LAST_TAB: Final = 4
"""Of the run's pane."""

LONGEST_TEXT: Final = 20_000
"""Characters of a text that is kept: a filter is far shorter."""


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


def document_of(spot: Spot) -> dict[str, Any]:
    """A spot as JSON has it."""
    runs = spot.runs
    return {
        "level": spot.level,
        "stage": spot.stage.value,
        "wanted": spot.wanted,
        "experiment": spot.experiment,
        "runs": runs
        and {
            "experiment_ids": runs.experiment_ids and list(runs.experiment_ids),
            "filter": runs.filter,
            "find": runs.find,
            "order": list(runs.order),
            "stage": runs.stage.value,
        },
        "run": spot.run,
        "opened": spot.opened,
        "tab": spot.tab,
        "row": spot.row,
        "metric": spot.metric,
    }


def spot_of(document: object) -> Spot:
    """The spot that `document_of` made it from. Raises `ValueError` for anything else."""
    entries = _table(document)
    runs = entries.get("runs")
    return Spot(
        level=_number(entries.get("level"), DEEPEST),
        stage=ViewType(_text(entries.get("stage"))),
        wanted=_text(entries.get("wanted")),
        experiment=_text(entries.get("experiment")),
        runs=None if runs is None else _runs(_table(runs)),
        run=_text(entries.get("run")),
        opened=_text(entries.get("opened")),
        tab=_number(entries.get("tab"), LAST_TAB),
        row=_text(entries.get("row")),
        metric=_text(entries.get("metric")),
    )


def _runs(entries: dict[str, Any]) -> RunsView:
    from tui.view.runs import RunsView

    ids, order = entries.get("experiment_ids"), entries.get("order")
    if ids is not None and not isinstance(ids, list):
        raise ValueError("experiment_ids")
    if not isinstance(order, list) or len(order) != 2 or not isinstance(order[1], bool):
        raise ValueError("order")
    return RunsView(
        experiment_ids=None if ids is None else tuple(map(_text, ids)),
        filter=_text(entries.get("filter")),
        find=_text(entries.get("find")),
        order=(_text(order[0]), order[1]),
        stage=ViewType(_text(entries.get("stage"))),
    )


def _table(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError("no table")


def _text(value: object) -> str:
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return value
    raise ValueError("no text")


def _number(value: object, most: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise ValueError("no number")
