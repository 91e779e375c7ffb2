"""Reading a tree can be withdrawn, tells how far it is, and gives the same whatever way it is asked."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store.entities import Axis, RunParts, ViewType
from store.errors import Cancelled, FilterError
from store.file import reports
from store.protocols import ExperimentQuery, Headway, RunQuery, Store
from tests.support.cli import invoke
from tests.support.trees import (
    START,
    TreeShape,
    counted,
    listing,
    make_tree,
    opened,
    run_id,
    write_experiment,
    write_run,
)

SHAPE = TreeShape(runs=60, experiments=3, params=5, metrics=5, points=6, tags=3)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tree(tmp_path_factory.mktemp("tree") / "mlruns", SHAPE)


@pytest.fixture(autouse=True)
def _no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test reads is read by the next one, too."""
    monkeypatch.setenv("FLOWDECK_CACHE_DIR", str(tmp_path / "cache"))


IDS = tuple(run_id(number) for number in range(59, -1, -1))
"""Newest first."""

Call = Callable[[Store, threading.Event], object]
CALLS: dict[str, Call] = {
    "experiments": lambda store, cancel: store.experiments(ExperimentQuery(), cancel),
    "experiment_stats": lambda store, cancel: store.experiment_stats(cancel),
    "run_ids": lambda store, cancel: store.run_ids(RunQuery(), cancel),
    "filter": lambda store, cancel: store.run_ids(RunQuery(filter="metrics.metric_0 > 0"), cancel),
    "runs": lambda store, cancel: store.runs(IDS, RunParts.ALL, cancel),
    "matching_run_ids": lambda store, cancel: store.matching_run_ids("run", 10, cancel),
    "history": lambda store, cancel: store.history(run_id(3), "metric_0", cancel),
    "metric_summaries": lambda store, cancel: store.metric_summaries(run_id(3), cancel),
    "logged_models": lambda store, cancel: store.logged_models(["m-1"], cancel),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_is_withdrawn_before_it_begins(root: Path, name: str) -> None:
    cancel = threading.Event()
    cancel.set()
    with opened(root) as store, pytest.raises(Cancelled):
        CALLS[name](store, cancel)


@pytest.mark.parametrize("name", ["run_ids", "filter", "runs", "experiment_stats"])
def test_a_call_that_is_withdrawn_reads_hardly_anything_more(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    cancel = threading.Event()
    real, count = os.open, 0

    def until(path: Any, *arguments: Any, **options: Any) -> int:
        nonlocal count
        count += str(path).startswith(str(root))
        if count == 20:
            cancel.set()
        return real(path, *arguments, **options)

    with opened(root) as store:
        monkeypatch.setattr(os, "open", until)
        with pytest.raises(Cancelled):
            CALLS[name](store, cancel)
    assert 20 <= count <= 20 + 2 * (SHAPE.params + SHAPE.metrics + SHAPE.tags)


def test_a_long_metric_that_is_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(write_experiment(tmp_path / "mlruns"), run_id(0))
    line = b"1600000000000 0.5 1\n"
    (run / "metrics" / "loss").write_bytes(line * (5_000_000 // len(line)))
    cancel = threading.Event()
    real, reads = os.read, 0

    def until(descriptor: int, size: int) -> bytes:
        nonlocal reads
        reads += 1
        cancel.set()
        return real(descriptor, min(size, 1 << 16))

    with opened(tmp_path / "mlruns") as store:
        assert len(store.history(run_id(0), "loss")) == 250_000
    with opened(tmp_path / "mlruns") as store:
        assert store.run_ids(RunQuery()).items == (run_id(0),)
        monkeypatch.setattr(os, "read", until)
        with pytest.raises(Cancelled):
            store.history(run_id(0), "loss", cancel)
    assert reads <= 3


def test_headway(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "REPORT_S", 0.0)
    monkeypatch.setattr(reports, "REPORT_SHARE", 0)
    heard: list[Headway] = []
    with opened(root) as store:
        page = store.run_ids(RunQuery(order_by=("metrics.metric_0 DESC",)), progress=heard.append)
    assert page.items == IDS
    assert [(item.what, item.done, item.total) for item in heard] == [("runs", done, 60) for done in range(1, 61)]
    places = {found: place for place, found in enumerate(IDS)}
    for item in heard:
        assert len(item.found) == item.done
        assert list(item.found) == sorted(item.found, key=places.__getitem__)


def test_a_quick_answer_reports_nothing(root: Path) -> None:
    heard: list[Headway] = []
    with opened(root) as store:
        store.run_ids(RunQuery(limit=1, experiment_ids=("2",)), progress=heard.append)
    assert len(heard) <= 1


def test_the_newest_runs_need_no_more_than_their_meta_yaml(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with counted(monkeypatch) as opened_files, opened(root) as store:
        assert store.run_ids(RunQuery(limit=10)).items == IDS[:10]
        assert {path.rpartition("/")[2] for path in opened_files() if path.startswith(str(root))} == {"meta.yaml"}
        store.runs(IDS[:1], RunParts.PARAMS)
        read = [path for path in opened_files() if path.startswith(str(root))]
    assert {os.path.dirname(path).rpartition("/")[2] for path in read} <= {"params", IDS[0]}


def test_one_run_is_found_without_reading_the_others(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(root) as store, counted(monkeypatch) as opened_files:
        (run,) = store.runs([run_id(17)], RunParts.ATTRIBUTES)
        assert run.experiment_id == "3"
        assert len([path for path in opened_files() if path.startswith(str(root))]) <= 1 + SHAPE.experiments


def test_pages_and_experiments(root: Path) -> None:
    with opened(root) as store:
        page = store.run_ids(RunQuery(limit=7))
        assert (page.items, page.more) == (IDS[:7], True)
        assert store.run_ids(RunQuery(limit=60)).more is False
        assert store.run_ids(RunQuery(experiment_ids=("2",))).items == IDS[1::3]
        assert store.run_ids(RunQuery(experiment_ids=("absent",))).items == ()
        assert store.run_ids(RunQuery(experiment_ids=())).items == ()
        assert store.run_ids(RunQuery(view=ViewType.DELETED_ONLY)).items == ()
        with pytest.raises(FilterError):
            store.run_ids(RunQuery(filter="metrics.x >"))


def test_runs_by_name_and_by_the_beginning_of_their_id(root: Path) -> None:
    one = run_id(5)
    with opened(root) as store:
        assert store.matching_run_ids(one[:10], 5) == [one]
        assert store.matching_run_ids(f"run {one[:4]}", 5) == [one]
        assert store.matching_run_ids("nobody", 5) == []
        assert len(store.matching_run_ids("", 5)) == 0
        assert store.runs([one, "absent", one], RunParts.ATTRIBUTES)[0].run_id == one
        assert len(store.runs([one, "absent", one], RunParts.ATTRIBUTES)) == 2


def test_the_name_of_old_runs_is_in_a_tag(tmp_path: Path) -> None:
    experiment = write_experiment(tmp_path / "mlruns")
    run = write_run(experiment, run_id(0), tags={"mlflow.runName": "old one"})
    meta = (run / "meta.yaml").read_text().replace(f"run_name: run {run_id(0)[:4]}\n", "name: ''\n")
    (run / "meta.yaml").write_text(meta)
    with opened(tmp_path / "mlruns") as store:
        for parts in (RunParts.ATTRIBUTES, RunParts.ALL):
            assert store.runs([run.name], parts)[0].run_name == "old one"
        assert store.matching_run_ids("old one", 5) == [run.name]
        assert store.run_ids(RunQuery(filter="run_name = 'old one'")).items == (run.name,)
        assert store.run_ids(RunQuery(order_by=("run_name",))).items == (run.name,)


def test_curves_of_every_axis(root: Path) -> None:
    with opened(root) as store:
        (run,) = store.runs([run_id(4)], RunParts.ATTRIBUTES)
        summary = next(item for item in store.metric_summaries(run.run_id) if item.key == "metric_0")
        assert (summary.count, summary.latest.value, summary.last_step) == (6, 4.0, 5)
        assert summary.maximum is not None
        assert (summary.maximum.step, summary.maximum.value) == (5, 4.0)
        starts = {Axis.STEP: 0, Axis.RELATIVE: -4, Axis.WALL: START, Axis.ORDER: 0}
        for axis, first in starts.items():
            curve = store.curve(run, summary, axis, 3)
            assert (curve.count, len(curve.buckets), curve.buckets[0].x_first) == (6, 3, first)
            assert max(bucket.maximum for bucket in curve.buckets) == 4.0


def test_nothing_is_written_into_the_tree(root: Path) -> None:
    before = listing(root)
    with opened(root) as store:
        cancel = threading.Event()
        for call in CALLS.values():
            call(store, cancel)
    assert invoke("doctor", "-s", root).code == 0
    assert invoke("runs", "-s", root).code == 0
    assert listing(root) == before
