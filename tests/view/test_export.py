"""Rows as JSON, CSV, Markdown and aligned tables."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.view.export import (
    Heading,
    Layout,
    csv_text,
    json_number,
    json_text,
    lay_out,
    markdown_line,
    markdown_rule,
    table_lines,
)
from tui.view.text import clean, width

HOSTILE = "\x1b[31m\x9b2J\u202e\u2066x\u200b\x7f\r\n\t\0é中🚀"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_json_says_what_was_given(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert all(ord(character) >= 0x20 and not 0x7F <= ord(character) < 0xA0 for character in text)


def test_json_is_readable_but_shows_no_control_or_invisible_character() -> None:
    text = json_text({HOSTILE: [HOSTILE]})
    assert json.loads(text) == {HOSTILE: [HOSTILE]}
    assert text.isprintable()
    assert "é中🚀" in text
    assert json_text("\U000e0041") == '"\\udb40\\udc41"'
    assert json_text("\ud800") == '"\\ud800"'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (1e22, "1e+22"),
    ],
)
def test_json_numbers(value: float, shown: str) -> None:
    assert json_text(json_number(value)) == shown


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.integers(), min_size=1))
def test_csv_can_be_read_back(values: list[object]) -> None:
    line = csv_text([values])
    assert line.endswith("\r\n")
    assert next(csv.reader(io.StringIO(line, newline=""))) == [str(value) for value in values]


def test_csv_has_nothing_where_there_is_nothing() -> None:
    assert csv_text([["a", None, 1.5, 'say "no"', "1,2"]]) == 'a,,1.5,"say ""no""","1,2"\r\n'


def test_markdown_does_not_read_the_texts() -> None:
    assert markdown_line(["a|b", "*x* `y` <b> [z]", "\\"]) == "| a\\|b | \\*x\\* \\`y\\` \\<b> \\[z] | \\\\ |"
    assert markdown_rule(["left", "right"]) == "|---|---:|"


def test_tables_are_aligned_by_what_is_seen() -> None:
    headings = [Heading("Name"), Heading("N", "right")]
    rows = [["微调 🚀", "1"], ["plain", "1000"], ["été", "-"]]
    layout = lay_out(headings, rows, None)
    assert list(table_lines(headings, rows, layout)) == [
        "Name        N",
        "微调 🚀     1",
        "plain    1000",
        "été         -",
    ]


def test_columns_that_do_not_fit_are_left_out_and_counted() -> None:
    headings = [Heading("A"), Heading("B", most=5), Heading("C")]
    rows = [["x" * 10, "y" * 50, "z" * 10]]
    assert lay_out(headings, rows, 20) == Layout((10, 5), 1)
    assert lay_out(headings, rows, 100) == Layout((10, 5, 10), 0)
    assert lay_out(headings, rows, None) == Layout((10, 50, 10), 0)
    assert lay_out(headings, rows, 6) == Layout((6,), 2)


@given(st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), max_size=5), st.integers(1, 100))
def test_no_line_is_wider_than_the_terminal(texts: list[list[str]], room: int) -> None:
    headings = [Heading("A"), Heading("B", "right"), Heading("C")]
    rows = [[clean(text) for text in row] for row in texts]
    for line in table_lines(headings, rows, lay_out(headings, rows, room)):
        assert width(line) <= room
