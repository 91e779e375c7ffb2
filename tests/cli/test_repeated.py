"""A list with commas given to an option that takes one thing: told is how it is repeated, if that is what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import invoke
from tests.support.crafted import Crafted
from tui.cli.repeated import each_by_itself, is_key


@pytest.fixture
def crafted(tmp_path: Path) -> Crafted:
    found = Crafted(tmp_path / "mlflow.db")
    found.experiment(1, "one")
    found.experiment(2, "two, and more")
    found.experiment(3, "three")
    metrics, params = {"loss": 1.0, "val/acc": 0.5, "x,y": 2.0}, {"lr": "0.1", "depth": "3"}
    found.run("1" * 32, "run", experiment=1, metrics=metrics, params=params)
    return found


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("runs", "--sort", "start_time,run_name"), "--sort start_time --sort run_name"),
        (("runs", "--sort", "start_time:desc, run_name"), "--sort start_time:desc --sort run_name"),
        (("runs", "--sort", "metrics.loss DESC, params.lr"), "--sort 'metrics.loss DESC' --sort params.lr"),
        (("experiments", "--sort", "name,experiment_id"), "--sort name --sort experiment_id"),
        (("runs", "-c", "status,metrics.loss"), "-c status -c metrics.loss"),
        (("runs", "-e", "one,three"), "-e one -e three"),
        (("groups", "-b", "params.lr", "-e", "1,3"), "-e 1 -e 3"),
        (("plot", "-m", "loss,val/acc", "run"), "-m loss -m val/acc"),
    ],
)
def test_an_error_says_how_an_option_is_repeated(crafted: Crafted, arguments: tuple[str, ...], told: str) -> None:
    result = invoke(*arguments, "-s", crafted.database)
    assert (result.code, result.out) == (2, b"")
    assert result.err.splitlines()[-1].strip() == f"name each by itself: {told}"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("runs", "--sort", "metrics.loss,metrics.val/acc:desc"), "--sort metrics.loss --sort metrics.val/acc:desc"),
        (("runs", "-c", "metrics.loss,params.lr"), "-c metrics.loss -c params.lr"),
        (("groups", "-b", "params.lr,params.depth", "-c", "metrics.loss"), "-b params.lr -b params.depth"),
        (("groups", "-b", "params.lr", "-c", "metrics.loss,metrics.x"), "-c metrics.loss -c metrics.x"),
    ],
)
def test_so_does_what_is_said_of_a_key_that_no_run_has(crafted: Crafted, arguments: tuple[str, ...], told: str) -> None:
    err = invoke(*arguments, "-s", crafted.database).err
    assert f"; name each by itself: {told}\n" in err
    assert "did you mean" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", "-c", "metrics.x,y", "--sort", "metrics.x,y"),
        ("runs", "-c", "metrics.`x,y`"),
        ("runs", "-c", "at(metrics.loss, 3)"),
        ("runs", "-e", "two, and more"),
        ("runs", "-e", "two, and mroe"),
        ("runs", "-c", "metrics.loss,huh"),
        ("plot", "-m", "loss,missing", "run"),
        ("plot", "-m", "x,y", "run"),
    ],
)
def test_a_comma_is_no_list_where_it_is_part_of_a_name(crafted: Crafted, arguments: tuple[str, ...]) -> None:
    assert "by itself" not in invoke(*arguments, "-s", crafted.database).err


def test_commas_in_quotes_and_parentheses_part_nothing() -> None:
    assert each_by_itself("-c", "metrics.`a,b`,at(metrics.c, 3)", is_key) == (
        "name each by itself: -c 'metrics.`a,b`' -c 'at(metrics.c, 3)'"
    )
    assert each_by_itself("-c", "metrics.`a,b`", is_key) == ""
    assert each_by_itself("-c", "metrics.a,", is_key) == ""
    assert each_by_itself("-c", ",", is_key) == ""
