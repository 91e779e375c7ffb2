"""Rows in the formats that are printed and exported: JSON, CSV, Markdown and tables of aligned columns."""

from __future__ import annotations

import csv
import enum
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final, TypeVar

T = TypeVar("T")

GAP: Final = 2
"""Columns between two columns of a table."""


class Format(enum.StrEnum):
    """What a list can be printed as."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    MD = "md"
    PARQUET = "parquet"


TEXTS: Final = tuple(item for item in Format if item is not Format.PARQUET)
"""Those that every list has."""

ENDINGS: Final = {
    ".json": Format.JSON,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".csv": Format.CSV,
    ".md": Format.MD,
    ".parquet": Format.PARQUET,
}
"""What the end of a file's name says of its format."""

TEXT_ENDINGS: Final = ("", ".txt", ".text", ".log")
"""The same of a table for people."""

LINES_AT_ONCE: Final = 500
"""Lines that are joined for one write."""


_INVISIBLE: Final = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U000110bd\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
"""What a terminal might obey or hide; below U+0020 JSON escapes by itself."""

_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(", ", ": ")).encode
_ENCODE_INDENTED: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=2).encode


def json_text(value: Any, *, indent: bool = False) -> str:
    """JSON that is readable in every script and safe on a terminal: controls and invisible characters as \\uXXXX."""
    text = (_ENCODE_INDENTED if indent else _ENCODE)(value)
    return text if text.isascii() and "\x7f" not in text else _INVISIBLE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def json_number(value: float) -> float | str:
    """As it is; what JSON has no number for as MLflow's REST interface spells it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Lines of RFC 4180: quoted where needed, ended by CR LF; None is empty.

    Values are what the store holds: a spreadsheet may take one that begins with `=` for a formula.
    """
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def json_pieces(documents: Iterable[object], *, lines: bool) -> Iterator[str]:
    """One array with an object a line, or with `lines` an object a line alone, as they come."""
    texts = map(json_text, documents)
    if lines:
        for some in batches(texts):
            yield "\n".join(some) + "\n"
        return
    begin = "[\n"
    for some in batches(texts):
        yield begin + ",\n".join(some)
        begin = ",\n"
    yield "[]\n" if begin == "[\n" else "\n]\n"


def csv_pieces(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """`csv_text` of the titles and the rows, as they come."""
    return map(csv_text, batches(chain([titles], rows)))


def batches(lines: Iterable[T]) -> Iterator[list[T]]:
    """Lines in the portions that are written together."""
    source = iter(lines)
    while some := list(islice(source, LINES_AT_ONCE)):
        yield some


_MARKDOWN: Final = re.compile(r"([\\|`*<\[])")


def markdown_line(values: Sequence[str]) -> str:
    """A row of a table in GitHub's Markdown; the texts are clean."""
    return "| " + " | ".join(_MARKDOWN.sub(r"\\\1", value) for value in values) + " |"


def markdown_rule(aligns: Sequence[str]) -> str:
    """The line below the titles."""
    return "|" + "|".join("---:" if align == "right" else "---" for align in aligns) + "|"


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a printed table; the title is clean."""

    title: str
    align: str = "left"
    most: int = 60
    """Columns it may take where the width is limited."""


def markdown_pieces(headings: Sequence[Heading], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown of clean texts, as its rows come."""
    aligns = [heading.align for heading in headings]
    yield f"{markdown_line([heading.title for heading in headings])}\n{markdown_rule(aligns)}\n"
    for some in batches(rows):
        yield "".join(f"{markdown_line(row)}\n" for row in some)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns fit, and how wide they are."""

    widths: tuple[int, ...]
    hidden: int
    """Columns left out at the right."""


def lay_out(headings: Sequence[Heading], rows: Sequence[Sequence[str]], room: int | None) -> Layout:
    """Widths by content; `room` None means that nothing is cut or left out."""
    from tui.view.text import width

    widths = [width(heading.title) for heading in headings]
    for row in rows:
        for place, text in enumerate(row):
            if len(text) > widths[place] or not text.isascii():
                widths[place] = max(widths[place], width(text))
    if room is None:
        return Layout(tuple(widths), 0)
    widths = [min(wide, heading.most) for wide, heading in zip(widths, headings, strict=True)]
    kept, used = 0, 0
    for wide in widths:
        if kept and used + GAP + wide > room:
            break
        used += wide + (GAP if kept else 0)
        kept += 1
    if kept == 1:
        widths[0] = min(widths[0], room)
    return Layout(tuple(widths[:kept]), len(widths) - kept)


def table_lines(headings: Sequence[Heading], rows: Sequence[Sequence[str]], layout: Layout) -> Iterator[str]:
    """The titles and the rows, aligned by display width."""
    from tui.view.text import fit

    aligns = [heading.align for heading in headings]

    def line(texts: Sequence[str]) -> str:
        shown = (fit(text, wide, align) for text, wide, align in zip(texts, layout.widths, aligns, strict=False))
        return (" " * GAP).join(shown).rstrip()

    yield line([heading.title for heading in headings])
    for row in rows:
        yield line(row)
