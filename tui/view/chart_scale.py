"""From values to places on an axis: linear and logarithmic scales, and their ticks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from store.entities import Axis
from tui.view.cells import DAY, HOUR, MINUTE, SECOND

Tick = tuple[float, str]
"""A value on the axis and its label."""

_TIME_STEPS: Final = (
    *(number * power for power in (1, 10, 100) for number in (1, 2, 5)),
    *(number * SECOND for number in (1, 2, 5, 10, 15, 30)),
    *(number * MINUTE for number in (1, 2, 5, 10, 15, 30)),
    *(number * HOUR for number in (1, 2, 3, 6, 12)),
    *(number * power * DAY for power in (1, 10, 100, 1000, 10_000) for number in (1, 2, 5)),
)
"""Milliseconds between ticks that people can count in."""

_LONGEST_LABEL: Final = 14
"""Columns of a tick's label; what would need more is shown with fewer digits."""

_CLOCK_END: Final = 253_402_214_400_000
"""A day before the year 10000, after which datetime gives up."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis: its range, which is never empty, and whether it is logarithmic."""

    low: float
    high: float
    log: bool = False

    def part(self, value: float) -> float:
        """Where `value` stands, from 0 at `low` to 1 at `high`."""
        low, high = self.low, self.high
        if high == low:
            return 0.5
        if self.log:
            return (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low))
        if math.isinf(high - low):
            return (value / 4 - low / 4) / (high / 4 - low / 4)
        return (value - low) / (high - low)


def value_ticks(scale: Scale, wanted: int) -> list[Tick]:
    """About `wanted` round values within the scale; its ends if there are none."""
    low, high = scale.low, scale.high
    if low == high:
        return [(low, _short(low))]
    for number in (wanted, wanted + 1, wanted + 2):
        ticks = _log_ticks(low, high, number) if scale.log else _linear_ticks(low, high, number)
        ticks = [(value, label) for value, label in ticks if low <= value <= high]
        if len({label for _, label in ticks}) == len(ticks) >= 2:
            return ticks
    digits = next((digits for digits in range(6, 17) if _short(low, digits) != _short(high, digits)), 17)
    return [(low, _short(low, digits)), (high, _short(high, digits))]


def axis_ticks(scale: Scale, axis: Axis, wanted: int) -> list[Tick]:
    """Ticks of the x axis in its own unit: whole steps, h:mm:ss, or dates and times of day."""
    low, high = scale.low, scale.high
    if axis in (Axis.STEP, Axis.ORDER):
        label: Callable[[float], str] = _step_label
        values = _powers(low, high, wanted) if scale.log else _whole_steps(low, high, wanted)
    elif axis is Axis.RELATIVE:
        step = _time_step(high - low, wanted)
        values = _powers(low, high, wanted) if scale.log else _multiples(low, high, step)

        def label(value: float) -> str:
            return _duration_label(value, step)
    else:
        step = _time_step(high - low, wanted)
        values, label = _clock_values(low, high, step), _clock_label(low, high, step)
    if not values:
        values = [low] if low == high else [low, high]
    ticks: list[Tick] = []
    for value in values:
        text = label(value)
        if not ticks or ticks[-1][1] != text:
            ticks.append((value, text))
    return ticks


def _nice(raw: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `raw`."""
    power = 10.0 ** math.floor(math.log10(raw))
    return next((number * power for number in (1, 2, 5) if number * power >= raw * 0.999), 10 * power)


def _linear_ticks(low: float, high: float, wanted: int) -> list[Tick]:
    raw = high / max(1, wanted) - low / max(1, wanted)
    if raw < 1e-300:
        return []
    step = _nice(raw)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first > 2 * wanted + 2 or not math.isfinite(step):
        return []
    values = [min(max(number * step, low), high) for number in range(first, last + 1)]
    digits = -math.floor(math.log10(step) + 1e-9)
    largest = max(abs(low), abs(high))
    if largest >= 1e7 or largest < 1e-4:
        digits = min(16, max(0, math.floor(math.log10(largest) + 1e-9) + digits))
        return [(value, _scientific(value, digits) if value else "0") for value in values]
    ticks = [(value, f"{value:.{max(0, digits)}f}") for value in values]
    return ticks if max((len(label) for _, label in ticks), default=0) <= _LONGEST_LABEL else []


def _log_ticks(low: float, high: float, wanted: int) -> list[Tick]:
    values = _powers(low, high, wanted)
    return [(value, f"{value:g}") for value in values] if len(values) > 1 else _linear_ticks(low, high, wanted)


def _powers(low: float, high: float, wanted: int) -> list[float]:
    """Powers of ten, or with few of them also their doubles and fivefolds, or every whole multiple."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    exponents = range(max(first, -307), min(last, 308) + 1)
    inside = [exponent for exponent in exponents if low <= 10.0**exponent <= high]
    if len(inside) > 2 or len(inside) >= wanted:
        stride = -(-len(inside) // max(1, wanted))
        return [10.0**exponent for exponent in inside[::stride]]
    for numbers in ((1, 2, 5), range(1, 10)):
        found = [number * 10.0**exponent for exponent in exponents for number in numbers]
        found = [value for value in found if low <= value <= high]
        if len(found) > 1:
            return found[:: -(-len(found) // max(1, wanted))]
    return []


def _short(value: float, digits: int = 6) -> str:
    text = f"{value:.{digits}g}"
    return text.replace("e-0", "e-").replace("e+0", "e+")


def _scientific(value: float, digits: int) -> str:
    return f"{value:.{digits}e}".replace("e-0", "e-").replace("e+0", "e+")


def _whole_steps(low: float, high: float, wanted: int) -> list[float]:
    step = max(1, round(_nice(max(1.0, (high - low) / max(1, wanted)))))
    return _multiples(low, high, step)


def _multiples(low: float, high: float, step: int) -> list[float]:
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(number * step) for number in range(first, last + 1)] if last - first < 1000 else []


def _step_label(value: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:.6g}{unit}"
    return str(round(value))


def _time_step(span: float, wanted: int) -> int:
    raw = span / max(1, wanted)
    return next((step for step in _TIME_STEPS if step >= raw), _TIME_STEPS[-1])


def _duration_label(ms: float, step: int) -> str:
    sign, rest = ("-", -ms) if ms < 0 else ("", ms)
    whole = round(rest)
    hours, minutes, seconds = whole // HOUR, whole % HOUR // MINUTE, whole % MINUTE // SECOND
    fraction = f".{whole % SECOND:03d}" if step < SECOND else ""
    return f"{sign}{hours}:{minutes:02d}:{seconds:02d}{fraction}"


def _clock_values(low: float, high: float, step: int) -> list[float]:
    """Multiples of the step since local midnight, so that ticks stand at whole hours of the user's zone."""
    if not 0 < low <= high < _CLOCK_END:
        return []
    offset = _local(low).utcoffset()
    shift = 0 if offset is None else int(offset.total_seconds() * 1000)
    return [value - shift for value in _multiples(low + shift, high + shift, step)]


def _clock_label(low: float, high: float, step: int) -> Callable[[float], str]:
    if not 0 < low <= high < _CLOCK_END:
        return lambda value: str(round(value))
    one_day = _local(low).date() == _local(high).date()
    pattern = "%H:%M:%S" if step < MINUTE else "%H:%M"
    if step >= DAY:
        pattern = "%Y-%m-%d"
    elif not one_day:
        pattern = f"%m-%d {pattern}"

    def label(value: float) -> str:
        fraction = f".{round(value) % SECOND:03d}" if step < SECOND else ""
        return _local(value).strftime(pattern) + fraction

    return label


def _local(ms: float) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone()
