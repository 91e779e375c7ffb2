"""A few lines above a text field, from which one can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.view.cells import count
from tui.view.glyphs import GLYPHS
from tui.view.text import clean, fit, width

MOST_LINES: Final = 8
"""Lines that the list takes, the one with what is not on screen included: the rows behind it are to be seen, too."""

TOLD_FROM: Final = 40
"""Terminal columns from which on it is told what each line is."""


class OffersList(Widget):
    """Short texts and what they are; one of them may be chosen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"offers--chosen", "offers--what"}
    DEFAULT_CSS = """
    OffersList {
        display: none;
        background: $panel;
        &.-shown { display: block; }
        &> .offers--chosen { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
        &> .offers--what { color: $muted; }
    }
    """

    @dataclass
    class Clicked(Message):
        """A line was chosen by mouse, and is meant."""

        place: int

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[tuple[str, str]] = ()
        self._note = ""
        self._top = 0
        self._chosen: int | None = None

    @property
    def shown(self) -> bool:
        return self.has_class("-shown")

    @property
    def chosen(self) -> int | None:
        """The place of the line that is chosen; None if none is."""
        return self._chosen

    def show(self, lines: Sequence[tuple[str, str]], note: str = "") -> None:
        """Other lines: (text, what it is), not clean; none is chosen. Without lines the list is hidden."""
        self._lines, self._note, self._top, self._chosen = lines, note, 0, None
        self.set_class(bool(lines), "-shown")
        self.styles.height = self._room + (1 if self._told else 0)
        self.refresh()

    def choose(self, steps: int) -> None:
        """The line so many further on; before the first one none is chosen."""
        place = (-1 if self._chosen is None else self._chosen) + steps
        place = min(place, len(self._lines) - 1)
        self._chosen = None if place < 0 else place
        self._top = min(max(self._top, place - self._room + 1), max(place, 0))
        self.refresh()

    @property
    def _told(self) -> str:
        """What the last line says of what the others do not show."""
        more = [f"{count(len(self._lines))} in all"] if len(self._lines) > MOST_LINES else []
        notes = [clean(self._note)] if self._note else []
        return f" {GLYPHS.gap} ".join([*more, *notes])

    @property
    def _room(self) -> int:
        """Lines of what can be chosen that are on screen."""
        return min(len(self._lines), MOST_LINES - bool(self._told))

    def render_line(self, y: int) -> Strip:
        plain = self.rich_style
        what_style = plain + self.get_component_rich_style("offers--what", partial=True)
        place = self._top + y
        if y >= self._room or place >= len(self._lines):
            return Strip([Segment(fit(f"  {self._told}", self.size.width), what_style)], self.size.width)
        text, what = self._lines[place]
        if place == self._chosen:
            plain += self.get_component_rich_style("offers--chosen", partial=True)
            what_style = plain
        tail = f"  {what} " if self.size.width >= TOLD_FROM else ""
        mark = GLYPHS.cursor if place == self._chosen else " "
        shown = fit(f"{mark} {clean(text)}", self.size.width - width(tail))
        return Strip([Segment(shown, plain), Segment(tail, what_style)], self.size.width)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if self._top + event.y < len(self._lines) and event.y < self._room:
            self.post_message(self.Clicked(self._top + event.y))
