"""Whatever is typed, a parser answers with a tree or with an error that can be shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import FilterError
from store.search.parse import (
    parse_experiment_filter,
    parse_experiment_order,
    parse_run_filter,
    parse_run_order,
)
from store.search.syntax import leaves

VOCABULARY = """
    metrics. params. tags. run. dataset. acc name run_id start_time creation_time AND OR NOT IN IS NULL LIKE ilike
    ~ !~ =~ between rlike max( has( at( number( params.lr metrics.`v/a` 'yesterday' '1h' duration experiment resnet
    = != < >= == ( ) [ ] , ; . ' " ` -- /* */ # 'a' "b" `c` 1 -2 .5 1e9 0x1 ('a') (1) desc ASC CASE END WHEN as ::
"""
WORDS = st.sampled_from(VOCABULARY.split())
TEXTS = st.one_of(
    st.text(st.characters(), max_size=40),
    st.lists(st.one_of(WORDS, st.text(max_size=3)), max_size=12).map(" ".join),
    st.lists(WORDS, max_size=12).map("".join),
)
PARSERS: list[Callable[[str], Any]] = [
    parse_run_filter,
    parse_experiment_filter,
    lambda text: parse_run_order([text]),
    lambda text: parse_experiment_order([text]),
]


@pytest.mark.parametrize("parse", PARSERS)
@given(text=TEXTS)
def test_nothing_but_a_filter_error(parse: Callable[[str], Any], text: str) -> None:
    error = _error(parse, text)
    if error is not None:
        assert error.message
        assert error.text == text
        assert error.position is not None
        assert 0 <= error.position <= len(text)
        assert error.position + error.length <= max(len(text), error.position + 1)


@given(text=TEXTS)
def test_every_condition_stands_in_the_text(text: str) -> None:
    try:
        expression = parse_run_filter(text)
    except FilterError:
        return
    begin = end = 0
    for leaf in leaves(expression):
        # Both conditions of a BETWEEN, and of a NOT LIKE, stand in one place.
        assert leaf.span.position >= end or leaf.span.position == begin
        begin, end = leaf.span.position, max(end, leaf.span.end)
    assert end <= len(text)


def _error(parse: Callable[[str], Any], text: str) -> FilterError | None:
    try:
        parse(text)
    except FilterError as error:
        return error
    return None
