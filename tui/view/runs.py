"""Runs as table rows: which columns, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from store.direction import more_is_better
from store.entities import Run, ViewType
from store.groups import Level
from store.ids import place_of
from store.kinds import PARENT_TAG
from store.protocols import RunQuery
from tui.clock import now_ms
from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.group_order import GroupOrder
from tui.view.order import NEWEST_FIRST, Order
from tui.view.run_cells import LOOKED_AT, NOTHING, STATUS_ROLES, heading, maker, titles
from tui.view.run_columns import RunColumn
from tui.view.run_tree import RunTree
from tui.view.run_values import RunValues
from tui.view.silence import silent
from tui.view.table import Cell, Column
from tui.view.text import clean

_OR = re.compile(r"\bor\b", re.IGNORECASE)
_NOT_ITSELF = re.compile(r"[%\\']")
"""What means something else in a pattern; some databases take a backslash for an escape."""


@dataclass(frozen=True, slots=True)
class RunsView:
    """Which runs a table shows and in which order, as the user chose it."""

    experiment_ids: tuple[str, ...] | None = None
    """None: of every experiment."""
    filter: str = ""
    """In the language of `store.search`."""
    find: str = ""
    """A part of the run's name."""
    order: Order = NEWEST_FIRST
    stage: ViewType = ViewType.ACTIVE_ONLY
    columns: tuple[RunColumn, ...] | None = None
    """None: those that tell most about the runs."""
    frozen: int = 0
    """How many of them stay, beside the name, when the others are scrolled sideways."""

    varying: bool = False
    """True if columns are left out in which all runs have the same."""
    nested: bool = False
    """True if runs stand below their parents."""
    groups: tuple[Level, ...] = ()
    """What the runs are grouped by; empty if they are listed one by one."""
    group_order: GroupOrder | None = None
    """None: the usual one, see `tui.view.group_order`."""

    @property
    def query(self) -> RunQuery:
        order = () if self.order == NEWEST_FIRST else tuple(key.expression for key in self.order)
        return RunQuery(self.experiment_ids, self._whole_filter[0], order, self.stage)

    @property
    def filter_at(self) -> int:
        """Where in the filter of `query` the user's own begins, behind what is looked for by name."""
        return self._whole_filter[1]

    @property
    def _whole_filter(self) -> tuple[str, int]:
        find = _find_clause(self.find)
        if not find or not self.filter:
            return find or self.filter, 0
        # OR binds less than AND.
        before, behind = (f"{find} AND (", ")") if _OR.search(self.filter) else (f"{find} AND ", "")
        return f"{before}{self.filter}{behind}", len(before)


def narrowed(filter_: str, condition: str) -> str:
    """A filter of which only those runs are left that meet a condition, which has no OR."""
    if not filter_:
        return condition
    return f"({filter_}) AND {condition}" if _OR.search(filter_) else f"{filter_} AND {condition}"


def _find_clause(text: str) -> str:
    """MLflow's patterns have no escape: `%`, `\\` and quotes become `_`, which stands for any one character."""
    return f"attributes.run_name ILIKE '%{re.sub(_NOT_ITSELF, '_', text)}%'" if text else ""


def first_ascending(column: RunColumn, directions: Mapping[str, bool] | None = None) -> bool:
    """Which end of an order a user wants to see first: the newest, the best metric, the first name.

    `directions` are metrics of which the user said whether more is better.
    """
    if column.kind == "attributes":
        return not column.key.endswith("_time")
    if column.kind == "metrics":
        return (directions or {}).get(column.key, more_is_better(column.key)) is False
    return True


class RunRows:
    """Runs by id, as far as they are loaded: status, name, then the columns that are wanted."""

    def __init__(
        self,
        ids: Sequence[str],
        loaded: Mapping[str, Run],
        columns: Sequence[RunColumn],
        experiment_names: Mapping[str, str],
        order: Order = (),
        now: Callable[[], int] = now_ms,
        values: RunValues | None = None,
        tree: RunTree | None = None,
    ) -> None:
        """`now` is the time (ms since the epoch) by which runs are called silent; `values` come from histories.

        `tree` nests the runs, whose ids are its own then.
        """
        self._ids = ids
        self._tree = tree
        self._order = order
        self._metrics = [column.kind == "metrics" and not column.spark for column in columns]
        self._loaded = loaded
        self._now = now
        known = RunValues() if values is None else values
        self._makers = [maker(column, experiment_names, known) for column in columns]
        sample = list(islice(loaded.values(), LOOKED_AT))
        self.columns = (
            Column("status", " ", least=1, most=1),
            Column("attributes.run_name", f"Run{_mark(NAME, order)}", least=14, most=34 if tree is None else 44),
            *(
                heading(column, f"{text}{_mark(column, order)}", sample)
                for column, text in zip(columns, titles(columns), strict=True)
            ),
        )

    def __len__(self) -> int:
        return len(self._ids)

    def key(self, index: int) -> str:
        return self._ids[index]

    def find(self, key: str) -> int | None:
        return place_of(self._ids, key)

    def cells(self, index: int) -> Sequence[Cell] | None:
        run = self._loaded.get(self._ids[index])
        if run is None:
            return None
        badge = silent(run, self._now())
        found = [
            Cell(symbol(run), "warn" if badge else STATUS_ROLES.get(run.status, "")),
            Cell(run_title(run, nested=self._tree is not None), "dim" if run.lifecycle_stage == "deleted" else "name"),
            *[make(run, badge) for make in self._makers],
        ]
        return found if self._tree is None else self._nested(found, index, self._tree)

    def _nested(self, found: list[Cell], index: int, tree: RunTree) -> list[Cell]:
        """The cells of a run in a tree: below its parent, and with what the child has by which it stands there."""
        name, below = found[1], tree.below(index)
        count = f" ({cells.count(below)})" if below else ""
        found[1] = Cell(f"{tree.sign(index)}{name.text}{count}", name.role)
        child = self._loaded.get(tree.stands_for(index, self._order)) if below else None
        if child is not None:
            for place, (metric, make) in enumerate(zip(self._metrics, self._makers, strict=True), start=2):
                if metric and found[place] == NOTHING and (other := make(child, "")) != NOTHING:
                    found[place] = Cell(f"{GLYPHS.child} {other.text}", "dim")
        return [Cell(cell.text, "dim") for cell in found] if tree.is_context(index) else found


NAME: Final = RunColumn("attributes", "run_name")


def _mark(column: RunColumn, order: Order) -> str:
    """The direction in which runs are sorted by a column, and which of several keys it is; else empty."""
    for place, key in enumerate(order, start=1):
        if key.column.same(column):
            number = str(place) if len(order) > 1 else ""
            return f" {GLYPHS.up if key.ascending else GLYPHS.down}{number}"
    return ""


def symbol(run: Run) -> str:
    return GLYPHS.deleted if run.lifecycle_stage == "deleted" else cells.status_symbol(run.status)


def run_title(run: Run, *, nested: bool = False) -> str:
    """Its name, or the beginning of its id in parentheses; marked if it could not be read whole, or has a parent that
    does not stand above it.
    """
    name = clean(run.run_name.strip()) or f"({clean(run.run_id)[:8]})"
    if run.tags.get(PARENT_TAG) and not nested:
        name = f"{GLYPHS.child} {name}"
    return f"{GLYPHS.problem} {name}" if run.problems else name
