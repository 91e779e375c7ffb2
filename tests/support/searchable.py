"""A random store that every kind of backend can hold, with values that the filter language could get wrong."""

from __future__ import annotations

import math
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from tests.support.crafted import Crafted

NOW: Final = 1_780_000_000_000
"""ms since the epoch; the times of the runs lie before it."""

LARGEST: Final = 1.7976931348623157e308

NUMBERS: Final = (
    "0", "-0", "1", "1.0", "01", "+1", "9", "10", "1e1", "1E+01", "1e-05", "1e-5", "0.00001", ".5", "5.", "-.5", "1_0",
    "0.1", "0.30000000000000004", "0.3", "9007199254740993", "9007199254740992", "123456789012345678901234567890",
    "1e308", "1.797e308", "-1.8e308", "1e309", "1e999", "1e1000", "1e-320", "5e-324", "2e-324", "1e-400", "0e999", "1e",
    "e1", ".", "+", "-", "+-1", "1 ", " 1", "1\n", "\t1", "1,0", "0x10", "nan", "NaN", "inf", "-inf", "Infinity", "1d",
    "1e+5", "1e5.0", "1..", "1.e2", ".e2", "2.2250738585072011e-308", "0.1e-3", "None", "", "1" * 400, "\u0661",
    "1\u00a0", "8.41e21", "6.0221e23", "4.35", "0.57", "17.0000000000000001",
)  # fmt: skip
"""Texts that are numbers, and that are nearly some."""

TEXTS: Final = (
    "", "a", "A", "b", "ab", "Ab", "resnet50", "ResNet-18", "two words", "a%b", "a_b", "\\", "a\\b", "[a]", "x.y",
    "^a$", "line\nbreak", "é", "日本", "😀", "it's", 'say "hi"', "RUNNING", "dev", "DEV", "100", "a" * 60,
    "(a+)+$", "a\tb",
)  # fmt: skip
VALUES: Final = (
    0.0, 1.0, -1.0, 0.5, 0.1, 0.25, 2.0, 3.0, 10.0, -2.5, 1e-3, math.nan, LARGEST, -LARGEST, 1e300, 0.1 + 0.2,
)  # fmt: skip
KEYS: Final = ("a", "b", "val/loss", "a.b", "in", "é")
"""The last one is rare."""
EXPERIMENTS: Final = ("Default", "churn", "Churn 2", "3", "été", "deleted one")
STATUSES: Final = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")


def build(database: Path, seed: int, runs: int = 40) -> None:
    """Makes the database; one seed makes one content."""
    Crafted(database)
    chance = random.Random(seed)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM experiments")
        for number, name in enumerate(EXPERIMENTS):
            stage = "deleted" if number == len(EXPERIMENTS) - 1 else "active"
            row = (number, name, f"/nowhere/{number}", stage, NOW - number, NOW - number)
            connection.execute("INSERT INTO experiments VALUES (?, ?, ?, ?, ?, ?, 'default')", row)
        for number in range(3):
            made = (f"set-{number}", 0, ("wine", "Wine", "iris")[number], f"d{number}", "local", "s", None, None)
            connection.execute("INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?)", made)
        ids: list[str] = []
        for _ in range(runs):
            ids.append(_run(connection, chance, ids))


def _run(connection: sqlite3.Connection, chance: random.Random, before: Sequence[str]) -> str:
    run_id = f"{chance.getrandbits(128):032x}"
    name = chance.choice(TEXTS[1:20])
    start = NOW - chance.choice((0, 1, 1, 5_000, 3_600_000, 86_400_000, 172_800_000, chance.randrange(10**9)))
    status = chance.choice(STATUSES)
    end = None if status == "RUNNING" else start + chance.choice((0, 1, 90_000, 3_600_000, 5_400_000, 86_400_001))
    row = {
        "run_uuid": run_id,
        "name": name,
        "source_type": "UNKNOWN",
        "user_id": chance.choice(("ada", "Bob", "")),
        "status": status,
        "start_time": start,
        "end_time": end,
        "lifecycle_stage": chance.choice(("active", "active", "active", "deleted")),
        "artifact_uri": f"/nowhere/{run_id}",
        "experiment_id": chance.randrange(len(EXPERIMENTS)),
    }
    _insert(connection, "runs", row)
    tags = {"mlflow.runName": name}
    if before and chance.random() < 0.3:
        tags["mlflow.parentRunId"] = chance.choice(before)
    if chance.random() < 0.3:
        tags["mlflow.note.content"] = chance.choice(TEXTS)
    tags.update(_texts(chance))
    for table, found in (("tags", tags), ("params", _texts(chance))):
        for key, value in found.items():
            _insert(connection, table, {"key": key, "value": value, "run_uuid": run_id})
    for key in _keys(chance):
        _metric(connection, chance, run_id, key)
    for number in range(3):
        if chance.random() < 0.2:
            edge = f"{run_id}{number}"
            row_of_input = (edge, "DATASET", f"set-{number}", "RUN", run_id, 0)
            connection.execute("INSERT INTO inputs VALUES (?, ?, ?, ?, ?, ?)", row_of_input)
            tag = (edge, "mlflow.data.context", chance.choice(("train", "eval")))
            connection.execute("INSERT INTO input_tags VALUES (?, ?, ?)", tag)
    return run_id


def _keys(chance: random.Random) -> list[str]:
    return [key for key in KEYS if chance.random() < (0.6 if key != KEYS[-1] else 0.1)]


def _texts(chance: random.Random) -> dict[str, str]:
    return {key: chance.choice(NUMBERS if chance.random() < 0.6 else TEXTS) for key in _keys(chance)}


def _metric(connection: sqlite3.Connection, chance: random.Random, run_id: str, key: str) -> None:
    """A history, some of whose points share a step, or a step and a time."""
    columns = ("key", "value", "timestamp", "step", "is_nan", "run_uuid")
    points = set()
    few = VALUES[:4] if chance.random() < 0.3 else VALUES
    for _ in range(chance.choice((1, 1, 2, 5, 12))):
        points.add((chance.choice(few), NOW + chance.randrange(3), chance.randrange(-1, 5)))
    # Which of NaN and a number is the last one, at one step and one time, is left to the kind of store.
    numbers = {point[1:] for point in points if not math.isnan(point[0])}
    points = {point for point in points if not math.isnan(point[0]) or point[1:] not in numbers}
    rows = {
        (key, 0.0 if math.isnan(value) else value, timestamp, step, math.isnan(value), run_id)
        for value, timestamp, step in points
    }
    for row in rows:
        _insert(connection, "metrics", dict(zip(columns, row, strict=True)))
    latest = max(rows, key=lambda row: (row[3], row[2], row[1]))
    _insert(connection, "latest_metrics", dict(zip(columns, latest, strict=True)))


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
