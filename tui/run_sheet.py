"""A list of runs as it is exported, on the command line and from the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from tui.run_reading import RunReading
from tui.view.export import Format, Heading
from tui.view.fields import RunField, limited_document, parts_of
from tui.view.sheet import Sheet, SheetColumn

if TYPE_CHECKING:
    from store.entities import Run

Names = Callable[[], Mapping[str, str]]
"""Reads the names of the experiments by id."""


def run_sheet(reading: RunReading, fields: Sequence[RunField], names: Names, format_: Format) -> Sheet[Run]:
    """These columns of the runs; without any, all that they have, for which all of them may be read twice.

    `names` are asked for if a column shows them.
    """
    from store.kinds import RunParts

    whole = not fields and format_ in (Format.JSON, Format.NDJSON)
    if not fields and not whole:
        fields = reading.every_field()
    shown = any(field.kind == "attributes" and field.key == "experiment" for field in fields)
    known = names() if shown else {}
    parts = RunParts.ALL if whole else parts_of(fields)
    return Sheet(
        [SheetColumn(field.title, field.type) for field in fields],
        partial(_headings, fields),
        partial(reading.portions, parts),
        _document(fields, known),
        _plain(fields, known),
        _texts(fields, known),
    )


def _headings(fields: Sequence[RunField]) -> Sequence[Heading]:
    from tui.view.field_texts import field_heading

    return [field_heading(field) for field in fields]


def _document(fields: Sequence[RunField], names: Mapping[str, str]) -> Callable[[Run], object]:
    if fields:
        return limited_document(fields, names)
    from tui.view.documents import run_document

    return run_document


def _plain(fields: Iterable[RunField], names: Mapping[str, str]) -> Callable[[Run], Sequence[Any]]:
    return lambda run: [field.plain(run, names) for field in fields]


def _texts(fields: Iterable[RunField], names: Mapping[str, str]) -> Callable[[Run], Sequence[str]]:
    def texts(run: Run) -> Sequence[str]:
        # Not before there is a row for people: what measures texts takes long to import.
        from tui.view.field_texts import field_text

        return [field_text(field, run, names) for field in fields]

    return texts
