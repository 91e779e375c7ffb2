"""Which panes the browser shows: by level, and by the width of the terminal."""

from __future__ import annotations

from typing import Final

EXPERIMENTS, RUNS, RUN, CHART = range(4)
"""The levels of the path."""

OWN: Final = ("experiments", "runs", "run", "chart")
"""The pane that each level is about."""

GROUPS: Final = "groups"
"""The pane that takes the place of the runs while they are grouped."""

_NARROW: Final = {
    EXPERIMENTS: ("experiments",),
    RUNS: ("runs",),
    RUN: ("run",),
    CHART: ("chart",),
}
_MIDDLE: Final = {
    EXPERIMENTS: ("experiments", "card"),
    RUNS: ("runs",),
    RUN: ("run",),
    CHART: ("run", "chart"),
}
_WIDE: Final = {
    EXPERIMENTS: ("experiments", "card"),
    RUNS: ("experiments", "runs"),
    RUN: ("runs", "run"),
    CHART: ("run", "chart"),
}
_WIDEST: Final = {
    EXPERIMENTS: ("experiments", "card"),
    RUNS: ("experiments", "runs"),
    RUN: ("experiments", "runs", "run"),
    CHART: ("runs", "run", "chart"),
}

WIDE: Final = 150
"""Terminal columns from which two lists fit beside each other."""

_FROM: Final = ((220, _WIDEST), (WIDE, _WIDE), (100, _MIDDLE), (0, _NARROW))


def panes(level: int, columns: int) -> tuple[str, ...]:
    """The ids of the panes that a level shows on so many terminal columns, from left to right."""
    layout = next(layout for least, layout in _FROM if columns >= least)
    return layout[level]
