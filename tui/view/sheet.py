"""A list as it is exported: what its columns are, and what each of its rows is in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tui.view.export import Format, Heading, csv_pieces, json_number, json_pieces, markdown_pieces
from tui.view.fields import Type

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column."""

    title: str
    """As programs have it, not clean."""
    type: Type


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """Rows that are made as they are written."""

    columns: Sequence[SheetColumn]
    """As programs have them."""
    headings: Callable[[], Sequence[Heading]]
    """As people have them."""
    portions: Callable[[], Iterable[Sequence[T]]]
    """The rows, as many at a time as are in memory."""
    document: Callable[[T], object]
    """A row as a JSON object."""
    plain: Callable[[T], Sequence[Any]]
    """Its values as the store holds them, numbers of every kind included."""
    texts: Callable[[T], Sequence[str]]
    """Its values for people, clean."""

    def documents(self) -> Iterator[object]:
        """The rows for JSON."""
        return (self.document(item) for item in self._items())

    def values(self) -> Iterator[Sequence[object]]:
        """The rows for CSV."""
        for item in self._items():
            yield [json_number(value) if isinstance(value, float) else value for value in self.plain(item)]

    def _items(self) -> Iterator[T]:
        return (item for portion in self.portions() for item in portion)

    def pieces(self, format_: Format) -> Iterator[str]:
        """The whole of it as text, as it comes; in every format but those that are no text."""
        if format_ in (Format.JSON, Format.NDJSON):
            return json_pieces(self.documents(), lines=format_ is Format.NDJSON)
        if format_ is Format.CSV:
            return csv_pieces([column.title for column in self.columns], self.values())
        if format_ is Format.MD:
            return markdown_pieces(self.headings(), map(self.texts, self._items()))
        raise ValueError(format_)
