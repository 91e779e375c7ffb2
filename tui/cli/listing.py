"""Printing a list in the format that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tui.cli import diagnostics, output
from tui.view.export import (
    Format,
    Heading,
    batches,
    csv_pieces,
    json_pieces,
    lay_out,
    markdown_pieces,
    table_lines,
)

if TYPE_CHECKING:
    from store.entities import Page


def print_json(documents: Iterable[object], format_: Format) -> None:
    """One array with an object a line, or (ndjson) one object a line, written as they come."""
    for piece in json_pieces(documents, lines=format_ is Format.NDJSON):
        output.write(piece)


def print_csv(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Values as the store holds them; on a terminal without what a terminal would obey."""
    if output.is_terminal():
        titles, rows = [str(_cleaned(title)) for title in titles], ([_cleaned(value) for value in row] for row in rows)
    for piece in csv_pieces(titles, rows):
        output.write(piece)


def print_table(headings: Sequence[Heading], rows: Sequence[Sequence[str]], format_: Format) -> None:
    """Clean texts as a table or as Markdown; what the terminal has no room for is said."""
    if format_ is Format.MD:
        print_markdown(headings, rows)
        return
    layout = lay_out(headings, rows, output.columns() if output.is_terminal() else None)
    if layout.hidden:
        names = ", ".join(heading.title for heading in headings[-layout.hidden :])
        output.flush()
        diagnostics.note(f"no room for {layout.hidden} of {len(headings)} columns: {names}")
    for some in batches(table_lines(headings, rows, layout)):
        output.write_shown("".join(f"{line}\n" for line in some))


def print_markdown(headings: Sequence[Heading], rows: Iterable[Sequence[str]]) -> None:
    """Clean texts as Markdown, as they come."""
    for piece in markdown_pieces(headings, rows):
        output.write_shown(piece)


def _cleaned(value: object) -> object:
    from tui.view.text import clean

    return clean(value) if isinstance(value, str) else value


def tell_page(page: Page[Any], noun: str, incomplete: int, command: str) -> None:
    """Says on stderr how an answer was found, that it was cut, and how much of it could not be read whole.

    `command` is the one that tells what is missing.
    """
    if not (page.more or page.notes or incomplete):
        return
    from tui.view.cells import plural
    from tui.view.glyphs import GLYPHS

    output.flush()
    for text in page.notes:
        diagnostics.note(text)
    if page.more:
        diagnostics.note(f"{plural(len(page.items), noun)} shown, there are more; -n 0 for all")
    if incomplete:
        diagnostics.note(
            f"{plural(incomplete, noun)} could not be read whole, in tables with {GLYPHS.problem} before the name:"
            f" “{command}” tells what is missing"
        )
