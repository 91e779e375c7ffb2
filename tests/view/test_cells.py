"""Values as short texts: whatever a store holds, it fits its column and says what it is."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.entities import INFINITE, Bucket, RunStatus
from tui.view import glyphs
from tui.view.cells import (
    DAY,
    HOUR,
    MINUTE,
    MISSING,
    SECOND,
    ago,
    count,
    duration,
    exact,
    exact_moment,
    moment,
    number,
    plural,
    points,
    sparkline,
    status_symbol,
)
from tui.view.export import Heading, lay_out, table_lines
from tui.view.glyphs import ASCII, UNICODE, choose
from tui.view.text import width

MANY = settings(deadline=None, derandomize=True)

NOON = 1_700_000_000_000
"""2023-11-14 22:13:20 UTC."""


@contextmanager
def zone(name: str) -> Iterator[None]:
    """This process lives in another time zone."""
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = name
        time.tzset()
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


# Numbers


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (42.0, "42"),
        (-7.0, "-7"),
        (0.1, "0.1"),
        (0.987654321, "0.98765"),
        (123.456789, "123.46"),
        (9_999_999.0, "9999999"),
        (1e7, "1e+7"),
        (0.0001, "0.0001"),
        (0.00001, "1e-5"),
        (5e-8, "5e-8"),
        (1.25e-8, "1.25e-8"),
        (-1.204e17, "-1.204e+17"),
        (1.23456789e17, "1.2346e+17"),
        (-1.23456789e17, "-1.235e+17"),
        (-1.2345e-300, "-1.23e-300"),
        (5e-324, "4.941e-324"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (1.7976931348623157e308, "inf"),
        (-INFINITE, "-inf"),
    ],
)
def test_a_metric_is_short(value: float, shown: str) -> None:
    assert number(value) == shown


@given(st.floats())
@settings(MANY, max_examples=400)
def test_a_metric_fits_ten_columns_and_is_close_to_what_was_logged(value: float) -> None:
    shown = number(value)
    assert len(shown) <= 10
    if math.isfinite(value) and abs(value) < INFINITE:
        assert math.isclose(float(shown), value, rel_tol=5e-3, abs_tol=5e-324)
        if abs(value) < 1e100 and abs(value) > 1e-99:
            assert math.isclose(float(shown), value, rel_tol=5e-4)


@given(st.floats())
@settings(MANY, max_examples=400)
def test_the_exact_value_can_be_read_back(value: float) -> None:
    shown = exact(value)
    if math.isnan(value):
        assert shown == "NaN"
    elif abs(value) >= INFINITE:
        assert shown == ("inf" if value > 0 else "-inf")
    else:
        assert float(shown) == value


def test_numbers_of_one_size_keep_their_exponents_in_one_column() -> None:
    shown = [number(value) for value in (5e-8, 1.2346e-8, 1.25e-8, -3e-8)]
    assert shown == ["5e-8", "1.2346e-8", "1.25e-8", "-3e-8"]
    headings, rows = [Heading("Value", "right")], [[text] for text in shown]
    lines = list(table_lines(headings, rows, lay_out(headings, rows, None)))[1:]
    assert len({line.index("e") for line in lines}) == 1


def test_exponents_are_spelled_alike_in_short_and_in_full() -> None:
    for value, shown in ((5e-8, "5e-8"), (1e16, "1e+16"), (-2.5e-300, "-2.5e-300"), (1e-10, "1e-10")):
        assert number(value) == exact(value) == shown


def test_whole_values_have_no_fraction() -> None:
    assert exact(3.0) == "3"
    assert exact(1e14) == "100000000000000"
    assert exact(0.1 + 0.2) == "0.30000000000000004"


def test_counts_are_grouped_from_five_digits_on() -> None:
    assert [count(value) for value in (0, 999, 9999, 10_000, 1_234_567, -12_345)] == [
        "0",
        "999",
        "9999",
        "10 000",
        "1 234 567",
        "-12 345",
    ]
    assert points(12_345, False) == "12 345"
    assert points(2500, True) == "2500 sampled"
    assert plural(1, "run") == "1 run"
    assert plural(0, "run") == "0 runs"
    assert plural(100_000, "run") == "100 000 runs"


# Times


def test_a_moment_is_local_time_to_the_minute() -> None:
    assert moment(NOON) == "2023-11-14 22:13"
    assert exact_moment(NOON + 7) == "2023-11-14 22:13:20.007 UTC"
    with zone("Asia/Kolkata"):
        assert moment(NOON) == "2023-11-15 03:43"
        assert exact_moment(NOON) == "2023-11-15 03:43:20.000 IST"


def test_no_time_is_shown_as_missing() -> None:
    assert moment(None) == exact_moment(None) == duration(None) == ago(None, NOON) == MISSING


@pytest.mark.parametrize("ms", [0, -1, -(2**63), 253_402_300_799_000, 1_832_000_000_000_000, 2**63 - 1])
def test_what_is_no_time_is_shown_as_the_number_that_it_is(ms: int) -> None:
    assert moment(ms) == exact_moment(ms) == ago(ms, NOON) == str(ms)


def test_seconds_instead_of_milliseconds_are_seen_to_be_wrong() -> None:
    assert moment(1_700_000_000) == "1970-01-20 16:13"
    assert ago(1_700_000_000, NOON) == "1970-01-20"


@pytest.mark.parametrize("name", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu"])
def test_any_integer_is_a_moment_in_any_zone(name: str) -> None:
    with zone(name):
        for ms in (1, DAY, 253_402_300_799_000 - DAY - 1, 253_402_300_799_000 - 1, 10**18):
            assert 0 < len(moment(ms)) <= 20
            assert exact_moment(ms)
            assert ago(ms, NOON)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**50))
@MANY
def test_no_time_breaks_a_row(ms: int, now: int) -> None:
    for shown in (moment(ms), exact_moment(ms), ago(ms, now), duration(ms)):
        assert shown.isprintable()
        assert shown.strip()


def test_ago_names_the_largest_unit() -> None:
    shown = [ago(NOON - passed, NOON) for passed in (0, 999, SECOND, 59_999, MINUTE, HOUR - 1, HOUR, DAY, 59 * DAY)]
    assert shown == ["now", "now", "1 s ago", "59 s ago", "1 min ago", "59 min ago", "1 h ago", "1 d ago", "59 d ago"]


def test_what_is_long_ago_or_in_the_future_is_a_date() -> None:
    assert ago(NOON - 60 * DAY, NOON) == "2023-09-15"
    assert ago(NOON + DAY, NOON) == "2023-11-15"


def test_durations_are_as_exact_as_they_are_long() -> None:
    lengths = (0, 449, 9_999, 10_000, 59_999, MINUTE, 187_000, HOUR, 2 * HOUR + 15 * MINUTE, DAY, 3 * DAY + 4 * HOUR)
    assert [duration(ms) for ms in lengths] == [
        "0.0 s",
        "0.4 s",
        "10.0 s",
        "10 s",
        "59 s",
        "1:00 min",
        "3:07 min",
        "1:00 h",
        "2:15 h",
        "1 d 0 h",
        "3 d 4 h",
    ]


def test_a_run_that_ended_before_it_started_has_a_negative_duration() -> None:
    assert duration(-90_000) == "-1:30 min"


# Statuses


@pytest.mark.parametrize("drawn", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_statuses_differ_in_shape(drawn: glyphs.Glyphs) -> None:
    shapes = [drawn.running, drawn.scheduled, drawn.finished, drawn.failed, drawn.killed, drawn.unknown, drawn.deleted]
    assert len(set(shapes)) == len(shapes)


def test_every_status_has_a_symbol_of_its_own_and_a_foreign_one_is_unknown() -> None:
    symbols = [status_symbol(status) for status in RunStatus]
    assert len(set(symbols)) == len(RunStatus)
    assert all(width(symbol) == 1 for symbol in symbols)
    assert status_symbol("finished") == status_symbol("") == status_symbol("\x1b[31m") == UNICODE.unknown


# Sparklines


def bucket(x: float, low: float, high: float | None = None) -> Bucket:
    return Bucket(x, x, low, low if high is None else high, 1, nans=int(math.isnan(low)))


def test_a_sparkline_goes_from_the_lowest_to_the_highest() -> None:
    rising = sparkline([bucket(float(x), float(x)) for x in range(8)], 8)
    assert rising == UNICODE.blocks
    assert sparkline([bucket(float(x), -float(x)) for x in range(8)], 8) == rising[::-1]


def test_a_constant_is_in_the_middle_all_along() -> None:
    assert sparkline([bucket(0.0, 3.0), bucket(1.0, 3.0)], 6) == "▅" * 6
    assert sparkline([bucket(float(x), -2.5) for x in range(30)], 6) == "▅" * 6


def test_a_single_point_is_a_single_mark() -> None:
    assert sparkline([bucket(0.0, 3.0)], 6) == "▅     "


def test_a_value_holds_until_the_next_one() -> None:
    assert sparkline([bucket(0.0, 0.0), bucket(5.0, 1.0)], 6) == "▁▁▁▁▁█"


def test_where_nothing_finite_was_logged_is_a_gap() -> None:
    values = [bucket(0.0, 0.0), bucket(1.0, math.nan), bucket(3.0, 1.0)]
    assert sparkline(values, 4) == "▁··█"
    assert sparkline([bucket(0.0, math.nan), bucket(9.0, 1.0)], 4) == "···▅"
    assert sparkline([bucket(0.0, math.nan)], 4) == "·   "


def test_no_history_is_blank() -> None:
    assert sparkline([], 4) == "    "
    assert sparkline([bucket(0.0, 1.0)], 0) == ""


def test_numbers_at_the_end_of_what_a_float_holds_are_drawn() -> None:
    assert sparkline([bucket(0.0, -1.7e308), bucket(1.0, 1.7e308)], 4) == "▁▁▁█"
    assert sparkline([bucket(0.0, 1.7e308, 1.79e308), bucket(1.0, 1.79e308)], 2) == "▁█"
    assert len(sparkline([bucket(-9.2e18, 5e-324), bucket(9.2e18, 1e-323)], 4)) == 4


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63),
            st.one_of(st.floats(-1.79e308, 1.79e308), st.just(math.nan)),
            st.floats(0.0, 1e300),
        ),
        max_size=40,
    ),
    st.integers(0, 40),
)
@MANY
def test_any_history_is_drawn_in_exactly_its_columns(points: list[tuple[int, float, float]], columns: int) -> None:
    buckets = [bucket(float(x), low, low + more) for x, low, more in sorted(points, key=lambda point: point[0])]
    drawn = sparkline(buckets, columns)
    assert width(drawn) == columns
    assert set(drawn) <= {*UNICODE.blocks, UNICODE.gap, " "}


# Terminals without Unicode


@pytest.mark.parametrize(
    ("environ", "chosen"),
    [
        ({"LANG": "en_US.UTF-8"}, UNICODE),
        ({"LANG": "en_US.utf8", "TERM": "xterm-256color"}, UNICODE),
        ({"LANG": "C"}, ASCII),
        ({"LANG": "de_DE.ISO-8859-1"}, ASCII),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, ASCII),
        ({"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C"}, UNICODE),
        ({"LANG": "C.UTF-8", "TERM": "linux"}, ASCII),
        ({"LANG": "C.UTF-8", "TERM": "vt220"}, ASCII),
        ({"LANG": "C.UTF-8", "TERM": "dumb"}, ASCII),
        ({"LANG": "C.UTF-8", "PYTHONIOENCODING": "ascii"}, ASCII),
        ({"LANG": "C.UTF-8", "PYTHONIOENCODING": "latin-1:replace"}, ASCII),
        ({"LANG": "C.UTF-8", "PYTHONIOENCODING": ":replace"}, UNICODE),
        ({"LANG": "C.UTF-8", "PYTHONIOENCODING": "UTF-8"}, UNICODE),
        ({"LANG": "C", "PYTHONIOENCODING": "utf-8"}, ASCII),
        ({"LANG": "C.UTF-8", "FLOWDECK_ASCII": "1"}, ASCII),
        ({"LANG": "C.UTF-8", "FLOWDECK_ASCII": "0"}, UNICODE),
        ({"LANG": "C.UTF-8", "FLOWDECK_ASCII": ""}, UNICODE),
    ],
)
def test_the_environment_decides_between_unicode_and_ascii(environ: dict[str, str], chosen: glyphs.Glyphs) -> None:
    assert choose(environ) is chosen


def test_every_glyph_is_one_column_and_ascii_is_ascii() -> None:
    for drawn in (UNICODE, ASCII):
        for field in fields(drawn):
            value = getattr(drawn, field.name)
            if isinstance(value, str):
                assert len(value) == width(value) == (8 if field.name == "blocks" else 1), field.name
                assert drawn is UNICODE or value.isascii(), field.name
    assert len(set(ASCII.blocks)) == len(set(UNICODE.blocks)) == 8


def test_what_stands_before_a_name_means_one_thing() -> None:
    for drawn in (UNICODE, ASCII):
        marks = [drawn.child, drawn.problem, drawn.deleted, drawn.gap, drawn.ellipsis, drawn.cursor]
        assert len(set(marks)) == len(marks)


def test_a_process_without_utf8_draws_ascii_only() -> None:
    program = (
        "from store.entities import Bucket\n"
        "from tui.view.cells import sparkline, status_symbol\n"
        "from tui.view.text import cut\n"
        "buckets = [Bucket(float(x), float(x), float(x), float(x), 1) for x in range(8)]\n"
        "print(sparkline(buckets, 8), cut('abcdef', 3), *map(status_symbol, ('RUNNING', 'FAILED', '?')), sep='')\n"
    )
    environ = {**os.environ, "LC_ALL": "C", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{ASCII.blocks}ab~*x?"
