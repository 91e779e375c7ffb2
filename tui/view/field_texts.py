"""What columns of runs hold, as texts for people."""

from __future__ import annotations

from collections.abc import Mapping

from store.entities import Run
from tui.view import cells
from tui.view.export import Heading
from tui.view.fields import TIMES, RunField, Type
from tui.view.glyphs import GLYPHS
from tui.view.text import clean


def field_text(field: RunField, run: Run, experiment_names: Mapping[str, str]) -> str:
    """A clean text; the name of a run that could not be read whole is marked."""
    value = field.plain(run, experiment_names)
    if field.kind == "attributes" and field.key == "run_name" and run.problems:
        return f"{GLYPHS.problem} {clean(value)}"
    if value is None:
        return cells.MISSING
    if field.kind == "metrics":
        return cells.number(value)
    if field.kind == "attributes":
        if field.key in TIMES:
            return cells.moment(value)
        if field.key == "duration":
            return cells.duration(value)
    return clean(str(value))


def field_heading(field: RunField, most: int = 200) -> Heading:
    """The column under the name by which it can be asked for."""
    numbers = field.type in (Type.NUMBER, Type.INTEGER)
    return Heading(clean(field.title), "right" if numbers else "left", most)
