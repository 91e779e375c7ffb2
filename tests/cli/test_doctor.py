"""What `flowdeck doctor` says of stores of every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from store.entities import Experiment, Run, StoreInfo
from tests.support.cli import invoke
from tests.support.fake_store import FakeStore

Served = Callable[[FakeStore], FakeStore]

RUN = Run("1" * 32, "one", "1", "FINISHED", 1, 2, "active", None, None)
PLACES = (Experiment("1", "one", "mlflow-artifacts:/1", "active"), Experiment("2", "two", "s3://b/2", "deleted"))
RUNS = (RUN, replace(RUN, run_id="2" * 32, lifecycle_stage="deleted"))


def lines(uri: object) -> list[tuple[str, str]]:
    result = invoke("doctor", "-s", uri)
    assert (result.code, result.err) == (0, "")
    return [(line[:13].strip(), line[13:]) for line in result.text.splitlines()[1:]]


def test_a_server(served: Served) -> None:
    uri = "http://mlflow.example:5000"
    info = StoreInfo("MLflow server", uri, "MLflow 3.17.2", notices=("the server filters by itself",))
    served(FakeStore(info, PLACES, RUNS))
    assert lines(uri) == [
        ("store", uri),
        ("named by", "--store"),
        ("readable", "yes"),
        ("found at", uri),
        ("kind", "MLflow server"),
        ("schema", "MLflow 3.17.2"),
        ("opened", "for reading only"),
        ("experiments", "1 active, 1 deleted"),
        ("runs", "1 active (0 running), 1 deleted"),
        ("notice", "the server filters by itself"),
        ("artifacts", "1 location with mlflow-artifacts:, not asked"),
        ("artifacts", "1 location with s3:, not asked"),
    ]


def test_runs_that_a_store_does_not_count_are_not_called_none(served: Served) -> None:
    uri = "http://mlflow.example:5000"
    served(FakeStore(StoreInfo("MLflow server", uri, "MLflow 3.17.2", counts_runs=False), PLACES, RUNS))
    assert dict(lines(uri))["runs"] == "active ones not counted, 1 deleted"
    assert invoke("doctor", "-o", "json", "-s", uri).json["runs"] == {"active": None, "running": None, "deleted": 1}
    listed = invoke("experiments", "-s", uri)
    assert listed.code == 0
    assert [line.split()[:4] for line in listed.text.splitlines()[1:]] == [["1", "one", "-", "-"]]


def test_a_database_server_keeps_its_password(served: Served) -> None:
    shown = "postgresql://ada:***@db.example/mlflow"
    served(FakeStore(StoreInfo("PostgreSQL", shown, "MLflow 2.9 (abc)", "abc", read_only=False), PLACES, RUNS))
    found = dict(lines("postgresql://ada:tops3cret@db.example/mlflow"))
    assert found["store"] == found["found at"] == shown
    assert found["opened"] == "for reading and writing"
    assert "journal" not in found
    assert (
        invoke("doctor", "-o", "json", "-s", "postgresql://ada:tops3cret@db.example/mlflow").json["revision"] == "abc"
    )


def test_a_tree_with_experiments_that_could_not_be_read_whole(served: Served, tmp_path: Path) -> None:
    (tmp_path / "mlruns" / "1").mkdir(parents=True)
    places = [Experiment("1", "one", "./mlruns/1", "active"), Experiment("2", "", "/nowhere/2", "active")]
    places += [
        Experiment(str(number), f"bad {number}", None, "active", problems=("no meta.yaml",)) for number in range(3, 9)
    ]
    served(FakeStore(StoreInfo("mlruns tree", str(tmp_path / "mlruns"), "MLflow's file store"), tuple(places)))
    found = lines(tmp_path / "mlruns")
    assert ("kind", "mlruns tree") in found
    assert ("artifacts", "2 locations in folders, 1 there on this machine") in found
    assert ("not there", "/nowhere/2") in found
    problems = [text for name, text in found if name == "problem"]
    assert problems[0] == "experiment bad 3: no meta.yaml"
    assert problems[5] == "and 1 more (-o json names all)"
    told = invoke("doctor", "-o", "json", "-s", tmp_path / "mlruns").json["problems"]
    assert told[5] == {"experiment_id": "8", "name": "bad 8", "problem": "no meta.yaml"}


def test_what_was_done_here_is_a_notice_once(served: Served) -> None:
    info = StoreInfo("mlruns tree", "/data/mlruns", "MLflow's file store")
    served(FakeStore(info, PLACES, RUNS, notes=("2 of 12 entries were looked at",)))
    assert [text for name, text in lines("http://x:1") if name == "notice"] == ["2 of 12 entries were looked at"]


@pytest.mark.parametrize("format_", ["json", "ndjson"])
def test_there_are_no_problems_in_json_where_there_are_none(served: Served, format_: str) -> None:
    served(FakeStore(all_experiments=PLACES, all_runs=RUNS))
    assert "problems" not in invoke("doctor", "-o", format_, "-s", "http://x:1").json


@pytest.mark.parametrize("password", ["rdx zzy", "qqx@ssx wyz", "rdx zzy@1qx", "rdx@zzy"])
@pytest.mark.parametrize("scheme", ["postgresql", "http"])
def test_a_password_with_blanks_or_signs_is_not_shown(scheme: str, password: str) -> None:
    for format_ in ("table", "json"):
        result = invoke("doctor", "-s", f"{scheme}://ada:{password}@127.0.0.1:9/x", "-o", format_)
        shown = result.text + result.err
        assert result.code != 0
        assert not [word for word in password.replace("@", " ").split() if word in shown], shown
