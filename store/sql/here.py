"""Tests here what databases have no common language for: regular expressions.

A statement that has found everything else brings along, for each run, the texts in question, and whether the other
conditions hold that stand in one OR or NOT with a regular expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from store.search.match import value_test
from store.search.syntax import (
    And,
    Comparison,
    Entity,
    Expr,
    Leaf,
    Not,
    Operator,
    Or,
    Word,
    conjuncts,
    joined,
    leaves,
    replaced,
)
from store.sql.conditions import RunConditions
from store.sql.engine import check

_HERE: Final = (Operator.MATCHES, Operator.NOT_MATCHES)

_Row: TypeAlias = Sequence[Any]
_Test = Callable[[_Row], bool]


def divided(expression: Expr | None) -> tuple[Expr | None, Expr | None]:
    """What the database tests, and what is tested here of the runs that it finds."""
    parts: tuple[list[Expr], list[Expr]] = ([], [])
    for clause in conjuncts(expression):
        parts[any(_is_here(leaf) for leaf in leaves(clause))].append(clause)
    here = joined(parts[1])
    return (expression if here is None else joined(parts[0])), here


class Rest:
    """The part of a filter that is tested here, and the columns that it needs."""

    def __init__(self, expression: Expr, conditions: RunConditions) -> None:
        self._conditions = conditions
        self.columns: list[sa.ColumnElement[Any]] = []
        """What a statement has to give behind the run's id."""
        self.tested = 0
        """Runs that were looked at."""
        self._test = self._compiled(expression)

    def found(self, rows: Sequence[_Row], cancel: Event | None) -> Iterator[str]:
        """The ids, which come first in the rows, of those that satisfy it. Raises `Cancelled`."""
        for row in rows:
            check(cancel)
            self.tested += 1
            if self._test(row):
                yield row[0]

    @property
    def note(self) -> str:
        """For people: what was done, and over how much."""
        return f"filtered here by a regular expression over {self.tested:,} run{'' if self.tested == 1 else 's'}"

    def _compiled(self, expression: Expr) -> _Test:
        match expression:
            case And():
                every = [self._compiled(clause) for clause in expression.clauses]
                return lambda row: all(test(row) for test in every)
            case Or():
                some = [self._compiled(clause) for clause in expression.clauses]
                return lambda row: any(test(row) for test in some)
            case Not():
                denied = self._compiled(expression.clause)
                return lambda row: not denied(row)
        return self._leaf(expression)

    def _leaf(self, leaf: Comparison | Word) -> _Test:
        place = len(self.columns) + 1
        if not isinstance(leaf, Comparison) or not _is_here(leaf):
            self.columns.append(sa.case((self._conditions.within(leaf), 1), else_=0))
            return lambda row: bool(row[place])
        self.columns.append(self._conditions.text_of(leaf))
        test = value_test(leaf.operator, leaf.value)
        return lambda row: row[place] is not None and test(str(row[place]))


def with_datasets(expression: Expr, values: Callable[[str], Sequence[str]]) -> Expr:
    """With a list in the place of each regular expression about datasets, of which there are fewer than runs.

    `values` are the names, digests or contexts of all datasets.
    """

    def listed(leaf: Leaf) -> Expr:
        if not isinstance(leaf, Comparison) or leaf.entity is not Entity.DATASET or not _is_here(leaf):
            return leaf
        test = value_test(leaf.operator, leaf.value)
        return replace(leaf, operator=Operator.IN, value=tuple(one for one in values(leaf.key) if test(one)))

    return replaced(expression, listed)


def _is_here(leaf: Leaf) -> bool:
    return isinstance(leaf, Comparison) and leaf.operator in _HERE
