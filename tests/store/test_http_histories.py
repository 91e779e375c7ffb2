"""Long histories over REST: whole where every point was asked for, a sample that says so where they are summed up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.entities import Axis, RunParts
from store.http.histories import SAMPLE
from store.opening import open_store
from store.protocols import Store
from tests.support.backends import reference_server
from tests.support.mlflow_servers import OPTIONAL, RELEASES, MlflowServer, changed_back
from tests.support.transplant import LONG, LONG_KEY, LONG_START, add_long_history, corpus_server, long_run, long_value

pytestmark = [pytest.mark.long, pytest.mark.timeout(500)]

SAMPLING = ("3.17.2", "2.22.5")


@pytest.fixture(
    scope="module",
    params=[
        *(pytest.param(one, marks=pytest.mark.xdist_group(f"contract-http-{one}")) for one in SAMPLING),
        pytest.param("1.30.1", marks=pytest.mark.xdist_group("corpus-1.30.1")),
    ],
)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[MlflowServer]:
    """One that all tests share, with a long history in it while these are at it."""
    if RELEASES[release] in OPTIONAL:
        yield corpus_server(release)
        return
    shared = reference_server(release)
    with changed_back(shared):
        add_long_history(shared.database)
        yield shared


@pytest.fixture(scope="module")
def store(server: MlflowServer) -> Iterator[Store]:
    opened = open_store(server.uri)
    yield opened
    opened.close()


@pytest.fixture
def run_id(server: MlflowServer) -> str:
    return long_run(server.database)


def test_a_history_is_whole_however_long(store: Store, run_id: str) -> None:
    history = store.history(run_id, LONG_KEY)
    assert list(history.steps) == list(range(LONG))
    assert list(history.values) == [long_value(step) for step in range(LONG)]
    assert history.timestamps[-1] == LONG_START + (LONG - 1) * 1000


def test_a_summary_says_whether_it_is_made_from_a_sample(store: Store, release: str, run_id: str) -> None:
    found = {summary.key: summary for summary in store.metric_summaries(run_id)}
    (run,) = store.runs([run_id], RunParts.METRICS)
    assert list(found) == sorted(run.metrics)
    summary = found[LONG_KEY]
    assert summary.latest == run.metrics[LONG_KEY]
    assert (summary.first_step, summary.last_step) == (0, LONG - 1)
    assert [item.sampled for key, item in found.items() if key != LONG_KEY] == [False] * (len(found) - 1)
    if release in SAMPLING:
        assert summary.sampled
        assert 100 < summary.count <= SAMPLE + 2
    else:
        assert (summary.sampled, summary.count) == (False, LONG)
        assert summary.maximum is not None
        assert (summary.maximum.step, summary.maximum.value) == (21_415, 99.5)


def test_a_curve_tells_the_same_of_itself_as_its_summary(store: Store, release: str, run_id: str) -> None:
    (run,) = store.runs([run_id], RunParts.METRICS)
    summary = next(item for item in store.metric_summaries(run_id) if item.key == LONG_KEY)
    curve = store.curve(run, summary, Axis.STEP, 100)
    assert (curve.count, curve.sampled) == (summary.count, summary.sampled)
    assert len(curve.buckets) == 100
    store.metric_summaries(run_id)  # another one has taken its place: the points are read anew
    again = store.curve(run, summary, Axis.STEP, 100)
    assert (again.count, again.sampled, again.buckets) == (curve.count, curve.sampled, curve.buckets)
