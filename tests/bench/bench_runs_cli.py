"""`flowdeck runs -o json` on 100,000 runs, next to a hand-written script and to MLflow's own client."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from store.entities import RunParts
from store.opening import open_store
from store.protocols import RunQuery, Store
from tests.bench.generator import RunsShape, cached_runs
from tests.bench.timing import (
    Case,
    Row,
    Samples,
    Settings,
    flowdeck_command,
    interleaved,
    process,
    run_alone,
    scratch,
    timed,
)

REPEATS: Final = 9
MLFLOW_REPEATS: Final = 3
"""MLflow's client takes seconds a time."""

SCRIPT_TIMES: Final = 3.0
MLFLOW_TIMES: Final = 20.0

FILTER: Final = "metrics.m3 > 0.5 and params.p2 = 'x'"
SORT: Final = "metrics.m1 DESC"
"""What FILTERED in baseline_runs.py does, too."""

KEYS: Final = (
    *("run_id", "run_name", "experiment_id", "status", "start_time", "end_time", "lifecycle_stage"),
    *("artifact_uri", "user_id", "metrics", "params", "tags"),
)


class Disagreement(Exception):
    """Two programs that ought to print the same do not, so their times say nothing."""


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    store = cached_runs(RunsShape(2_000) if settings.quick else RunsShape())
    limit = 200 if settings.quick else 1_000
    with scratch() as folder:
        repeats = settings.rounds(REPEATS)
        rows = [_against_script(store, limit, filtered, folder, repeats) for filtered in (False, True)]
        if python := os.environ.get("FLOWDECK_MLFLOW_PYTHON"):
            rows.extend(_against_mlflow(store, limit, python, folder, settings.rounds(MLFLOW_REPEATS)))
        else:
            rows.append(Row("`flowdeck runs` against MLflow's client", "not measured: set FLOWDECK_MLFLOW_PYTHON"))
        return rows


def _command(store: Path, limit: int, filtered: bool) -> list[str]:
    query = ("-f", FILTER, "--sort", SORT) if filtered else ()
    return flowdeck_command("runs", "-n", str(limit), "-o", "json", *query, "-s", str(store))


def _name(limit: int, filtered: bool) -> str:
    return f"`flowdeck runs -n {limit} -o json`{' with filter and sort' if filtered else ''}"


def _against_script(store: Path, limit: int, filtered: bool, folder: Path, repeats: int) -> Row:
    script = str(Path(__file__).with_name("baseline_runs.py"))
    arguments = [sys.executable, script, str(store), str(limit), *(["filtered"] if filtered else [])]
    ours, theirs = folder / "flowdeck.json", folder / "script.json"
    name, baseline = _name(limit, filtered), "sqlite3 script"
    cases = {name: process(_command(store, limit, filtered), ours), baseline: process(arguments, theirs)}
    samples = interleaved(cases, repeats)
    _check_same(_read(ours), _read(theirs), "the hand-written script")
    return samples.at_most(name, baseline, SCRIPT_TIMES)


def _against_mlflow(store: Path, limit: int, python: str, folder: Path, repeats: int) -> list[Row]:
    """Whole processes, then the search alone with everything imported and the database open, which flatters MLflow."""
    script = str(Path(__file__).with_name("mlflow_client.py"))
    arguments = [python, script, f"sqlite:///{store}", FILTER, SORT, str(limit)]
    ours, theirs = folder / "flowdeck.json", folder / "mlflow.json"
    name, whole = _name(limit, True), "MLflow's client, whole process"
    inside, search = f"{limit} runs through `store`, filter and sort", "MLflow's search_runs"
    searches: list[float] = []
    run_client = process(arguments, theirs, {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"})

    def client() -> float:
        seconds = run_client()
        searches.append(json.loads(theirs.read_text())["seconds"])
        return seconds

    opened = open_store(str(store))
    try:
        cases: dict[str, Case] = {
            name: process(_command(store, limit, True), ours),
            whole: client,
            inside: timed(lambda: search_runs(opened, limit)),
        }
        samples = interleaved(cases, repeats, warm_up=False)
    finally:
        opened.close()
    ids = [run["run_id"] for run in _read(ours)]
    if ids != json.loads(theirs.read_text())["run_ids"]:
        raise Disagreement("flowdeck and MLflow's client do not find the same runs in the same order")
    samples = Samples({**samples.seconds, search: searches})
    return [samples.faster(name, whole, MLFLOW_TIMES), samples.faster(inside, search, MLFLOW_TIMES)]


def search_runs(store: Store, limit: int) -> None:
    """What the command does between opening the store and printing."""
    page = store.run_ids(RunQuery(filter=FILTER, order_by=(SORT,), limit=limit))
    store.runs(page.items, RunParts.ATTRIBUTES | RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS)


def _read(path: Path) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(path.read_text())
    return runs


def _check_same(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], name: str) -> None:
    if len(ours) != len(theirs):
        raise Disagreement(f"flowdeck prints {len(ours)} runs, {name} {len(theirs)}")
    for run, other in zip(ours, theirs, strict=True):
        for key in KEYS:
            if run.get(key) != other[key]:
                shown = f"{run.get(key)!r:.200} and {other[key]!r:.200}"
                raise Disagreement(f"flowdeck and {name} differ in {key} of run {other['run_id']}: {shown}")


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
