"""Printing a list in the format that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from tui.cli import diagnostics, output
from tui.view.export import (
    Format,
    Heading,
    csv_text,
    json_text,
    lay_out,
    markdown_line,
    markdown_rule,
    table_lines,
)

if TYPE_CHECKING:
    from store.entities import Page

T = TypeVar("T")

_LINES_AT_ONCE = 500
"""Lines that are joined for one write."""


def chunked(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def print_json(documents: Iterable[object], format_: Format) -> None:
    """One array with an object a line, or (ndjson) one object a line, written as they come."""
    lines = map(json_text, documents)
    if format_ is Format.NDJSON:
        for some in _batches(lines):
            output.write("\n".join(some) + "\n")
        return
    begin = "[\n"
    for some in _batches(lines):
        output.write(begin + ",\n".join(some))
        begin = ",\n"
    output.write("[]\n" if begin == "[\n" else "\n]\n")


def print_csv(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Values as the store holds them; on a terminal without what a terminal would obey."""
    lines: Iterable[Sequence[object]] = chain([titles], rows)
    if output.is_terminal():
        lines = ([_cleaned(value) for value in line] for line in lines)
    for some in _batches(iter(lines)):
        output.write(csv_text(some))


def _cleaned(value: object) -> object:
    from tui.view.text import clean

    return clean(value) if isinstance(value, str) else value


def print_table(headings: Sequence[Heading], rows: Sequence[Sequence[str]], format_: Format) -> None:
    """Clean texts as a table or as Markdown; what the terminal has no room for is said."""
    if format_ is Format.MD:
        aligns = [heading.align for heading in headings]
        lines: Iterator[str] = (markdown_line(row) for row in rows)
        output.write_shown(f"{markdown_line([heading.title for heading in headings])}\n{markdown_rule(aligns)}\n")
    else:
        layout = lay_out(headings, rows, output.columns() if output.is_terminal() else None)
        lines = table_lines(headings, rows, layout)
        if layout.hidden:
            names = ", ".join(heading.title for heading in headings[-layout.hidden :])
            output.flush()
            diagnostics.note(f"no room for {layout.hidden} of {len(headings)} columns: {names}")
    for some in _batches(lines):
        output.write_shown("".join(f"{line}\n" for line in some))


def _batches(lines: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(lines, _LINES_AT_ONCE)):
        yield some


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
