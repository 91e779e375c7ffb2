"""Large stores in MLflow's schema, filled as MLflow fills them and the same on every run.

    python -m tests.bench.generator runs --runs 100000 --params 20 --metrics 20 --tags 5 PATH
    python -m tests.bench.generator metric --points 1000000 PATH

Rows lie in the order in which training would have written them (run by run), ids are random, the file has MLflow's
indexes and was never ANALYZEd: all three decide how fast it can be read.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Final

Row = tuple[object, ...]

GENERATION: Final = 1
"""Part of the name of a cached store; a change of what is written here must raise it."""

REVISION: Final = "dc11669786a5"
"""The alembic revision of the schema, MLflow 3.17.2's."""

EPOCH_MS: Final = 1_700_000_000_000
"""When the first run started."""

BATCH_RUNS: Final = 1_000
"""Runs whose rows are written table by table; the tables share the file in pieces of this size."""

CACHE_KIB: Final = 1024 * 1024
"""SQLite's page cache. The keys hold random run ids, so their indexes want to stay in memory while they grow."""

SHARES: Final = (
    *(0.180, 0.140, 0.110, 0.090, 0.075, 0.065, 0.060, 0.050, 0.044, 0.040),
    *(0.035, 0.030, 0.026, 0.020, 0.014, 0.010, 0.006, 0.003, 0.0015, 0.0005),
)
"""The part of the runs in each experiment."""

MIDDLE_EXPERIMENT: Final = "sweep-13"
"""The experiment with 2.6 % of the runs: 2,600 of 100,000."""

MLFLOW_TAGS: Final = (
    "mlflow.runName",
    "mlflow.user",
    "mlflow.source.name",
    "mlflow.source.type",
    "mlflow.source.git.commit",
)
"""The tags that MLflow sets by itself, and the first ones here."""

RARE_PARAM: Final = 2
RARE_VALUE: Final = "x"
RARE_ONE_IN: Final = 40
"""How rare that value of that parameter is. MLflow's own search, of which the benchmarks take the time too, reads the
whole order-by metric once for each run that matches, so that a usual value would take it minutes."""

LONG_RUN: Final = "long-run"
LONG_METRIC: Final = "loss"
LONG_EXPERIMENT: Final = "long-histories"
SHORT_POINTS: Final = 1_000
SPIKE_MAX: Final = 100.0
SPIKE_MIN: Final = -50.0

_COLUMNS: Final = {
    "experiments": (
        "experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace"
    ),
    "runs": (
        "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,"
        " source_version, lifecycle_stage, artifact_uri, experiment_id, deleted_time"
    ),
    "params": "key, value, run_uuid",
    "tags": "key, value, run_uuid",
    "metrics": "key, value, timestamp, step, is_nan, run_uuid",
    "latest_metrics": "key, value, timestamp, step, is_nan, run_uuid",
}


@dataclass(frozen=True, slots=True)
class RunsShape:
    """How large a store of many runs is."""

    runs: int = 100_000
    params: int = 20
    metrics: int = 20
    tags: int = 5
    points_per_metric: int = 1
    seed: int = 1

    @property
    def file_name(self) -> str:
        sizes = f"{self.runs}x{self.params}x{self.metrics}x{self.tags}x{self.points_per_metric}"
        return f"runs-{sizes}-seed{self.seed}-g{GENERATION}.db"


@dataclass(frozen=True, slots=True)
class MetricShape:
    """How long the metric of a store with one long history is."""

    points: int = 1_000_000
    seed: int = 1

    @property
    def file_name(self) -> str:
        return f"metric-{self.points}-seed{self.seed}-g{GENERATION}.db"

    @property
    def max_step(self) -> int:
        """The step of the only point with the value SPIKE_MAX, the largest."""
        return self.points * 123_457 // 1_000_000

    @property
    def min_step(self) -> int:
        """The step of the only point with the value SPIKE_MIN, the smallest."""
        return self.points * 654_321 // 1_000_000


def experiment_names(shape: RunsShape) -> list[str]:
    """The names of the experiments of a store of many runs, the one with the most runs first."""
    return [f"sweep-{number:02d}" for number, count in enumerate(_runs_per_experiment(shape.runs), 1) if count]


def generate_runs(path: Path, shape: RunsShape) -> None:
    """Makes a store of many runs in 20 experiments of very different sizes.

    Raises:
        FileExistsError: The file exists.
        OSError, sqlite3.Error: It could not be written.
    """

    def fill(connection: sqlite3.Connection) -> None:
        counts = _runs_per_experiment(shape.runs)
        _insert(connection, "experiments", [_experiment(0, "Default")])
        _insert(
            connection,
            "experiments",
            [_experiment(number, f"sweep-{number:02d}") for number, count in enumerate(counts, 1) if count],
        )
        rng = random.Random(shape.seed)
        homes = [number for number, count in enumerate(counts, 1) for _ in range(count)]
        rng.shuffle(homes)
        numbered = enumerate(homes)
        while batch := list(islice(numbered, BATCH_RUNS)):
            tables: dict[str, list[Row]] = {
                name: [] for name in ("runs", "tags", "params", "metrics", "latest_metrics")
            }
            for index, experiment_id in batch:
                _add_run(tables, rng, shape, index, experiment_id)
            for table, rows in tables.items():
                _insert(connection, table, rows)

    _make(path, fill)


def generate_metric(path: Path, shape: MetricShape) -> None:
    """Makes a store with one run whose metric has a long history with two known spikes, and five usual runs.

    Raises:
        FileExistsError: The file exists.
        OSError, sqlite3.Error: It could not be written.
    """

    def fill(connection: sqlite3.Connection) -> None:
        rng = random.Random(shape.seed)
        _insert(connection, "experiments", [_experiment(0, "Default"), _experiment(1, LONG_EXPERIMENT)])
        runs: list[tuple[str, tuple[str, ...], int]]
        runs = [(f"short-run-{number}", ("accuracy", LONG_METRIC), SHORT_POINTS) for number in range(5)]
        runs.append((LONG_RUN, (LONG_METRIC,), shape.points))
        start = EPOCH_MS
        for name, keys, points in runs:
            run_id = _run_id(rng)
            end = start + points * 50
            _insert(connection, "runs", [_run(run_id, name, 1, "FINISHED", start, end)])
            _insert(connection, "tags", list(_tags(run_id, name, rng, len(MLFLOW_TAGS))))
            _insert(connection, "params", [("lr", "0.001", run_id), ("model", "resnet18", run_id)])
            for key in keys:
                spikes = {shape.max_step: SPIKE_MAX, shape.min_step: SPIKE_MIN} if name == LONG_RUN else {}
                _insert(connection, "metrics", _history(rng, run_id, key, points, start, spikes))
                latest = connection.execute(
                    f"SELECT {_COLUMNS['metrics']} FROM metrics WHERE run_uuid = ? AND key = ? AND step = ?",
                    (run_id, key, points - 1),
                ).fetchall()
                _insert(connection, "latest_metrics", latest)
            start = end + 60_000

    _make(path, fill)


# ------------------------------------------------------------------------------------------------ where stores are kept


def cached_runs(shape: RunsShape) -> Path:
    """The store of that shape, made if it is not there yet."""
    return _cached(shape.file_name, lambda path: generate_runs(path, shape))


def cached_metric(shape: MetricShape) -> Path:
    """The store of that shape, made if it is not there yet."""
    return _cached(shape.file_name, lambda path: generate_metric(path, shape))


def bench_folder() -> Path:
    """Where generated stores are kept: FLOWDECK_BENCH_DIR, or `.bench` in the repository."""
    if folder := os.environ.get("FLOWDECK_BENCH_DIR"):
        return Path(folder)
    return Path(__file__).resolve().parents[2] / ".bench"


def _cached(name: str, make: Callable[[Path], None]) -> Path:
    path = bench_folder() / name
    if not path.exists():
        print(f"making {path} ...", file=sys.stderr)
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)
    return path


# -------------------------------------------------------------------------------------------------------------- writing


def _make(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Writes a database under another name, and gives it its own when it is complete."""
    if path.exists():
        raise FileExistsError(f"{path} exists")
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    package = files("store.demo")
    try:
        with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
            # Nobody knows the file yet, and a half-written one is thrown away.
            for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
                connection.execute(f"PRAGMA {setting}")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.executescript(f"BEGIN;{package.joinpath('tables.sql').read_text('utf-8')}COMMIT;")
            connection.execute("BEGIN")
            connection.execute("INSERT INTO alembic_version VALUES (?)", (REVISION,))
            workspace = ("default", "Default workspace for legacy resources")
            connection.execute("INSERT INTO workspaces (name, description) VALUES (?, ?)", workspace)
            fill(connection)
            connection.execute("COMMIT")
            connection.executescript(f"BEGIN;{package.joinpath('indexes.sql').read_text('utf-8')}COMMIT;")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    columns = _COLUMNS[table]
    marks = ", ".join("?" * (columns.count(",") + 1))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


# ----------------------------------------------------------------------------------------------------------------- rows


def _runs_per_experiment(runs: int) -> list[int]:
    """How many runs each experiment gets; the first takes what rounding leaves."""
    counts = [round(runs * share) for share in SHARES]
    counts[0] += runs - sum(counts)
    return counts


def _run_id(rng: random.Random) -> str:
    return f"{rng.getrandbits(128):032x}"


def _experiment(number: int, name: str) -> Row:
    return (number, name, f"/srv/mlruns/{number}", "active", EPOCH_MS + number, EPOCH_MS + number, "default")


def _run(run_id: str, name: str, experiment_id: int, status: str, start: int, end: int | None) -> Row:
    uri = f"/srv/mlruns/{experiment_id}/{run_id}/artifacts"
    return (
        *(run_id, name, "UNKNOWN", "", "", "trainer", status, start, end),
        *("", "active", uri, experiment_id, None),
    )


def _tags(run_id: str, name: str, rng: random.Random, count: int) -> Iterator[Row]:
    values = (name, "trainer", "train.py", "LOCAL", f"{rng.getrandbits(160):040x}")
    yield from islice(((key, value, run_id) for key, value in zip(MLFLOW_TAGS, values, strict=True)), count)
    for number in range(len(MLFLOW_TAGS), count):
        yield (f"t{number}", f"tag value {rng.randrange(100)}", run_id)


def _add_run(
    tables: dict[str, list[Row]], rng: random.Random, shape: RunsShape, index: int, experiment_id: int
) -> None:
    """Adds the rows of one run, newest last: one in 100 is deleted, six in 100 did not finish."""
    run_id = _run_id(rng)
    name = f"run-{index:06d}"
    start = EPOCH_MS + index * 60_000 + rng.randrange(50_000)
    end = start + 1_000 + rng.randrange(3_600_000)
    status = rng.choices(("FINISHED", "FAILED", "KILLED", "RUNNING"), (94, 4, 1, 1))[0]
    row = _run(run_id, name, experiment_id, status, start, None if status == "RUNNING" else end)
    if rng.randrange(100) == 0:
        row = (*row[:10], "deleted", *row[11:13], end + 1_000)
    tables["runs"].append(row)
    tables["tags"].extend(_tags(run_id, name, rng, shape.tags))
    tables["params"].extend((f"p{number}", _param(rng, number), run_id) for number in range(shape.params))
    for number in range(shape.metrics):
        last: Row = ()
        for step in range(shape.points_per_metric):
            is_nan = number == 7 and rng.randrange(1_000) == 0
            value = 0.0 if is_nan else rng.random()
            last = (f"m{number}", value, start + 1_000 + step * 100, step, is_nan, run_id)
            tables["metrics"].append(last)
        if last:
            tables["latest_metrics"].append(last)


def _param(rng: random.Random, number: int) -> str:
    if number == RARE_PARAM:
        return RARE_VALUE if rng.randrange(RARE_ONE_IN) == 0 else rng.choice("abcdefgh")
    match number % 4:
        case 0:
            return f"{rng.random():.6f}"
        case 1:
            return str(1 << rng.randrange(10))
        case 2:
            return rng.choice("xyzw")
        case _:
            return rng.choice(("adam", "sgd", "rmsprop", "data/train-2024.parquet", "[64, 128, 256]"))


def _history(
    rng: random.Random, run_id: str, key: str, points: int, start: int, spikes: dict[int, float]
) -> Iterator[Row]:
    for step in range(points):
        value = spikes.get(step)
        if value is None:
            value = 2.0 * math.exp(-5.0 * step / points) + 0.05 * rng.gauss(0.0, 1.0)
        yield (key, value, start + step * 50, step, False, run_id)


def main(arguments: Sequence[str] | None = None) -> None:
    """Makes a store from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.generator", description=__doc__.split("\n")[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    runs = kinds.add_parser("runs", help="many runs")
    runs.add_argument("--runs", type=int, default=RunsShape().runs)
    runs.add_argument("--params", type=int, default=RunsShape().params)
    runs.add_argument("--metrics", type=int, default=RunsShape().metrics)
    runs.add_argument("--tags", type=int, default=RunsShape().tags)
    runs.add_argument("--points-per-metric", type=int, default=RunsShape().points_per_metric)
    metric = kinds.add_parser("metric", help="one metric with a long history")
    metric.add_argument("--points", type=int, default=MetricShape().points)
    for kind in (runs, metric):
        kind.add_argument("--seed", type=int, default=1)
        kind.add_argument("path", type=Path)
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    try:
        if options.kind == "runs":
            shape = RunsShape(
                options.runs,
                options.params,
                options.metrics,
                options.tags,
                options.points_per_metric,
                options.seed,
            )
            generate_runs(options.path, shape)
        else:
            generate_metric(options.path, MetricShape(options.points, options.seed))
    except (OSError, sqlite3.Error) as error:
        parser.exit(3, f"{parser.prog}: {error}\n")
    seconds, size = time.perf_counter() - start, options.path.stat().st_size / 1e6
    print(f"{options.path}: {size:,.0f} MB in {seconds:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
