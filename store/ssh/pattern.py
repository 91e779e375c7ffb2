"""OpenSSH's patterns: `*` and `?`, lists, negation by `!`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


def matches(text: str, pattern: str) -> bool:
    """Whether the whole of `text` is like `pattern`; brackets and backslashes are ordinary characters."""
    return _compiled(pattern).fullmatch(text) is not None


def any_matches(text: str, patterns: Iterable[str]) -> bool:
    """True if a pattern matches and none that is negated does; only negated ones match nothing."""
    found = False
    for pattern in patterns:
        negated = pattern.startswith("!")
        if matches(text, pattern[negated:]):
            if negated:
                return False
            found = True
    return found


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Runs of stars are one star: as many as one likes would make the expression slow.
    parts = re.split(r"(\*+|\?)", pattern)
    return re.compile("".join(_part(part) for part in parts), re.DOTALL)


def _part(part: str) -> str:
    if part.startswith("*"):
        return ".*"
    return "." if part == "?" else re.escape(part)
