"""Reads what runs can be sorted by beyond MLflow's order_by: `max(metrics.acc) DESC`, `number(params.lr)`, `duration`.

`number(...)` puts texts that are numbers first and by their size, then other texts; MLflow's own `params.lr` sorts
all of them as texts. What is missing comes last in either direction.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from store.errors import FilterError
from store.search.explain import brief, wrong
from store.search.functions import call_of, read_subject
from store.search.names import resolve
from store.search.reader import Reader, Subject
from store.search.syntax import OrderKey, Span
from store.search.tokens import Sort, Token, tokens_of
from store.search.vocabulary import LANGUAGE_ORDER, RUN_ORDER, similar_words

_DIRECTIONS: Final = ("ASC", "DESC")
_NO_CLOCK: Final = datetime.fromtimestamp(0, UTC)
"""No key holds a time."""


def _is_name(token: Token) -> bool:
    """True of a key that MLflow wants in backticks, and of an attribute that it does not sort by."""
    entity, dot, key = token.text.partition(".")
    if dot:
        return token.sort in (Sort.WORD, Sort.NAME) and entity in LANGUAGE_ORDER.entities and bool(key)
    return token.text in LANGUAGE_ORDER.attributes and token.text not in RUN_ORDER.attributes


def parse_language_order(text: str) -> OrderKey | None:
    """The key; None if this is nothing that this language has more than MLflow's. Raises FilterError."""
    try:
        reader = Reader(tokens_of(text), text, _NO_CLOCK)
    except FilterError:
        return None
    token = reader.token
    if call_of(token, reader.ahead()):
        subject = read_subject(reader, LANGUAGE_ORDER)
    elif _is_name(token):
        reader.take()
        subject = Subject(resolve(token.text, token.position, text, LANGUAGE_ORDER), token.span)
    else:
        return None
    direction = reader.take()
    if direction.sort is not Sort.END and (direction.word not in _DIRECTIONS or reader.token.sort is not Sort.END):
        message = f"behind a key stands ASC, DESC or nothing; found {brief(text[direction.position :])}"
        near = similar_words(direction.text, _DIRECTIONS)
        raise wrong(message, Span(direction.position, len(text) - direction.position), text, *near)
    ascending = direction.word != "DESC"
    field = subject.field
    return OrderKey(
        field.entity, field.key, ascending, subject.span, subject.aggregate, subject.step, numeric=subject.numeric
    )
