"""What a real MLflow server of a release serves is what that release wrote, and searches are MLflow 3.17's.

The whole recorded corpus of searches goes through a 3.17.2 server in `test_contract.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from store.entities import Axis, Run, RunParts, ViewType
from store.errors import FilterError, Unsupported
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from tests.store.test_contents import STORES, VIEWS, Stored, _run, _searches, expected, number
from tests.support.mlflow_servers import RELEASES, server_of

RELEASE_1, RELEASE_2, RELEASE_3 = "1.30.1", "2.22.5", "3.17.2"

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(release, marks=pytest.mark.xdist_group(f"http-{release}"))
        for release in (RELEASE_3, RELEASE_2, RELEASE_1)
    ],
)
def release(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    assert found in RELEASES
    return found


@pytest.fixture(scope="module")
def store(release: str) -> Iterator[Store]:
    opened = open_store(server_of(release).uri)
    yield opened
    opened.close()


@pytest.fixture
def stored(release: str) -> Stored:
    return next(one for one in STORES if one.name == release)


@pytest.fixture
def names(stored: Stored) -> dict[str, str]:
    """The labels of the runs."""
    return {run_id: name for name, run_id in expected(stored)["ids"].items() if isinstance(run_id, str)}


def test_the_release_is_told(store: Store, release: str) -> None:
    told = {RELEASE_1: "MLflow server (1.28 or newer)"}.get(release, f"MLflow {release} server")
    assert (store.info.schema, store.info.kind, store.info.read_only) == (told, "MLflow server", True)
    assert any("not count runs" in notice for notice in store.info.notices)
    assert store.experiment_stats() == {}


def test_experiments(store: Store, stored: Stored) -> None:
    found = store.experiments(ExperimentQuery(view=ViewType.ALL))
    wanted = {item["experiment_id"]: item for item in expected(stored)["experiments"]}
    have = {
        item.experiment_id: {key: getattr(item, key) for key in wanted["0"] if key != "tags"}
        | {"tags": dict(item.tags)}
        for item in found.items
    }
    assert (have, found.more, found.notes) == (wanted, False, ())


def test_runs_with_their_histories(store: Store, stored: Stored) -> None:
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    found = {run.run_id: run for run in store.runs(ids, RunParts.ALL)}
    assert list(found) == list(ids)
    for wanted in expected(stored)["runs"]:
        run = found.pop(wanted["run_id"])
        assert _run(run) == {key: value for key, value in wanted.items() if key != "metric_history"}
        for key, points in wanted["metric_history"].items():
            history = store.history(run.run_id, key)
            assert [[point.step, point.timestamp, number(point.value)] for point in history] == points
    assert not found


def test_a_run_is_the_same_however_it_is_asked_for(store: Store) -> None:
    parts = RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    from_the_search = store.runs(ids, parts)
    one_by_one = [run for run_id in ids for run in store.runs([run_id], parts)]
    store.run_ids(RunQuery(limit=1))  # nothing of the search before is kept
    by_their_ids = store.runs(ids, parts)
    assert [run.run_id for run in by_their_ids] == list(ids)
    assert _texts(from_the_search) == _texts(one_by_one) == _texts(by_their_ids)


def _texts(runs: list[Run]) -> list[str]:
    # NaN differs from itself, its text does not.
    return [repr(run) for run in runs]


def test_summaries_and_curves_agree_with_histories(store: Store, stored: Stored) -> None:
    run_id = expected(stored)["ids"]["r1"]
    (run,) = store.runs([run_id], RunParts.METRICS)
    summaries = store.metric_summaries(run_id)
    assert [item.key for item in summaries] == sorted(run.metrics)
    for summary in summaries:
        history = store.history(run_id, summary.key)
        assert (summary.count, summary.first_step, summary.last_step) == (
            len(history), history.steps[0], history.steps[-1],
        )  # fmt: skip
        assert repr(summary.latest) == repr(run.metrics[summary.key])
        curve = store.curve(run, summary, Axis.STEP, 10)
        assert (curve.count, curve.nans, curve.infinities) == (summary.count, summary.nans, summary.infinities)


def test_recorded_searches(store: Store, stored: Stored, names: dict[str, str]) -> None:
    for name, search in _searches(stored):
        query = RunQuery(
            filter=search["filter"] or "", order_by=tuple(search["order_by"] or ()), view=VIEWS[search.get("view")]
        )
        assert [names[run_id] for run_id in store.run_ids(query).items] == search["result"], name


NEWER: dict[str, tuple[list[str], dict[str, str]]] = {
    "tags.`mlflow.parentRunId` IS NULL": (["r5", "r2", "r1"], {RELEASE_2: "`IS NULL`", RELEASE_1: "`IS NULL`"}),
    "attributes.run_name LIKE 'parent%'": (["r2"], {RELEASE_1: "`run_name`"}),
    "attributes.end_time > 0 AND params.nope IS NULL": (
        ["r4", "r3", "r2", "r1"],
        {RELEASE_2: "`IS NULL`", RELEASE_1: "`end_time` and `IS NULL`"},
    ),
}
"""Searches that old releases do not know: what they find, and what the note says is done here."""


@pytest.mark.parametrize("text", NEWER)
def test_what_a_server_does_not_know_is_done_here_and_told(
    store: Store, release: str, names: dict[str, str], text: str
) -> None:
    wanted, unknown = NEWER[text]
    page = store.run_ids(RunQuery(filter=text))
    assert sorted(names[run_id] for run_id in page.items) == sorted(wanted)
    if release not in unknown:
        assert page.notes == ()
    else:
        (note,) = page.notes
        assert note.startswith("this server (")
        assert re.search(f"does not know {unknown[release]}: [45] runs were read and filtered here", note)
    limited = store.run_ids(RunQuery(filter=text, limit=1))
    assert (limited.items, limited.more) == (page.items[:1], len(wanted) > 1)


def test_nan_compares_to_nothing_whatever_the_release(store: Store, stored: Stored, release: str) -> None:
    nan_runs = [
        run["run_id"] for run in expected(stored)["runs"] if "NaN" in run["metrics"].values()
    ]  # fmt: skip
    key = next(key for run in expected(stored)["runs"] for key, value in run["metrics"].items() if value == "NaN")
    for operator in ("=", "<", ">", "<=", ">="):
        page = store.run_ids(RunQuery(filter=f"metrics.`{key}` {operator} 0", view=ViewType.ALL))
        assert not set(page.items) & set(nan_runs)
    page = store.run_ids(RunQuery(filter=f"metrics.`{key}` != 0", view=ViewType.ALL))
    assert set(nan_runs) <= set(page.items)
    assert bool(page.notes) == (release != RELEASE_3)


def test_datasets_are_refused_where_there_are_none(store: Store, release: str, names: dict[str, str]) -> None:
    query = RunQuery(filter="dataset.name LIKE '%'")
    if release == RELEASE_1:
        with pytest.raises(Unsupported, match="no datasets"):
            store.run_ids(query)
    else:
        assert [names[run_id] for run_id in store.run_ids(query).items] == ["r1"]


def test_experiments_are_searched_alike(store: Store, release: str) -> None:
    page = store.experiments(ExperimentQuery(filter="name ILIKE '%A%'", order_by=("name DESC",)))
    assert [item.name for item in page.items] == ["iris-classification", "Fraud détection/v2 (été)", "Default"]
    assert bool(page.notes) == (release != RELEASE_3)
    assert store.experiments(ExperimentQuery(limit=1)).more
    with pytest.raises(FilterError):
        store.experiments(ExperimentQuery(filter="nope = 'x'"))


def test_names_and_beginnings_of_ids(store: Store, stored: Stored) -> None:
    ids: dict[str, Any] = expected(stored)["ids"]
    assert store.matching_run_ids("baseline", 10) == [ids["r1"]]
    assert store.matching_run_ids(ids["r6"][:9], 10) == [ids["r6"]]  # a deleted one
    for text in ("it's", 'say "x"', "100%", "a_b\\c", "`", "'\"`;--", "", "base%"):
        assert store.matching_run_ids(text, 10) == []


def test_logged_models_of_releases_that_have_them(store: Store, stored: Stored) -> None:
    ids: dict[str, Any] = expected(stored)["ids"]
    model_id = ids.get("logged_model", "m-" + "0" * 32)
    found = store.logged_models([model_id, "m-" + "1" * 32])
    assert [model.source_run_id for model in found] == ([ids["r1"]] if "logged_model" in ids else [])
