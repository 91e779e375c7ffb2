"""Times and durations as people write them.

A time is a moment, in milliseconds since the epoch:

- a day, `2026-01-31`, is the moment at which it begins; so are `today` and `yesterday`;
- a minute, second or part of one, `2026-01-31 14:00`, `2026-01-31T14:00:05.250`;
- both in the zone of the clock, or with a zone of their own: `2026-01-31T14:00Z`, `2026-01-31 14:00+02:00`;
- `now`, and a duration ago: `2 days ago`, `1h 30m ago`, `3 months ago` (by the calendar; a day is 24 hours).

A duration is one or several counts with units, from milliseconds to weeks: `90s`, `1h 30m`, `1.5 hours`.

The clock is a `datetime`: with a zone it tells the zone, without one the time of this machine is meant.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from typing import Final

_UNITS: Final = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1_000),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60_000),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600_000),
    **dict.fromkeys(("d", "day", "days"), 86_400_000),
    **dict.fromkeys(("w", "week", "weeks"), 604_800_000),
}
_MONTHS: Final = {**dict.fromkeys(("month", "months"), 1), **dict.fromkeys(("year", "years"), 12)}

_COUNT: Final = re.compile(r"\s*([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([A-Za-z]+)\s*,?")
_AGO: Final = re.compile(r"(?P<span>.*\S)\s*\bago", re.IGNORECASE | re.DOTALL)
_STAMP: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?"
    r"(?P<zone> ?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2}))?"
)

TIME_EXAMPLES: Final = "'2 days ago', 'yesterday', '2026-01-31', '2026-01-31 14:00'"
DURATION_EXAMPLES: Final = "'90s', '1h 30m', '2 days'"


def moment(text: str, now: datetime) -> int | None:
    """The moment that `text` names, as ms since the epoch; None if it names none, or one that no calendar has."""
    try:
        found = _moment(text.strip(), now)
        return None if found is None else _milliseconds(found)
    except (ValueError, OverflowError, OSError):
        return None


def duration(text: str) -> int | None:
    """The milliseconds that `text` names; None if it names no duration."""
    parts = _counts(text)
    if not parts or any(unit not in _UNITS for _, unit in parts):
        return None
    return round(sum(count * _UNITS[unit] for count, unit in parts))


def _moment(text: str, now: datetime) -> datetime | None:
    word = text.lower()
    if word == "now":
        return now
    if word in ("today", "yesterday"):
        begin = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return begin if word == "today" else begin - timedelta(days=1)
    if (ago := _AGO.fullmatch(text)) is not None:
        return _ago(ago["span"], now)
    stamp = _STAMP.fullmatch(text)
    if stamp is None:
        return None
    found = datetime.fromisoformat(_joined(text, stamp["zone"]))
    return found if found.tzinfo is not None else found.replace(tzinfo=now.tzinfo)


def _joined(text: str, zone: str | None) -> str:
    """As the standard library reads it: no blank before the zone, which a day alone cannot have."""
    if zone is None:
        return text
    stamp = text[: len(text) - len(zone)]
    return (stamp if len(stamp) > len("2026-01-31") else f"{stamp} 00:00") + zone.strip().upper()


def _ago(text: str, now: datetime) -> datetime | None:
    parts = _counts(text)
    if not parts:
        return None
    months, milliseconds = 0.0, 0.0
    for count, unit in parts:
        if unit in _MONTHS:
            months += count * _MONTHS[unit]
        elif unit in _UNITS:
            milliseconds += count * _UNITS[unit]
        else:
            return None
    if months != int(months):
        return None
    then = _months_before(now, int(months))
    # By the hands of the absolute clock, not by those on the wall, which a change of summer time moves.
    return datetime.fromtimestamp(then.timestamp() - milliseconds / 1000, now.tzinfo)


def _months_before(now: datetime, months: int) -> datetime:
    if not months:
        return now
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return now.replace(year=year, month=month + 1, day=min(now.day, last))


def _counts(text: str) -> list[tuple[float, str]]:
    """(count, unit in lower case) of each part; nothing if something else stands there."""
    found: list[tuple[float, str]] = []
    end = 0
    while end < len(text):
        part = _COUNT.match(text, end)
        if part is None:
            return [] if text[end:].strip() else found
        found.append((float(part[1]), part[2].lower()))
        end = part.end()
    return found


def _milliseconds(found: datetime) -> int:
    return round(found.timestamp() * 1000)
