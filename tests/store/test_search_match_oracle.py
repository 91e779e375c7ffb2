"""Entities that were read beforehand are searched as MLflow recorded its own answers.

Twice: the runs of a database against the answers of MLflow's SQL store, and the same runs in an `mlruns` tree
against the answers of its file store. MLflow's two stores differ in what follows; ours is one language for all
stores, and its answer is that of the SQL store except where it is said:

- `creation_time > 0.5` of experiments: the file store takes a fraction, the SQL store wants whole milliseconds.
- A key that comes twice in order_by: the file store takes it, the SQL store does not.
- `metrics.loss = 1.7976931348623157e308` finds infinities in the SQL store, which keeps them as that number, and
  `metrics.loss < 1e400` finds everything. A tree keeps infinities, and values are compared as they are kept: here
  our answer about a tree is the file store's.
- ILIKE without regard to case: in the file store É and é are one letter, on SQLite only A to Z have two forms.
- LIKE and line breaks: in the file store `%` and `_` stop at the end of a line, and a line break at the very end
  does not count; on SQLite a line break is a character like others.
- `run_name` in a filter is looked up in the run's own name by the file store, in the tag `mlflow.runName` by the SQL
  store. Runs are sorted by their own name; that of runs of MLflow 1.28 and older is in the tag only, where the file
  store and we find it: the SQL store sorts them as nameless.
- Experiments without a creation time: the file store sorts them last in either direction; where the SQL store sorts
  them is left to the database. Here it is last.
- Experiments' ids: texts to the file store, numbers to the SQL store, and sorted so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from store.errors import FilterError
from tests.support import oracle
from tests.support.held import Held, held

REFUSED_IN_TREES: Final = frozenset({"creation_time > 0.5"})
"""What MLflow's file store finds something with, although its SQL store refuses it."""

FOLDERS: Final = (*oracle.folders(), oracle.TREE)
RUNS: Final = list(oracle.run_cases(FOLDERS))
PAGES: Final = list(oracle.page_cases(FOLDERS))
EXPERIMENTS: Final = list(oracle.experiment_cases(FOLDERS))


@pytest.fixture(scope="module", autouse=True)
def _indexes_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a tree's reader remembers does not end up in the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOWDECK_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


def entities(case: oracle.RunCase | oracle.ExperimentCase) -> Held:
    tree = case.database.with_name("mlruns")
    return held(tree if tree.is_dir() else case.database)


def test_both_kinds_of_store_are_searched() -> None:
    for cases in (RUNS, EXPERIMENTS):
        assert {case.database.parent for case in cases} == set(FOLDERS)
    assert {len(held(oracle.TREE / "mlruns").runs), len(held(oracle.BUNDLED / "mlflow.db").runs)} == {60}


@pytest.mark.parametrize("case", RUNS, ids=lambda case: case.name)
def test_runs(case: oracle.RunCase) -> None:
    if case.expected is None:
        with pytest.raises(FilterError):
            entities(case).run_search(case.query)
    else:
        assert entities(case).run_search(case.query) == list(case.expected)


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case.name)
def test_pages(case: oracle.RunCase) -> None:
    assert case.expected is not None
    assert entities(case).run_search(case.query) == list(case.expected)


@pytest.mark.parametrize("case", EXPERIMENTS, ids=lambda case: case.name)
def test_experiments(case: oracle.ExperimentCase) -> None:
    if case.expected is None or case.query.filter in REFUSED_IN_TREES:
        with pytest.raises(FilterError):
            entities(case).experiment_search(case.query)
    else:
        assert entities(case).experiment_search(case.query) == list(case.expected)
