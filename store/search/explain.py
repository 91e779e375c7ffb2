"""Says what is wrong with those parts of a filter that are no condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from store.errors import FilterError
from store.search.clauses import Item, Kind, Piece
from store.search.syntax import Operator, Span
from store.search.vocabulary import RUNS, similar_words

_QUOTES: Final = ("'", '"', "`")
TYPOGRAPHIC_QUOTES: Final = ("\u2018", "\u2019", "\u201c", "\u201d")
_BRIEF: Final = 40
"""Characters of the text that a message repeats; the pointer shows the rest."""
_OPERATORS: Final = tuple(
    operator.value for operator in Operator if operator not in (Operator.MATCHES, Operator.NOT_MATCHES)
)
"""MLflow's own."""


def wrong(message: str, span: Span, text: str, *suggestions: str, hint: str = "") -> FilterError:
    """The error that points at `span` in `text`."""
    return FilterError(
        message,
        text=text,
        position=span.position,
        length=max(1, span.length),
        suggestions=suggestions,
        hint=hint,
    )


def brief(text: str) -> str:
    """The text as a message quotes it: not without end."""
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"


def stray(piece: Piece, following: Sequence[Item], text: str) -> FilterError:
    """Why `piece`, which is part of no condition and stands before `following`, is wrong."""
    # A quote that is never closed leaves debris on both sides; it is what is to blame.
    for part in (piece, *following):
        if isinstance(part, Piece) and part.text in _QUOTES:
            return wrong(f"this {part.text} is never closed", part.span, text)
        if isinstance(part, Piece) and part.text.startswith(TYPOGRAPHIC_QUOTES):
            return wrong("text stands in straight quotes: ' or \"", part.span, text)
    word = piece.text.upper()
    match piece.kind:
        case Kind.NAME:
            return _name(piece, following, text)
        case Kind.COMMENT:
            message = "comments are not allowed"
        case Kind.LIST:
            message = "parentheses are only understood after IN and NOT IN"
        case Kind.SERIES:
            message = "conditions are joined with AND, not with commas"
        case _ if word in ("OR", "NOT"):
            message = f"{word} is not understood: conditions can only be joined with AND"
        case _:
            message = f"{brief(piece.text)} was not expected: a filter is made of conditions such as metrics.rmse < 0.5"
    return wrong(message, piece.span, text)


def no_name(piece: Piece, text: str) -> FilterError:
    """Why what stands on the left of an operator is no name."""
    entity, dot, key = piece.text.partition(".")
    if dot and entity in RUNS.entities and "`" not in key:
        message = "a key with other characters than letters, digits, _ and . stands in backticks"
        return wrong(message, piece.span, text, f"{entity}.`{key}`")
    return wrong("on the left of an operator stands a name such as metrics.rmse", piece.span, text)


def _name(name: Piece, following: Sequence[Item], text: str) -> FilterError:
    """Why a name, or what sqlparse took for one, is no condition together with what follows it."""
    first, *rest = name.text.split()
    if rest:
        # sqlparse takes a word behind a name or a condition for its alias.
        last = rest[-1]
        span = Span(name.span.end - len(last), len(last))
        message = f"{brief(last)!r} is neither an operator nor AND"
        return wrong(message, span, text, *similar_words(last, (*_OPERATORS, "AND")))
    verb = following[0] if following else None
    if isinstance(verb, Piece):
        word = verb.text.upper()
        if first.endswith(".") and verb.kind is Kind.WORD:
            message = f"{verb.text!r} is a word of SQL: as a key it stands in backticks"
            return wrong(message, verb.span, text, f"{first}`{verb.text}`")
        if word == "IN":
            return wrong("after IN a list in parentheses is expected: IN ('a', 'b')", verb.span, text)
        if verb.kind is Kind.WORD and word != "AND":
            whole = [operator for operator in _OPERATORS if operator.startswith(f"{word} ")]
            message = f"{verb.text!r} is not an operator"
            return wrong(message, verb.span, text, *(whole or similar_words(word, _OPERATORS)))
        if verb.kind is Kind.OTHER:
            found = following[1] if len(following) > 1 else None
            message = f"after {brief(verb.text)} a value is expected"
            return wrong(message, verb.span if found is None else found.span, text)
    message = f"{brief(first)} is not compared with anything: an operator and a value are expected"
    return wrong(message, name.span, text)
