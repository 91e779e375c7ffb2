"""Which parts of a search a server of each release is asked, and which are done here."""

from __future__ import annotations

import pytest

from store.errors import Unsupported
from store.http.plan import Plan, run_plan
from store.http.release import Server
from store.search.parse import parse_run_filter, parse_run_order
from store.search.syntax import Comparison, Expr, conjuncts, leaves
from store.search.written import is_mlflow


def planned(release: tuple[int, int], text: str, *order_by: str) -> Plan:
    server = Server(release, "MLflow", "x")
    return run_plan(text, order_by, parse_run_filter(text), parse_run_order(order_by), server)


def keys(expression: Expr | None) -> list[str]:
    return [leaf.key for leaf in leaves(expression) if isinstance(leaf, Comparison)]


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


@pytest.mark.parametrize(
    ("text", "sent", "here", "unknown"),
    [
        ("(metrics.a > 1)", "metrics.a > 1", 0, ()),
        ("metrics.a > 1 and (params.b = 'x' tags.c = 'y')", "metrics.a > 1 AND params.b = 'x' AND tags.c = 'y'", 0, ()),
        ("metrics.in between 0 and 1", "metrics.`in` >= 0.0 AND metrics.`in` <= 1.0", 0, ()),
        ("params.b = 'x' and (metrics.a > 1 or metrics.c > 1)", "params.b = 'x'", 1, ("`OR`",)),
        ("not metrics.a > 1", "", 1, ("`NOT`",)),
        ("tags.c = 'y' and resnet", "tags.c = 'y'", 1, ("a search for words",)),
        ("params.b > 5 and metrics.a > 1", "metrics.a > 1", 1, ("numbers in params",)),
        ("params.b ~ 'x'", "", 1, ("regular expressions",)),
        ("max(metrics.a) > 1 and start_time > 5", "start_time > 5", 1, ("`max()`",)),
        ("duration > '1h'", "", 1, ("`duration`",)),
        ("parent = 'it'", "tags.`mlflow.parentRunId` = 'it'", 0, ()),
        ("has(params.b) and status in (failed)", "params.`b` IS NOT NULL", 1, ("`IN` of attributes",)),
        ("status = failed", "attributes.status = 'FAILED'", 0, ()),
        ("run_id in ('a') and user_id is null", "run_id in ('a')", 1, ("`IS NULL` of attributes",)),
    ],
)  # fmt: skip
def test_a_server_is_sent_what_mlflow_has_words_for(text: str, sent: str, here: int, unknown: tuple[str, ...]) -> None:
    plan = planned((3, 17), text)
    assert (plan.filter, len(conjuncts(plan.rest)), plan.unknown) == (sent, here, unknown)
    assert is_mlflow(plan.filter)


def test_orders_that_mlflow_does_not_know_are_made_here() -> None:
    for key in ("number(params.a)", "max(metrics.a) DESC", "duration"):
        plan = planned((3, 17), "", "metrics.b", key)
        assert (plan.order_by, plan.order) == ((), parse_run_order(("metrics.b", key)))
    plan = planned((3, 17), "", "latest(metrics.b) DESC", "metrics.in", "parent")
    assert plan == Plan("", ("metrics.`b` DESC", "metrics.`in` ASC", "tags.`mlflow.parentRunId` ASC"))


def test_datasets_are_refused_inside_of_other_conditions_too() -> None:
    with pytest.raises(Unsupported, match="holds no datasets"):
        planned((2, 3), "metrics.a > 1 or not has(datasets)")
