"""The line above the runs, and what stands where there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.kinds import ViewType
from tui.view import cells
from tui.view.absence import absence
from tui.view.glyphs import GLYPHS, quoted
from tui.view.order import NEWEST_FIRST, SortKey
from tui.view.run_cells import title
from tui.view.run_columns import RunColumns
from tui.view.runs import RunsView
from tui.view.stages import STAGE_NAMES
from tui.view.text import clean, wrapped

if TYPE_CHECKING:
    from store.absent import Absent

Pieces = list[tuple[str, str]]
"""(clean text, role)."""


@dataclass(frozen=True, slots=True)
class KeyNames:
    """The keys that texts name, as the user has them."""

    back: str
    filter: str
    refresh: str
    stage: str


def place(view: RunsView, names: Mapping[str, str]) -> str:
    """Whose runs these are."""
    if view.experiment_ids is None:
        return "all experiments"
    return ", ".join(clean(names.get(key, key)) for key in view.experiment_ids)


def runs_title(
    view: RunsView, names: Mapping[str, str], amount: str, columns: RunColumns, *, roomy: bool, waiting: bool = False
) -> Pieces:
    """Whose runs, how many (`amount`, or how far a reading has come), and everything that narrows or orders them."""
    pieces = [("Runs", "title"), (place(view, names), "accent"), (amount, "warn" if waiting else "")]
    if view.find:
        pieces.append((f"called {quoted(clean(view.find))}", "warn"))
    if view.filter:
        pieces.append((f"where {clean(view.filter)}", "warn"))
    if STAGE_NAMES[view.stage]:
        pieces.append((STAGE_NAMES[view.stage], "warn"))
    if view.order != NEWEST_FIRST:
        by = (f"{_sign(key)} {title(key.column)}" for key in view.order)
        pieces.append((" ".join(by), "dim"))
    if view.nested:
        pieces.append(("nested", "dim"))
    if view.varying:
        pieces.append(("only columns that differ", "warn"))
    hidden = [
        cells.plural(number, noun)
        for number, noun in ((columns.other_metrics, "metric"), (columns.other_params, "param"))
        if number
    ]
    if hidden and roomy and view.columns is None:
        pieces.append((f"{' and '.join(hidden)} without a column", "dim"))
    return pieces


def view_text(view: RunsView) -> str:
    """What a view narrows, orders and shows, in a line."""
    parts = [f"where {clean(view.filter)}"] if view.filter else []
    if view.order != NEWEST_FIRST:
        parts.append("by " + ", ".join(f"{title(key.column)} {_sign(key)}" for key in view.order))
    if STAGE_NAMES[view.stage]:
        parts.append(STAGE_NAMES[view.stage])
    if view.columns is not None:
        parts.append(cells.plural(len(view.columns), "column"))
    return f" {GLYPHS.gap} ".join(parts) or "the usual view"


def _sign(key: SortKey) -> str:
    return GLYPHS.up if key.ascending else GLYPHS.down


def emptiness(view: RunsView, absent: Sequence[Absent], keys: KeyNames, columns: int) -> str:
    """Why there are no runs, as far as that is known, and what to do; in lines of at most so many columns."""
    if view.filter or view.find:
        why = [clean(absence(item, view.query)) for item in absent] or ["no run matches"]
        lines = [line for reason in why for line in wrapped(reason, max(20, columns))]
        return "\n".join([*lines, f"{keys.back} shows all of them, {keys.filter} changes the filter"])
    if view.stage is ViewType.DELETED_ONLY:
        return f"no run is deleted\n{keys.stage} shows the others"
    return f"no runs yet\n{keys.refresh} reads again, {keys.back} goes back to the experiments"
