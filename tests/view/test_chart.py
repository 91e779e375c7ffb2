"""Charts: an exact size, every extreme, and a word about what could not be drawn."""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.entities import Axis, Bucket, Curve, Metric, MetricSummary
from tui.view.chart import ChartDrawing, draw
from tui.view.chart_axis import axis_ticks, usable_axis
from tui.view.chart_scale import Scale
from tui.view.glyphs import ASCII, UNICODE, Glyphs
from tui.view.text import width as columns_of

finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1.7e308, max_value=1.7e308)


def curve(values: Sequence[float], axis: Axis = Axis.STEP, xs: Sequence[float] | None = None) -> Curve:
    """A point a bucket."""
    buckets = []
    for place, value in enumerate(values):
        x = float(place if xs is None else xs[place])
        usable = value if math.isfinite(value) else math.nan
        buckets.append(Bucket(x, x, usable, usable, 1, int(math.isnan(value)), int(math.isinf(value))))
    nans, infinities = sum(map(math.isnan, values)), sum(map(math.isinf, values))
    return Curve("run", "loss", axis, tuple(buckets), len(values), nans, infinities)


def lines(drawing: ChartDrawing) -> list[str]:
    return ["".join(span.text for span in row) for row in drawing.rows]


def fits(drawing: ChartDrawing, width: int, height: int) -> None:
    rows = lines(drawing)
    assert len(rows) == height
    assert {columns_of(row) for row in rows} <= {width}


@st.composite
def curves(draw_: st.DrawFn) -> list[Curve]:
    axis = draw_(st.sampled_from(list(Axis)))
    found = []
    for _ in range(draw_(st.integers(0, 3))):
        values = draw_(st.lists(finite | st.just(math.nan) | st.just(math.inf), max_size=12))
        gaps = draw_(st.lists(st.integers(0, 10**7), min_size=len(values), max_size=len(values)))
        start = draw_(st.integers(-(10**6), 2 * 10**12))
        xs = [start + sum(gaps[: place + 1]) for place in range(len(values))]
        found.append(curve(values, axis, xs))
    return found


@settings(max_examples=150, deadline=None)
@given(
    given_curves=curves(),
    width=st.integers(1, 90),
    height=st.integers(1, 30),
    log_x=st.booleans(),
    log_y=st.booleans(),
    smooth=st.integers(0, 5),
    colour=st.booleans(),
    ascii_only=st.booleans(),
    names=st.lists(st.text(max_size=40), max_size=3),
    title=st.text(max_size=60),
)
def test_any_curve_fits_any_size(
    given_curves: list[Curve],
    width: int,
    height: int,
    log_x: bool,
    log_y: bool,
    smooth: int,
    colour: bool,
    ascii_only: bool,
    names: list[str],
    title: str,
) -> None:
    drawing = draw(
        given_curves,
        width=width,
        height=height,
        names=names,
        log_x=log_x,
        log_y=log_y,
        smooth=smooth,
        colour=colour,
        title=title,
        glyphs=ASCII if ascii_only else UNICODE,
    )
    fits(drawing, width, height)
    assert all(span.text.isprintable() for row in drawing.rows for span in row)
    if ascii_only:
        # Texts are cut with the ellipsis of this process' own terminal.
        painted = {character for row in drawing.rows for span in row if span.role != "label" for character in span.text}
        assert title or all(character.isascii() for character in painted)


def test_one_spike_among_thousands_of_points_reaches_the_top() -> None:
    buckets = [Bucket(float(x), float(x + 9), 0.0, 1.0, 10) for x in range(0, 2000, 10)]
    buckets[77] = Bucket(770.0, 779.0, -40.0, 90.0, 10)
    drawing = draw([Curve("run", "loss", Axis.STEP, tuple(buckets), 2000, 0, 0)], width=100, height=20)
    fits(drawing, 100, 20)
    assert drawing.y_range == (-40.0, 90.0)
    rows = lines(drawing)
    dots = [[place for place, character in enumerate(row) if 0x2800 < ord(character) < 0x2900] for row in rows]
    (spike,) = dots[0]
    assert all(spike in dots[row] for row in range(18))
    drawn = {place for row in dots for place in row}
    assert f"2000 points in {len(drawn)} columns, every minimum and maximum kept" in drawing.notes


def test_nothing_to_draw_is_said() -> None:
    fits(draw([], width=40, height=8), 40, 8)
    assert any("no points" in line for line in lines(draw([curve([])], width=40, height=8)))
    drawing = draw([curve([math.nan, math.inf])], width=60, height=8)
    assert any("nothing here can be drawn" in line for line in lines(drawing))
    assert drawing.notes == ("2 points", "1 NaN left out", "1 infinite left out")
    assert drawing.y_range is None


def test_a_single_point_is_easily_seen() -> None:
    drawing = draw([curve([0.25])], width=40, height=8)
    assert sum(line.count("●") for line in lines(drawing)) == 1
    assert drawing.notes == ("1 point",)


def test_a_constant_stands_in_the_middle() -> None:
    rows = lines(draw([curve([2.0] * 5)], width=40, height=9))
    assert [place for place, row in enumerate(rows) if "⣀" in row or "⠤" in row or "⠒" in row] == [3]
    assert rows[3].startswith("2┤")


def test_lines_break_where_nothing_is_finite() -> None:
    values = [1.0] * 20 + [math.nan] * 20 + [1.0] * 20
    rows = lines(draw([curve(values)], width=60, height=8))
    drawn = next(row for row in rows if any(0x2800 < ord(character) < 0x2900 for character in row))
    middle = drawn[2 + 22 : 2 + 36]
    assert middle.strip() == ""


def test_a_logarithm_leaves_out_what_is_not_positive() -> None:
    drawing = draw([curve([-1.0, 0.0, 1.0, 10.0, 100.0, 1000.0])], width=60, height=20, log_y=True)
    assert drawing.y_range == (1.0, 1000.0)
    assert "2 not positive, left out of the log scale" in drawing.notes
    assert [line.split("┤")[0].strip() for line in lines(drawing) if "┤" in line] == ["1000", "100", "10", "1"]


def test_a_column_on_both_sides_of_zero_keeps_its_maximum_on_a_log_scale() -> None:
    buckets = (Bucket(0.0, 4.0, -1.0, 50.0, 5), Bucket(5.0, 9.0, 1.0, 10.0, 5))
    drawing = draw([Curve("run", "loss", Axis.STEP, buckets, 10, 0, 0)], width=60, height=12, log_y=True)
    assert drawing.y_range == (1.0, 50.0)
    assert "at least 1 not positive, left out of the log scale" in drawing.notes


@pytest.mark.parametrize("colour", [True, False])
def test_several_curves_differ_by_more_than_colour(colour: bool) -> None:
    several = [curve([float(x) for x in range(50)]), curve([50.0 - x for x in range(50)])]
    rows = lines(draw(several, width=60, height=14, names=["up", "down"], colour=colour))
    assert "● up  ▲ down" in rows[0]
    chart = "".join(rows[1:])
    assert chart.count("●") > 2
    assert chart.count("▲") > 2


def test_a_terminal_without_unicode_gets_none() -> None:
    several = [curve([1.0, 2.0, 4.0]), curve([2.0, 1.0, 0.5])]
    rows = lines(draw(several, width=60, height=12, names=["a", "b"], smooth=2, glyphs=ASCII))
    assert "".join(rows).isascii()


def test_names_are_cleaned_and_cut() -> None:
    drawing = draw([curve([1.0]), curve([2.0])], width=50, height=12, names=["\x1b[31mred\n", "x" * 500])
    fits(drawing, 50, 12)
    assert "\x1b" not in "".join(lines(drawing))


def test_names_that_do_not_fit_are_counted_and_can_be_shown_below() -> None:
    many = [curve([float(number), 1.0]) for number in range(30)]
    names = [f"run number {number}" for number in range(30)]
    above = draw(many, width=40, height=12, names=names)
    fits(above, 40, 12)
    assert lines(above)[2].strip() == "and 26 more in a higher chart"
    drawing = draw(many, width=40, height=12, names=names, below=True)
    fits(drawing, 40, 12)
    assert lines(drawing)[2].strip() == "and 26 more below the chart"
    rest = ["".join(span.text for span in row) for row in drawing.legend]
    assert {columns_of(line) for line in rest} == {40}
    text = " ".join([*lines(drawing)[:2], *rest])
    assert re.findall(r"run number \d+", text) == names
    assert draw(many[:2], width=40, height=12, names=names[:2], below=True).legend == ()


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("colour", [True, False])
def test_each_of_many_curves_has_a_sign_of_its_own(glyphs: Glyphs, colour: bool) -> None:
    many = [curve([float(number)] * 9) for number in range(30)]
    drawing = draw(many, width=50, height=70, names=[f"run{n}" for n in range(30)], colour=colour, glyphs=glyphs)
    text = "\n".join(lines(drawing))
    signs = re.findall(r"(\S) run\d+", text)
    assert len(set(signs)) == 30
    below = text[text.rindex("run29") :]
    assert all(sign in below for sign in signs)


def test_long_names_that_begin_alike_show_their_ends() -> None:
    names = [f"{'experiment ' * 5}seed {seed}" for seed in (1, 2)]
    heading = lines(draw([curve([1.0]), curve([2.0])], width=70, height=12, names=names))[0]
    assert "seed 1" in heading
    assert "seed 2" in heading


def test_steps_are_whole_numbers() -> None:
    rows = lines(draw([curve([1.0, 2.0, 3.0, 2.0])], width=60, height=10))
    assert rows[-1].split() == ["0", "1", "2", "3"]


def test_time_since_the_start_is_in_hours_minutes_and_seconds() -> None:
    xs = [0, 3_600_000, 7_500_000]
    assert lines(draw([curve([1.0, 2.0, 3.0], Axis.RELATIVE, xs)], width=60, height=10))[-1].split() == [
        "0:00:00",
        "1:00:00",
        "2:00:00",
    ]
    short = lines(draw([curve([1.0, 2.0, 3.0], Axis.RELATIVE, [0, 250, 500])], width=60, height=10))[-1]
    assert short.split() == ["0:00:00.000", "0:00:00.200", "0:00:00.400"]


def test_wall_clock_ticks_stand_at_round_times() -> None:
    start = 1_700_000_000_000  # 2023-11-14 22:13:20 UTC
    day = lines(draw([curve([1.0, 2.0], Axis.WALL, [start, start + 86_400_000 * 4])], width=70, height=10))[-1]
    assert day.split() == ["2023-11-15", "2023-11-16", "2023-11-17", "2023-11-18"]
    hours = lines(draw([curve([1.0, 2.0], Axis.WALL, [start, start + 5_400_000])], width=90, height=10))[-1]
    assert hours.split() == ["2023-11-14", "22:30", "23:00", "23:30"]


def test_dates_stand_where_the_day_changes() -> None:
    start = 1_703_980_800_000  # 2023-12-31 00:00 UTC
    one = curve([1.0, 2.0], Axis.WALL, [start, start + 86_400_000 * 2])
    labels = lines(draw([one], width=150, height=10))[-1].split("  ")
    assert [label.strip() for label in labels if label] == [
        *("2023-12-31 00:00", "12:00", "2024-01-01 00:00", "12:00", "01-02 00:00"),
    ]


@pytest.mark.parametrize(
    ("zone", "first", "note"),
    [
        ("UTC", "2023-11-14 22:30", "times are UTC"),
        ("Asia/Kolkata", "2023-11-15 04:00", "times are local, UTC+05:30"),
        ("America/New_York", "2023-11-14 17:30", "times are local, UTC-05:00"),
    ],
)
def test_times_of_day_say_their_zone(monkeypatch: pytest.MonkeyPatch, zone: str, first: str, note: str) -> None:
    start = 1_700_000_000_000  # 2023-11-14 22:13:20 UTC
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        drawing = draw([curve([1.0, 2.0], Axis.WALL, [start, start + 5_400_000])], width=90, height=10)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert lines(drawing)[-1].strip().startswith(first)
    assert drawing.notes[-1] == note


def test_what_is_no_date_has_no_zone() -> None:
    drawing = draw([curve([1.0, 2.0], Axis.WALL, [0, 10**17])], width=90, height=10)
    assert lines(drawing)[-1].split() == ["0", "100000000000000000"]
    assert drawing.notes == ("2 points",)


def y_labels(drawing: ChartDrawing) -> list[str]:
    return [line.split("┤")[0].strip() for line in lines(drawing) if "┤" in line]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 1.0], ["1", "0.8", "0.6", "0.4", "0.2", "0"]),
        ([-50.0, 100.0], ["100", "50", "0", "-50"]),
        ([0.0312, 2.3456], ["2.346", "2.0", "1.5", "1.0", "0.5", "0.031"]),
        ([5e-8, 2.5e-7], ["2.5e-7", "2e-7", "1.5e-7", "1e-7", "5e-8"]),
        ([1e9, 3e9], ["3e9", "2.5e9", "2e9", "1.5e9", "1e9"]),
    ],
)
def test_the_value_axis_is_labelled_from_end_to_end(values: list[float], expected: list[str]) -> None:
    assert y_labels(draw([curve(values)], width=60, height=20)) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1e-5, 1e-1], ["0.1", "0.01", "0.001", "0.0001", "1e-5"]),
        ([0.0015, 0.1515], ["0.1515", "0.1", "0.01", "0.0015"]),
        ([3.0, 2500.0], ["2500", "1000", "100", "10", "3"]),
    ],
)
def test_a_logarithmic_axis_has_its_decades(values: list[float], expected: list[str]) -> None:
    assert y_labels(draw([curve(values)], width=60, height=16, log_y=True)) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([7], ["7"]),
        ([1_700_000_000_000], ["1.7T"]),
        ([1_700_000_000_123], ["1700000000123"]),
        ([-20, 20], ["-20", "-10", "0", "10", "20"]),
        ([0, 2_000_000], ["0", "0.5M", "1M", "1.5M", "2M"]),
        ([10**9, 10**9 + 4], ["1000000000", "1000000001", "1000000002", "1000000003", "1000000004"]),
        ([-(2**63), 2**63 - 1], ["-5e18", "0", "5e18"]),
    ],
)
def test_steps_of_any_size_can_be_told_apart(steps: list[int], expected: list[str]) -> None:
    drawing = draw([curve([1.0] * len(steps), xs=steps)], width=80, height=10)
    assert lines(drawing)[-1].split() == expected


@pytest.mark.parametrize("log_x", [False, True])
@pytest.mark.parametrize("axis", list(Axis))
def test_no_two_ticks_say_the_same(axis: Axis, log_x: bool) -> None:
    for low, span in itertools.product((1, 999, 10**6, 1_700_000_000_000), (0, 1, 7, 990, 10**5, 10**9, 10**13)):
        ticks = axis_ticks(Scale(low, low + span, log_x and axis is not Axis.WALL), axis, 100)
        assert ticks
        assert len({label for _, label in ticks}) == len(ticks) or axis is Axis.WALL
        assert all(low <= value <= low + span for value, _ in ticks)


def with_metric(key: str, one_step: bool, times: tuple[int, int]) -> MetricSummary:
    latest = Metric(key, 1.0, times[1], 0)
    return MetricSummary(key, latest, 5, 0, 0, None, None, 0, 0 if one_step else 4, *times)


def test_an_axis_that_would_be_one_column_is_replaced() -> None:
    stepped, timed = with_metric("a", False, (0, 9)), with_metric("b", True, (0, 9))
    constant = with_metric("c", True, (3, 3))
    assert usable_axis(Axis.STEP, [stepped]) is Axis.STEP
    assert usable_axis(Axis.STEP, [stepped, timed]) is Axis.RELATIVE
    assert usable_axis(Axis.STEP, [timed, constant]) is Axis.RELATIVE
    assert usable_axis(Axis.STEP, [constant]) is Axis.ORDER
    assert usable_axis(Axis.WALL, [constant]) is Axis.WALL


def test_a_sample_is_called_one() -> None:
    whole = curve([1.0, 2.0, 3.0])
    assert draw([whole], width=60, height=10).notes == ("3 points",)
    sampled = draw([replace(whole, sampled=True)], width=60, height=10)
    assert sampled.notes == ("a sample of 3 points that the server gave",)
    thinned = Curve("run", "loss", Axis.STEP, (Bucket(0, 4, 0.0, 1.0, 5), Bucket(5, 5, 1.0, 1.0, 1)), 6, 0, 0, True)
    (note,) = draw([thinned], width=60, height=10).notes
    assert note == "a sample of 6 points that the server gave in 3 columns, every minimum and maximum kept"


def test_smoothing_keeps_the_raw_line_beneath() -> None:
    values = [1.0 if place % 2 else 0.0 for place in range(40)]
    drawing = draw([curve(values)], width=60, height=12, smooth=4)
    roles = {span.role for row in drawing.rows for span in row}
    assert {"raw", "series0"} <= roles
    assert "smoothed over 4 points, raw values beneath" in drawing.notes


@pytest.mark.parametrize(
    "values",
    [
        [1e-300, 2e-300],
        [5e-324, 1e-323],
        [-1.7e308, 1.7e308],
        [1e15, 1e15 + 1],
        [1.0, 1.0 + 2.3e-16],
        [123456789.0, 123456789.5],
        [0.0, 1e-9],
    ],
)
def test_ticks_tell_extreme_ranges_apart(values: list[float]) -> None:
    drawing = draw([curve(values)], width=70, height=12)
    fits(drawing, 70, 12)
    labels = [line.split("┤")[0].strip() for line in lines(drawing) if "┤" in line]
    assert len(labels) >= 2
    assert len(set(labels)) == len(labels)
