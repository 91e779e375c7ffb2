"""The x axis of a chart: what it can show, and its ticks in the unit that it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from store.entities import Axis, MetricSummary
from store.kinds import CALENDAR_END
from tui.view.cells import DAY, HOUR, MINUTE, SECOND
from tui.view.chart_scale import Scale, Tick, nice, powers, short

_COLUMNS: Final = 12
"""Columns of the chart for each tick: its label, and a gap before the next one."""

_MOMENT_COLUMNS: Final = 24
"""The same where the first label is a date and a time of day."""

_TIME_STEPS: Final = (
    *(number * power for power in (1, 10, 100) for number in (1, 2, 5)),
    *(number * SECOND for number in (1, 2, 5, 10, 15, 30)),
    *(number * MINUTE for number in (1, 2, 5, 10, 15, 30)),
    *(number * HOUR for number in (1, 2, 3, 6, 12)),
    *(number * power * DAY for power in (1, 10, 100, 1000, 10_000) for number in (1, 2, 5)),
)
"""Milliseconds between ticks that people can count in."""

_MOST_TICKS: Final = 1000
"""Ticks beyond which something is wrong with the range: only its ends are labelled."""

_UNITS: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"))

_LONGEST_STEP: Final = 13
"""Digits of a step that is written in full; longer ones as powers of ten."""


def usable_axis(axis: Axis, summaries: Sequence[MetricSummary]) -> Axis:
    """The axis on which these metrics can be drawn together.

    Of a metric that was logged without steps, a step axis would be a single column: it is drawn over the time since
    the start, or in the order of its points if all have one time, too.
    """
    if axis is not Axis.STEP or not any(summary.one_step for summary in summaries):
        return axis
    constant = all(summary.first_timestamp == summary.last_timestamp for summary in summaries)
    return Axis.ORDER if constant else Axis.RELATIVE


def axis_ticks(scale: Scale, axis: Axis, room: int) -> list[Tick]:
    """Ticks of an axis of `room` columns in its own unit: whole steps, h:mm:ss, or dates and times of day."""
    low, high = scale.low, scale.high
    wanted = max(2, room // _COLUMNS)
    if axis in (Axis.STEP, Axis.ORDER):
        values = powers(low, high, wanted) if scale.log else _whole_steps(low, high, wanted)
        values = values or _ends(low, high)
        return list(zip(values, _step_labels(values), strict=True))
    step = _time_step(high - low, wanted)
    if axis is Axis.RELATIVE:
        values = powers(low, high, wanted) if scale.log else _multiples(low, high, step)
        return [(value, _duration_label(value, step)) for value in values or _ends(low, high)]
    if not _in_calendar(low, high):
        return [(value, str(round(value))) for value in _ends(low, high)]
    if step < DAY:
        step = _time_step(high - low, max(2, room // _MOMENT_COLUMNS))
    values = _clock_values(low, high, step) or _ends(low, high)
    return list(zip(values, _clock_labels(values, step), strict=True))


def zone_note(low: float, high: float) -> str:
    """Which zone the times of day are of; empty if there are none."""
    if not _in_calendar(low, high):
        return ""
    first, last = (_local(ms).strftime("%z") for ms in (low, high))
    if first == last == "+0000":
        return "times are UTC"
    zones = " to ".join(f"UTC{zone[:3]}:{zone[3:5]}" for zone in dict.fromkeys((first, last)))
    return f"times are local, {zones}"


def _ends(low: float, high: float) -> list[float]:
    return [low] if low == high else [low, high]


def _whole_steps(low: float, high: float, wanted: int) -> list[float]:
    step = max(1, round(nice(max(1.0, (high - low) / wanted))))
    return _multiples(low, high, step)


def _multiples(low: float, high: float, step: int) -> list[float]:
    # Whole numbers: steps and times reach where floats have none after the point.
    first, last = -(-int(low) // step), int(high) // step
    return [float(number * step) for number in range(first, last + 1)] if last - first < _MOST_TICKS else []


def _step_labels(values: Sequence[float]) -> list[str]:
    """Whole numbers, in millions and more where that is exact and shorter; no two are the same."""
    whole = [str(round(value)) for value in values]
    largest = max(map(abs, values))
    for size, unit in _UNITS:
        if size <= largest < 1000 * _UNITS[0][0] and all(
            abs(value) / size == float(f"{abs(value) / size:.4g}") for value in values
        ):
            return [f"{short(value / size, 4)}{unit}" if value else "0" for value in values]
    if max(map(len, whole)) <= _LONGEST_STEP:
        return whole
    for digits in range(6, 18):
        labels = [short(value, digits) for value in values]
        if len(set(labels)) == len(labels):
            return labels
    return whole


def _time_step(span: float, wanted: int) -> int:
    raw = span / max(1, wanted)
    return next((step for step in _TIME_STEPS if step >= raw), _TIME_STEPS[-1])


def _duration_label(ms: float, step: int) -> str:
    sign, rest = ("-", -ms) if ms < 0 else ("", ms)
    whole = round(rest)
    hours, minutes, seconds = whole // HOUR, whole % HOUR // MINUTE, whole % MINUTE // SECOND
    fraction = f".{whole % SECOND:03d}" if step < SECOND or (whole % SECOND and whole < MINUTE) else ""
    return f"{sign}{hours}:{minutes:02d}:{seconds:02d}{fraction}"


def _in_calendar(low: float, high: float) -> bool:
    return 0 < low <= high < CALENDAR_END


def _clock_values(low: float, high: float, step: int) -> list[float]:
    """Multiples of the step since local midnight, so that ticks stand at whole hours of the user's zone."""
    offset = _local(low).utcoffset()
    shift = 0 if offset is None else int(offset.total_seconds() * 1000)
    return [value - shift for value in _multiples(low + shift, high + shift, step)]


def _clock_labels(values: Sequence[float], step: int) -> list[str]:
    """Times of day; with the date where it is not that of the tick before, and with the year where that is not."""
    time_of_day: Callable[[datetime], str] = _time_format(step)
    labels, before = [], None
    for value in values:
        moment = _local(value)
        if step >= DAY:
            labels.append(moment.strftime("%Y-%m-%d"))
            continue
        date = ""
        if before is None or moment.year != before.year:
            date = moment.strftime("%Y-%m-%d ")
        elif moment.date() != before.date():
            date = moment.strftime("%m-%d ")
        labels.append(date + time_of_day(moment))
        before = moment
    return labels


def _time_format(step: int) -> Callable[[datetime], str]:
    if step < SECOND:
        return lambda moment: f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
    return lambda moment: moment.strftime("%H:%M:%S" if step < MINUTE else "%H:%M")


def _local(ms: float) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone()
