"""What `flowdeck runs` filters and sorts by beyond MLflow's language."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.support.cli import invoke
from tests.support.crafted import Crafted
from tests.support.reference import CHILD, FULL, reference_database

HOUR = 3_600_000


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    crafted = Crafted(tmp_path_factory.mktemp("filters") / "mlflow.db")
    crafted.experiment(1, "churn")
    now = round(datetime.now().timestamp() * 1000)  # noqa: DTZ005 - as a trainer on this machine would
    params = ("10", "9", "1e-05", "auto", None)
    for place, lr in enumerate(params):
        crafted.run(
            f"{place}" * 32,
            f"run-{place}",
            experiment=place % 2,
            start=now - place * 24 * HOUR - 1000,
            params={"lr": lr} if lr is not None else {},
            tags={"team": ("vision", "nlp")[place % 2]},
        )
        crafted.points(f"{place}" * 32, "acc", [(0, now, 0.5 + place / 10), (1, now, 0.9 - place / 10)])
    return crafted.database


def found(runs: Path, *options: str) -> list[str]:
    result = invoke("runs", "-s", runs, "-o", "json", *options)
    assert result.code == 0, result.err
    return [run["run_name"].removeprefix("run-") for run in result.json]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("params.lr > 9 or params.lr < 0.1", "02"),
        ("not has(params.lr)", "4"),
        ("params.lr ~ '^[0-9]+$'", "01"),
        ("NOT (tags.team = 'vision' OR params.lr = 'auto')", "1"),
        ("experiment = 'churn' and start_time > '2 days ago'", "1"),
        ("start_time < '71 hours ago'", "34"),
        ("vision and max(metrics.acc) >= 0.9", "04"),
        ("at(metrics.acc, 1) between 0.65 and 0.85", "12"),
        ("status = finished and duration < '2s' and VISION", "024"),
    ],
)
def test_filters(runs: Path, text: str, names: str) -> None:
    assert found(runs, "-f", text) == list(names)


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (("params.lr",), "21034"),
        (("params.lr:asc",), "21034"),
        (("params.lr:desc",), "01234"),
        (("params.lr DESC",), "31204"),
        (("max(metrics.acc):desc", "params.lr:desc"), "04132"),
        (("tags.team", "first(metrics.acc):desc"), "31420"),
        (("best(metrics.acc)", "params.lr:desc"), "04132"),
        (("best(metrics.acc):asc", "params.lr:desc"), "21304"),
        (("best(metrics.acc) DESC", "params.lr:desc"), "04132"),
        (("experiment:desc",), ""),
    ],
)
def test_orders(runs: Path, keys: tuple[str, ...], names: str) -> None:
    options = [option for key in keys for option in ("--sort", key)]
    if names:
        assert found(runs, *options) == list(names)
    else:
        assert invoke("runs", "-s", runs, *options).code == 2


def test_what_was_done_here_is_told_apart_from_the_data(runs: Path) -> None:
    result = invoke("runs", "-s", runs, "-f", "params.lr ~ '[0o]$' and has(metrics.acc)", "-o", "csv", "-c", "run_name")
    assert (result.code, result.out) == (0, b"run_name\r\nrun-0\r\nrun-3\r\n")
    assert "filtered here by a regular expression over 5 runs" in result.err


def test_a_mistake_is_marked_and_what_was_meant_is_told(runs: Path) -> None:
    result = invoke("runs", "-s", runs, "-f", "resnet or mox(metrics.acc) > 1")
    assert result.code == 2
    assert "resnet or mox(metrics.acc) > 1\n            ^^^\n" in result.err
    assert "did you mean “max”" in result.err


def test_keys_that_no_run_has_are_told_wherever_they_are_named(runs: Path) -> None:
    result = invoke("runs", "-s", runs, "-f", "max(metrics.acd) > 1 or params.lrr > 5")
    assert "has a metric “acd”; did you mean “acc”?" in result.err
    assert "has a param “lrr”; did you mean “lr”?" in result.err


def test_help_tells_the_language() -> None:
    shown = invoke("runs", "--help").text
    for part in ("OR, NOT", "params.depth >= 6", "'2 days ago'", "max(metrics.auc)", "has(tags.team)"):
        assert part in shown


def test_the_best_value_is_a_column_where_the_name_tells_what_is_better(runs: Path) -> None:
    result = invoke("runs", "-s", runs, "-n", "2", "-o", "csv", "-c", "run_name", "-c", "best(metrics.acc)")
    assert result.out.decode().splitlines() == ["run_name,best(metrics.acc)", "run-0,0.9", "run-1,0.8"]
    for options in (("-c", "best(metrics.q)"), ("--sort", "best(metrics.`q`):asc")):
        refused = invoke("runs", "-s", runs, *options)
        assert refused.code == 2
        assert "max(metrics.q) or min(metrics.q)" in refused.err
    assert invoke("runs", "-s", runs, "-c", "best(params.lr)").code == 2


def test_datasets_are_columns(tmp_path: Path) -> None:
    database = reference_database(tmp_path)
    options = ("runs", "-s", database, "-f", "run_id = '" + FULL + "' or run_id = '" + CHILD + "'", "--sort", "run_id")
    chosen = ("-c", "run_name", "-c", "datasets", "-c", "datasets.wine", "-c", "datasets.beer")
    told = invoke(*options, *chosen, "-o", "csv").out.decode().splitlines()
    assert told == [
        "run_name,datasets,datasets.wine,datasets.beer",
        'all of it,"wine (d1), wine (d2)","d1, d2",',
        "twin,,,",
    ]
    documents = invoke(*options, "-c", "datasets", "-o", "json").json
    assert [document["datasets"] for document in documents] == [{"wine": ["d1", "d2"]}, {}]
    named = invoke(*options, "-c", "datasets.beer", "-o", "json").json
    assert [document["datasets"] for document in named] == [{"beer": []}, {"beer": []}]
