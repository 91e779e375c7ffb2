"""Painting lines and axes with plotext: the only place that knows it."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any, Final

from tui.view.text import fit

_LOCK: Final = Lock()
"""plotext is drawn with from one thread at a time."""

_IMPORT_LOCK: Final = Lock()

_PIECE: Final = re.compile(r"\x1b\[(?:38;5;(\d+))?[\d;]*m|([^\x1b]+)")
_FRAME: Final = "│─└┤┬┼├┴┌┐┘"
_TO_ASCII: Final = str.maketrans(_FRAME, "|-+++++++++")

BRAILLE: Final = "braille"
"""The marker of eight dots a character: two across, four down."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of one row that mean the same."""

    text: str
    role: str = ""
    """axis, label, title, raw, series0 to series7, or empty."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One line; NaN breaks it."""

    xs: Sequence[float]
    ys: Sequence[float]
    """Parts of the axes, from 0 to 1."""
    marker: str
    role: str
    lines: bool = True
    """False: only the points themselves."""


Row = tuple[Span, ...]


def figure_class() -> Any:
    """plotext's figure, imported by one thread at a time: its modules import each other in a circle."""
    with _IMPORT_LOCK:
        from plotext._figure import _figure_class

        return _figure_class


def import_ahead() -> None:
    """Imports plotext in a thread of its own, for where a chart is what comes next: it takes longer than drawing.

    The caller goes on at once; who paints meanwhile waits, and is who is told if it cannot be imported.
    """
    if "plotext" not in sys.modules:
        Thread(target=_import_quietly, name="plotext").start()


def _import_quietly() -> None:
    with suppress(ImportError):
        figure_class()


def paint(
    layers: Sequence[Layer],
    *,
    width: int,
    height: int,
    x_ticks: Sequence[tuple[float, str]],
    y_ticks: Sequence[tuple[float, str]],
    ascii_only: bool,
) -> list[Row]:
    """Rows of exactly `width` columns, `height` of them; axes only if there are ticks. Later layers lie on top."""
    # Imported with the first chart: it takes 30 ms, and most commands draw none.
    _figure_class = figure_class()

    roles = list(dict.fromkeys(layer.role for layer in layers))
    with _LOCK:
        # A figure of our own: plotext's functions all draw on one that the whole process shares.
        figure = _figure_class()
        figure._limit_size(False, False)
        figure.plot_size(width, height)
        figure.theme("clear")
        figure.xlim(0, 1)
        figure.ylim(0, 1)
        figure.xaxes(bool(x_ticks), False)
        figure.yaxes(bool(y_ticks), False)
        # plotext leaves room for labels of the x axis; where it would put them varies from run to run.
        figure.xticks([place for place, _ in x_ticks], ["" for _ in x_ticks])
        figure.yticks([place for place, _ in y_ticks], [label for _, label in y_ticks])
        for layer in layers:
            add = figure.plot if layer.lines else figure.scatter
            add(list(layer.xs), list(layer.ys), marker=layer.marker, color=roles.index(layer.role) + 1)
        text: Any = figure.build()
    rows = [_row(line, roles, ascii_only) for line in str(text).split("\n")]
    rows = [_fitted(row, width) for row in (rows + [()] * height)[:height]]
    if x_ticks:
        margin = max((len(label) for _, label in y_ticks), default=0) + bool(y_ticks)
        rows[-1] = _x_labels(x_ticks, margin, width)
    return rows


def _x_labels(ticks: Sequence[tuple[float, str]], margin: int, width: int) -> Row:
    """Labels below their ticks, those that would touch the one before left out."""
    line = ""
    for place, label in ticks:
        # As plotext places what it draws.
        column = margin + math.floor(round(0.5 + (width - margin - 1) * place, 8))
        begin = max(0, min(column - len(label) // 2, width - len(label)))
        if (not line or begin > len(line)) and len(label) <= width:
            line += " " * (begin - len(line)) + label
    return _fitted((Span(line, "label"),), width)


def _row(line: str, roles: Sequence[str], ascii_only: bool) -> Row:
    """plotext tells what is what by colours: they become roles."""
    spans: list[Span] = []
    role = ""
    for match in _PIECE.finditer(line):
        colour, text = match.groups()
        if text is None:
            role = roles[int(colour) - 1] if colour else ""
        elif role:
            spans.append(Span(text, role))
        else:
            spans.extend(_plain(text, ascii_only))
    return tuple(spans)


def _plain(text: str, ascii_only: bool) -> list[Span]:
    found = []
    for piece in re.findall(rf"[{_FRAME}]+| +|[^ {_FRAME}]+", text):
        role = "axis" if piece[0] in _FRAME else "" if piece[0] == " " else "label"
        found.append(Span(piece.translate(_TO_ASCII) if ascii_only else piece, role))
    return found


def _fitted(row: Row, width: int) -> Row:
    """Exactly `width` columns: every character that is painted takes one."""
    spans: list[Span] = []
    room = width
    for span in row:
        if room <= 0:
            break
        text = span.text[:room]
        room -= len(text)
        if spans and spans[-1].role == span.role:
            spans[-1] = Span(spans[-1].text + text, span.role)
        else:
            spans.append(Span(text, span.role))
    if room > 0:
        spans.append(Span(" " * room))
    return tuple(spans)


def message_rows(text: str, width: int, height: int) -> list[Row]:
    """A chart without anything to draw says why, in its middle."""
    blank = (Span(" " * width),)
    rows: list[Row] = [blank] * height
    if height > 0:
        rows[height // 2] = (Span(fit(text, width, "center"), "label"),)
    return rows
