"""Making mlruns trees for tests and measurements, byte for byte as MLflow's file store lays them out."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from store.opening import open_store
from store.protocols import Store

START: Final = 1_600_000_000_000
"""ms since the epoch at which the first run starts."""

HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class TreeShape:
    """How much a tree holds."""

    runs: int = 2_000
    experiments: int = 4
    params: int = 20
    metrics: int = 20
    points: int = 20
    """Of each metric."""
    tags: int = 5


def experiment_meta(experiment_id: str, /, **changes: Any) -> str:
    """The meta.yaml of an experiment as MLflow 2 writes it; None leaves a key out."""
    return _yaml(
        {
            "artifact_location": f"/srv/mlruns/{experiment_id}",
            "creation_time": START,
            "experiment_id": f"'{experiment_id}'",
            "last_update_time": START,
            "lifecycle_stage": "active",
            "name": f"experiment {experiment_id}",
        },
        changes,
    )


def run_meta(run_id: str, experiment_id: str = "1", start: int = START, /, **changes: Any) -> str:
    """The meta.yaml of a finished run as MLflow 2 writes it; None leaves a key out."""
    return _yaml(
        {
            "artifact_uri": f"/srv/mlruns/{experiment_id}/{run_id}/artifacts",
            "end_time": start + 60_000,
            "entry_point_name": "''",
            "experiment_id": f"'{experiment_id}'",
            "lifecycle_stage": "active",
            "run_id": f"'{run_id}'" if run_id.isdigit() else run_id,
            "run_name": f"run {run_id[:4]}",
            "source_name": "''",
            "source_type": 4,
            "source_version": "''",
            "start_time": start,
            "status": 3,
            "tags": "[]",
            "user_id": "ada",
        },
        changes,
    )


def _yaml(usual: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    return "".join(f"{key}: {value}\n" for key, value in {**usual, **changes}.items() if value is not None)


def write_experiment(root: Path, experiment_id: str = "1", meta: str | None = None) -> Path:
    """An experiment's folder."""
    folder = root / experiment_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "meta.yaml").write_text(experiment_meta(experiment_id) if meta is None else meta, "utf-8")
    return folder


def write_run(
    experiment: Path,
    run_id: str,
    *,
    meta: str | None = None,
    start: int = START,
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    metrics: Mapping[str, Sequence[tuple[int, float, int]]] | None = None,
) -> Path:
    """A run's folder. Metrics are (timestamp, value, step) in the order in which they were logged."""
    folder = experiment / run_id
    for name in ("artifacts", "metrics", "params", "tags"):
        (folder / name).mkdir(parents=True)
    (folder / "meta.yaml").write_text(run_meta(run_id, experiment.name, start) if meta is None else meta, "utf-8")
    for part, values in (("params", params or {}), ("tags", tags or {})):
        for key, value in values.items():
            write_file(folder / part / key, value)
    for key, points in (metrics or {}).items():
        write_file(folder / "metrics" / key, "".join(f"{time} {value} {step}\n" for time, value, step in points))
    return folder


def write_file(path: Path, text: str) -> None:
    """A file in folders that may not be there yet, without a translation of line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def run_id(number: int) -> str:
    """An id like MLflow's, the same every time."""
    return f"{random.Random(number).getrandbits(128):032x}"


def make_tree(root: Path, shape: TreeShape) -> Path:
    """A tree of this shape; the metric `metric_0` of run n is n at its last step."""
    chance = random.Random(7)
    experiments = [write_experiment(root, str(number + 1)) for number in range(shape.experiments)]
    for number in range(shape.runs):
        write_run(
            experiments[number % shape.experiments],
            run_id(number),
            start=START + number,
            params={f"param_{key}": str(chance.random()) for key in range(shape.params)},
            tags={f"tag_{key}": f"value {key}" for key in range(shape.tags)},
            metrics={
                f"metric_{key}": [
                    (START + step, chance.random() if key or step < shape.points - 1 else float(number), step)
                    for step in range(shape.points)
                ]
                for key in range(shape.metrics)
            },
        )
    return root


def age(root: Path, seconds: float = HOUR_S) -> Path:
    """Makes every file and folder old, as if nobody had written for a while: only then is what is read of it kept."""
    then = time.time() - seconds
    for folder, folders, names in os.walk(root):
        for name in (*names, *folders):
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                os.utime(path, (then, then))
    return root


def listing(root: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, bytes and time of change of everything in a tree: what nobody who reads may change."""
    found = {}
    for folder, folders, names in os.walk(root):
        for name in (".", *folders, *names):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            found[os.path.relpath(path, root)] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


def files_of(root: Path) -> list[str]:
    """The path of every file."""
    return [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]


@contextmanager
def opened(root: Path) -> Iterator[Store]:
    """The store in a tree, closed at the end."""
    store = open_store(root.as_uri())
    try:
        yield store
    finally:
        store.close()


@contextmanager
def counted(monkeypatch: Any) -> Iterator[Callable[[], list[str]]]:
    """Gives a function that tells which files were opened since it was last asked."""
    paths: list[str] = []
    real = os.open

    def noting(path: Any, *arguments: Any, **options: Any) -> int:
        paths.append(os.fspath(path))
        return real(path, *arguments, **options)

    def taken() -> list[str]:
        found = list(paths)
        paths.clear()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", noting)
        yield taken


def fresh_cache(folder: Path) -> None:
    """Removes all indexes of a cache folder."""
    shutil.rmtree(folder, ignore_errors=True)
