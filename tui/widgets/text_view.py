"""Lines of text to scroll through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.bindings import some_bindings
from tui.view.glyphs import GLYPHS
from tui.view.text import fit
from tui.widgets.table import WHEEL_ROWS
from tui.widgets.twice import Twice
from tui.widgets.window import handle

Lines = Sequence[tuple[str, str]]
"""(clean text, role); a role is one of the component classes `text--ROLE`, or empty."""


class TextView(Widget, can_focus=True):
    """Draws the lines that are on screen; the keys of lists scroll it."""

    BINDINGS = some_bindings("up", "down", "page_up", "page_down", "half_up", "half_down", "top", "bottom", "g")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"text--accent", "text--dim", "text--bar"}
    DEFAULT_CSS = """
    TextView {
        height: 1fr;
        &> .text--accent { color: $text-accent; }
        &> .text--dim { color: $muted; }
        &> .text--bar { color: $primary; }
    }
    """

    @dataclass
    class Wrapped(Message):
        """The text has so many lines now."""

        total: int

    def __init__(self, lines: Callable[[int], Lines]) -> None:
        """`lines` are the text in so many terminal columns."""
        super().__init__()
        self._wrap = lines
        self._lines: Lines = ()
        self._wrapped_at = 0
        self._top = 0
        self._g = Twice()

    @property
    def top(self) -> int:
        """The first line on screen."""
        return self._top

    @property
    def total(self) -> int:
        return len(self._lines)

    def on_resize(self, event: events.Resize) -> None:
        columns = max(1, event.size.width - 3)
        if columns != self._wrapped_at:
            # The same part of the text stays on screen, as near as that can be told.
            part = self._top / max(1, len(self._lines))
            self._lines, self._wrapped_at = self._wrap(columns), columns
            self._top = round(part * len(self._lines))
            self.post_message(self.Wrapped(len(self._lines)))
        self._go(self._top)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        plain, room = self.rich_style, self.size.width
        index = self._top + y
        text, role = self._lines[index] if index < len(self._lines) else ("", "")
        style = plain + self.get_component_rich_style(f"text--{role}", partial=True) if role else plain
        bar = plain + self.get_component_rich_style("text--bar", partial=True)
        mark = GLYPHS.bar if y in handle(self._top, self.size.height, len(self._lines)) else " "
        return Strip([Segment(f" {fit(text, max(0, room - 2))}", style), Segment(mark, bar)], room)

    def _go(self, top: int) -> None:
        top = min(max(0, top), max(0, len(self._lines) - self.size.height))
        if top != self._top:
            self._top = top
            self.refresh()

    def action_move(self, lines: int) -> None:
        self._go(self._top + lines)

    def action_page(self, pages: float) -> None:
        self._go(self._top + int(pages * max(1, self.size.height - 1)))

    def action_top(self) -> None:
        self._go(0)

    def action_bottom(self) -> None:
        self._go(len(self._lines))

    def action_g(self) -> None:
        if self._g.pressed():
            self._go(0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._go(self._top + WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._go(self._top - WHEEL_ROWS)
