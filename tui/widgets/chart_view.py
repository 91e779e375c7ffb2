"""A drawn chart on screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.view.chart import ChartDrawing
from tui.view.text import fit


class ChartView(Widget, can_focus=True):
    """Shows a drawing; tells when the room for it changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--axis",
        "chart--label",
        "chart--title",
        "chart--raw",
        *(f"chart--series{number}" for number in range(8)),
    }
    DEFAULT_CSS = """
    ChartView {
        height: 1fr;
        &> .chart--axis { color: $muted; }
        &> .chart--label { color: $muted; }
        &> .chart--title { color: $foreground; text-style: bold; }
        &> .chart--raw { color: $muted; }
        &> .chart--series0 { color: $text-primary; }
        &> .chart--series1 { color: $text-warning; }
        &> .chart--series2 { color: $text-success; }
        &> .chart--series3 { color: $text-accent; }
        &> .chart--series4 { color: $text-error; }
        &> .chart--series5 { color: $text-secondary; }
        &> .chart--series6 { color: $foreground; }
        &> .chart--series7 { color: $muted; }
    }
    """

    @dataclass
    class Resized(Message):
        """There is another room to draw in."""

        size: Size

    def __init__(self, empty: str = "") -> None:
        """`empty` is said until there is something to show."""
        super().__init__()
        self._drawing: ChartDrawing | None = None
        self._empty = empty

    def show(self, drawing: ChartDrawing | None, empty: str = "") -> None:
        """Shows a drawing; None shows the text `empty`."""
        if drawing != self._drawing or empty != self._empty:
            self._drawing, self._empty = drawing, empty
            self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        self.post_message(self.Resized(event.size))

    def render_line(self, y: int) -> Strip:
        plain = self.rich_style
        if self._drawing is None:
            text = self._empty if y == self.size.height // 3 else ""
            style = plain + self.get_component_rich_style("chart--axis", partial=True)
            return Strip([Segment(fit(text, self.size.width, "center"), style)], self.size.width)
        if y >= len(self._drawing.rows):
            return Strip.blank(self.size.width, plain)
        segments = [
            Segment(
                span.text,
                plain + self.get_component_rich_style(f"chart--{span.role}", partial=True) if span.role else plain,
            )
            for span in self._drawing.rows[y]
        ]
        return Strip(segments).adjust_cell_length(self.size.width, plain)
