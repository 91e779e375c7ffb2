"""The whole of a text that a list beside it has cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.view.text import cut_inside, wrapped

MOST_LINES: Final = 5
"""Beyond these the middle of a text is left out: the list needs room, too."""


class WholeText(Widget):
    """One of several texts, always as high as the longest of them needs: what is above it does not move."""

    DEFAULT_CSS = """
    WholeText {
        height: auto;
        padding: 0 1;
    }
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """`texts`, which are clean, are those that may be shown."""
        super().__init__()
        self._texts = texts
        self._shown = ""

    @property
    def text(self) -> str:
        return self._shown

    def show(self, text: str) -> None:
        if text != self._shown:
            self._shown = text
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return min(MOST_LINES, max((len(wrapped(text, width)) for text in self._texts), default=1))

    def render(self) -> Content:
        columns = self.size.width
        lines = wrapped(self._shown, columns)
        if len(lines) > MOST_LINES:
            lines = wrapped(cut_inside(self._shown, columns * (MOST_LINES - 1)), columns)
        return Content("\n".join(lines))
