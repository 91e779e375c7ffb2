"""Sending a terminal only what differs from what it shows.

Textual paints whole widgets, and all of them when the layout changes: at 160x45 a change of panes is some 50 kB,
most of it cells that look as before. Over a slow link that is what is felt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

Cell = tuple[str, Style | None]
"""A character with its style; the second column of a wide character is empty."""

_JOINER: Final = "\u200d"
_WIDENER: Final = "\ufe0f"

_IDEOGRAPH: Final = re.compile("[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\U00020000-\U0003fffd]")
"""Characters that every terminal draws in two columns."""

JOINED: Final = 5
"""Unchanged columns between two changes up to which both are sent as one: moving the cursor costs about as much."""


class Frame:
    """The cells that the terminal shows, as far as they are known."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}

    def forget(self) -> None:
        """Nothing is known about the terminal's content any more: the next update is sent whole."""
        self._lines.clear()

    def reduced(self, update: RenderableType | None) -> RenderableType | None:
        """The update without what the terminal shows already."""
        if isinstance(update, LayoutUpdate):
            x, y = update.region.offset
            return _Changes(self, [(x, y + row, Strip.join(list(line))) for row, line in enumerate(update.strips)])
        if isinstance(update, ChopsUpdate):
            return _Changes(self, list(_pieces(update)))
        if update is not None:
            self.forget()
        return update

    def changes(self, x: int, y: int, strip: Strip) -> Iterable[tuple[int, Strip]]:
        """(column, strip) for the parts of a strip at (x, y) that differ from what is shown there, which it is now."""
        new = cells(strip)
        shown = self._lines.setdefault(y, [])
        if len(shown) < x + len(new):
            shown.extend([None] * (x + len(new) - len(shown)))
        old = shown[x : x + len(new)]
        if old == new:
            return
        shown[x : x + len(new)] = new
        for first, last in _runs(old, new):
            start = first
            for place in range(first, last - 1):
                # Terminals differ in how wide they draw this, so what follows is put where it belongs.
                if new[place + 1][0] and not _settled(_character(new, place)):
                    yield x + start, _strip(new[start : place + 1])
                    start = place + 1
            yield x + start, _strip(new[start:last])


class _Changes(CompositorUpdate):
    """An update that was reduced when it is rendered, which is when it is sent."""

    def __init__(self, frame: Frame, pieces: Sequence[tuple[int, int, Strip]]) -> None:
        self._frame = frame
        self._pieces = pieces

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for column, y, part in self._parts():
            yield Control.move_to(column, y).segment
            yield from part

    def render_segments(self, console: Console) -> str:
        return "".join(
            f"{Control.move_to(column, y).segment.text}{part.render(console)}" for column, y, part in self._parts()
        )

    def _parts(self) -> Iterable[tuple[int, int, Strip]]:
        for x, y, strip in self._pieces:
            for column, part in self._frame.changes(x, y, strip):
                yield column, y, part


def _pieces(update: ChopsUpdate) -> Iterable[tuple[int, int, Strip]]:
    """The parts of lines that Textual would send."""
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= last and end > first:
                yield x, y, strip.crop(0, min(end, last) - x) if end > last else strip


def cells(strip: Strip) -> list[Cell]:
    """The columns of a line."""
    found: list[Cell] = []
    for text, style, _ in strip:
        seen = _seen(style)
        if text.isascii():
            found += [(character, seen) for character in text]
            continue
        for cluster, columns in _clusters(text):
            if columns:
                found.append((cluster, seen))
                found += [("", seen)] * (columns - 1)
            elif found:
                # On the character itself, not on the second column of a wide one.
                base = len(found) - 1
                while base and not found[base][0]:
                    base -= 1
                found[base] = (found[base][0] + cluster, found[base][1])
    return found


def _clusters(text: str) -> Iterable[tuple[str, int]]:
    """(characters, columns) as `cell_len` counts; what has no width of its own comes alone."""
    if _JOINER not in text and _WIDENER not in text:
        for character in text:
            yield character, cell_len(character)
        return
    # These change the width of what is before or after them. They come only from what a user types.
    before = 0
    for place, character in enumerate(text):
        columns = cell_len(text[: place + 1])
        yield character, columns - before
        before = columns


@lru_cache(maxsize=1024)
def _seen(style: Style | None) -> Style | None:
    """What can be seen of a style: Textual also keeps in it what a click means and where the text came from."""
    return style.clear_meta_and_links() if style is not None and style.meta and not style.link else style


def _runs(old: Sequence[Cell | None], new: Sequence[Cell]) -> list[tuple[int, int]]:
    """The ranges [first, last) of columns that differ, those close to each other joined, wide characters whole."""
    runs: list[tuple[int, int]] = []
    for place, (one, other) in enumerate(zip(old, new, strict=True)):
        if one == other:
            continue
        first, last = place, place + 1
        while first > 0 and (new[first][0] == "" or _empty(old[first])):
            first -= 1
        while last < len(new) and (new[last][0] == "" or _empty(old[last])):
            last += 1
        if runs and first - runs[-1][1] <= JOINED:
            runs[-1] = (runs[-1][0], max(last, runs[-1][1]))
        else:
            runs.append((first, last))
    return runs


def _character(line: Sequence[Cell], place: int) -> str:
    """The text of the cell at `place`, or of the wide one that ends there."""
    return line[place][0] or (line[place - 1][0] if place else "")


def _empty(cell: Cell | None) -> bool:
    return cell is not None and cell[0] == ""


def _strip(run: Sequence[Cell]) -> Strip:
    segments: list[Segment] = []
    text, style = "", run[0][1]
    for character, own in run:
        if own != style:
            segments.append(Segment(text, style))
            text, style = "", own
        text += character
    return Strip([*segments, Segment(text, style)])


def _settled(text: str) -> bool:
    """True if every terminal gives a cell's text as many columns as the next one."""
    return text.isascii() or (len(text) == 1 and (cell_len(text) == 1 or _IDEOGRAPH.match(text) is not None))
