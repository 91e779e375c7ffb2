"""How many random examples a test tries: few by default, many with `--hypothesis-profile=thorough`."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

THOROUGH: Final = "thorough"
"""The profile for a long look: CONTRIBUTING.md says when."""
TIMES: Final = 30
"""By which examples are more there."""

_DEFAULT: Final = 100
"""Examples of Hypothesis's own profiles."""

settings.register_profile(THOROUGH, max_examples=TIMES * _DEFAULT, deadline=None)


def examples(few: int) -> int:
    """`few`, or as many times more as the chosen profile tries."""
    return few * settings.default.max_examples // _DEFAULT
