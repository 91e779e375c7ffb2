"""Reads filters and order_by expressions as MLflow 3.17 does, and says where they are wrong.

What `search_runs` and `search_experiments` of MLflow's SQL store accept, its parser and its query builder together,
as watched on SQLite with sqlparse 0.6, means here what it means there. What MLflow refuses about runs is read in
flowdeck's language, see `store.search.language` and `store.search.language_order`. Known differences:

- A number that does not fit into 64 bits is refused for every kind of store; MLflow leaves that to the
  database, and SQLite refuses.
- More than 63 conditions on metrics, parameters, tags or datasets are fine; MLflow joins a table for
  each, and SQLite takes no more.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Sequence
from datetime import datetime

from store.errors import FilterError
from store.search.clauses import Clause, Kind, Piece, single_name, split_filter
from store.search.explain import brief, no_name, stray, wrong
from store.search.names import resolve
from store.search.syntax import And, Comparison, Expr, Operator, OrderKey, Span
from store.search.values import read_value, refuse_surrogates
from store.search.vocabulary import (
    EXPERIMENT_ORDER,
    EXPERIMENTS,
    RUN_ORDER,
    RUNS,
    Field,
    Vocabulary,
    similar_operators,
    similar_words,
)


def parse_run_filter(text: str | None, now: datetime | None = None) -> Expr | None:
    """What runs must satisfy; None if every run will do. Raises FilterError.

    `now` is what relative times start from, and its zone that of times without one: see `store.search.times`.
    Without it, it is this moment.
    """
    if not text:
        return None
    refuse_surrogates(text, text)
    with contextlib.suppress(FilterError):
        return parse_mlflow_filter(text)
    # What MLflow has no meaning for may have one here; if not, here are the words for it.
    from store.search.language import parse_language

    return parse_language(text, now or datetime.now())  # noqa: DTZ005 - without a zone: this machine's time


def parse_mlflow_filter(text: str) -> Expr | None:
    """As `parse_run_filter`, of what MLflow itself accepts. Raises FilterError for everything else."""
    return _parse_filter(text, RUNS)


def parse_experiment_filter(text: str | None) -> Expr | None:
    """What experiments must satisfy; None if every experiment will do. Raises FilterError."""
    return _parse_filter(text, EXPERIMENTS)


def parse_run_order(expressions: Sequence[str]) -> tuple[OrderKey, ...]:
    """The keys to sort runs by, none for MLflow's own order.

    Raises FilterError, also if a key comes twice.
    """
    keys = tuple(_parse_run_key(text) for text in expressions)
    seen = set()
    for key, text in zip(keys, expressions, strict=True):
        what = (key.entity, key.key, key.aggregate, key.step, key.numeric)
        if what in seen:
            raise wrong(f"{key.entity.value} {key.key!r} is sorted by twice", key.span, text)
        seen.add(what)
    return keys


def parse_mlflow_order(text: str) -> OrderKey:
    """The key that MLflow itself sorts runs by. Raises FilterError for everything else."""
    return _parse_order(text, RUN_ORDER)


def _parse_run_key(text: str) -> OrderKey:
    try:
        return parse_mlflow_order(text)
    except FilterError as error:
        from store.search.language_order import parse_language_order

        found = parse_language_order(text)
        if found is None:
            raise error from None
        return found


def parse_experiment_order(expressions: Sequence[str]) -> tuple[OrderKey, ...]:
    """The keys to sort experiments by, none for MLflow's own order. Raises FilterError."""
    return tuple(_parse_order(text, EXPERIMENT_ORDER) for text in expressions)


def _parse_filter(text: str | None, vocabulary: Vocabulary) -> Expr | None:
    if not text:
        return None
    refuse_surrogates(text, text)
    items = split_filter(text)
    comparisons = []
    for index, item in enumerate(items):
        if isinstance(item, Clause):
            comparisons.append(_comparison(item, text, vocabulary))
        elif not _is_and(item):
            raise stray(item, items[index + 1 :], text)
    # MLflow counts conditions, not the ANDs between them: "AND" alone, doubled or missing is fine.
    if len(comparisons) > 1:
        return And(tuple(comparisons))
    return comparisons[0] if comparisons else None


def _is_and(item: Piece) -> bool:
    return item.kind is Kind.WORD and item.text.upper() == "AND"


def _comparison(clause: Clause, text: str, vocabulary: Vocabulary) -> Comparison:
    if clause.left.kind is not Kind.NAME:
        raise no_name(clause.left, text)
    field = resolve(clause.left.text, clause.left.span.position, text, vocabulary)
    operator = _operator(clause.operator, field, text, vocabulary)
    value = None if clause.right is None else read_value(field, operator, clause.right, text)
    return Comparison(field.entity, field.key, operator, value, clause.span)


def _operator(piece: Piece, field: Field, text: str, vocabulary: Vocabulary) -> Operator:
    spelling = piece.text.upper()
    if spelling in field.operators:
        if spelling != piece.text and not vocabulary.any_case:
            raise wrong(f"{piece.text} is written in upper case here", piece.span, text, spelling)
        return Operator(spelling)
    known = ", ".join(operator.value for operator in Operator if operator in field.operators)
    raise wrong(
        f"{brief(piece.text)} does not work on {field.noun}: it takes {known}",
        piece.span,
        text,
        *similar_operators(piece.text, field),
    )


def _parse_order(text: str, vocabulary: Vocabulary) -> OrderKey:
    refuse_surrogates(text, text)
    whole = Span(0, len(text))
    name = single_name(text)
    if name is None:
        raise _no_order(text, vocabulary)
    try:
        words = shlex.split(name.replace("`", '"'))
    except ValueError:
        raise wrong("a quote is never closed", whole, text) from None
    ascending = True
    if len(words) == 2:
        # Before a direction the name has lost its quotes here; alone it keeps them for `resolve`.
        name, direction = words
        if direction.lower() not in ("asc", "desc"):
            span = Span(text.rfind(direction), len(direction)) if direction in text else whole
            message = f"{direction!r} is not a direction: known are ASC and DESC"
            raise wrong(message, span, text, *similar_words(direction, ("ASC", "DESC")))
        ascending = direction.lower() == "asc"
    elif len(words) > 2:
        raise _no_order(text, vocabulary)
    name = name.strip()
    position = max(0, text.find(name))
    field = resolve(name, position, text, vocabulary)
    return OrderKey(field.entity, field.key, ascending, Span(position, len(name)))


def _no_order(text: str, vocabulary: Vocabulary) -> FilterError:
    """Why an expression is not one key with or without a direction."""
    stripped = text.strip()
    whole = Span(0, len(text))
    if not stripped:
        return wrong("an order_by expression is empty", whole, text)
    if text != stripped:
        return wrong("an order_by expression has no blanks before or behind it", whole, text, stripped)
    key, *direction = text.split()
    entity, dot, rest = key.partition(".")
    quoted = " ".join((f"{entity}.`{rest}`", *direction))
    # A word of SQL and a key with other characters become names in backticks.
    suggestions: tuple[str, ...] = ()
    if dot and len(direction) < 2 and single_name(quoted) == quoted:
        suggestions = (quoted,)
    elif not dot and len(direction) < 2 and "`" not in key:
        # The kind of the key is missing, too.
        kinds = [kind for kind in ("metrics", "params", "tags") if kind in vocabulary.entities]
        meant = [" ".join((f"{kind}.`{key}`", *direction)) for kind in kinds]
        suggestions = tuple(one for one in meant if _is_order(one, vocabulary))
    message = "an order_by expression is one key, optionally followed by ASC or DESC"
    return wrong(message, whole, text, *suggestions)


def _is_order(text: str, vocabulary: Vocabulary) -> bool:
    try:
        _parse_order(text, vocabulary)
    except FilterError:
        return False
    return True
