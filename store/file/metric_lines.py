"""The lines of a metric's file: `timestamp value step`, in the order in which they were logged.

Pre-1.0 releases wrote no step, which then is 0. MLflow 3 appends the name and the digest of a dataset if one was
given; its own reader then takes the step for 0, here it is the one in the line.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from store.series import latest_index

LARGEST: Final = 256 << 20
"""Bytes of a metric's file that is read: six million points and more. A larger one is flagged instead."""

ENDING: Final = 32
"""Bytes before the place where reading goes on, which must be what they were: else the file is another one."""

_OF_NUMBERS: Final = b"0123456789+-.eEnaif"
"""The characters of numbers as MLflow writes them, `nan` and `inf` among them."""

_PLAIN: Final = re.compile(
    rb"(?:[0-9]{1,18}[ ](?:-?(?:[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]{1,9})?|inf)|nan)[ ]-?[0-9]{1,18}\n)*+"
)
"""Lines as MLflow writes them: that they are such is seen in a fifth of the time that their numbers take to read."""

_LOW: Final = -(2**63)
_HIGH: Final = 2**63 - 1


@dataclass(slots=True)
class Points:
    """Points in the order in which they were logged."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    timestamps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    malformed: int = 0
    """Lines that are no points."""


def points(lines: bytes) -> Points:
    """The points in whole lines."""
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n")
    # Numbers taken away, what is left of three fields are two blanks.
    count = lines.count(b"\n")
    if lines.translate(None, _OF_NUMBERS) == b"  \n" * count and len(fields := lines.split()) == 3 * count:
        try:
            return Points(
                array("q", map(int, fields[2::3])),
                array("q", map(int, fields[::3])),
                array("d", map(float, fields[1::3])),
            )
        except (ValueError, OverflowError):
            pass
    return _mixed(list(map(bytes.split, lines.splitlines())))


Point = tuple[int, int, float]
"""Step, timestamp and value of a point."""


def latest(lines: bytes, before: Point | None = None) -> tuple[Point | None, int]:
    """The latest point by MLflow's rule (see `store.series.latest_index`), None if there is none, and the number of
    lines that are no points; `before` is the latest one of the lines before these.

    What comes of two blocks of lines is not what comes of their latest points: a NaN that stands first stays.
    """
    if not _PLAIN.fullmatch(lines) or not lines:
        found = points(lines)
        return _latest_of(before, found.steps, found.timestamps, found.values), found.malformed
    fields = lines.split()
    steps = list(map(int, fields[2::3]))
    last = max(steps)
    if before is not None and last < before[0]:
        return before, 0
    if steps[-1] == last and steps.count(last) == 1 and (before is None or last > before[0]):
        return (last, int(fields[-3]), float(fields[-2])), 0
    places = [3 * place for place, step in enumerate(steps) if step == last]
    times = [int(fields[place]) for place in places]
    values = [float(fields[place + 1]) for place in places]
    return _latest_of(before, [last] * len(places), times, values), 0


def _latest_of(
    before: Point | None, steps: Sequence[int], times: Sequence[int], values: Sequence[float]
) -> Point | None:
    if before is not None:
        steps, times, values = [before[0], *steps], [before[1], *times], [before[2], *values]
    place = latest_index(steps, times, values)
    return None if place < 0 else (steps[place], times[place], values[place])


def _mixed(rows: list[list[bytes]]) -> Points:
    found = Points()
    for row in rows:
        if not row:
            continue
        try:
            if len(row) not in (2, 3, 5):
                raise ValueError
            time, value, step = int(row[0]), float(row[1]), int(row[2]) if len(row) > 2 else 0
            if not (_LOW <= time <= _HIGH and _LOW <= step <= _HIGH):
                raise ValueError
        except ValueError:
            found.malformed += 1
            continue
        found.steps.append(step)
        found.timestamps.append(time)
        found.values.append(value)
    return found
