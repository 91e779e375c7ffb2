"""Cuts a filter into conditions the way MLflow does: with the statement grouping of sqlparse.

MLflow has no grammar of its own. What it accepts is what sqlparse groups into an SQL comparison, so
`metric.a > 1 tag.b = 'x'` is two conditions, `tags.from = 'x'` is none (`from` is a word of SQL) and
`tags.a = "x"` has a name on its right side. Nothing but sqlparse's own grouping reproduces that.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

import sqlparse
from sqlparse import sql
from sqlparse import tokens as kinds

from store.errors import FilterError
from store.search.syntax import Span


class Kind(enum.Enum):
    """What sqlparse takes a piece of text for, as far as it matters here."""

    NAME = "name"
    """A key, perhaps dotted or in backticks; also any text in double quotes."""
    STRING = "string"
    """Text in single quotes."""
    INTEGER = "integer"
    FLOAT = "float"
    LIST = "list"
    """Anything in parentheses."""
    WORD = "word"
    """A word that SQL reserves."""
    SERIES = "series"
    """Anything with commas outside of parentheses."""
    COMMENT = "comment"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text with one meaning."""

    kind: Kind
    text: str
    """As sqlparse hands it out, quotes included."""
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """What is laid out as a condition; whether it makes sense is not known yet."""

    left: Piece
    operator: Piece
    right: Piece | None
    """None after IS NULL and IS NOT NULL."""

    @property
    def span(self) -> Span:
        last = self.right or self.operator
        return Span(self.left.span.position, last.span.end - self.left.span.position)


Item: TypeAlias = Clause | Piece


def split_filter(text: str) -> list[Item]:
    """The conditions of a filter in order, and between them every piece that belongs to none.

    Raises FilterError if sqlparse finds no statement in it, or more than one.
    """
    statements = _parse(text)
    if not statements:
        raise FilterError("the filter is blank", text=text, position=0, length=len(text))
    if len(statements) > 1:
        end = len(str(statements[0]).rstrip())
        raise FilterError(
            f"{text[end - 1]!r} ends the filter, but more text follows: join conditions with AND",
            text=text,
            position=end - 1,
            suggestions=("AND",),
        )
    nodes = _children(statements[0])
    items: list[Item] = []
    index = 0
    while index < len(nodes):
        clause, used = _clause(nodes[index : index + 4])
        items.append(clause or nodes[index].piece)
        index += used
    return items


def single_name(text: str) -> str | None:
    """The text of an order_by expression if sqlparse sees one name in it, which may carry ASC or DESC.

    A blank before or behind it makes it more than a name.
    """
    statements = _parse(text)
    if len(statements) != 1 or len(statements[0].tokens) != 1:
        return None
    token = statements[0].tokens[0]
    return str(token.value) if isinstance(token, sql.Identifier) else None


@dataclass(frozen=True, slots=True)
class _Node:
    """A token of sqlparse's tree, with its place."""

    token: sql.Token
    piece: Piece

    def is_word(self, word: str) -> bool:
        return bool(self.token.ttype is kinds.Keyword and self.token.value.upper() == word)


def _parse(text: str) -> tuple[sql.Statement, ...]:
    try:
        statements: tuple[sql.Statement, ...] = sqlparse.parse(text)
    except Exception as error:  # whatever sqlparse stumbles over, MLflow refuses
        raise FilterError(
            "this is nested too deep or too long to be understood", text=text, position=0, length=len(text)
        ) from error
    return statements


def _children(parent: sql.TokenList, position: int = 0) -> list[_Node]:
    """The children of a token that are not blank."""
    found = []
    for token in parent.tokens:
        # Not `token.value`: groups do not keep it up to date when what is in them grows.
        length = len(str(token))
        if not token.is_whitespace:
            found.append(_Node(token, Piece(_kind(token), token.value, Span(position, length))))
        position += length
    return found


def _kind(token: sql.Token) -> Kind:
    for group, kind in _GROUPS:
        if isinstance(token, group):
            return kind
    if token.ttype in kinds.Keyword:
        return Kind.WORD
    if token.ttype in kinds.Comment:
        return Kind.COMMENT
    return _LEAVES.get(token.ttype, Kind.OTHER)


_GROUPS = (
    (sql.Identifier, Kind.NAME),
    (sql.Parenthesis, Kind.LIST),
    (sql.IdentifierList, Kind.SERIES),
    (sql.Comment, Kind.COMMENT),
)
_LEAVES = {
    kinds.String.Single: Kind.STRING,
    kinds.Number.Integer: Kind.INTEGER,
    kinds.Number.Float: Kind.FLOAT,
}


def _clause(nodes: list[_Node]) -> tuple[Clause | None, int]:
    """The condition that starts at the first node, and how many nodes it takes; (None, 1) if none does.

    sqlparse groups `name operator value`; IN and IS NULL are not operators to it and lie flat.
    """
    first = nodes[0]
    if isinstance(first.token, sql.Comparison):
        parts = [node.piece for node in _children(first.token, first.piece.span.position)]
        if len(parts) == 3:
            return Clause(parts[0], parts[1], parts[2]), 1
    if first.piece.kind is not Kind.NAME:
        return None, 1
    match nodes[1:3]:
        case [verb, last] if verb.is_word("IN") and last.piece.kind is Kind.LIST:
            return Clause(first.piece, verb.piece, last.piece), 3
        case [verb, last] if verb.is_word("IS") and last.is_word("NULL"):
            return Clause(first.piece, _joined(verb, last, "IS NULL"), None), 3
        # Only with one blank: sqlparse makes one word of NOT and NULL and keeps what lies between.
        case [verb, last] if verb.is_word("IS") and last.is_word("NOT NULL"):
            return Clause(first.piece, _joined(verb, last, "IS NOT NULL"), None), 3
    match nodes[1:4]:
        case [no, verb, last] if no.is_word("NOT") and verb.is_word("IN") and last.piece.kind is Kind.LIST:
            return Clause(first.piece, _joined(no, verb, "NOT IN"), last.piece), 4
    return None, 1


def _joined(first: _Node, last: _Node, text: str) -> Piece:
    position = first.piece.span.position
    return Piece(Kind.WORD, text, Span(position, last.piece.span.end - position))
