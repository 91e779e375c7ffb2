"""Values as short texts for people: numbers, times, durations, statuses, sparklines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from store.kinds import CALENDAR_END, is_infinite
from tui.view.glyphs import GLYPHS

if TYPE_CHECKING:
    from store.entities import Bucket

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

SPARK_COLUMNS: Final = 16
"""Width of a sparkline in a table."""

_NUMBER_COLUMNS: Final = 10

MISSING: Final = "-"
"""Shown where the store has no value; an empty value is shown as nothing."""


def number(value: float) -> str:
    """A metric's value in at most ten columns, five significant digits if there is room: `0.98765`, `1.2346e+17`."""
    if math.isnan(value):
        return "NaN"
    if is_infinite(value):
        return "inf" if value > 0 else "-inf"
    if value == int(value) and abs(value) < 1e7:
        return str(int(value))
    if 1e-4 <= abs(value) < 9_999_999.95:
        short = f"{value:.5g}"
        return short if "e" not in short else f"{value:.1f}"
    for digits in (4, 3, 2):
        short = _without_zeros(f"{value:.{digits}e}")
        if len(short) <= _NUMBER_COLUMNS:
            break
    return short


def _without_zeros(text: str) -> str:
    """Without the zeros that say nothing beside an exponent: `5.0000e-08` is `5e-8`."""
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"


def exact(value: float) -> str:
    """A metric's value with every digit that tells it from its neighbours."""
    if math.isnan(value) or is_infinite(value):
        return number(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else _without_zeros(repr(value))


def count(value: int) -> str:
    """`12 431`: from five digits on they are grouped, by spaces."""
    return f"{value:,}".replace(",", " ") if abs(value) >= 10_000 else str(value)


def points(value: int, sampled: bool) -> str:
    """How many points a metric has; `2500 sampled` if a server gave only so many of them."""
    return f"{count(value)} sampled" if sampled else count(value)


def plural(value: int, noun: str) -> str:
    return f"{count(value)} {noun}" + ("" if value == 1 else "s")


def moment(ms: int | None) -> str:
    """Local time to the minute, `2026-11-20 09:00`; what is no plausible time is shown as the number it is."""
    return _local(ms, "%Y-%m-%d %H:%M")


def exact_moment(ms: int | None) -> str:
    """Local time to the millisecond, with its zone."""
    shown = _local(ms, "%Y-%m-%d %H:%M:%S")
    if ms is None or shown == str(ms):
        return shown
    return f"{shown}.{ms % 1000:03d} {datetime.fromtimestamp(ms / 1000, UTC).astimezone().tzname()}"


def _local(ms: int | None, pattern: str) -> str:
    if ms is None:
        return MISSING
    if not 0 < ms < CALENDAR_END:
        return str(ms)
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone().strftime(pattern)


def ago(ms: int | None, now: int) -> str:
    """How long before `now` that was: `now`, `45 s ago`, `3 h ago`, `12 d ago`, else the date."""
    if ms is None:
        return MISSING
    passed = now - ms
    if passed < 0 or passed >= 60 * DAY or ms <= 0:
        return _local(ms, "%Y-%m-%d")
    if passed < SECOND:
        return "now"
    return f"{span(passed)} ago"


def span(passed: int) -> str:
    """The greatest unit of so many milliseconds: `45 s`, `3 h`, `12 d`."""
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if passed >= size:
            return f"{passed // size} {unit}"
    return f"{passed // SECOND} s"


def duration(ms: int | None) -> str:
    """`0.4 s`, `42 s`, `3:07 min`, `2:15 h`, `3 d 4 h`."""
    if ms is None:
        return MISSING
    if ms < 0:
        return f"-{duration(-ms)}"
    if ms < 10 * SECOND:
        return f"{ms / 1000:.1f} s"
    if ms < MINUTE:
        return f"{ms // SECOND} s"
    if ms < HOUR:
        return f"{ms // MINUTE}:{ms % MINUTE // SECOND:02d} min"
    if ms < DAY:
        return f"{ms // HOUR}:{ms % HOUR // MINUTE:02d} h"
    return f"{ms // DAY} d {ms % DAY // HOUR} h"


_SYMBOLS: Final = {
    "RUNNING": GLYPHS.running,
    "SCHEDULED": GLYPHS.scheduled,
    "FINISHED": GLYPHS.finished,
    "FAILED": GLYPHS.failed,
    "KILLED": GLYPHS.killed,
}


def status_symbol(status: str) -> str:
    """One column; never the only sign of a status on wide screens, and different in shape, not in colour alone."""
    return _SYMBOLS.get(status, GLYPHS.unknown)


def sparkline(buckets: Sequence[Bucket], columns: int) -> str:
    """The middle of each bucket's values in eight heights; a gap where nothing finite was logged.

    What was logged at one place alone is one mark: a line would say that it stayed like that.
    """
    if not buckets or columns <= 0:
        return " " * max(0, columns)
    first, last = buckets[0].x_first, buckets[-1].x_last
    if first == last:
        mark = GLYPHS.blocks[4] if any(bucket.finite for bucket in buckets) else GLYPHS.gap
        return mark.ljust(columns)
    heights: list[list[float]] = [[] for _ in range(columns)]
    odd = set()
    for bucket in buckets:
        place = min(columns - 1, int((bucket.x_first - first) / (last - first) * columns))
        if bucket.finite:
            heights[place] += [bucket.minimum, bucket.maximum]
        else:
            odd.add(place)
    levels = [_middle(values) for values in heights if values]
    if not levels:
        return GLYPHS.gap * columns
    low, high = min(levels), max(levels)
    # The difference of two numbers near the end of what a float holds is infinite.
    scale = 1.0 if math.isfinite(high - low) else 0.5
    drawn, previous = [], " "
    for place, values in enumerate(heights):
        if values:
            middle = _middle(values)
            part = 0.5 if high == low else (middle * scale - low * scale) / (high * scale - low * scale)
            previous = GLYPHS.blocks[min(7, int(part * 8))]
        elif place in odd:
            previous = GLYPHS.gap
        drawn.append(previous)
    return "".join(drawn)


def _middle(values: Sequence[float]) -> float:
    return min(values) / 2 + max(values) / 2
