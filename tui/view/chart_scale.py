"""Scales from values to places on an axis, and the ticks of the value axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Tick = tuple[float, str]
"""A value on the axis and its label."""

_LONGEST_LABEL: Final = 14
"""Columns of a tick's label; what would need more is shown with fewer digits."""

_APART: Final = 0.4
"""The part of the usual distance of two ticks that a round one must keep from the ends of its axis."""


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
    """The ends of the scale, and about `wanted` round values between them; no two labels are the same."""
    low, high = scale.low, scale.high
    if low == high:
        return [(low, short(low))]
    for number in (wanted, wanted + 1, wanted + 2):
        ticks = _log_ticks(scale, number) if scale.log else _linear_ticks(scale, number)
        labels = {label for _, label in ticks}
        if len(labels) == len(ticks) > 2 and max(map(len, labels)) <= _LONGEST_LABEL:
            return ticks
    digits = next((digits for digits in range(6, 17) if short(low, digits) != short(high, digits)), 17)
    return [(low, short(low, digits)), (high, short(high, digits))]


def short(value: float, digits: int = 6) -> str:
    """With so many digits, and without zeros that say nothing: `5e-8`."""
    return _bare(f"{value:.{digits}g}")


def nice(raw: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `raw`."""
    power = 10.0 ** math.floor(math.log10(raw))
    return next((number * power for number in (1, 2, 5) if number * power >= raw * 0.999), 10 * power)


def powers(low: float, high: float, wanted: int, least: int = 2) -> list[float]:
    """Powers of ten; with fewer than `least` or room for more also their doubles and fivefolds, or every multiple."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    exponents = range(max(first, -307), min(last, 308) + 1)
    inside = [10.0**exponent for exponent in exponents if low <= 10.0**exponent <= high]
    if len(inside) > 2 or len(inside) >= wanted:
        return inside[:: -(-len(inside) // max(1, wanted))]
    for numbers in ((1, 2, 5), range(1, 10)):
        found = [number * 10.0**exponent for exponent in exponents for number in numbers]
        found = [value for value in found if low <= value <= high]
        if len(found) > wanted and len(inside) >= least:
            return inside
        if len(found) > 1:
            return found[:: -(-len(found) // max(1, wanted))]
    return []


def _between(scale: Scale, values: Sequence[float], wanted: int) -> list[float]:
    """Those that leave room for the labels of the ends."""
    gap = _APART / max(1, wanted)
    return [value for value in values if gap <= scale.part(value) <= 1 - gap]


def _linear_ticks(scale: Scale, wanted: int) -> list[Tick]:
    low, high = scale.low, scale.high
    raw = high / max(1, wanted) - low / max(1, wanted)
    if raw < 1e-300 or not math.isfinite(step := nice(raw)):
        return []
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first > 2 * wanted + 2:
        return []
    values = _between(scale, [number * step for number in range(first, last + 1)], wanted)
    digits = -math.floor(math.log10(step) + 1e-9)
    largest = max(abs(low), abs(high))
    # The ends are no round numbers: two digits more tell them to a hundredth of a step.
    if largest >= 1e7 or largest < 1e-4:
        digits = max(0, math.floor(math.log10(largest) + 1e-9) + digits)
        ends = [_bare(f"{value:.{min(16, digits + 2)}e}") for value in (low, high)]
        inner = [(value, _bare(f"{value:.{min(16, digits)}e}")) for value in values]
    else:
        ends = [_bare(f"{value:.{max(0, digits + 2)}f}") for value in (low, high)]
        inner = [(value, f"{value:.{max(0, digits)}f}") for value in values]
    return [(low, ends[0]), *inner, (high, ends[1])]


def _log_ticks(scale: Scale, wanted: int) -> list[Tick]:
    values = _between(scale, powers(scale.low, scale.high, wanted, least=1), wanted)
    if not values:
        return _linear_ticks(scale, wanted)
    return [
        (scale.low, short(scale.low, 4)),
        *((value, short(value)) for value in values),
        (scale.high, short(scale.high, 4)),
    ]


def _bare(text: str) -> str:
    """A number without the zeros at its end and those of its exponent; zero has no sign."""
    mantissa, mark, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    if mantissa in ("0", "-0"):
        return "0"
    if not mark:
        return mantissa
    power = int(exponent)
    return f"{mantissa}e{power}" if power else mantissa
