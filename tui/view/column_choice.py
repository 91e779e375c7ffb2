"""Choosing the columns of the runs table: what is chosen so far, as steps from one choice to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from store.direction import best_of
from store.entities import KeyCount
from store.kinds import Aggregate
from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.run_cells import title
from tui.view.run_columns import ATTRIBUTES, RunColumn
from tui.view.table import Cell, Column, ListRows
from tui.view.text import clean

LEAST_WIDTH: Final = 3
MOST_WIDTH: Final = 80
"""Terminal columns that a column may be given."""

_AGGREGATES: Final = (Aggregate.LATEST, Aggregate.MIN, Aggregate.MAX, Aggregate.FIRST, Aggregate.MEAN)
"""In the order in which a metric's column goes through them."""

_NOUNS: Final = {
    "attributes": "attribute",
    "metrics": "metric",
    "params": "param",
    "tags": "tag",
    "datasets": "dataset",
}

OFFERED: Final = (*(RunColumn("attributes", key) for key in ATTRIBUTES), RunColumn("datasets", ""))
"""What every run can show."""


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The columns behind the run's name, in order, and how many of them stay."""

    columns: tuple[RunColumn, ...]
    frozen: int = 0

    def place(self, key: str) -> int | None:
        """Where the column with this id is."""
        return next((place for place, column in enumerate(self.columns) if column.id == key), None)

    def toggled(self, column: RunColumn) -> ColumnChoice:
        """With the column at the end, or without it."""
        place = self.place(column.id)
        if place is None:
            return replace(self, columns=(*self.columns, column))
        frozen = self.frozen - (place < self.frozen)
        return ColumnChoice((*self.columns[:place], *self.columns[place + 1 :]), frozen)

    def moved(self, key: str, steps: int) -> ColumnChoice:
        """With the column so many places further on, as far as there are places."""
        place = self.place(key)
        if place is None:
            return self
        others = [*self.columns[:place], *self.columns[place + 1 :]]
        others.insert(min(max(place + steps, 0), len(others)), self.columns[place])
        return replace(self, columns=tuple(others))

    def sized(self, key: str, steps: int | None, present: int) -> ColumnChoice:
        """With the column wider by so many terminal columns than it is at `present`; None: as wide as its values."""

        def size(column: RunColumn) -> RunColumn:
            if steps is None:
                return replace(column, width=None)
            wide = (present if column.width is None else column.width) + steps
            return replace(column, width=min(max(wide, LEAST_WIDTH), MOST_WIDTH))

        return self._changed(key, size)

    def frozen_to(self, key: str) -> ColumnChoice:
        """With this column and those before it staying in sight; once more: with none."""
        place = self.place(key)
        if place is None:
            return self
        return replace(self, frozen=0 if self.frozen == place + 1 else place + 1)

    def aggregated(self, key: str, up: bool | None = None) -> ColumnChoice:
        """With the next thing that a metric's column can show of its history.

        The best value is among them if it is known whether more is better (`up`).
        """
        best = best_of(up)

        def turn(column: RunColumn) -> RunColumn:
            if column.kind != "metrics":
                return column
            if comes_to_best(column) and best is not None:
                return replace(column, aggregate=best, best=True)
            known = column.aggregate in _AGGREGATES and not column.spark
            place = 1 if column.best else _AGGREGATES.index(column.aggregate) + 1 if known else 0
            aggregate = _AGGREGATES[place % len(_AGGREGATES)]
            return replace(column, aggregate=aggregate, step=None, spark=False, best=False)

        return self._changed(key, turn)

    def directed(self, metric: str, up: bool) -> ColumnChoice:
        """With what is best of a metric, of which it was said whether more is better."""
        changed = self
        for column in self.columns:
            if column.best and column.key == metric:
                changed = changed._changed(column.id, lambda one: replace(one, aggregate=best_of(up) or one.aggregate))
        return changed

    def at_step(self, key: str, step: int) -> ColumnChoice:
        """With a metric's value at that step."""
        return self._showing(key, aggregate=Aggregate.AT, step=step)

    def sparked(self, key: str) -> ColumnChoice:
        """With a metric's curve instead of a number, or the other way round."""
        place = self.place(key)
        return self if place is None else self._showing(key, spark=not self.columns[place].spark)

    def _showing(
        self, key: str, *, aggregate: Aggregate = Aggregate.LATEST, step: int | None = None, spark: bool = False
    ) -> ColumnChoice:
        """With something else of a metric's history; of what is no metric there is none."""

        def change(column: RunColumn) -> RunColumn:
            if column.kind != "metrics":
                return column
            return replace(column, aggregate=aggregate, step=step, spark=spark, best=False)

        return self._changed(key, change)

    def doubled(self, key: str) -> ColumnChoice:
        """With another column of the same metric behind it, for something else of its history."""
        place = self.place(key)
        if place is None or self.columns[place].kind != "metrics":
            return self
        column = self.columns[place]
        there = {one.id for one in self.columns}
        others = (replace(column, aggregate=one, step=None, spark=False, width=None, best=False) for one in _AGGREGATES)
        new = next((one for one in others if one.id not in there), None)
        if new is None:
            return self
        return replace(self, columns=(*self.columns[: place + 1], new, *self.columns[place + 1 :]))

    def _changed(self, key: str, change: Callable[[RunColumn], RunColumn]) -> ColumnChoice:
        """With a column changed, unless there is one like that already."""
        place = self.place(key)
        if place is None:
            return self
        new = change(self.columns[place])
        if any(column.same(new) for other, column in enumerate(self.columns) if other != place):
            return self
        return replace(self, columns=(*self.columns[:place], new, *self.columns[place + 1 :]))


def comes_to_best(column: RunColumn) -> bool:
    """True if the next thing that the column can show is the best value."""
    return column.kind == "metrics" and column.aggregate is Aggregate.LATEST and not column.spark


def described(column: RunColumn) -> str:
    """What a column shows, in words."""
    noun = _NOUNS[column.kind] if column.key else "datasets, all"
    if column.spark:
        return f"{noun}, curve"
    if column.aggregate is Aggregate.LATEST:
        return noun
    if column.aggregate is Aggregate.AT:
        return f"{noun}, at step {column.step}"
    return f"{noun}, best: {column.aggregate}" if column.best else f"{noun}, {column.aggregate}"


def choice_rows(
    choice: ColumnChoice,
    found: Iterable[KeyCount],
    typed: str,
    directions: Mapping[str, str],
) -> ListRows:
    """The columns that are shown, then what else there is; of both what has every word that was typed.

    `found` are keys of the store, `directions` the signs of the metrics of which it is known what is better.
    """
    words = typed.casefold().split()
    counts = {(entry.kind.value, entry.key): entry.runs for entry in found}
    shown = {(column.kind, column.key) for column in choice.columns}
    others = [column for column in OFFERED if (column.kind, column.key) not in shown]
    others += [RunColumn(kind, key) for kind, key in counts if (kind, key) not in shown]
    rows: list[tuple[str, Sequence[Cell]]] = []
    for place, column in enumerate([*choice.columns, *others]):
        if not all(word in f"{column.key} {title(column)} {described(column)}".casefold() for word in words):
            continue
        inside = place < len(choice.columns)
        runs = counts.get((column.kind, column.key))
        notes = [
            "stays" if inside and place < choice.frozen else "",
            f"width {column.width}" if column.width is not None else "",
            directions.get(column.key, "") if column.kind == "metrics" else "",
        ]
        rows.append(
            (
                column.id,
                (
                    Cell(GLYPHS.finished, "good") if inside else Cell(""),
                    Cell(clean(title(column)), "name" if inside else ""),
                    Cell(described(column), "dim"),
                    Cell("" if runs is None else cells.count(runs), "dim"),
                    Cell(", ".join(note for note in notes if note), "accent"),
                ),
            )
        )
    return ListRows(
        (
            Column("mark", "", least=1, most=1),
            Column("title", "Column", least=12, most=44),
            Column("what", "What", least=9, most=24),
            Column("runs", "Runs", "right", most=9),
            Column("notes", "", most=40),
        ),
        rows,
    )


def column_named(key: str, choice: ColumnChoice) -> RunColumn:
    """The column with this id, among those that are shown or not."""
    from tui.view.run_columns import column_of

    place = choice.place(key)
    return column_of(key) if place is None else choice.columns[place]
