"""The oldest servers, with what is done here for them, give every answer that MLflow 3.17 recorded.

The whole corpus goes through servers of 2.22.5 and 3.17.2 in `test_contract.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.errors import FilterError, Unsupported
from store.opening import open_store
from store.protocols import Store
from tests.support import oracle
from tests.support.transplant import corpus_server

pytestmark = [pytest.mark.long, pytest.mark.timeout(500)]


@pytest.fixture(
    scope="module",
    params=[pytest.param(one, marks=pytest.mark.xdist_group(f"corpus-{one}")) for one in ("1.30.1",)],
)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def store(release: str) -> Iterator[Store]:
    opened = open_store(corpus_server(release).uri)
    yield opened
    opened.close()


def test_runs(store: Store, release: str) -> None:
    wrong = []
    for case in [*oracle.run_cases(), *oracle.page_cases()]:
        try:
            found = store.run_ids(case.query).items
        except FilterError:
            found = None
        except Unsupported:
            assert (release, "dataset" in case.query.filter) == ("1.30.1", True)
            continue
        if found != case.expected:
            wrong.append((case.name, found, case.expected))
    assert wrong == []


def test_experiments(store: Store) -> None:
    wrong = []
    for case in oracle.experiment_cases():
        try:
            found = tuple(item.experiment_id for item in store.experiments(case.query).items)
        except FilterError:
            found = None
        if found != case.expected:
            wrong.append((case.name, found, case.expected))
    assert wrong == []
