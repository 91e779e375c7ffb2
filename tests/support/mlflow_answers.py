"""Answers searches with a real MLflow: run by `fuzz_search.py` in an environment where MLflow is installed.

Reads one question a line from stdin, as JSON `[kind, filter, order_by]` with kind `runs` or `experiments`,
and writes one answer a line to stdout: `{"ids": [...], "parsed": [...]}` or `{"error": "..."}`.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import warnings
from typing import Any

from mlflow.entities import ViewType
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.utils.search_utils import SearchExperimentsUtils, SearchUtils


def main(database: str) -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    store = SqlAlchemyStore(f"sqlite:///{database}", tempfile.mkdtemp())
    ids = [experiment.experiment_id for experiment in store.search_experiments(ViewType.ALL)]
    for line in sys.stdin:
        kind, text, order_by = json.loads(line)
        try:
            answer = _answer(store, ids, kind, text, order_by)
        except Exception as error:  # whatever MLflow raises is its refusal
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), flush=True)


def _answer(store: Any, experiment_ids: list[str], kind: str, text: str, order_by: list[str]) -> dict[str, Any]:
    if kind == "runs":
        runs = store.search_runs(experiment_ids, text, ViewType.ALL, max_results=1000, order_by=order_by)
        found = [run.info.run_id for run in runs]
        parsed = SearchUtils.parse_search_filter(text)
    else:
        experiments = store.search_experiments(ViewType.ALL, 1000, text, order_by)
        found = [experiment.experiment_id for experiment in experiments]
        parsed = SearchExperimentsUtils.parse_search_filter(text)
    return {"ids": found, "parsed": parsed}


if __name__ == "__main__":
    main(sys.argv[1])
