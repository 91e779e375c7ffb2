"""Reading a metric's file: its latest value, or all of it; of a file that has grown only what is new."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any, Final, NamedTuple

from store.entities import Metric
from store.file.index import Entry
from store.file.metric_lines import ENDING, LARGEST, Points, latest, points
from store.file.reading import CHUNK, Content, Stamp, Unreadable, check, read

WRITING_NS: Final = 2_000_000_000
"""A file that was changed so lately may be changed again without its time of change telling: it counts as being
written. Until then a last line that nothing ends may be half a line, and is left out."""


NEVER: Final = -1
"""A time of change that no file has."""


class Latest(NamedTuple):
    """What is known of a metric's file: its latest value, and how far it was read for that."""

    done: int
    """Bytes that were read: up to the end of a line."""
    ending: str
    """The last of these bytes, as Latin-1: if others stand there now, the file is another one."""
    value: float
    timestamp: int
    step: int


class Reading(NamedTuple):
    """What a look at a metric's file found."""

    latest: Metric | None
    """None if it holds no point."""
    entry: Entry | None
    """What to keep for the next time; its time is `NEVER` if it may be about half of a file."""
    problem: str = ""


class Held(NamedTuple):
    """A metric's points, kept in memory, in the order in which they were logged."""

    points: Points
    """Those of whole lines."""
    done: int
    ending: bytes
    stamp: Stamp
    pending: bytes
    """A last line that nothing ends."""


def is_settled(changed: int, now: int | None = None) -> bool:
    """True if what was changed then, in nanoseconds since the epoch, was not changed in the last moments; `now` is when
    one began to read it.
    """
    return abs((time.time_ns() if now is None else now) - changed) > WRITING_NS


def blocks(path: str, start: int, cancel: Event | None = None) -> Iterator[tuple[Content, int]]:
    """The file from `start`, the beginning of a line, in blocks, each with the length of its whole lines.

    Raises Unreadable, and Cancelled once `cancel` is set.
    """
    while True:
        content = read(path, CHUNK, start, cancel)
        end = content.data.rfind(b"\n") + 1
        yield content, end
        if not content.rest:
            return
        check(cancel)
        _must_go_on(content.stamp, end)
        start += end


def _must_go_on(stamp: Stamp, end: int) -> None:
    """Raises Unreadable if the next block of a file is not worth reading; `end` is the length of its whole lines."""
    if stamp[1] > LARGEST:
        raise Unreadable(f"has {stamp[1]:,} bytes; of a metric at most {LARGEST:,} are read")
    if not end:
        raise Unreadable(f"has a line of more than {CHUNK:,} bytes")


def latest_of(key: str, known: Entry) -> Metric:
    """The latest value that an entry of the index holds."""
    _, _, value, timestamp, step = known[4]
    return Metric(key, value, timestamp, step)


def read_latest(path: str, key: str, stamp: Stamp | None, known: Entry | None, cancel: Event | None = None) -> Reading:
    """The latest value by MLflow's rule: see `store.series.latest_index`.

    `stamp` is that of the file as it is now, None if that is not known; `known` is what the index says of it.
    Raises Unreadable, and Cancelled once `cancel` is set.
    """
    best: tuple[int, int, float] | None = None
    start, ending, malformed = 0, b"", 0
    if known is not None and stamp is not None and _has_grown(known, stamp):
        done, ended, value, timestamp, step = known[4]
        if _still_there(path, done, ended.encode("latin-1"), stamp):
            best, start, ending = (step, timestamp, value), done, ended.encode("latin-1")
    rest = 1
    while rest:
        data, now, rest = read(path, CHUNK, start, cancel)
        end = data.rfind(b"\n") + 1
        lines = data if end == len(data) else data[:end]
        best, wrong = latest(lines, best)
        malformed += wrong
        start += end
        ending = lines[-ENDING:] if end >= ENDING else (ending + lines)[-ENDING:]
        if rest:
            check(cancel)
            _must_go_on(now, end)
    pending = data[end:]
    settled = is_settled(now[2])
    entry = None
    if best is not None and not malformed:
        whole = settled and not pending
        entry = (
            now[0],
            now[1],
            now[2] if whole else NEVER,
            now[3],
            Latest(start, ending.decode("latin-1"), best[2], best[1], best[0]),
        )
    if pending and settled:
        best, wrong = latest(pending, best)
        malformed += wrong
    metric = None if best is None else Metric(key, best[2], best[1], best[0])
    return Reading(metric, entry, _problem(malformed, empty=best is None and settled))


def _problem(malformed: int, *, empty: bool) -> str:
    if malformed:
        return "has a line that is no point" if malformed == 1 else f"has {malformed:,} lines that are no points"
    return "holds no point" if empty else ""


def _has_grown(before: Sequence[Any], now: Stamp) -> bool:
    """True if a file, whose stamp was that `before`, may have lines more now. One that was written anew has others: a
    time of change without a change of length tells of that, unless half a line was to be waited for.
    """
    return bool(before[0] == now[0] and (now[1] > before[1] or (now[1] == before[1] and before[2] == NEVER)))


def _still_there(path: str, done: int, ending: bytes, stamp: Stamp) -> bool:
    """True if a file has only grown since `done` bytes of it were read, as far as can be told."""
    if stamp[1] < done:
        return False
    try:
        return read(path, len(ending), done - len(ending)).data == ending
    except Unreadable:
        return False


def read_points(path: str, stamp: Stamp, before: Held | None, cancel: Event | None = None) -> Held:
    """Every point of a file. Raises Unreadable, and Cancelled once `cancel` is set."""
    if before is not None and before.stamp == stamp:
        return before
    every, start, ending = Points(), 0, b""
    if before is not None and _has_grown(before.stamp, stamp) and _still_there(path, before.done, before.ending, stamp):
        # The arrays were given away: what is added goes into copies.
        old = before.points
        every = Points(array("q", old.steps), array("q", old.timestamps), array("d", old.values), old.malformed)
        start, ending = before.done, before.ending
    pending, now = b"", stamp
    for content, end in blocks(path, start, cancel):
        lines = content.data[:end]
        found = points(lines)
        every.steps.extend(found.steps)
        every.timestamps.extend(found.timestamps)
        every.values.extend(found.values)
        every.malformed += found.malformed
        pending, now = content.data[end:], content.stamp
        start += end
        ending = (ending + lines[-ENDING:])[-ENDING:]
    return Held(every, start, ending, now, pending)


def every_point(held: Held) -> Points:
    """All points, with that of a last line that nothing ends once nobody is writing it any more."""
    if not held.pending or not is_settled(held.stamp[2]):
        return held.points
    whole, last = held.points, points(held.pending)
    return Points(
        whole.steps + last.steps,
        whole.timestamps + last.timestamps,
        whole.values + last.values,
        whole.malformed + last.malformed,
    )
