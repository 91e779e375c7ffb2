"""Times and durations as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.search.times import duration, moment

NOW = datetime(2026, 3, 31, 12, 30, 15, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> int:
    return round(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", "2026-03-31T12:30:15"),
        ("today", "2026-03-31T00:00:00"),
        ("Yesterday", "2026-03-30T00:00:00"),
        ("2 days ago", "2026-03-29T12:30:15"),
        ("1 DAY AGO", "2026-03-30T12:30:15"),
        ("90s ago", "2026-03-31T12:28:45"),
        ("1h 30m ago", "2026-03-31T11:00:15"),
        ("1.5 hours, 15 sec ago", "2026-03-31T11:00:00"),
        ("2w ago", "2026-03-17T12:30:15"),
        ("1 month ago", "2026-02-28T12:30:15"),
        ("13 months ago", "2025-02-28T12:30:15"),
        ("2 years ago", "2024-03-31T12:30:15"),
        ("2026-01-31", "2026-01-31T00:00:00"),
        (" 2026-01-31 14:00 ", "2026-01-31T14:00:00"),
        ("2026-01-31T14:00:05", "2026-01-31T14:00:05"),
        ("2026-01-31T14:00:05.250", "2026-01-31T14:00:05.250"),
        ("2026-01-31T14:00Z", "2026-01-31T14:00:00"),
        ("2026-01-31 14:00 +02:00", "2026-01-31T12:00:00"),
        ("2026-01-31t14:00-0130", "2026-01-31T15:30:00"),
        ("2026-01-31Z", "2026-01-31T00:00:00"),
        ("1969-12-31 23:59:59", "1969-12-31T23:59:59"),
    ],
)
def test_moments(text: str, meant: str) -> None:
    assert moment(text, NOW) == utc(meant)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ago", "2 days", "two days ago", "2026", "20260131", "2026-13-01", "2026-02-30", "2026-01-31 25:00"),
        *("0000-01-01", "9999999999 years ago", "5000 years ago", "999999999999 weeks ago", "1.5 months ago"),
        *("1700000000000", "2026-W01", "2026-01-31 14", "tomorrow", "2 fortnights ago", "-2 days ago"),
        *("2026-01-31T14:00+99:00", "\u0662 days ago"),
    ],
)
def test_what_is_no_moment(text: str) -> None:
    assert moment(text, NOW) is None


def test_a_day_begins_in_the_zone_of_the_clock() -> None:
    for zone in (BERLIN, timezone(timedelta(hours=-5))):
        now = NOW.astimezone(zone)
        found = moment("2026-01-31", now)
        assert found is not None
        assert datetime.fromtimestamp(found / 1000, zone) == datetime(2026, 1, 31, tzinfo=zone)


def test_a_day_ago_is_24_hours_and_yesterday_begins_at_midnight_when_summer_time_comes() -> None:
    now = datetime(2026, 3, 29, 12, 0, tzinfo=BERLIN)  # ten hours after the clocks went forward
    assert moment("1 day ago", now) == utc("2026-03-28T10:00:00")
    assert moment("yesterday", now) == utc("2026-03-27T23:00:00")
    assert moment("today", now) == utc("2026-03-28T23:00:00")


def test_a_clock_without_a_zone_tells_this_machines_time() -> None:
    # The tests run in UTC.
    assert moment("2026-01-31 14:00", NOW.replace(tzinfo=None)) == utc("2026-01-31T14:00:00")
    assert moment("1h ago", NOW.replace(tzinfo=None)) == utc("2026-03-31T11:30:15")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1h", 3_600_000),
        ("90s", 90_000),
        ("1h 30m", 5_400_000),
        ("1h30m", 5_400_000),
        ("2 days", 172_800_000),
        ("1.5 Hours", 5_400_000),
        ("250ms", 250),
        ("0s", 0),
        ("1 week, 1 day", 691_200_000),
    ],
)
def test_durations(text: str, meant: int) -> None:
    assert duration(text) == meant


@pytest.mark.parametrize("text", ["", "5", "1 month", "h", "1 h x", "-1h", "1h ago", "1..5h", "1e3 s"])
def test_what_is_no_duration(text: str) -> None:
    assert duration(text) is None


@given(st.text("0123456789. -:TZagodysmhw+,\n", max_size=25))
def test_whatever_is_written_is_a_moment_or_none(text: str) -> None:
    found = moment(text, NOW)
    assert found is None or -(2**63) < found < 2**63
    duration(text)
