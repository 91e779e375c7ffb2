"""What a table shows, without how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Cell:
    """One value; `text` is clean."""

    text: str
    role: str = ""
    """What it means, for its colour: one of the component classes `table--ROLE` of the widget, or empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    id: str
    title: str
    align: str = "left"
    """left, right or center."""
    least: int = 1
    most: int = 40
    """Bounds of its width in terminal columns; between them it is as wide as its content."""
    kind: str = ""
    """What it belongs to together with those beside it that say the same: it is told above their titles where there is
    room, and by the colour of the titles (component classes `table--KIND`)."""
    ends: bool = False
    """Whether both ends are kept of what is too long, as of addresses, which often differ only there."""


class Rows(Protocol):
    """The rows of a table, made when they are drawn."""

    @property
    def columns(self) -> Sequence[Column]: ...

    def __len__(self) -> int: ...

    def cells(self, index: int) -> Sequence[Cell] | None:
        """One cell a column; None if the row is not loaded."""
        ...

    def key(self, index: int) -> str:
        """What identifies the row when the table is read again."""
        ...

    def find(self, key: str) -> int | None:
        """The index of the row with this key."""
        ...


class ListRows:
    """Rows that are all there."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[tuple[str, Sequence[Cell]]]) -> None:
        self.columns = columns
        self._rows = rows
        self._places = {key: place for place, (key, _) in enumerate(rows)}

    def __len__(self) -> int:
        return len(self._rows)

    def cells(self, index: int) -> Sequence[Cell]:
        return self._rows[index][1]

    def key(self, index: int) -> str:
        return self._rows[index][0]

    def find(self, key: str) -> int | None:
        return self._places.get(key)
