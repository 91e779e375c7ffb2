"""One store for every backend: the sixty runs of the oracle's database, and some that have everything.

The runs that have everything lie in an experiment of their own, so that the oracle's recorded answers hold.
"""

from __future__ import annotations

import math
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.support.mlflow_servers import STORES
from tests.support.oracle import BUNDLED
from tests.support.transplant import move

EDGE: Final = "5"
"""Id of the experiment that holds the runs below."""
EDGE_NAME: Final = "edge cases / été 漢字"

FULL: Final = "e0" * 16
"""A finished run with params, metrics, tags, a note, datasets, a model read and a model written."""
CHILD: Final = "e1" * 16
"""A running run below `FULL`, without metrics."""
TWIN: Final = "e2" * 16
"""A failed run with the name of `CHILD`."""

MODEL: Final = "m-" + "ab" * 16
"""The logged model that `FULL` wrote."""
MODEL_READ: Final = "m-" + "cd" * 16
"""The logged model that `FULL` read."""

START: Final = 1_750_000_000_000
"""ms since the epoch at which `FULL` began."""

LONG: Final = 700
"""Points of the metric `train/loss` of `FULL`."""

PARAMS: Final = {
    "lr": "1e-05",
    "data/path with blanks": "/data/été\u00a0x",
    "unicode é": "漢字 ❤ naïve",
    "lines": "first\nsecond\ttabbed",
    "long": "x" * 3000,
    "empty": "",
}
TAGS: Final = {
    "mlflow.runName": "all of it",
    "mlflow.user": "ada",
    "mlflow.note.content": "# Note\n\nwith *markdown* [b]and markup[/b]",
    "mlflow.source.git.commit": "0123456789abcdef0123456789abcdef01234567",
    "team/owner": "été",
    "quoted 'n' \"m\"": "it's",
}


def loss(step: int) -> float:
    """`train/loss` of `FULL`: falling, with one NaN, one infinity of each sign and one spike."""
    odd = {100: math.nan, 200: math.inf, 300: -math.inf, 411: 1234.5}
    return odd.get(step, 2.0 / (1 + step / 50) + (step % 7) / 100)


def points() -> dict[str, list[tuple[int, int, float]]]:
    """The histories of `FULL`: by key, (step, timestamp, value) ordered by (step, timestamp, value)."""
    return {
        "train/loss": [(step, START + 1000 * step, loss(step)) for step in range(LONG)],
        "stepless": [(0, START + 60_000 * at, float(at % 5)) for at in range(40)],
        "negative steps": [(step, START + 5000 + step, step * 0.5) for step in range(-20, 21)],
        "repeated": sorted((step // 3, START + 10 * step, math.sin(step)) for step in range(30)),
        "only nan": [(step, START + step, math.nan) for step in range(3)],
        "one": [(7, START + 7, 1e-9)],
        "huge steps": [(10**15 * step, START + step, -1e300 * step) for step in range(3)],
    }


def reference_database(folder: Path) -> Path:
    """Makes the store in `folder` as an SQLite database in MLflow 3.17's schema."""
    database = folder / "mlflow.db"
    shutil.copy(BUNDLED / "mlflow.db", database)
    with closing(sqlite3.connect(database)) as connection, connection:
        _fill(connection)
    return database


def reference_database_of(release: str, folder: Path) -> Path:
    """The same in the schema of a release whose store is bundled; what that has no place for stays out."""
    database = folder / f"{release}.db"
    move(reference_database(folder), STORES / release / "mlflow.db", database)
    return database


def _fill(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO experiments VALUES (?, ?, ?, 'active', ?, ?, 'default')",
        (int(EDGE), EDGE_NAME, f"/srv/mlflow/edge/{EDGE}", START - 5000, START - 4000),
    )
    connection.executemany(
        "INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?)",
        [("mlflow.note.content", "What *this* is", int(EDGE)), ("stage/é", "", int(EDGE))],
    )
    runs = (
        (FULL, "all of it", "FINISHED", START, START + 3_600_000),
        (CHILD, "twin", "RUNNING", START + 1000, None),
        (TWIN, "twin", "FAILED", START + 2000, START + 2500),
    )
    for run_id, name, status, start, end in runs:
        connection.execute(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status,"
            " start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
            " VALUES (?, ?, 'UNKNOWN', '', '', 'ada', ?, ?, ?, '', 'active', ?, ?)",
            (run_id, name, status, start, end, f"/srv/mlflow/edge/{EDGE}/{run_id}/artifacts", int(EDGE)),
        )
    child_tags = {"mlflow.runName": "twin", "mlflow.user": "ada"}
    tags = {FULL: TAGS, CHILD: {**child_tags, "mlflow.parentRunId": FULL, "blank": ""}, TWIN: child_tags}
    for run_id, own in tags.items():
        _insert(connection, "tags", ("key", "value", "run_uuid"), [(*pair, run_id) for pair in own.items()])
    _insert(connection, "params", ("key", "value", "run_uuid"), [(*pair, FULL) for pair in PARAMS.items()])
    for key, history in points().items():
        stored = [(key, *_stored(value), time, step, FULL) for step, time, value in history]
        columns = ("key", "value", "is_nan", "timestamp", "step", "run_uuid")
        _insert(connection, "metrics", columns, stored)
        latest = max(stored, key=lambda row: (row[4], row[3], row[1]))
        _insert(connection, "latest_metrics", columns, [latest])
    _fill_inputs(connection)


def _fill_inputs(connection: sqlite3.Connection) -> None:
    datasets = [("wine", "d1", "set-wine", "local"), ("wine", "d2", "set-wine-2", "http")]
    for name, digest, uuid, source_type in datasets:
        connection.execute(
            "INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (uuid, int(EDGE), name, digest, source_type, '{"uri": "é"}', '{"columns": []}', '{"num_rows": 3}'),
        )
        edge = f"edge-{uuid}"
        connection.execute("INSERT INTO inputs VALUES (?, 'DATASET', ?, 'RUN', ?, 0)", (edge, uuid, FULL))
        connection.execute("INSERT INTO input_tags VALUES (?, 'mlflow.data.context', ?)", (edge, f"use of {digest}"))
    for model, kind, step in ((MODEL, "OUTPUT", 42), (MODEL_READ, "INPUT", 0)):
        connection.execute(
            "INSERT INTO inputs VALUES (?, ?, ?, ?, ?, ?)",
            (f"edge-{kind}", f"RUN_{kind}", FULL, f"MODEL_{kind}", model, step),
        )
        connection.execute(
            "INSERT INTO logged_models VALUES (?, ?, ?, ?, ?, ?, 2, 'active', 'sklearn', ?, NULL)",
            (
                model,
                int(EDGE),
                "forest",
                f"/srv/mlflow/edge/{EDGE}/models/{model}/artifacts",
                START + 10,
                START + 20,
                FULL if kind == "OUTPUT" else TWIN,
            ),
        )
        connection.execute(
            "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES (?, ?, ?, ?)",
            (model, int(EDGE), "trees", "9"),
        )
        connection.execute(
            "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES (?, ?, 'é', '漢')",
            (model, int(EDGE)),
        )


def _stored(value: float) -> tuple[float, bool]:
    """As MLflow stores it: NaN as a flag, infinities as the greatest numbers."""
    if math.isnan(value):
        return 0.0, True
    return max(min(value, 1.7976931348623157e308), -1.7976931348623157e308), False


def _insert(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
