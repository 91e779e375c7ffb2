"""Long texts as lines to be read: cleaned, wrapped, JSON set out by its structure."""

from __future__ import annotations

import json
import re
from typing import Final

from tui.view.text import clean_lines, wrapped

JSON_LONGEST: Final = 4_000_000
"""Characters of a text that is looked at for JSON: setting it out takes about a second for so many."""

INDENT: Final = 2
"""Spaces for each level of JSON."""

LEAST: Final = 20
"""Terminal columns that a line has at least for its words, however far it is set in."""

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def pretty_json(text: str) -> str | None:
    """A JSON object or array with a line for each of its parts; None if the text is neither.

    Nothing but white space changes: keys that come twice and every digit stay.
    """
    if not text.lstrip().startswith(("{", "[")) or len(text) > JSON_LONGEST:
        return None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    out: list[str] = []
    depth, before = 0, ""
    for token in _TOKEN.findall(text):
        if token in "}]":
            depth -= 1
            if before not in ("{", "["):
                out.append(_line(depth))
        elif before in ("{", "[", ","):
            out.append(_line(depth))
        out.append(f"{token} " if token == ":" else token)
        if token in "{[":
            depth += 1
        before = token
    return "".join(out)


def _line(depth: int) -> str:
    return "\n" + " " * (INDENT * depth)


def reading_lines(text: str, columns: int) -> list[str]:
    """A text as clean lines of at most `columns` terminal columns; what is set in stays set in."""
    found: list[str] = []
    for line in clean_lines(text):
        bare = line.lstrip(" ")
        lead = min(len(line) - len(bare), max(0, columns - LEAST))
        found += [" " * lead + part if part else "" for part in wrapped(bare, max(2, columns - lead))]
    return found
