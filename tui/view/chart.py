"""Metric curves as rows of text: nothing that was logged is lost, and what cannot be drawn is counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store.entities import Axis, Bucket, Curve
from tui.view import cells
from tui.view.chart_axis import axis_ticks, zone_note
from tui.view.chart_canvas import BRAILLE, Layer, Row, Span, message_rows, paint
from tui.view.chart_legend import SERIES, heading, marker_of, sign_of
from tui.view.chart_scale import Scale, value_ticks
from tui.view.glyphs import GLYPHS, Glyphs

__all__ = ["BUCKETS_PER_COLUMN", "SERIES", "ChartDrawing", "Span", "draw"]

BUCKETS_PER_COLUMN: Final = 2
"""Buckets to ask a store for, a terminal column: braille has two dots across."""

_AXES_FROM: Final = (20, 5)
"""Columns and rows below which there is no room for axes."""
_ROWS_A_TICK: Final = 3
_SIGNS: Final = 5
"""Marks on a line that is one of several."""


@dataclass(frozen=True, slots=True)
class ChartDrawing:
    """A chart of an exact size, and what has to be said about it."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    y_range: tuple[float, float] | None = None
    """The ends of the value axis; None if nothing was drawn."""
    legend: tuple[Row, ...] = ()
    """The names for which there was no room above the chart, in lines of its width."""


@dataclass(slots=True)
class _Line:
    """What is drawn of one curve: for each bucket its ends in x and its extremes; None where the line breaks."""

    parts: list[tuple[float, float, float, float] | None]
    not_positive: int = 0
    """Points left out because a logarithm has no place for them; a lower bound if `mixed`."""
    mixed: bool = False
    """Some bucket has values on both sides of zero: how many on which is not known."""


def draw(
    curves: Sequence[Curve],
    *,
    width: int,
    height: int,
    names: Sequence[str] = (),
    log_x: bool = False,
    log_y: bool = False,
    smooth: int = 0,
    colour: bool = True,
    title: str = "",
    below: bool = False,
    glyphs: Glyphs = GLYPHS,
) -> ChartDrawing:
    """The curves in exactly `width` columns and `height` rows.

    All have the axis of the first. `names` make a legend; `below` tells that what does not fit of it is shown below
    the chart. `smooth` is the window, in buckets, of a centred moving
    average that is drawn over the raw line. Without `colour` several curves differ by their characters.
    """
    axis = curves[0].axis if curves else Axis.STEP
    log_x = log_x and axis is not Axis.WALL
    lines = [_line(curve, log_x, log_y) for curve in curves]
    head = heading(len(curves), names, title, width, height, glyphs, below)
    room = height - len(head.rows)
    parts = [part for line in lines for part in line.parts if part is not None]
    if not parts or width < 2 or room < 2:
        why = "no points" if not any(curve.count for curve in curves) else "nothing here can be drawn: see below"
        notes = _notes(curves, lines, 0, smooth)
        return ChartDrawing((*head.rows, *message_rows(why, width, room)), notes, None, head.rest)
    x_scale = Scale(min(part[0] for part in parts), max(part[1] for part in parts), log_x)
    y_scale = Scale(min(part[2] for part in parts), max(part[3] for part in parts), log_y)
    axes = width >= _AXES_FROM[0] and room >= _AXES_FROM[1]
    y_ticks = value_ticks(y_scale, max(2, room // _ROWS_A_TICK)) if axes else []
    x_room = max(1, width - max((len(label) for _, label in y_ticks), default=-1) - 1)
    x_ticks = axis_ticks(x_scale, axis, x_room) if axes else []
    layers = _layers(lines, x_scale, y_scale, smooth, colour, glyphs)
    rows = paint(
        layers,
        width=width,
        height=room,
        x_ticks=[(x_scale.part(value), label) for value, label in x_ticks],
        y_ticks=[(y_scale.part(value), label) for value, label in y_ticks],
        ascii_only=not glyphs.braille,
    )
    notes = _notes(curves, lines, _columns(parts, x_scale, x_room), smooth)
    if axis is Axis.WALL and (zone := zone_note(x_scale.low, x_scale.high)):
        notes = (*notes, zone)
    return ChartDrawing((*head.rows, *rows), notes, (y_scale.low, y_scale.high), head.rest)


def _columns(parts: Sequence[tuple[float, float, float, float]], x_scale: Scale, room: int) -> int:
    """How many of the `room` columns have a point in them."""
    return len({round((room - 1) * x_scale.part(end)) for part in parts for end in part[:2]})


def _line(curve: Curve, log_x: bool, log_y: bool) -> _Line:
    line = _Line([])
    for bucket in curve.buckets:
        line.parts.append(_part(bucket, log_x, log_y, line))
    return line


def _part(bucket: Bucket, log_x: bool, log_y: bool, line: _Line) -> tuple[float, float, float, float] | None:
    first, last, low, high = bucket.x_first, bucket.x_last, bucket.minimum, bucket.maximum
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    finite = bucket.count - bucket.nans - bucket.infinities
    if (log_x and last <= 0) or (log_y and high <= 0):
        line.not_positive += finite
        return None
    if log_x and first <= 0:
        first = last
    if log_y and low <= 0:
        low = high
        line.not_positive += 1
        line.mixed = True
    return first, last, low, high


def _layers(
    lines: Sequence[_Line], x_scale: Scale, y_scale: Scale, smooth: int, colour: bool, glyphs: Glyphs
) -> list[Layer]:
    """The first curve is painted last, so that it lies on top; raw lines lie below all smoothed ones."""
    raw, smoothed, signs = [], [], []
    several = len(lines) > 1
    for index in reversed(range(len(lines))):
        parts = lines[index].parts
        role = f"series{index % SERIES}"
        marker = marker_of(index, several, colour, glyphs)
        drawn = sum(part is not None for part in parts)
        if drawn == 1 and marker == BRAILLE:
            marker = sign_of(index, glyphs)
        if smooth > 1 and drawn > 1:
            raw.append(_raw_layer(parts, x_scale, y_scale, BRAILLE if glyphs.braille else ".", "raw"))
            smoothed.append(_smooth_layer(parts, x_scale, y_scale, smooth, marker, role))
        else:
            smoothed.append(_raw_layer(parts, x_scale, y_scale, marker, role))
        if several and smoothed[-1].marker == BRAILLE:
            signs.append(_signs(smoothed[-1], index, len(lines), glyphs))
    return raw + smoothed + signs


def _signs(line: Layer, index: int, count: int, glyphs: Glyphs) -> Layer:
    """A few points of the line in the series' own shape, so that colour alone does not tell lines apart."""
    drawn = [place for place, y in enumerate(line.ys) if not math.isnan(y)]
    stride = max(1, len(drawn) // _SIGNS)
    chosen = drawn[min(len(drawn) - 1, stride * (index + 1) // (count + 1)) :: stride]
    xs, ys = [line.xs[place] for place in chosen], [line.ys[place] for place in chosen]
    return Layer(xs, ys, sign_of(index, glyphs), line.role, lines=False)


def _raw_layer(
    parts: Sequence[tuple[float, float, float, float] | None], x_scale: Scale, y_scale: Scale, marker: str, role: str
) -> Layer:
    """Both extremes of every bucket, the one nearer to where the line comes from first."""
    xs: list[float] = []
    ys: list[float] = []
    for part in parts:
        if part is None:
            xs.append(math.nan)
            ys.append(math.nan)
            continue
        first, last, low, high = part
        begin, end = x_scale.part(first), x_scale.part(last)
        bottom, top = y_scale.part(low), y_scale.part(high)
        if bottom == top:
            xs.append(begin)
            ys.append(top)
            if begin == end:
                continue
        before = ys[-1] if ys and not math.isnan(ys[-1]) else bottom
        pair = (bottom, top) if abs(before - bottom) <= abs(before - top) else (top, bottom)
        xs += (begin, end)
        ys += pair
    return Layer(xs, ys, marker, role)


def _smooth_layer(
    parts: Sequence[tuple[float, float, float, float] | None],
    x_scale: Scale,
    y_scale: Scale,
    window: int,
    marker: str,
    role: str,
) -> Layer:
    """A centred moving average of the middles of the buckets, as they are drawn; breaks stay breaks."""
    places = [index for index, part in enumerate(parts) if part is not None]
    middles = [(y_scale.part(part[2]) + y_scale.part(part[3])) / 2 for part in parts if part is not None]
    before, after = (window - 1) // 2, window // 2
    sums = [0.0]
    for middle in middles:
        sums.append(sums[-1] + middle)
    xs, ys = [math.nan] * len(parts), [math.nan] * len(parts)
    for order, place in enumerate(places):
        low, high = max(0, order - before), min(len(middles), order + after + 1)
        part = parts[place]
        assert part is not None
        xs[place] = (x_scale.part(part[0]) + x_scale.part(part[1])) / 2
        ys[place] = (sums[high] - sums[low]) / (high - low)
    return Layer(xs, ys, marker, role)


def _notes(curves: Sequence[Curve], lines: Sequence[_Line], columns: int, smooth: int) -> tuple[str, ...]:
    count, buckets = sum(curve.count for curve in curves), sum(len(curve.buckets) for curve in curves)
    notes = []
    thinned = any(bucket.count > 1 for curve in curves for bucket in curve.buckets)
    if count:
        told = cells.plural(count, "point")
        if any(curve.sampled for curve in curves):
            told = f"a sample of {told} that the server gave"
        if thinned and columns:
            told += f" in {cells.plural(columns, 'column')}, every minimum and maximum kept"
        notes.append(told)
    nans, infinities = sum(curve.nans for curve in curves), sum(curve.infinities for curve in curves)
    if nans:
        notes.append(f"{cells.count(nans)} NaN left out")
    if infinities:
        notes.append(f"{cells.count(infinities)} infinite left out")
    if left_out := sum(line.not_positive for line in lines):
        least = "at least " if any(line.mixed for line in lines) else ""
        notes.append(f"{least}{cells.count(left_out)} not positive, left out of the log scale")
    if smooth > 1 and buckets:
        window = f"about {cells.count(round(smooth * count / buckets))}" if thinned else cells.count(smooth)
        notes.append(f"smoothed over {window} points, raw values beneath")
    return tuple(notes)
