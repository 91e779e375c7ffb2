"""Reads what stands on the right of an operator of flowdeck's language."""

from __future__ import annotations

from typing import Final

from store.kinds import INFINITE, RunStatus
from store.search.clauses import Kind, Piece
from store.search.explain import brief, wrong
from store.search.names import unquoted
from store.search.reader import Reader, Subject
from store.search.regex import compile_regex
from store.search.regex_syntax import RegexError
from store.search.syntax import Entity, Operator, Span
from store.search.times import DURATION_EXAMPLES, TIME_EXAMPLES, duration, moment
from store.search.tokens import Sort, Token
from store.search.values import read_value
from store.search.vocabulary import Field, ValueKind, similar_words

_KINDS: Final = {Sort.TEXT: Kind.STRING, Sort.WORD: Kind.OTHER, Sort.NAME: Kind.NAME, Sort.OPEN: Kind.LIST}
LISTS: Final = (Operator.IN, Operator.NOT_IN)
_SIZES: Final = (Operator.LESS, Operator.LESS_EQUAL, Operator.GREATER, Operator.GREATER_EQUAL)
_TIMES: Final = (ValueKind.TIME, ValueKind.DURATION)


def read_one_value(reader: Reader, subject: Subject, operator: Operator, token: Token) -> str | int | float:
    """The value that a token means for the subject. Raises FilterError if it is not written as that needs it."""
    field, text = subject.field, reader.text
    if field.kind in _TIMES:
        return _time(reader, field, operator, token)
    if field.key == "status" and field.entity is Entity.ATTRIBUTE and token.sort is Sort.WORD:
        return _status(token, text)
    if field.kind is ValueKind.TEXT and (operator in _SIZES or subject.numeric or _is_number(token, operator)):
        return _number(field, token, text)
    value = read_value(field, Operator.EQUAL if operator in LISTS else operator, _piece(token), text)
    if operator in (Operator.MATCHES, Operator.NOT_MATCHES):
        _check_regex(str(value), token, text)
    assert isinstance(value, str | int | float)
    return value


def _is_number(token: Token, operator: Operator) -> bool:
    equality = (Operator.EQUAL, Operator.NOT_EQUAL, Operator.IN, Operator.NOT_IN)
    return token.sort is Sort.NUMBER and operator in equality


def _piece(token: Token) -> Piece:
    if token.sort is Sort.NUMBER:
        kind = Kind.INTEGER if token.text.lstrip("-").isdigit() else Kind.FLOAT
    else:
        kind = _KINDS.get(token.sort, Kind.OTHER)
    return Piece(kind, token.text, token.span)


def _number(field: Field, token: Token, text: str) -> float:
    """What the text of a param or a tag is compared with as a number."""
    if field.entity is Entity.ATTRIBUTE:
        raise wrong(f"{field.noun} is text, not a number", token.span, text, f"'{token.text}'")
    if token.sort is not Sort.NUMBER:
        bare = unquoted(token.text)
        suggestions = (bare,) if bare is not None and bare.replace(".", "", 1).isdigit() else ()
        message = f"{field.noun} is compared with a number here, such as 0.5 or 1e-3; found {brief(token.text)}"
        raise wrong(message, token.span, text, *suggestions)
    value = float(token.text)
    if not -INFINITE < value < INFINITE:
        raise wrong("this number is too large", token.span, text)
    return value


def _time(reader: Reader, field: Field, operator: Operator, token: Token) -> int | float:
    written = unquoted(token.text) if token.sort is Sort.TEXT else None
    if token.sort is Sort.NUMBER:
        plain = ValueKind.NUMBER
        as_number = Field(field.entity, field.key, plain, field.operators)
        value = read_value(as_number, Operator.EQUAL, _piece(token), reader.text)
        assert isinstance(value, int | float)
        return value
    is_time = field.kind is ValueKind.TIME
    found = None if written is None else moment(written, reader.now) if is_time else duration(written)
    if found is None:
        examples = TIME_EXAMPLES if is_time else DURATION_EXAMPLES
        message = f"{field.noun} is compared with milliseconds{' since 1970' if is_time else ''}, or with text such as"
        bare = token.text.strip("'\"")
        is_bare = written is None and (moment(bare, reader.now) if is_time else duration(bare)) is not None
        near = (bare,) if is_bare else similar_words(bare, ("yesterday", "today", "now")) if is_time else ()
        suggestions = tuple(f"'{word}'" for word in near)
        raise wrong(f"{message} {examples}; found {brief(token.text)}", token.span, reader.text, *suggestions)
    if is_time and operator not in _SIZES:
        message = f"no run has exactly this {field.key}: a time in words is compared with <, <=, >, >= or BETWEEN"
        raise wrong(message, token.span, reader.text)
    if not -(2**63) <= found < 2**63:
        raise wrong("this number is too large", token.span, reader.text)
    return found


def _status(token: Token, text: str) -> str:
    """A status without quotes, in any case; one in quotes is compared as it is written, as MLflow does."""
    if token.word in RunStatus.__members__:
        return token.word
    near = similar_words(token.text, [one.value for one in RunStatus])
    known = ", ".join(one.value for one in RunStatus)
    raise wrong(f"{brief(token.text)!r} is no status: known are {known}", token.span, text, *near)


def _check_regex(pattern: str, token: Token, text: str) -> None:
    try:
        compile_regex(pattern)
    except RegexError as error:
        position = min(token.position + 1 + error.position, token.end - 1)
        span = Span(position, max(1, min(error.length, token.end - position)))
        raise wrong(f"this regular expression is not understood: {error.message}", span, text) from error
