"""Which parts of a search a server of each release is asked, and which are done here."""

from __future__ import annotations

import pytest

from store.errors import Unsupported
from store.http.plan import Plan, run_plan
from store.http.release import Server
from store.search.parse import parse_run_filter, parse_run_order
from store.search.syntax import And, Expr


def planned(release: tuple[int, int], text: str, *order_by: str) -> Plan:
    server = Server(release, "MLflow", "x")
    return run_plan(text, order_by, parse_run_filter(text), parse_run_order(order_by), server)


def keys(expression: Expr | None) -> list[str]:
    if expression is None:
        return []
    return [key for clause in expression.clauses for key in keys(clause)] if isinstance(expression, And) else [
        expression.key
    ]  # fmt: skip


def test_the_newest_server_is_asked_everything_as_it_was_written() -> None:
    text = "metrics.`a b` != 0 and tags.x IS NULL AND attributes.run_id IN ('a') params.p ILIKE '%\\_x'"
    plan = planned((3, 17), text, "metrics.`a b` DESC", "start_time")
    assert plan == Plan(text, ("metrics.`a b` DESC", "start_time"))
    assert planned((3, 18), text) == Plan(text, ())


@pytest.mark.parametrize(
    ("release", "text", "sent", "tested_here", "unknown"),
    [
        ((3, 16), "metrics.a > 1", "metrics.a > 1", ["a"], ()),
        ((3, 16), "metrics.a != 1", "metrics.a != 1", ["a"], ()),
        ((3, 16), "metrics.a != 0", "", ["a"], ("that NaN is not 0",)),
        ((3, 16), "metrics.a != -0.0 AND params.b = 'x'", "params.b = 'x'", ["a"], ("that NaN is not 0",)),
        ((3, 11), "tags.a IS NOT NULL", "tags.a IS NOT NULL", [], ()),
        ((3, 10), "tags.a IS NOT NULL", "", ["a"], ("`IS NOT NULL`",)),
        (
            (2, 22),
            "status = 'FINISHED' AND params.`x y` IS NULL and metrics.m < 2",
            "status = 'FINISHED' AND metrics.m < 2",
            ["x y", "m"],
            ("`IS NULL`",),
        ),
        ((1, 30), "run_id IN ('a')", "run_id IN ('a')", [], ()),
        ((1, 29), "run_id IN ('a')", "", ["run_id"], ("`run_id`",)),
        ((1, 29), "params.a LIKE 'x%'", "params.a LIKE 'x%'", ["a"], ()),
        ((1, 29), "params.a LIKE 'x\\%'", "params.a LIKE 'x\\%'", [], ()),
        ((1, 24), "start_time > 1", "start_time > 1", [], ()),
        ((1, 23), "created > 1", "", ["start_time"], ("`start_time`",)),
        ((1, 8), "status = 'x' AND artifact_uri = 'y'", "status = 'x' AND artifact_uri = 'y'", [], ()),
    ],
)
def test_conditions(
    release: tuple[int, int], text: str, sent: str, tested_here: list[str], unknown: tuple[str, ...]
) -> None:
    plan = planned(release, text)
    assert (plan.filter, keys(plan.rest), plan.unknown, plan.order) == (sent, tested_here, unknown, None)


def test_orders_of_old_servers_are_made_here() -> None:
    assert planned((1, 30), "", "metrics.a").order is None
    plan = planned((1, 29), "", "metrics.a DESC")
    assert (plan.order_by, plan.unknown) == ((), ("this order",))
    assert plan.order == parse_run_order(("metrics.a DESC",))


def test_datasets_are_refused_where_the_store_has_none() -> None:
    assert planned((2, 4), "dataset.name = 'x'").filter == "dataset.name = 'x'"
    with pytest.raises(Unsupported, match="holds no datasets"):
        planned((2, 3), "dataset.name = 'x'")
