"""Which of the keys that a question names no run has."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.absent import LOOKED_AT, Absent, absent, named_by_filter, named_by_order
from store.entities import ViewType
from store.opening import open_store
from store.protocols import RunQuery
from tests.support.crafted import Crafted

RUNS = RunQuery(("0",))


@pytest.fixture
def crafted(tmp_path: Path) -> Crafted:
    found = Crafted(tmp_path / "mlflow.db")
    found.experiment(1, "other")
    found.run("1" * 32, "one", metrics={"loss": 1.0, "val/loss": 2.0}, params={"lr": "0.1"}, tags={"team": "a"})
    found.run("2" * 32, "two", experiment=1, metrics={"elsewhere": 1.0})
    found.run("3" * 32, "three", stage="deleted", metrics={"gone": 1.0})
    return found


def found(crafted: Crafted, *named: tuple[str, str], query: RunQuery = RUNS) -> list[Absent]:
    store = open_store(str(crafted.database))
    try:
        return absent(store, named, query)
    finally:
        store.close()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", ()),
        (
            "metrics.loss < 1 AND params.`a b` = 'metrics.x' and tags.\"t\" != 'y'",
            ("metrics.loss", "params.a b", "tags.t"),
        ),
        ("metric.loss < 1 AND metrics.loss > 0", ("metrics.loss",)),
        ("attributes.status = 'FINISH' AND run_name = 'x' AND start_time > 0", ("status.FINISH",)),
        ("status != 'FINISH' AND status LIKE 'FIN%'", ()),
        ("params.absent IS NULL AND params.there IS NOT NULL", ("params.there",)),
        ("dataset.name = 'x'", ()),
        ("what a newer server = may understand", ()),
    ],
)
def test_what_a_filter_needs_a_run_to_have(text: str, named: tuple[str, ...]) -> None:
    assert tuple(f"{kind}.{key}" for kind, key in named_by_filter(text)) == named


def test_what_runs_are_sorted_by() -> None:
    assert named_by_order(("metrics.`val/loss` DESC", "start_time", "params.lr ASC")) == (
        ("metrics", "val/loss"),
        ("params", "lr"),
    )
    assert named_by_order(()) == ()


def test_keys_that_the_runs_have_are_not_absent(crafted: Crafted) -> None:
    assert found(crafted, ("metrics", "loss"), ("params", "lr"), ("tags", "team"), ("status", "FINISHED")) == []
    assert found(crafted, ("status", "RUNNING")) == []


def test_what_could_have_been_meant_is_told(crafted: Crafted) -> None:
    assert found(crafted, ("metrics", "lss"), ("status", "FINISH"), ("params", "zzzz")) == [
        Absent("metrics", "lss", ("loss",), (), True),
        Absent("status", "FINISH", ("FINISHED",), (), True),
        Absent("params", "zzzz", (), (), True),
    ]


def test_a_key_of_another_kind_is_told(crafted: Crafted) -> None:
    assert found(crafted, ("params", "loss")) == [Absent("params", "loss", (), ("metrics",), True)]


def test_only_the_runs_that_the_question_is_about_are_looked_at(crafted: Crafted) -> None:
    assert [item.text for item in found(crafted, ("metrics", "elsewhere"), ("metrics", "gone"))] == [
        "elsewhere",
        "gone",
    ]
    everything = RunQuery(view=ViewType.ALL)
    assert found(crafted, ("metrics", "elsewhere"), ("metrics", "gone"), query=everything) == []


def test_nothing_is_said_of_no_runs(crafted: Crafted) -> None:
    assert found(crafted, ("metrics", "x"), query=RunQuery(("9",))) == []


def test_only_the_newest_runs_are_looked_at_and_that_is_said(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    crafted.run("a" * 32, "old", start=1, metrics={"rare": 1.0})
    for number in range(LOOKED_AT - 1):
        crafted.run(f"{number:032x}", "new", start=1000 + number)
    assert found(crafted, ("metrics", "rare")) == []
    crafted.run("b" * 32, "newest", start=10_000)
    assert found(crafted, ("metrics", "rare")) == [Absent("metrics", "rare", (), (), False)]
