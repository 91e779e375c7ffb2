"""Divides a search between a server and this side, so that the answer is MLflow 3.17's whatever the server is.

| MLflow before | does not do |
|---|---|
| 3.17 | compare NaN to nothing: to it NaN is 0 |
| 3.11 | IS NULL, IS NOT NULL |
| 2.4 | datasets at all |
| 1.30 | run_id, run_name, user_id, end_time; IN; orders with NaN and missing values last; LIKE with regard to case |
| 1.24 | start_time |

A condition that a server takes too widely is sent and tested here once more; one that it takes too narrowly, or
does not know, is not sent. Of flowdeck's language a server is sent what can be said in MLflow's: the conditions that
must all hold and have words in it, such as both ends of a BETWEEN.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store.errors import Unsupported
from store.http.release import Server
from store.kinds import Aggregate
from store.search.syntax import (
    And,
    Comparison,
    Entity,
    Expr,
    Not,
    Operator,
    Or,
    OrderKey,
    Word,
    conjuncts,
    joined,
    leaves,
)
from store.search.written import is_mlflow, written, written_key

_ATTRIBUTES: Final = {
    "start_time": (1, 24),
    "run_id": (1, 30),
    "run_name": (1, 30),
    "user_id": (1, 30),
    "end_time": (1, 30),
}
"""Since when a search knows them; the others are as old as the search."""

_NOUNS: Final = {
    Entity.ATTRIBUTE: "attributes",
    Entity.METRIC: "metrics",
    Entity.PARAM: "params",
    Entity.TAG: "tags",
    Entity.DATASET: "datasets",
}

_NULLS: Final = frozenset({Operator.IS_NULL, Operator.IS_NOT_NULL})
_PATTERNS: Final = frozenset({Operator.LIKE, Operator.ILIKE})


class Where(enum.Enum):
    """Where a condition is tested."""

    SERVER = "server"
    BOTH = "both"
    """The server finds some runs too many."""
    HERE = "here"


@dataclass(frozen=True, slots=True)
class Plan:
    """Who does what of a search."""

    filter: str
    """What the server is asked; each of its answers to it must still satisfy `rest`."""
    order_by: tuple[str, ...]
    rest: Expr | None = None
    """What is tested here."""
    order: tuple[OrderKey, ...] | None = None
    """What is sorted by here; None: the server's order is the right one."""
    unknown: tuple[str, ...] = ()
    """What the server does not know or refuses, as parts of a sentence."""


def run_plan(
    text: str, order_by: tuple[str, ...], expression: Expr | None, order: Sequence[OrderKey], server: Server
) -> Plan:
    """The plan for a search of runs, whose filter and order_by were parsed. Raises `Unsupported`."""
    clauses = conjuncts(expression)
    places = [_place(clause, server) for clause in clauses]
    unknown = dict.fromkeys(
        what for clause, (place, what) in zip(clauses, places, strict=True) if place is Where.HERE and what
    )
    here = [clause for clause, (place, _) in zip(clauses, places, strict=True) if place is not Where.SERVER]
    sent_clauses = [clause for clause, (place, _) in zip(clauses, places, strict=True) if place is not Where.HERE]
    if len(sent_clauses) == len(clauses) and is_mlflow(text):
        sent = text
    else:
        # As the user wrote them where that says it: other words would have to be known to the server, too.
        sent = " AND ".join(written(clause, text) or "" for clause in sent_clauses if isinstance(clause, Comparison))
    keys = [written_key(key, words) for key, words in zip(order, order_by, strict=True)]
    sorted_here = bool(order) and (None in keys or not server.since(1, 30))
    if sorted_here:
        unknown["this order"] = None
    return Plan(
        filter=sent,
        order_by=() if sorted_here else tuple(key for key in keys if key is not None),
        rest=joined(here),
        order=tuple(order) if sorted_here else None,
        unknown=tuple(unknown),
    )


def all_here(expression: Expr | None, order: Sequence[OrderKey], words: str) -> Plan:
    """The plan after the server refused a search that MLflow 3.17 understands, with `words`."""
    return Plan("", (), expression, tuple(order) if order else None, (f"this search ({words})",))


def _place(clause: Expr, server: Server) -> tuple[Where, str]:
    """Where one of the conditions that must all hold is tested, and what of it the server does not know."""
    foreign = _foreign(clause)
    if foreign:
        _refuse_datasets(clause, server)
        return Where.HERE, foreign
    assert isinstance(clause, Comparison)
    return _where(clause, server)


def _foreign(clause: Expr) -> str:
    """What of a condition cannot be said in MLflow's language; nothing if it can."""
    match clause:
        case Or():
            return "`OR`"
        case Not():
            return "`NOT`"
        case And():
            return "parentheses"
        case Word():
            return "a search for words"
    if clause.aggregate is not Aggregate.LATEST:
        return f"`{clause.aggregate.value}()`"
    if clause.operator in (Operator.MATCHES, Operator.NOT_MATCHES):
        return "regular expressions"
    if clause.numeric:
        return f"numbers in {_NOUNS[clause.entity]}"
    if clause.entity is Entity.ATTRIBUTE and clause.key in ("duration", "experiment_id", "lifecycle_stage"):
        return f"`{'experiment' if clause.key == 'experiment_id' else clause.key}`"
    return "" if written(clause, "") else f"`{clause.operator.value}` of {_NOUNS[clause.entity]}"


def _refuse_datasets(clause: Expr, server: Server) -> None:
    if server.since(2, 4):
        return
    if any(not isinstance(leaf, Word) and leaf.entity is Entity.DATASET for leaf in leaves(clause)):
        raise Unsupported(
            f"this server ({server.brief}) holds no datasets: those came with MLflow 2.4",
            "leave them out of the filter",
        )


def _where(clause: Comparison, server: Server) -> tuple[Where, str]:
    """Where a condition is tested, and what of it the server does not know."""
    _refuse_datasets(clause, server)
    if clause.operator in _NULLS and not server.since(3, 11):
        return Where.HERE, f"`{clause.operator.value}`"
    if clause.entity is Entity.ATTRIBUTE:
        since = _ATTRIBUTES.get(clause.key, (1, 8))
        if not server.since(*since):
            return Where.HERE, f"`{clause.key}`"
        if clause.operator in (Operator.IN, Operator.NOT_IN) and not server.since(1, 30):
            return Where.HERE, f"`{clause.operator.value}`"
    if clause.entity is Entity.METRIC and not server.since(3, 17):
        if clause.operator is Operator.NOT_EQUAL and clause.value == 0:
            return Where.HERE, "that NaN is not 0"
        return Where.BOTH, ""
    # A backslash is itself to SQLite and to us, and an escape to other databases, which the server may have.
    if clause.operator in _PATTERNS and not server.since(1, 30) and "\\" not in str(clause.value):
        return Where.BOTH, ""
    return Where.SERVER, ""
