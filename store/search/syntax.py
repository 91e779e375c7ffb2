"""The search language as a tree: what a filter or an order_by expression says.

Nodes are frozen and know where in the text they stand; two nodes that mean the same are equal
wherever they stood.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TypeAlias


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


Value: TypeAlias = str | int | float | tuple[str, ...] | tuple[int, ...] | None
"""What is compared with: text for `=`, `!=`, LIKE and ILIKE on text; a number for metrics, times and
an experiment's id; a tuple, never empty, for IN and NOT IN; None for IS NULL and IS NOT NULL."""


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


@dataclass(frozen=True, slots=True)
class And:
    """Every one of two or more conditions."""

    clauses: tuple[Expr, ...]


Expr: TypeAlias = Comparison | And
"""A filter: what runs or experiments must satisfy."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key to sort by; what lacks it comes last in either direction."""

    entity: Entity
    key: str
    """As in `Comparison`."""
    ascending: bool
    span: Span = field(compare=False)
    """The key in its own order_by expression."""
