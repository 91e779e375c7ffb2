"""The lines of a metric's file: `timestamp value step`, in the order in which they were logged.

Pre-1.0 releases wrote no step, which then is 0. MLflow 3 appends the name and the digest of a dataset if one was
given; its own reader then takes the step for 0, here it is the one in the line.
"""

from __future__ import annotations

import re
from array import array
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


def latest(lines: bytes) -> tuple[tuple[int, int, float] | None, int]:
    """(step, timestamp, value) of the latest point by MLflow's rule (see `store.series.latest_index`), None if there
    is none, and the number of lines that are no points."""
    if not _PLAIN.fullmatch(lines) or not lines:
        found = points(lines)
        place = latest_index(found.steps, found.timestamps, found.values)
        best = None if place < 0 else (found.steps[place], found.timestamps[place], found.values[place])
        return best, found.malformed
    fields = lines.split()
    steps = list(map(int, fields[2::3]))
    last = max(steps)
    if steps[-1] == last and steps.count(last) == 1:
        return (last, int(fields[-3]), float(fields[-2])), 0
    places = [3 * place for place, step in enumerate(steps) if step == last]
    times = [int(fields[place]) for place in places]
    values = [float(fields[place + 1]) for place in places]
    place = latest_index([last] * len(places), times, values)
    return (last, times[place], values[place]), 0


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
