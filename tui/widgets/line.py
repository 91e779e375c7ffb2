"""One line of short pieces of text, cut where the room ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui.view.glyphs import GLYPHS
from tui.view.text import cut, width

Pieces = Sequence[tuple[str, str]]
"""(clean text, role); a role is one of the component classes `line--ROLE`, or empty."""


class Line(Widget):
    """Pieces with a separator between them; pieces at the end are left out first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line--title",
        "line--dim",
        "line--accent",
        "line--warn",
        "line--status-FINISHED",
        "line--status-FAILED",
        "line--status-KILLED",
        "line--status-RUNNING",
        "line--status-SCHEDULED",
    }
    DEFAULT_CSS = """
    Line {
        height: 1;
        &> .line--title { text-style: bold; color: $text-primary; }
        &> .line--dim { color: $muted; }
        &> .line--accent { color: $text-accent; }
        &> .line--warn { color: $text-warning; text-style: bold; }
        &> .line--status-FINISHED { color: $text-success; }
        &> .line--status-FAILED { color: $text-error; }
        &> .line--status-KILLED { color: $text-warning; }
        &> .line--status-RUNNING { color: $text-primary; }
        &> .line--status-SCHEDULED { color: $muted; }
    }
    """

    def __init__(
        self,
        *,
        separator: str = f" {GLYPHS.gap} ",
        id: str | None = None,  # noqa: A002 (Textual's name)
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._pieces: Pieces = ()
        self._separator = separator

    @property
    def text(self) -> str:
        return self._separator.join(text for text, _ in self._pieces)

    def show(self, pieces: Pieces) -> None:
        """Shows these pieces; draws nothing if they are the same."""
        pieces = tuple(pieces)
        if pieces != self._pieces:
            self._pieces = pieces
            self.refresh()

    def render_line(self, y: int) -> Strip:
        plain = self.rich_style
        if y > 0:
            return Strip.blank(self.size.width, plain)
        room = self.size.width - 1
        segments = [Segment(" ", plain)]
        for place, (text, role) in enumerate(self._pieces):
            gap = self._separator if place else ""
            if room < len(gap) + min(4, width(text)):
                break
            style = plain + self.get_component_rich_style(f"line--{role}", partial=True) if self._known(role) else plain
            shown = cut(text, room - len(gap))
            if gap:
                segments.append(Segment(gap, plain + self.get_component_rich_style("line--dim", partial=True)))
            segments.append(Segment(shown, style))
            room -= len(gap) + width(shown)
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    def _known(self, role: str) -> bool:
        return f"line--{role}" in self.COMPONENT_CLASSES
