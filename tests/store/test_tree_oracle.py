"""Searches of a tree answer as MLflow's own file store did, item by item and error by error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from store.errors import FilterError
from store.protocols import Store
from tests.support import oracle
from tests.support.trees import opened

CORPUS: Final = [oracle.TREE]

REFUSED: Final = frozenset({"creation_time > 0.5"})
"""What MLflow's SQL store refuses: filters mean the same in every store, so it is refused here, too."""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with opened(oracle.TREE / "mlruns") as found:
        yield found


@pytest.mark.parametrize("case", list(oracle.run_cases(CORPUS)), ids=lambda case: case.name)
def test_runs(case: oracle.RunCase, store: Store) -> None:
    if case.expected is None:
        with pytest.raises(FilterError):
            store.run_ids(case.query)
    else:
        assert store.run_ids(case.query).items == case.expected


@pytest.mark.parametrize("case", list(oracle.page_cases(CORPUS)), ids=lambda case: case.name)
def test_pages(case: oracle.RunCase, store: Store) -> None:
    assert store.run_ids(case.query).items == case.expected


@pytest.mark.parametrize("case", list(oracle.experiment_cases(CORPUS)), ids=lambda case: case.name)
def test_experiments(case: oracle.ExperimentCase, store: Store) -> None:
    if case.expected is None or case.query.filter in REFUSED:
        with pytest.raises(FilterError):
            store.experiments(case.query)
    else:
        assert tuple(item.experiment_id for item in store.experiments(case.query).items) == case.expected
