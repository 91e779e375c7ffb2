"""The search language as a tree: what a filter or an order_by expression says.

Nodes are frozen and know where in the text they stand; two nodes that mean the same are equal
wherever they stood.
"""

from __future__ import annotations

import enum
import operator as python
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from store.kinds import Aggregate


class Entity(enum.StrEnum):
    """What a comparison looks at, by MLflow's own word for it."""

    ATTRIBUTE = "attribute"
    """A field of the run or experiment itself."""
    METRIC = "metric"
    """The latest value of a metric."""
    PARAM = "parameter"
    TAG = "tag"
    DATASET = "dataset"
    """A dataset that the run was given."""


class Operator(enum.StrEnum):
    """How a comparison compares, as MLflow spells it."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    LIKE = "LIKE"
    """`%` stands for any text, `_` for any character; upper and lower case differ."""
    ILIKE = "ILIKE"
    """LIKE without regard to case."""
    IN = "IN"
    NOT_IN = "NOT IN"
    IS_NULL = "IS NULL"
    """There is no such key."""
    IS_NOT_NULL = "IS NOT NULL"
    MATCHES = "~"
    """A regular expression is found in the text; see `store.search.regex_syntax`. Not of MLflow."""
    NOT_MATCHES = "!~"
    """There is a text, and it is not found in it. Not of MLflow."""


COMPARISONS: Final[Mapping[Operator, Callable[[Any, Any], Any]]] = {
    Operator.EQUAL: python.eq,
    Operator.NOT_EQUAL: python.ne,
    Operator.LESS: python.lt,
    Operator.LESS_EQUAL: python.le,
    Operator.GREATER: python.gt,
    Operator.GREATER_EQUAL: python.ge,
}
"""What the operators of equality and order are in Python: of values, and of SQLAlchemy's columns."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text that was parsed."""

    position: int
    """Zero-based offset of its first character."""
    length: int

    @property
    def end(self) -> int:
        """Offset of the first character behind it."""
        return self.position + self.length


Value: TypeAlias = str | int | float | tuple[str, ...] | tuple[int, ...] | tuple[float, ...] | None
"""What is compared with: text for `=`, `!=`, LIKE, ILIKE and patterns on text; a number for metrics, times and
an experiment's id; a tuple, never empty but for `experiment_id`, for IN and NOT IN; None for IS NULL and
IS NOT NULL. A number for a parameter or a tag means that its text is read as one."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition: `metrics.rmse < 0.5`."""

    entity: Entity
    key: str
    """Without quotes; for an attribute its canonical name (`created` is `start_time`)."""
    operator: Operator
    value: Value
    span: Span = field(compare=False)
    """The whole condition."""
    aggregate: Aggregate = Aggregate.LATEST
    """What of a metric's history is compared."""
    step: int | None = None
    """With AT: where in the history."""

    @property
    def numeric(self) -> bool:
        """True if the text of a parameter or a tag is compared as a number."""
        if self.entity is not Entity.PARAM and self.entity is not Entity.TAG:
            return False
        value = self.value[0] if isinstance(self.value, tuple) else self.value
        return isinstance(value, int | float)


@dataclass(frozen=True, slots=True)
class Word:
    """Text that must stand somewhere in the run's id, its name, or the value of a param or a tag; case is no matter."""

    text: str
    """Never empty."""
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """Every one of two or more conditions."""

    clauses: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more conditions."""

    clauses: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True where the condition is not: also of a run that lacks what it looks at."""

    clause: Expr


Leaf: TypeAlias = Comparison | Word
Expr: TypeAlias = Comparison | Word | And | Or | Not
"""A filter: what runs or experiments must satisfy. MLflow's own language has comparisons and one And of them."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key to sort by; what lacks it comes last in either direction."""

    entity: Entity
    key: str
    """As in `Comparison`."""
    ascending: bool
    span: Span = field(compare=False)
    """The key in its own order_by expression."""
    aggregate: Aggregate = Aggregate.LATEST
    """What of a metric's history is sorted by."""
    step: int | None = None
    """With AT: where in the history."""
    numeric: bool = False
    """True if texts that are numbers come first and by their size, in either direction."""


def leaves(expression: Expr | None) -> Iterator[Leaf]:
    """The single conditions of a filter, from left to right."""
    match expression:
        case None:
            return
        case Comparison() | Word():
            yield expression
        case Not():
            yield from leaves(expression.clause)
        case And() | Or():
            for clause in expression.clauses:
                yield from leaves(clause)


def replaced(expression: Expr, make: Callable[[Leaf], Expr]) -> Expr:
    """The same filter with something else in the place of each single condition."""
    match expression:
        case And():
            return And(tuple(replaced(clause, make) for clause in expression.clauses))
        case Or():
            return Or(tuple(replaced(clause, make) for clause in expression.clauses))
        case Not():
            return Not(replaced(expression.clause, make))
    return make(expression)


def conjuncts(expression: Expr | None) -> tuple[Expr, ...]:
    """The conditions of which every one must hold."""
    if expression is None:
        return ()
    if isinstance(expression, And):
        return tuple(one for clause in expression.clauses for one in conjuncts(clause))
    return (expression,)


def joined(clauses: tuple[Expr, ...] | list[Expr]) -> Expr | None:
    """All of these conditions as one."""
    if len(clauses) > 1:
        return And(tuple(clauses))
    return clauses[0] if clauses else None
