"""Stores of real MLflow releases hold for flowdeck what they hold for the release that wrote them.

The environment variable FLOWDECK_STORES names more stores, with `:` between: folders with `mlflow.db` and
`expected.json`, or folders of such folders. A folder `upgraded-from-VERSION` is compared with what VERSION expects.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from store.entities import Run, RunParts, ViewType
from store.errors import Unsupported
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from tests.support.cli import invoke, process

BUNDLED = Path(__file__).resolve().parents[1] / "data" / "stores"
VIEWS = {None: ViewType.ACTIVE_ONLY, "deleted": ViewType.DELETED_ONLY, "all_view": ViewType.ALL}
FLAGS = {None: (), "deleted": ("--deleted",), "all_view": ("--all",)}


@dataclass(frozen=True)
class Stored:
    """A database, and what it ought to hold."""

    database: Path
    expectations: Path

    @property
    def name(self) -> str:
        return self.database.parent.name

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def moved(self) -> tuple[str, str] | None:
        """The folders' names in artifact locations, if the database was copied from one to the other."""
        names = self.expectations.parent.name, self.name
        return names if names[0] != names[1] else None


def _find() -> Iterator[Stored]:
    roots = [BUNDLED, *map(Path, filter(None, os.environ.get("FLOWDECK_STORES", "").split(":")))]
    for root in roots:
        for folder in [root, *sorted(path for path in root.iterdir() if path.is_dir())]:
            origin = folder.parent / folder.name.removeprefix("upgraded-from-")
            if (folder / "mlflow.db").is_file() and (origin / "expected.json").is_file():
                yield Stored(folder / "mlflow.db", origin / "expected.json")


STORES = list(_find())
every_store = pytest.mark.parametrize("stored", STORES, ids=lambda stored: stored.name)


@cache
def expected(stored: Stored) -> dict[str, Any]:
    """What the release read back, with the differences that are meant taken out. Each has its reason here."""
    text = stored.expectations.read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    for run in found["runs"]:
        # 1. Releases give a history in an order of their own: as logged, by time, or by key. Ours is by step,
        #    then time, then value (product.md); which points there are has to be the same.
        for points in run["metric_history"].values():
            points.sort(key=lambda point: (point[0], point[1], point[2] == "NaN", float(point[2])))
    if stored.moved is not None:
        # 2. The upgraded copy was put into a folder of its own, and its explicit locations name that folder.
        was, now = stored.moved
        for item in found["experiments"]:
            item["artifact_location"] = _moved(item["artifact_location"], was, now)
        for item in found["runs"]:
            item["artifact_uri"] = _moved(item["artifact_uri"], was, now)
    return found


def _moved(location: str, was: str, now: str) -> str:
    return location.replace(f"file:///srv/mlflow/{was}/", f"file:///srv/mlflow/{now}/")


def number(value: float) -> float | str:
    return "NaN" if math.isnan(value) else value


@contextmanager
def opened(stored: Stored) -> Iterator[Store]:
    store = open_store(stored.uri)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture(autouse=True)
def _untouched(request: pytest.FixtureRequest) -> Iterator[None]:
    """The file is the same, byte for byte, and nothing appeared beside it."""
    stored: Stored = request.getfixturevalue("stored") if "stored" in request.fixturenames else STORES[0]
    before = _fingerprint(stored.database)
    yield
    assert _fingerprint(stored.database) == before


def _fingerprint(database: Path) -> tuple[str, list[str]]:
    return hashlib.sha256(database.read_bytes()).hexdigest(), sorted(os.listdir(database.parent))


def test_every_bundled_store_is_tried() -> None:
    assert len(STORES) >= 10


@every_store
def test_experiments(stored: Stored) -> None:
    with opened(stored) as store:
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
    assert have == {item["experiment_id"]: item for item in expected(stored)["experiments"]}


@every_store
def test_experiments_as_json(stored: Stored) -> None:
    printed = process("experiments", "--all", "-n", 0, "-o", "json", "-s", stored.uri)
    assert (printed.code, printed.err) == (0, "")
    wanted = {item["experiment_id"]: item for item in expected(stored)["experiments"]}
    have = {item["experiment_id"]: {key: item[key] for key in wanted["0"]} for item in printed.json}
    assert have == wanted


@every_store
def test_runs(stored: Stored) -> None:
    with opened(stored) as store:
        ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
        found = {run.run_id: run for run in store.runs(ids, RunParts.ALL)}
        assert list(found) == list(ids)
        for wanted in expected(stored)["runs"]:
            run = found.pop(wanted["run_id"])
            assert _run(run) == {key: value for key, value in wanted.items() if key != "metric_history"}
            for key, points in wanted["metric_history"].items():
                history = store.history(run.run_id, key)
                assert [[point.step, point.timestamp, number(point.value)] for point in history] == points
            assert run.metrics.keys() == wanted["metric_history"].keys()
    assert not found


def _run(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        # 3. A run without a name has none there and an empty one here.
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


@every_store
def test_runs_as_json(stored: Stored) -> None:
    printed = process("runs", "--all", "-n", 0, "-o", "json", "-s", stored.uri)
    assert (printed.code, printed.err) == (0, "")
    found = {run["run_id"]: run for run in printed.json}
    for wanted in expected(stored)["runs"]:
        run = found.pop(wanted["run_id"])
        shown = invoke("show", run["run_id"], "-o", "json", "-s", stored.uri).json
        assert {key: shown[key] for key in run} == run
        assert _document(run) == {key: value for key, value in wanted.items() if key != "metric_history"}
        for key, points in wanted["metric_history"].items():
            history = invoke("history", run["run_id"], key, "-o", "json", "-s", stored.uri).json
            assert [[point["step"], point["timestamp"], point["value"]] for point in history] == points
    assert not found


def _document(run: dict[str, Any]) -> dict[str, Any]:
    others = ("inputs", "outputs", "deleted_time")
    datasets = [
        [item["dataset"]["name"], item["dataset"]["digest"], item["tags"]] for item in run["inputs"]["dataset_inputs"]
    ]
    return {**{key: value for key, value in run.items() if key not in others}, "datasets": datasets}


@every_store
def test_model_outputs(stored: Stored) -> None:
    ids = expected(stored)["ids"]
    wanted = {ids["r1"]: [ids["logged_model"]]} if "logged_model" in ids else {}
    with opened(stored) as store:
        runs = store.runs([ids[name] for name in ("r1", "r2", "r3", "r4", "r5", "r6", "rD")], RunParts.INPUTS)
        have = {run.run_id: [item.model_id for item in run.model_outputs] for run in runs if run.model_outputs}
        models = store.logged_models([ids["logged_model"]]) if wanted else []
    assert have == wanted
    assert [(model.source_run_id, model.status) for model in models] == [(ids["r1"], "READY")] * len(wanted)
    for run_id, model_ids in wanted.items():
        outputs = invoke("show", run_id, "-o", "json", "-s", stored.uri).json["outputs"]["model_outputs"]
        assert [item["model_id"] for item in outputs] == model_ids


NAN_FILTER = "metric nan > -1"
NAN_ORDER = "order nan_metric"
NEWER_GRAMMAR = {
    "is null": "IS NULL came with MLflow 3.11",
    "run_id in": "IN came with MLflow 1.30, which still wanted a blank in its list",
    "run_name": "run_name as an attribute came with MLflow 1.30",
    "start_time": "start_time came with MLflow 1.24",
    "dataset": "datasets came with MLflow 2.4; a schema without them is an error here, too",
}
"""Searches that old releases refuse and 3.17.2 accepts: the filter language is that of 3.17.2 on every schema."""


def _searches(stored: Stored) -> Iterator[tuple[str, dict[str, Any]]]:
    """The recorded searches whose answer still is MLflow's own."""
    found = expected(stored)
    release = tuple(int(part) for part in found["mlflow"].split(".")[:2])
    for name, search in found["search"].items():
        if "result" not in search:
            assert name in NEWER_GRAMMAR, f"{name}: {search['error']}"
            continue
        # 4. Up to MLflow 3.16 NaN was compared as the 0 that is stored for it (mlflow.md, section 4).
        if name == NAN_FILTER and release < (3, 17):
            search = {**search, "result": []}
        # 5. Up to MLflow 1.28 NaN and missing values were sorted differently: numbers, then NaN, then missing.
        if name == NAN_ORDER and release < (1, 29):
            search = {**search, "result": ["r1", "r5", "r4", "r3", "r2"]}
        yield name, search


@every_store
def test_searches(stored: Stored) -> None:
    names = {run_id: name for name, run_id in expected(stored)["ids"].items() if isinstance(run_id, str)}
    with opened(stored) as store:
        for name, search in _searches(stored):
            query = RunQuery(
                filter=search["filter"] or "",
                order_by=tuple(search["order_by"] or ()),
                view=VIEWS[search.get("view")],
            )
            assert [names[run_id] for run_id in store.run_ids(query).items] == search["result"], name


@every_store
def test_searches_as_json(stored: Stored) -> None:
    names = {run_id: name for name, run_id in expected(stored)["ids"].items() if isinstance(run_id, str)}
    for name, search in _searches(stored):
        options = [*FLAGS[search.get("view")], *(("-f", search["filter"]) if search["filter"] else ())]
        for key in search["order_by"] or ():
            options += ["--sort", key]
        printed = invoke("runs", "-s", stored.uri, "-o", "json", "-c", "status", *options)
        assert [names[run["run_id"]] for run in printed.json] == search["result"], name


@every_store
def test_searches_that_the_release_refused(stored: Stored) -> None:
    """They work as in 3.17.2, or say that this schema has no such thing."""
    with opened(stored) as store:
        for name, search in expected(stored)["search"].items():
            if "result" in search:
                continue
            query = RunQuery(filter=search["filter"])
            if name != "dataset":
                assert store.run_ids(query).items, name
            elif any("datasets" in notice for notice in store.info.notices):
                with pytest.raises(Unsupported, match=r"2\.4"):
                    store.run_ids(query)
            else:
                assert not store.run_ids(query).items
