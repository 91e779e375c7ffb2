"""The tabs above a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.view.text import width


class Tabs(Widget):
    """Names of which one is chosen; the owner changes what is below."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--chosen", "tabs--other"}
    DEFAULT_CSS = """
    Tabs {
        height: 1;
        &> .tabs--chosen { text-style: bold reverse; color: $text-primary; }
        &> .tabs--other { color: $muted; }
    }
    """

    chosen: reactive[int] = reactive(0)

    @dataclass
    class Clicked(Message):
        """A tab was clicked."""

        tabs: Tabs
        index: int

        @property
        def control(self) -> Tabs:
            return self.tabs

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = list(names)

    def show(self, names: Sequence[str]) -> None:
        if list(names) != self._names:
            self._names = list(names)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        plain = self.rich_style
        segments = [Segment(" ", plain)]
        for place, name in enumerate(self._names):
            role = "tabs--chosen" if place == self.chosen else "tabs--other"
            segments += [
                Segment(f" {name} ", plain + self.get_component_rich_style(role, partial=True)),
                Segment(" ", plain),
            ]
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    def on_click(self, event: events.Click) -> None:
        start = 1
        for place, name in enumerate(self._names):
            end = start + width(name) + 2
            if start <= event.x < end:
                self.post_message(self.Clicked(self, place))
                return
            start = end + 1
