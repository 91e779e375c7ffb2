"""Trees of real MLflow releases hold for flowdeck what they hold for the release that wrote them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from store.entities import Run, RunParts, ViewType
from store.protocols import ExperimentQuery, RunQuery
from tests.support.cli import invoke, process
from tests.support.trees import listing, opened

STORES: Final = Path(__file__).resolve().parents[1] / "data" / "stores"
NAMES: Final = ("1.30.1-file", "2.9.2-file", "2.22.5-file", "3.17.2-file")
VIEWS: Final = {None: ViewType.ACTIVE_ONLY, "deleted": ViewType.DELETED_ONLY, "all_view": ViewType.ALL}
FLAGS: Final = {None: (), "deleted": ("--deleted",), "all_view": ("--all",)}

NEWER_GRAMMAR: Final = {"is null", "run_id in", "dataset"}
"""Searches that old releases refused: the language is that of 3.17 for every tree."""

SCHEMAS: Final = {
    "1.30.1-file": "MLflow 1.30 or older",
    "2.9.2-file": "MLflow 2.x",
    "2.22.5-file": "MLflow 2.x",
    "3.17.2-file": "MLflow 3.10 or newer",
}

every_tree = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def _untouched(name: str) -> Iterator[None]:
    """Nothing in the tree changed, and nothing appeared in it."""
    before = listing(STORES / name)
    yield
    assert listing(STORES / name) == before


@cache
def expected(name: str) -> dict[str, Any]:
    """What the release read back; the points of a history in our order, where the release kept that of logging."""
    found: dict[str, Any] = json.loads((STORES / name / "expected.json").read_text("utf-8"))
    for run in found["runs"]:
        for points in run["metric_history"].values():
            points.sort(key=lambda point: (point[0], point[1], point[2] == "NaN", float(point[2])))
    return found


def number(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def ids(name: str) -> dict[str, str]:
    return {run_id: label for label, run_id in expected(name)["ids"].items() if isinstance(run_id, str)}


@every_tree
def test_what_it_is(name: str) -> None:
    with opened(STORES / name / "mlruns") as store:
        info = store.info
    assert (info.kind, info.uri) == ("mlruns tree", str(STORES / name / "mlruns"))
    assert (info.schema, info.notices, info.read_only) == (SCHEMAS[name], (), True)


@every_tree
def test_experiments(name: str) -> None:
    with opened(STORES / name / "mlruns") as store:
        found = store.experiments(ExperimentQuery(view=ViewType.ALL))
    assert not found.more
    have = {
        item.experiment_id: {
            "experiment_id": item.experiment_id,
            "name": item.name,
            "artifact_location": item.artifact_location,
            "lifecycle_stage": item.lifecycle_stage,
            "creation_time": item.creation_time,
            "tags": dict(item.tags),
        }
        for item in found.items
    }
    assert have == {item["experiment_id"]: item for item in expected(name)["experiments"]}
    assert [item.problems for item in found.items] == [()] * len(have)


@every_tree
def test_experiments_as_json(name: str) -> None:
    printed = process("experiments", "--all", "-n", 0, "-o", "json", "-s", STORES / name / "mlruns")
    assert (printed.code, printed.err) == (0, "")
    wanted = {item["experiment_id"]: item for item in expected(name)["experiments"]}
    assert {item["experiment_id"]: {key: item[key] for key in wanted["0"]} for item in printed.json} == wanted


@every_tree
def test_runs(name: str) -> None:
    with opened(STORES / name / "mlruns") as store:
        listed = store.run_ids(RunQuery(view=ViewType.ALL)).items
        found = {run.run_id: run for run in store.runs(listed, RunParts.ALL)}
        assert list(found) == list(listed)
        for wanted in expected(name)["runs"]:
            run = found.pop(wanted["run_id"])
            assert run.problems == ()
            assert _run(run) == {key: value for key, value in wanted.items() if key != "metric_history"}
            assert run.metrics.keys() == wanted["metric_history"].keys()
            summaries = {summary.key: summary for summary in store.metric_summaries(run.run_id)}
            assert summaries.keys() == wanted["metric_history"].keys()
            for key, points in wanted["metric_history"].items():
                history = store.history(run.run_id, key)
                assert [[point.step, point.timestamp, number(point.value)] for point in history] == points
                assert number(summaries[key].latest.value) == number(run.metrics[key].value)
                assert summaries[key].count == len(points)
    assert not found


def _run(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "run_name": run.run_name or None,
        "experiment_id": run.experiment_id,
        "status": run.status,
        "start_time": run.start_time,
        "end_time": run.end_time,
        "lifecycle_stage": run.lifecycle_stage,
        "artifact_uri": run.artifact_uri,
        "user_id": run.user_id,
        "params": dict(run.params),
        "metrics": {key: number(metric.value) for key, metric in run.metrics.items()},
        "tags": dict(run.tags),
        "datasets": [[item.dataset.name, item.dataset.digest, dict(item.tags)] for item in run.dataset_inputs],
    }


@every_tree
def test_runs_as_json(name: str) -> None:
    uri = STORES / name / "mlruns"
    printed = process("runs", "--all", "-n", 0, "-o", "json", "-s", uri)
    assert (printed.code, printed.err) == (0, "")
    found = {run["run_id"]: run for run in printed.json}
    for wanted in expected(name)["runs"]:
        run = found.pop(wanted["run_id"])
        shown = invoke("show", run["run_id"], "-o", "json", "-s", uri).json
        for key in wanted.keys() - {"metric_history", "datasets"}:
            assert run[key] == shown[key] == wanted[key], key
        assert [
            [item["dataset"]["name"], item["dataset"]["digest"], item["tags"]]
            for item in run["inputs"]["dataset_inputs"]
        ] == wanted["datasets"]
        for key, points in wanted["metric_history"].items():
            history = invoke("history", run["run_id"], key, "-o", "json", "-s", uri).json
            assert [[point["step"], point["timestamp"], point["value"]] for point in history] == points
    assert not found


@every_tree
def test_model_outputs(name: str) -> None:
    labels = expected(name)["ids"]
    wanted = {labels["r1"]: [labels["logged_model"]]} if "logged_model" in labels else {}
    with opened(STORES / name / "mlruns") as store:
        runs = store.runs([labels[label] for label in ("r1", "r2", "r3", "r4", "r5", "r6", "rD")], RunParts.INPUTS)
        have = {run.run_id: [item.model_id for item in run.model_outputs] for run in runs if run.model_outputs}
        models = store.logged_models([labels["logged_model"], "m-absent"]) if wanted else []
    assert have == wanted
    assert [(model.source_run_id, model.status) for model in models] == [(labels["r1"], "READY")] * len(wanted)
    assert [(dict(model.params), dict(model.tags)) for model in models] == [({"depth": "3"}, {"lt": "1"})] * len(wanted)


@every_tree
def test_searches(name: str) -> None:
    with opened(STORES / name / "mlruns") as store:
        for label, search in expected(name)["search"].items():
            query = RunQuery(
                filter=search["filter"] or "",
                order_by=tuple(search["order_by"] or ()),
                view=VIEWS[search.get("view")],
            )
            found = [ids(name)[run_id] for run_id in store.run_ids(query).items]
            if "result" in search:
                assert found == search["result"], label
            else:
                assert label in NEWER_GRAMMAR, search["error"]


@every_tree
def test_searches_as_json(name: str) -> None:
    for label, search in expected(name)["search"].items():
        if "result" not in search:
            continue
        options = [*FLAGS[search.get("view")], *(("-f", search["filter"]) if search["filter"] else ())]
        for key in search["order_by"] or ():
            options += ["--sort", key]
        printed = invoke("runs", "-s", STORES / name / "mlruns", "-o", "json", "-c", "status", *options)
        assert [ids(name)[run["run_id"]] for run in printed.json] == search["result"], label


@every_tree
def test_what_experiments_add_up_to(name: str) -> None:
    labels = expected(name)["ids"]
    with opened(STORES / name / "mlruns") as store:
        stats = store.experiment_stats()
    assert (stats[labels["expA"]].runs, stats[labels["expA"]].running) == (4, 0)
    assert (stats[labels["expB"]].runs, stats[labels["expB"]].running) == (1, 1)
    assert stats[labels["expB"]].last_start_time == 1_600_000_200_000
