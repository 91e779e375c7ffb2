"""Goes through the tokens of a filter from left to right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.kinds import Aggregate
from store.search.syntax import Span
from store.search.tokens import Sort, Token
from store.search.vocabulary import Field


@dataclass(frozen=True, slots=True)
class Subject:
    """What a condition is about."""

    field: Field
    span: Span
    aggregate: Aggregate = Aggregate.LATEST
    step: int | None = None
    numeric: bool = False
    """True if it can only be compared with numbers."""


class Reader:
    """Goes through the tokens of a filter."""

    def __init__(self, tokens: list[Token], text: str, now: datetime) -> None:
        self.tokens = tokens
        self.text = text
        self.now = now
        self.at = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def ahead(self, count: int = 1) -> Token:
        """The token behind the next ones; the end if there are none."""
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def take(self) -> Token:
        found = self.token
        if found.sort is not Sort.END:
            self.at += 1
        return found
