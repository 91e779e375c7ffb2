"""A comparison of runs as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from store.compare import Comparison, Row, Section
from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.table import Cell, Column, ListRows
from tui.view.text import clean, cut

BETTER, WORSE = "better", "worse"
"""Said in words: neither sign nor colour tells what is better."""

ROOMY = 36
"""Terminal columns of a run from which differences are told with their amount."""

BASELINE = "="
"""Before the name of the run that the others are measured against, where there is little room."""

LONGEST = 60
"""Terminal columns of a value; the formats for programs have all of it."""

_TIMES = ("start_time",)


def run_titles(comparison: Comparison) -> list[str]:
    """What the runs are called, told apart by the beginnings of their ids where two have one name; clean."""
    names = [clean(run.run_name) or clean(run.run_id[:8]) for run in comparison.runs]
    return [
        f"{name} {clean(run.run_id[:8])}" if names.count(name) > 1 else name
        for name, run in zip(names, comparison.runs, strict=True)
    ]


def value_text(row: Row, place: int, names: Mapping[str, str]) -> str:
    """A value for people; `names` are those of experiments by id."""
    value = row.values[place]
    if value is None:
        return cells.MISSING
    if row.section is Section.ATTRIBUTES:
        if row.key in _TIMES and isinstance(value, int):
            return cells.moment(value)
        if row.key == "duration" and isinstance(value, int):
            return cells.duration(value)
        if row.key == "experiment_id":
            return clean(names.get(str(value), str(value)))
    return cells.number(value) if isinstance(value, float) else cut(clean(str(value)), LONGEST)


def change_text(row: Row, place: int, *, short: bool = False) -> str:
    """How far a value is from the baseline's: `+0.021 (+2.3%) better`; empty where that says nothing.

    A `short` one leaves out the amount if there is a per cent: `+2.3% better`.
    """
    change, percent, better = row.differences[place], row.percents[place], row.better[place]
    if not change or (row.section is Section.ATTRIBUTES and row.key != "duration"):
        return ""
    sign = "+" if change > 0 else "-"
    amount = cells.duration(round(abs(change))) if row.key == "duration" else cells.number(abs(change))
    parts = [f"{sign}{amount}"]
    if percent is not None:
        told = f"{percent:+.0f}%" if 1000 <= abs(percent) < 1e7 else f"{percent:+.3g}%"
        parts = [told] if short else [*parts, f"({told})"]
    if better is not None:
        parts.append(BETTER if better else WORSE)
    return " ".join(parts)


def heading_of(row: Row) -> str:
    """What a row is about, with its kind where the key alone would not be clear."""
    if row.section is Section.ATTRIBUTES:
        return "experiment" if row.key == "experiment_id" else row.key
    return f"{row.section}.{clean(row.key)}"


def compare_rows(
    comparison: Comparison, rows: Sequence[Row], names: dict[str, str], chosen: int, room: int = 160
) -> ListRows:
    """A line for each of `rows`, a column for each run; the `chosen` one and the baseline are marked above.

    On a narrow screen of `room` terminal columns two runs have room beside the keys.
    """
    keys = min(32, max(16, room // 3))
    columns = [Column("key", "Key", least=10, most=keys)]
    most = min(44, max(12, (room - keys - 8) // 2))
    for place, title in enumerate(run_titles(comparison)):
        before = GLYPHS.cursor if place == chosen else ""
        base = BASELINE if place == comparison.baseline else ""
        columns.append(Column(comparison.runs[place].run_id, f"{before}{base}{title}", "right", least=8, most=most))
    short = most < ROOMY
    changes = [[change_text(row, place, short=short) for row in rows] for place in range(len(comparison.runs))]
    # Numbers stand below each other, whatever is said behind them.
    widths = [max(map(len, of_run), default=0) for of_run in changes]
    lines = []
    for number, row in enumerate(rows):
        line = [Cell(heading_of(row), "name")]
        for place, wide in enumerate(widths):
            change, better = changes[place][number], row.better[place]
            role = "dim" if row.values[place] is None else ""
            if better is not None:
                role = "good" if better else "bad"
            text = value_text(row, place, names)
            measured = row.section in (Section.METRICS, Section.PARAMS) or bool(change)
            line.append(Cell(f"{text} {change:<{wide}}" if wide and measured else text, role))
        lines.append((heading_of(row), line))
    return ListRows(columns, lines)


def baseline_mark() -> str:
    """Behind the name of the run that the others are measured against."""
    return f" {GLYPHS.opening}baseline{GLYPHS.closing}"
