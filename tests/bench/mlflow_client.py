"""The same search through MLflow's own client; run by a Python that has mlflow.

    python tests/bench/mlflow_client.py URI FILTER ORDER_BY LIMIT

Prints the seconds of the search alone, with MLflow imported and the database open, and the ids that it found.
"""

import json
import sys
import time

from mlflow import MlflowClient  # type: ignore[import-not-found, unused-ignore]  # only there


def main() -> None:
    """Searches and prints."""
    uri, filter_string, order_by, limit = sys.argv[1:]
    client = MlflowClient(uri)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    start = time.perf_counter()
    runs = client.search_runs(experiments, filter_string, order_by=[order_by], max_results=int(limit))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "run_ids": [run.info.run_id for run in runs]}))


if __name__ == "__main__":
    main()
