"""LIKE and ILIKE patterns as tests of a text, in the reading that SQLite gives them.

`%` stands for any text and `_` for any one character, line breaks included; a backslash is a backslash. Without
regard to case means the letters A to Z: that is what SQLite's `lower` knows. A text, and a pattern, ends at its
first NUL.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def like_test(pattern: str, *, ignore_case: bool) -> Callable[[str], bool]:
    """A test that is true of the texts that `pattern` describes, all of them from start to end.

    Its time grows with the length of the text times that of the pattern, whatever is in them.
    """
    # With ASCII, the letter K and the sign for kelvin are two.
    flags = re.ASCII | re.IGNORECASE if ignore_case else re.ASCII
    match = re.compile(_expression(pattern.partition("\0")[0]), flags).match
    return lambda text: match(text) is not None


def _expression(pattern: str) -> str:
    first, *others = (_segment(part) for part in pattern.split("%"))
    if not others:
        return f"{first}{_END}"
    *middle, last = others
    # Atomic: where the first place for a piece does not lead to a match, no later place does.
    pieces = (f"(?>{_ANY}*?{piece})" for piece in middle if piece)
    return f"{first}{''.join(pieces)}{_ANY}*{last}{_END}"


def _segment(text: str) -> str:
    return "".join(_ANY if character == "_" else re.escape(character) for character in text)


_ANY = r"[^\0]"
_END = r"(?=\0|\Z)"
