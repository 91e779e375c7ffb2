"""The badge of a run that says it is running, but logs nothing any more."""

from __future__ import annotations

from typing import Final

from store.entities import Run
from store.liveness import silence
from tui.view import cells

COARSE: Final = 10 * cells.MINUTE
"""Below an hour silence is told in steps of this: a text that counted minutes would change while nothing does."""


def silent(run: Run, now: int) -> str:
    """`silent 3 h` for a run that was silent for far longer than its own rhythm at `now` (ms), else empty."""
    quiet = silence(run, now)
    if quiet is None:
        return ""
    return f"silent {cells.span(quiet if quiet >= cells.HOUR else quiet // COARSE * COARSE)}"
