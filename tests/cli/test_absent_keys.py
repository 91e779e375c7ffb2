"""A key that no run has, or a status that there is none of, is told: the answer stays what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.absent import LOOKED_AT
from tests.support.cli import Result, invoke
from tests.support.crafted import Crafted


@pytest.fixture
def crafted(tmp_path: Path) -> Crafted:
    found = Crafted(tmp_path / "mlflow.db")
    found.experiment(1, "one")
    found.experiment(2, "two")
    found.experiment(3, "empty")
    for experiment in (1, 2):
        found.run(f"{experiment}" * 32, "run", experiment=experiment, metrics={"loss": 1.0}, params={"lr": "0.1"})
    found.run("3" * 32, "rare", experiment=1, tags={"team": "a"})
    return found


def runs(crafted: Crafted, *arguments: object) -> Result:
    result = invoke("runs", "-o", "json", "-s", crafted.database, *arguments)
    assert result.code == 0
    return result


def test_a_filter_that_names_what_no_run_has(crafted: Crafted) -> None:
    result = runs(crafted, "-e", "one", "-e", "two", "-f", "metrics.lss < 1")
    assert result.json == []
    assert result.err == ("note: 0 runs; no run of these experiments has a metric “lss”; did you mean “loss”?\n")
    assert (
        "0 runs; no run of this experiment has a param “loss”; there is a metric of that name"
        in runs(crafted, "-e", "one", "-f", "params.loss = '1'").err
    )
    assert (
        "no run of this store has the status “FINISH”; did you mean “FINISHED”?"
        in runs(crafted, "-f", "status = 'FINISH'").err
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("-f", "metrics.loss < 0"),
        ("-f", "status = 'RUNNING'"),
        ("-f", "params.absent IS NULL AND metrics.loss < 0"),
        ("-f", "metrics.loss = 1"),
        ("-c", "metrics.loss", "--sort", "params.lr:asc"),
        ("-c", "tags.team", "-c", "status"),
        ("-c", "status", "--sort", "tags.team:asc"),
        ("-n", "1", "-c", "status", "--sort", "tags.team:desc"),
    ],
)
def test_nothing_is_said_of_what_runs_have(crafted: Crafted, arguments: tuple[str, ...]) -> None:
    told = runs(crafted, "-e", "one", *arguments).err
    assert [line for line in told.splitlines() if "shown, there are more" not in line] == []


def test_nothing_is_said_where_there_are_no_runs_at_all(crafted: Crafted) -> None:
    assert runs(crafted, "-e", "empty", "-f", "metrics.lss < 1", "-c", "metrics.lss").err == ""


@pytest.mark.parametrize("format_", ["table", "json", "ndjson", "csv", "md"])
def test_columns_and_sort_keys_that_no_run_has(crafted: Crafted, format_: str) -> None:
    result = invoke("runs", "-s", crafted.database, "-o", format_, "-c", "metrics.los", "--sort", "params.rl:desc")
    assert result.code == 0
    assert result.out
    assert result.err.splitlines() == [
        "note: no run of this store has a metric “los”; did you mean “loss”?",
        "note: no run of this store has a param “rl”",
    ]


def test_every_absent_key_is_told_once(crafted: Crafted) -> None:
    told = runs(crafted, "-f", "metrics.lss < 1 AND params.rl = '1'", "-c", "metrics.lss").err
    assert [line.partition(" has ")[2] for line in told.splitlines()] == [
        "a metric “lss”; did you mean “loss”?",
        "a param “rl”",
    ]


def test_a_key_of_a_run_that_is_listed_is_there_however_old_the_run(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    crafted.run("a" * 32, "old", start=1, metrics={"rare": 1.0})
    for number in range(LOOKED_AT + 1):
        crafted.run(f"{number:032x}", "new", start=1000 + number)
    assert runs(crafted, "-n", "0", "-c", "metrics.rare").err == ""
    assert runs(crafted, "-n", "0", "-c", "status", "--sort", "metrics.rare:asc").err == ""
    assert (
        "note: none of the newest 200 runs of this store has a metric “rare”"
        in runs(crafted, "-n", "5", "-c", "metrics.rare").err
    )


def test_keys_are_shown_as_harmless_text(crafted: Crafted) -> None:
    told = runs(crafted, "-f", "params.`\x1b[31m` = 'x'").err
    assert "\x1b" not in told
    assert "␛[31m" in told
