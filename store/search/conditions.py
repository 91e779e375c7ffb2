"""Reads one condition of flowdeck's language: what follows the name on the left of an operator.

A condition means what MLflow means by it wherever MLflow knows it. Nothing but IS NULL is true of what is missing,
not even `!=`, `!~`, NOT IN, NOT LIKE or NOT BETWEEN.
"""

from __future__ import annotations

import contextlib
from typing import Final

from store.errors import FilterError
from store.search.clauses import Kind, Piece
from store.search.explain import brief, wrong
from store.search.language_values import read_one_value
from store.search.reader import Reader, Subject
from store.search.syntax import And, Comparison, Entity, Expr, Not, Operator, Or, Span, Value
from store.search.tokens import Sort, Token
from store.search.values import read_value
from store.search.vocabulary import RUNS, similar_operators

_SIGNS: Final = {
    "=": Operator.EQUAL,
    "!=": Operator.NOT_EQUAL,
    "<": Operator.LESS,
    "<=": Operator.LESS_EQUAL,
    ">": Operator.GREATER,
    ">=": Operator.GREATER_EQUAL,
    "~": Operator.MATCHES,
    "=~": Operator.MATCHES,
    "!~": Operator.NOT_MATCHES,
}
_WORDS: Final = {
    "LIKE": Operator.LIKE,
    "ILIKE": Operator.ILIKE,
    "IN": Operator.IN,
    "REGEXP": Operator.MATCHES,
    "RLIKE": Operator.MATCHES,
}
_OPPOSITES: Final = {"IN": Operator.NOT_IN, "REGEXP": Operator.NOT_MATCHES, "RLIKE": Operator.NOT_MATCHES}
_AFTER_NOT: Final = (*_WORDS, "BETWEEN")
OPERATOR_WORDS: Final = (*_AFTER_NOT, "IS")
"""Words that begin an operator; NOT does before the others."""


def starts_operator(token: Token, following: Token) -> bool:
    """True if an operator begins with this token."""
    if token.word == "NOT":
        return following.word in _AFTER_NOT
    return token.sort is Sort.SIGN or token.word in OPERATOR_WORDS


def read_condition(reader: Reader, subject: Subject) -> Expr:
    """The condition on `subject`, whose operator comes next. Raises FilterError."""
    first = reader.take()
    denied = first.word == "NOT"
    verb = reader.take() if denied else first
    if verb.word == "IS":
        return _null(reader, subject, verb)
    if verb.word == "BETWEEN":
        return _between(reader, subject, verb, denied=denied)
    operator = _operator(reader, subject, verb)
    if not denied or verb.word in _OPPOSITES:
        return _single(reader, subject, _OPPOSITES[verb.word] if denied else operator, verb)
    if subject.field.entity is Entity.DATASET:
        raise wrong(
            f"NOT {verb.word} does not work on {subject.field.noun}: NOT stands before it", verb.span, reader.text
        )
    found = _single(reader, subject, operator, verb)
    if Operator.IS_NOT_NULL not in subject.field.operators:  # what every run has
        return Not(found)
    return And((_comparison(reader, subject, Operator.IS_NOT_NULL, None), Not(found)))


def _operator(reader: Reader, subject: Subject, verb: Token) -> Operator:
    operator = _SIGNS.get(verb.text) if verb.sort is Sort.SIGN else _WORDS.get(verb.word)
    if operator is None:
        field = subject.field
        known = ", ".join(one.value for one in Operator if one in field.operators)
        message = f"{verb.text} is no operator: {field.noun} takes {known}"
        raise wrong(message, verb.span, reader.text, *similar_operators(verb.text, field))
    _check(operator, reader, subject, verb)
    return operator


def _check(operator: Operator, reader: Reader, subject: Subject, verb: Token) -> None:
    field = subject.field
    if operator in field.operators:
        return
    known = ", ".join(one.value for one in Operator if one in field.operators)
    message = f"{brief(verb.text)} does not work on {field.noun}: it takes {known}"
    raise wrong(message, verb.span, reader.text, *similar_operators(verb.text, field))


def _single(reader: Reader, subject: Subject, operator: Operator, verb: Token) -> Expr:
    _check(operator, reader, subject, verb)
    value = _list(reader, subject, operator, verb) if verb.word == "IN" else _value(reader, subject, operator, verb)
    return _comparison(reader, subject, operator, value)


def _comparison(reader: Reader, subject: Subject, operator: Operator, value: Value) -> Comparison:
    """Of what was read up to here."""
    end = reader.tokens[reader.at - 1].end
    span = Span(subject.span.position, end - subject.span.position)
    field = subject.field
    return Comparison(field.entity, field.key, operator, value, span, subject.aggregate, subject.step)


def _null(reader: Reader, subject: Subject, verb: Token) -> Expr:
    denied = reader.token.word == "NOT"
    if denied:
        reader.take()
    null = reader.take()
    if null.word != "NULL":
        span = Span(verb.position, max(null.end, verb.end) - verb.position)
        raise wrong("after IS stands NULL or NOT NULL", span, reader.text, "IS NULL", "IS NOT NULL")
    operator = Operator.IS_NOT_NULL if denied else Operator.IS_NULL
    whole = Token(Sort.WORD, reader.text[verb.position : null.end], verb.position)
    _check(operator, reader, subject, whole)
    return _comparison(reader, subject, operator, None)


def _between(reader: Reader, subject: Subject, verb: Token, *, denied: bool) -> Expr:
    _check(Operator.GREATER_EQUAL, reader, subject, verb)
    least = _value(reader, subject, Operator.GREATER_EQUAL, verb)
    joint = reader.take()
    if joint.word != "AND":
        raise wrong("BETWEEN takes two values: BETWEEN 0.5 AND 1", _place(joint, verb), reader.text, "AND")
    most = _value(reader, subject, Operator.LESS_EQUAL, joint)
    below, above = (Operator.LESS, Operator.GREATER) if denied else (Operator.GREATER_EQUAL, Operator.LESS_EQUAL)
    both = (_comparison(reader, subject, below, least), _comparison(reader, subject, above, most))
    return Or(both) if denied else And(both)


def _place(token: Token, before: Token) -> Span:
    """Where something is missing: at the token, or at what stands before the end."""
    return before.span if token.sort is Sort.END else token.span


def _value(reader: Reader, subject: Subject, operator: Operator, verb: Token) -> Value:
    token = reader.token
    if token.sort in (Sort.END, Sort.CLOSE, Sort.COMMA, Sort.SIGN):
        raise wrong(f"after {brief(verb.text)} a value is expected", _place(token, verb), reader.text)
    if token.sort is Sort.OPEN:
        meant = Operator.NOT_IN if operator is Operator.NOT_EQUAL else Operator.IN
        suggestions = (meant.value,) if meant in subject.field.operators else ()
        raise wrong(f"{verb.text} takes one value, not a list", token.span, reader.text, *suggestions)
    reader.take()
    return read_one_value(reader, subject, operator, token)


def _list(reader: Reader, subject: Subject, operator: Operator, verb: Token) -> Value:
    opened = reader.take()
    if opened.sort is not Sort.OPEN:
        raise wrong("after IN a list in parentheses is expected: IN ('a', 'b')", verb.span, reader.text)
    tokens = _items(reader, opened)
    whole = Span(opened.position, reader.tokens[reader.at - 1].end - opened.position)
    if not tokens:
        raise wrong("the list is empty", whole, reader.text)
    field = subject.field
    known = RUNS.field(field.entity, field.key)
    if known is not None and operator in known.operators and all(token.sort is Sort.TEXT for token in tokens):
        # Where MLflow knows lists, they are Python's, with its escapes.
        piece = Piece(Kind.LIST, reader.text[whole.position : whole.end], whole)
        with contextlib.suppress(FilterError):
            return read_value(known, operator, piece, reader.text)
    values = [read_one_value(reader, subject, operator, token) for token in tokens]
    texts = tuple(value for value in values if isinstance(value, str))
    if texts and len(texts) < len(values):
        raise wrong("the items of a list are all texts, or all numbers", whole, reader.text)
    return texts or tuple(float(value) for value in values)


def _items(reader: Reader, opened: Token) -> list[Token]:
    found: list[Token] = []
    while reader.token.sort is not Sort.CLOSE:
        token = reader.take()
        if token.sort not in (Sort.TEXT, Sort.NUMBER, Sort.WORD):
            place = opened.span if token.sort is Sort.END else token.span
            told = "this ( is never closed" if token.sort is Sort.END else "a list holds values: ('a', 'b')"
            raise wrong(told, place, reader.text)
        found.append(token)
        if reader.token.sort is Sort.COMMA:
            reader.take()
        elif reader.token.sort not in (Sort.CLOSE, Sort.END):
            raise wrong("a list holds values with commas between: ('a', 'b')", reader.token.span, reader.text)
    reader.take()
    return found
