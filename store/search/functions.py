"""Reads calls in flowdeck's language: `max(metrics.acc)`, `at(metrics.acc, 100)`, `has(tags.x)`, `number(params.x)`.

An aggregate is about the whole history of a metric. NaN and infinities are no minimum and no maximum and do not count
for a mean; the first value, and that at a step, are what was logged.
"""

from __future__ import annotations

from typing import Final

from store.kinds import Aggregate
from store.search.conditions import read_condition, starts_operator
from store.search.explain import brief, wrong
from store.search.names import resolve
from store.search.reader import Reader, Subject
from store.search.syntax import Comparison, Entity, Expr, Operator, Span
from store.search.tokens import Sort, Token
from store.search.vocabulary import LANGUAGE, Field, Vocabulary, similar_words

AGGREGATES: Final = {one.name: one for one in Aggregate}
NUMBER: Final = "NUMBER"
HAS: Final = "HAS"
FUNCTIONS: Final = (*(one.value for one in Aggregate), "has", "number")
_OTHER_NAMES: Final = {
    "AVG": "mean",
    "AVERAGE": "mean",
    "LAST": "latest",
    "BEST": "max",
    "MAXIMUM": "max",
    "MINIMUM": "min",
    "FLOAT": "number",
    "INT": "number",
    "EXISTS": "has",
}
_NO_CALLS: Final = ("AND", "OR", "NOT", "IN")
_LARGEST_STEP: Final = 2**63


def call_of(token: Token, following: Token) -> bool:
    """True if a call begins with these tokens: a parenthesis that touches the word, or one behind a function's name."""
    if token.sort is not Sort.WORD or token.word in _NO_CALLS or following.sort is not Sort.OPEN:
        return False
    return token.end == following.position or token.text.lower() in FUNCTIONS


def read_call(reader: Reader) -> Expr:
    """The condition that begins with a call. Raises FilterError."""
    name = reader.token
    if name.word == HAS:
        return _has(reader)
    subject = read_subject(reader, LANGUAGE)
    if not starts_operator(reader.token, reader.ahead()):
        call = reader.text[subject.span.position : subject.span.end]
        message = f"{brief(call)} is not compared with anything: an operator and a value are expected"
        raise wrong(message, subject.span, reader.text)
    return read_condition(reader, subject)


def read_subject(reader: Reader, vocabulary: Vocabulary) -> Subject:
    """What an aggregate or `number` with its parentheses stands for. Raises FilterError."""
    name, opened = reader.take(), reader.take()
    aggregate = AGGREGATES.get(name.word)
    if aggregate is None and name.word != NUMBER:
        raise _unknown(name, reader.text)
    target = _name(reader, opened)
    field = resolve(target.text, target.position, reader.text, vocabulary)
    step = None
    if aggregate is None:
        if field.entity not in (Entity.PARAM, Entity.TAG):
            raise wrong("number() takes a param or a tag, such as params.lr", target.span, reader.text)
        field = Field(field.entity, field.key, field.kind, field.operators - _TEXT_ONLY)
    elif field.entity is not Entity.METRIC:
        raise wrong(f"{name.text}() takes a metric, such as metrics.acc", target.span, reader.text)
    if aggregate is Aggregate.AT:
        step = _step(reader, target)
    closed = _closed(reader, opened)
    span = Span(name.position, closed.end - name.position)
    if aggregate is None:
        return Subject(field, span, numeric=True)
    return Subject(field, span, aggregate, step)


_TEXT_ONLY: Final = frozenset(
    {
        Operator.LIKE,
        Operator.ILIKE,
        Operator.MATCHES,
        Operator.NOT_MATCHES,
        Operator.IS_NULL,
        Operator.IS_NOT_NULL,
    }
)


def _has(reader: Reader) -> Expr:
    name, opened = reader.take(), reader.take()
    target = _name(reader, opened)
    closed = _closed(reader, opened)
    span = Span(name.position, closed.end - name.position)
    if target.text in ("datasets", "dataset"):
        # A dataset always has a name.
        return Comparison(Entity.DATASET, "name", Operator.LIKE, "%", span)
    field = resolve(target.text, target.position, reader.text, LANGUAGE)
    if Operator.IS_NOT_NULL not in field.operators:
        message = f"has() takes metrics.KEY, params.KEY, tags.KEY or datasets; found {brief(target.text)}"
        raise wrong(message, target.span, reader.text)
    return Comparison(field.entity, field.key, Operator.IS_NOT_NULL, None, span)


def _name(reader: Reader, opened: Token) -> Token:
    token = reader.take()
    if token.sort not in (Sort.WORD, Sort.NAME):
        place = opened.span if token.sort is Sort.END else token.span
        raise wrong("a name such as metrics.acc is expected in these parentheses", place, reader.text)
    return token


def _step(reader: Reader, target: Token) -> int:
    comma, token = reader.take(), reader.take()
    is_whole = token.sort is Sort.NUMBER and token.text.removeprefix("-").isdigit() and len(token.text) < 21
    if comma.sort is not Sort.COMMA or not is_whole:
        place = target.span if token.sort is Sort.END else token.span if comma.sort is Sort.COMMA else comma.span
        raise wrong("at() takes a metric and a step: at(metrics.acc, 100)", place, reader.text)
    step = int(token.text)
    if not -_LARGEST_STEP <= step < _LARGEST_STEP:
        raise wrong("this number is too large", token.span, reader.text)
    return step


def _closed(reader: Reader, opened: Token) -> Token:
    token = reader.take()
    if token.sort is Sort.END:
        raise wrong("this ( is never closed", opened.span, reader.text)
    if token.sort is not Sort.CLOSE:
        raise wrong("a ) is expected here", token.span, reader.text, ")")
    return token


def _unknown(name: Token, text: str) -> Exception:
    meant = _OTHER_NAMES.get(name.word)
    near = (meant,) if meant else similar_words(name.text, FUNCTIONS)
    known = ", ".join(FUNCTIONS)
    hint = "a word to search for and a parenthesis have AND between them"
    return wrong(f"there is no function {brief(name.text)}: known are {known}", name.span, text, *near, hint=hint)
