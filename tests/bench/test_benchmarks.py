"""The generated stores are what they claim to be, and the benchmarks' arithmetic is right; nothing here is timed."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.bench import __main__ as benchmarks
from tests.bench import baseline_runs, bench_curve
from tests.bench.generator import (
    LONG_METRIC,
    LONG_RUN,
    MIDDLE_EXPERIMENT,
    SPIKE_MAX,
    SPIKE_MIN,
    MetricShape,
    RunsShape,
    experiment_names,
    generate_metric,
    generate_runs,
)
from tests.bench.generator import main as generate
from tests.bench.timing import Row, Samples, Settings, interleaved

SHAPE = RunsShape(runs=2_000, params=4, metrics=8, tags=6, points_per_metric=2)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "runs.db"
    generate_runs(path, SHAPE)
    return path


def rows(path: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(sql, values).fetchall()


def test_a_store_of_runs_has_the_sizes_that_were_asked_for(store: Path) -> None:
    counts = {name: rows(store, f"SELECT count(*) FROM {name}")[0][0] for name in ("params", "metrics", "tags")}
    assert counts == {"params": 2_000 * 4, "metrics": 2_000 * 8 * 2, "tags": 2_000 * 6}
    assert rows(store, "SELECT count(*) FROM latest_metrics") == [(2_000 * 8,)]
    assert rows(store, "SELECT sum(is_nan) > 0 FROM latest_metrics WHERE key = 'm7'") == [(1,)]
    sizes = "SELECT e.name, count(*) FROM experiments e JOIN runs USING (experiment_id) GROUP BY 1 ORDER BY 2 DESC"
    per_experiment = {str(name): count for name, count in rows(store, sizes)}
    assert sorted(per_experiment) == sorted(experiment_names(SHAPE))
    assert len(per_experiment) == 20
    assert per_experiment[MIDDLE_EXPERIMENT] == 52
    assert next(iter(per_experiment)) == experiment_names(SHAPE)[0]


def test_a_store_is_as_mlflow_leaves_it(store: Path) -> None:
    assert rows(store, "PRAGMA integrity_check") == [("ok",)]
    assert rows(store, "PRAGMA foreign_key_check") == []
    assert rows(store, "PRAGMA journal_mode") == [("delete",)]
    names = {name for (name,) in rows(store, "SELECT name FROM sqlite_schema")}
    assert {"index_metrics_run_uuid_key_step", "index_params_run_uuid", "sqlite_autoindex_latest_metrics_1"} <= names
    assert "sqlite_stat1" not in names, "MLflow never runs ANALYZE"
    last = "SELECT run_uuid, key, max(step) FROM metrics GROUP BY 1, 2"
    assert rows(store, f"SELECT count(*) FROM ({last}) JOIN latest_metrics USING (run_uuid, key)") == [(2_000 * 8,)]


def test_a_store_is_the_same_on_every_run(store: Path, tmp_path: Path) -> None:
    again, other = tmp_path / "again.db", tmp_path / "other.db"
    generate_runs(again, SHAPE)
    assert again.read_bytes() == store.read_bytes()
    generate_runs(other, RunsShape(runs=20, seed=2))
    generate_runs(tmp_path / "third.db", RunsShape(runs=20, seed=3))
    ids = "SELECT run_uuid FROM runs"
    assert rows(other, ids) != rows(tmp_path / "third.db", ids)


def test_the_long_metric_has_its_spikes_where_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, shape = tmp_path / "metric.db", MetricShape(points=5_000)
    generate(["metric", "--points", "5000", str(path)])
    assert "metric.db" in capsys.readouterr().err
    history = "SELECT step, value FROM metrics JOIN runs USING (run_uuid) WHERE name = ? AND key = ? ORDER BY value"
    points = rows(path, history, LONG_RUN, LONG_METRIC)
    assert len(points) == 5_000
    assert points[0] == (shape.min_step, SPIKE_MIN)
    assert points[-1] == (shape.max_step, SPIKE_MAX)
    (run_id,) = rows(path, "SELECT run_uuid FROM runs WHERE name = ?", LONG_RUN)[0]
    buckets = bench_curve.aggregate(path, str(run_id), 5_000)
    assert len(buckets) <= bench_curve.BUCKETS
    assert (min(low for _, low, _ in buckets), max(high for _, _, high in buckets)) == (SPIKE_MIN, SPIKE_MAX)


def test_nothing_is_overwritten_and_nothing_half_written_stays(store: Path, tmp_path: Path) -> None:
    before = store.stat().st_mtime_ns
    with pytest.raises(FileExistsError):
        generate_runs(store, SHAPE)
    with pytest.raises(SystemExit, match="3"):
        generate(["runs", "--runs", "1", str(store)])
    assert store.stat().st_mtime_ns == before
    with pytest.raises(sqlite3.OperationalError):
        generate_metric(tmp_path / "missing" / "metric.db", MetricShape(10))
    assert list(store.parent.iterdir()) == [store]


@pytest.mark.parametrize("filtered", [False, True])
def test_the_hand_written_script_prints_what_was_asked_for(store: Path, filtered: bool) -> None:
    command = [sys.executable, baseline_runs.__file__, str(store), "10", *(["filtered"] if filtered else [])]
    runs = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert len(runs) == 10
    for run in runs:
        assert run["lifecycle_stage"] == "active"
        assert (len(run["params"]), len(run["metrics"]), len(run["tags"])) == (4, 8, 6)
    if filtered:
        assert all(run["metrics"]["m3"] > 0.5 and run["params"]["p2"] == "x" for run in runs)
        order = [run["metrics"]["m1"] for run in runs]
    else:
        order = [run["start_time"] for run in runs]
    assert order == sorted(order, reverse=True)


def test_numbers_that_are_not_finite_are_words() -> None:
    assert [
        baseline_runs.number(*value) for value in ((0.0, 1), (sys.float_info.max, 0), (-math.inf, 0), (1.5, 0))
    ] == [
        "NaN",
        "Infinity",
        "-Infinity",
        1.5,
    ]


def test_ratios_are_taken_within_rounds() -> None:
    samples = Samples({"ours": [2.0, 20.0, 3.0], "theirs": [1.0, 10.0, 1.0]})
    assert samples.ratio("ours", "theirs") == 2.0
    assert samples.at_most("ours", "theirs", 2).within
    assert not samples.at_most("ours", "theirs", 1.9).within
    row = samples.faster("theirs", "ours", 2)
    assert (row.ratio, row.within) == ("2x faster", True)


def test_cases_are_interleaved_and_the_first_round_is_thrown_away() -> None:
    calls: list[str] = []

    def case(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    samples = interleaved({"a": lambda: case("a"), "b": lambda: case("b")}, 2)
    assert calls == ["b", "a", "a", "b", "b", "a"]
    assert samples.seconds == {"a": [3.0, 6.0], "b": [4.0, 5.0]}


def test_figures_are_put_between_the_markers(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(benchmarks.README.read_text("utf-8"), "utf-8")
    for turn in ("first", "second"):
        benchmarks.write_figures([Row(turn, "1 ms", within=False)], readme, whole=True)
    text = readme.read_text("utf-8")
    assert "| second | 1 ms |  |  |  | **over** |" in text
    assert "first |" not in text
    assert text.startswith("# Benchmarks")
    # What was not measured this time stays as it was.
    benchmarks.write_figures([Row("second", "2 ms", "other: 4 ms"), Row("third", "3 ms")], readme, whole=False)
    benchmarks.write_figures([Row("third", "4 ms")], readme, whole=False)
    lines = [line for line in readme.read_text("utf-8").splitlines() if line.startswith(("| second", "| third"))]
    assert lines == [
        "| second | 1 ms |  |  |  | **over** |",
        "| second | 2 ms | other: 4 ms |  |  |  |",
        "| third | 4 ms |  |  |  |  |",
    ]
    readme.write_text("no markers", "utf-8")
    with pytest.raises(ValueError, match="no markers"):
        benchmarks.write_figures([], readme, whole=True)


def test_a_benchmark_that_cannot_measure_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(settings: Settings) -> list[Row]:
        raise AssertionError("the chart not seen")

    monkeypatch.setitem(benchmarks.BENCHMARKS, "curve", fails)
    monkeypatch.setitem(benchmarks.BENCHMARKS, "wire", lambda settings: [Row("bytes", str(settings.rounds(20)))])
    switch = sys.getswitchinterval()
    try:
        assert benchmarks.main(["--quick", "--only", "curve", "--only", "wire"]) == 1
    finally:
        sys.setswitchinterval(switch)
    printed = capsys.readouterr()
    assert "| curve | could not be measured |" in printed.out
    assert "| bytes | 2 |" in printed.out
    assert "the chart not seen" in printed.err
