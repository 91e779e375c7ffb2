"""Which row of a list is meant."""

from __future__ import annotations

import pytest

from tui.view.place import row_of


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", 0),
        ("1200", 1_199),
        ("1,200", 1_199),
        ("1 200", 1_199),
        ("0", 0),
        ("1000000", 999_999),
        ("99999999999", 999_999),
        ("0%", 0),
        ("50%", 500_000),
        (" 12.5 % ", 125_000),
        ("12,5%", 125_000),
        ("100%", 999_999),
        ("999%", 999_999),
    ],
)
def test_a_number_or_a_share_is_a_row(text: str, place: int) -> None:
    assert row_of(text, 1_000_000) == place


@pytest.mark.parametrize("text", ["", "%", "abc", "-5", "5x", "1e5", "1" * 40, "\u0661\u0662%x", "50%%"])
def test_anything_else_is_none(text: str) -> None:
    assert row_of(text, 1_000_000) is None


@pytest.mark.parametrize("text", ["1", "77", "50%", "100%"])
def test_an_empty_list_has_its_first_place_only(text: str) -> None:
    assert row_of(text, 0) == 0
