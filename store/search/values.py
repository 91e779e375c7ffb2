"""Reads what stands on the right of an operator."""

from __future__ import annotations

import ast
import warnings
from typing import Final

from store.search.clauses import Kind, Piece
from store.search.explain import brief, wrong
from store.search.names import unquoted
from store.search.syntax import Entity, Operator, Span, Value
from store.search.vocabulary import Field, ValueKind

_LISTS: Final = (Operator.IN, Operator.NOT_IN)
_LARGEST: Final = 2**63
"""Databases keep times and ids in 64 bits; SQLite refuses to compare them with more."""


def read_value(field: Field, operator: Operator, piece: Piece, text: str) -> Value:
    """The value that `piece`, which is part of `text`, means for `field`.

    Raises FilterError if it is not written as the field needs it: numbers bare, text in quotes,
    lists of texts in parentheses.
    """
    if operator in _LISTS or piece.kind is Kind.LIST:
        return _list(field, operator, piece, text)
    if field.kind is ValueKind.NUMBER or field.kind is ValueKind.WHOLE:
        return _number(field, piece, text)
    value = _text(field, piece, text)
    return _id(value, piece, text) if field.kind is ValueKind.ID else value


def refuse_surrogates(part: str, text: str, span: Span | None = None) -> None:
    """Raises FilterError if `part` of `text` holds half a surrogate pair: no database takes that.

    Without a span, `part` is the whole text and the culprit is pointed at.
    """
    try:
        part.encode()
    except UnicodeEncodeError as error:
        culprit = span or Span(error.start, error.end - error.start)
        raise wrong("half of a surrogate pair is not text", culprit, text) from None


def _number(field: Field, piece: Piece, text: str) -> int | float:
    if piece.kind is Kind.INTEGER and field.entity is not Entity.METRIC:
        return _whole(piece.text, piece, text)
    if piece.kind is Kind.FLOAT and field.kind is ValueKind.WHOLE:
        raise wrong(f"{field.noun} is compared with a whole number of milliseconds", piece.span, text)
    if piece.kind in (Kind.INTEGER, Kind.FLOAT):
        return float(piece.text)
    bare = unquoted(piece.text)
    number = f"{field.noun} is compared with a number"
    if field.entity is Entity.ATTRIBUTE:
        number += " of milliseconds since 1970"
    if bare is not None and _is_number(bare):
        raise wrong(f"{number}, which is written without quotes", piece.span, text, bare)
    example = "0.5 or 1e-3" if field.entity is Entity.METRIC else "1700000000000"
    raise wrong(f"{number}, such as {example}; found {brief(piece.text)}", piece.span, text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(field: Field, piece: Piece, text: str) -> str:
    value = unquoted(piece.text) if piece.kind in (Kind.STRING, Kind.NAME) else None
    if value is None:
        message = f"{field.noun} is compared with text in quotes; found {brief(piece.text)}"
        raise wrong(message, piece.span, text, f"'{piece.text.strip('`')}'")
    return value


def _list(field: Field, operator: Operator, piece: Piece, text: str) -> tuple[str, ...] | tuple[int, ...]:
    if operator not in _LISTS:
        meant = Operator.NOT_IN if operator is Operator.NOT_EQUAL else Operator.IN
        suggestions = (meant.value,) if meant in field.operators else ()
        raise wrong(f"{operator.value} takes one value, not a list", piece.span, text, *suggestions)
    items = _literal(piece, text)
    if not items:
        raise wrong("the list is empty", piece.span, text)
    texts = []
    for item in items:
        if not isinstance(item, str):
            raise wrong(f"every item of a list is text in quotes; found {brief(repr(item))}", piece.span, text)
        refuse_surrogates(item, text, piece.span)
        texts.append(item)
    if field.kind is ValueKind.ID:
        return tuple(_id(item, piece, text) for item in texts)
    return tuple(texts)


def _literal(piece: Piece, text: str) -> tuple[object, ...]:
    """What is in the parentheses. MLflow reads it as a Python literal, with Python's escapes and comments."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes that Python does not know
            value = ast.literal_eval(piece.text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise wrong("a list holds texts in quotes with commas between: ('a', 'b')", piece.span, text) from None
    return value if isinstance(value, tuple) else (value,)


def _id(value: str, piece: Piece, text: str) -> int:
    try:
        int(value)
    except ValueError:
        raise wrong(f"an experiment's id is a whole number; found {brief(value)!r}", piece.span, text) from None
    return _whole(value, piece, text)


def _whole(digits: str, piece: Piece, text: str) -> int:
    try:
        value = int(digits)
    except ValueError:  # Python reads no more than some thousand digits
        value = _LARGEST
    if not -_LARGEST <= value < _LARGEST:
        raise wrong("this number is too large", piece.span, text)
    return value
