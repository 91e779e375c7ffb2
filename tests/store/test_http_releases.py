"""Answers of releases that cannot be installed any more: their shapes, replayed by a scripted server."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from store.entities import Metric, RunParts, ViewType
from store.http.store import HttpStore, open_http
from store.protocols import ExperimentQuery, RunQuery
from store.uris import parse
from tests.support.scripted import PAGE_404, Answer, Asked, scripted

RUN = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32

EXPERIMENTS = [
    {"experiment_id": "0", "name": "Default", "artifact_location": "./mlruns/0", "lifecycle_stage": "active"},
    {"experiment_id": "1", "name": "iris", "artifact_location": "./mlruns/1", "lifecycle_stage": "active",
     "tags": [{"key": "team", "value": "x"}]},
    {"experiment_id": "2", "name": "old", "artifact_location": "./mlruns/2", "lifecycle_stage": "deleted"},
]  # fmt: skip

RUNS: list[dict[str, Any]] = [
    {
        "info": {
            "run_id": RUN, "run_uuid": RUN, "experiment_id": "1", "user_id": "ada", "status": "FINISHED",
            "start_time": "1600000000000", "end_time": "1600000060000", "lifecycle_stage": "active",
            "artifact_uri": "sftp://ada:pa55@host/mlruns/1",
        },
        "data": {
            "metrics": [
                {"key": "rmse", "value": 0.5, "timestamp": "1600000000001", "step": "-9007199254740993"},
                {"key": "loss", "value": "NaN", "timestamp": "1600000000002"},
                {"key": "up", "value": "Infinity", "timestamp": "1600000000002", "step": "3"},
            ],
            "params": [{"key": "z", "value": "1"}, {"key": "a"}],
            "tags": [{"key": "mlflow.runName", "value": "baseline"}],
        },
    },
    {"info": {"run_id": OTHER, "experiment_id": "1", "status": "RUNNING", "start_time": "1600000001000"}},
]  # fmt: skip


def old_server(asked: Asked) -> Answer:
    """MLflow 1.20 and older: no /version, no experiments/search, integers as strings, histories without pages."""
    path = asked.path.removeprefix("/api/2.0/mlflow")
    if path == "/experiments/list":
        stages = {"ACTIVE_ONLY": {"active"}, "DELETED_ONLY": {"deleted"}}.get(asked["view_type"], {"active", "deleted"})
        return Answer({"experiments": [item for item in EXPERIMENTS if item["lifecycle_stage"] in stages]})
    if path == "/runs/search":
        text = asked["filter"] or ""
        if any(word in text for word in ("run_id", "start_time", "end_time", "user_id", "NULL", " IN ", "run_name")):
            return Answer({"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid attribute key"}, 400)
        found = [run for run in RUNS if "rmse" not in text or "data" in run]
        return Answer({"runs": found} if set(asked["experiment_ids"]) & {"1"} else {})
    if path == "/runs/get":
        for run in RUNS:
            if run["info"]["run_id"] == asked["run_id"]:
                return Answer({"run": run})
        return Answer({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such run"}, 404)
    if path == "/metrics/get-history":
        assert "max_results" in asked.params
        points = [{"key": "rmse", "value": 1.5, "timestamp": "2", "step": "1"}, {"key": "rmse", "value": 0.5,
                  "timestamp": "1"}]  # fmt: skip
        return Answer({"metrics": points} if asked["metric_key"] == "rmse" else {})
    return PAGE_404


def opened(uri: str, **environ: str) -> HttpStore:
    return open_http(parse(uri), environ={"HOME": "/nonexistent", **environ})


def test_a_server_that_lists_experiments_instead_of_searching_them() -> None:
    with scripted(old_server) as (uri, asked):
        store = opened(uri)
        assert store.info.schema == "MLflow server (1.27 or older)"
        assert any("does not tell its release" in notice for notice in store.info.notices)
        found = store.experiments(ExperimentQuery(view=ViewType.ALL))
        assert sorted(item.experiment_id for item in found.items) == ["0", "1", "2"]
        assert {item.name: (item.creation_time, dict(item.tags)) for item in found.items}["iris"] == (
            None,
            {"team": "x"},
        )
        page = store.experiments(ExperimentQuery(filter="name LIKE 'i%'"))
        assert ([item.name for item in page.items], len(page.notes)) == (["iris"], 1)
        assert not [one for one in asked if "X-MLFLOW-WORKSPACE".lower() in one.headers]
        store.close()


def test_integers_that_are_strings_and_numbers_that_are_words() -> None:
    with scripted(old_server) as (uri, _):
        store = opened(uri)
        ids = store.run_ids(RunQuery()).items
        assert ids == (RUN, OTHER)
        run, other = store.runs(ids, RunParts.ALL)
        assert (run.run_name, run.start_time, run.end_time) == ("baseline", 1600000000000, 1600000060000)
        assert run.metrics["rmse"] == Metric("rmse", 0.5, 1600000000001, -9007199254740993)
        assert math.isnan(run.metrics["loss"].value)
        assert (run.metrics["loss"].step, run.metrics["up"].value) == (0, math.inf)
        assert dict(run.params) == {"a": "", "z": "1"}
        assert run.artifact_uri == "sftp://ada:***@host/mlruns/1"
        assert (other.run_name, other.end_time, other.user_id, other.params) == ("", None, None, {})
        assert [(point.step, point.timestamp, point.value) for point in store.history(RUN, "rmse")] == [
            (0, 1, 0.5), (1, 2, 1.5),
        ]  # fmt: skip
        assert [item.count for item in store.metric_summaries(RUN)] == [1, 2, 1]
        assert store.logged_models(["m-" + "0" * 32]) == []
        assert store.matching_run_ids("baseline", 5) == [RUN]
        assert store.matching_run_ids("ffff", 5) == [OTHER]
        store.close()


@pytest.mark.parametrize(
    ("text", "ids", "unknown"),
    [
        ("start_time > 1600000000500", [OTHER], "`start_time`"),
        ("run_id = '" + RUN + "'", [RUN], "`run_id`"),
        ("metrics.rmse < 1 AND tags.x IS NULL", [RUN], "`IS NULL`"),
        ("run_name = 'baseline'", [RUN], "`run_name`"),
    ],
)
def test_what_an_old_search_lacks_is_done_here(text: str, ids: list[str], unknown: str) -> None:
    with scripted(old_server) as (uri, asked):
        store = opened(uri)
        page = store.run_ids(RunQuery(filter=text))
        assert list(page.items) == ids
        read = len(ids) if "rmse" in text else 2
        said = f"does not know {unknown}: {read} runs were read and filtered here"
        assert page.notes == (f"this server (1.27 or older) {said}",)
        sent = [one["filter"] for one in asked if one.path.endswith("/runs/search")]
        assert sent == ["metrics.rmse < 1" if "rmse" in text else None]
        store.close()


def test_a_search_that_a_server_refuses_against_expectation_is_done_here() -> None:
    def script(asked: Asked) -> Answer:
        if asked.path == "/version":
            return Answer("3.17.2")
        if asked.path.endswith("/experiments/search"):
            return Answer({"experiments": EXPERIMENTS[:2]})
        if asked["filter"] or asked["order_by"]:
            return Answer({"error_code": "INVALID_PARAMETER_VALUE", "message": "at most 64 tables in a join"}, 400)
        return old_server(asked)

    with scripted(script) as (uri, _):
        store = opened(uri)
        page = store.run_ids(RunQuery(filter="metrics.rmse < 1", order_by=("metrics.rmse",)))
        assert page.items == (RUN,)
        (note,) = page.notes
        assert "at most 64 tables in a join" in note
        assert "2 runs were read and filtered and sorted here" in note
        experiments = store.experiments(ExperimentQuery(filter="name = 'iris'"))
        assert [item.name for item in experiments.items] == ["Default", "iris"]
        store.close()


def test_an_api_without_a_version_is_taken_for_the_oldest_that_it_can_be() -> None:
    def script(asked: Asked) -> Answer:
        if asked.path == "/api/3.0/mlflow/server-info":
            return Answer({"store_type": "SqlStore", "workspaces_enabled": False})
        return Answer({"experiments": EXPERIMENTS[:1]}) if asked.path.endswith("/experiments/search") else PAGE_404

    with scripted(script) as (uri, _):
        store = opened(uri)
        assert store.info.schema == "MLflow server (3.9 or newer)"
        store.close()


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_workspace_is_named_only_to_servers_that_have_some(enabled: bool, saved: bool) -> None:
    def script(asked: Asked) -> Answer:
        if asked.path == "/version":
            return Answer("3.17.2\n")
        if asked.path == "/api/3.0/mlflow/server-info":
            return Answer({"store_type": "SqlStore", "workspaces_enabled": enabled})
        if "x-mlflow-workspace" in asked.headers and not enabled:
            return Answer({"error_code": "FEATURE_DISABLED", "message": "workspaces are off"}, 500)
        return Answer({"experiments": EXPERIMENTS[:1]})

    with scripted(script) as (uri, asked):
        address = replace(parse(uri), workspace="team-a" if saved else None)
        environ = {"HOME": "/nonexistent", "MLFLOW_WORKSPACE": "team-b" if saved else "team-a"}
        store = open_http(address, environ=environ)
        store.experiments(ExperimentQuery())
        sent = [one.headers.get("x-mlflow-workspace") for one in asked if one.path.endswith("/experiments/search")]
        assert sent == ["team-a" if enabled else None] * 2
        notice = f"workspace “team-a” ({'saved with the store' if saved else 'MLFLOW_WORKSPACE'})"
        assert notice + ("" if enabled else ": this server has no workspaces") in store.info.notices
        store.close()
