"""A database of runs whose every value is one that a comparison could get wrong.

Left out is what reads alike as an entity: NULL as a run's name or as a tag's value, which become empty text; an empty
name beside a tag with one, which is then the name; passwords in URIs, which become `***`.
"""

from __future__ import annotations

import math
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.support.crafted import Crafted

V = TypeVar("V")

LARGEST: Final = 1.7976931348623157e308
"""What an SQL store keeps for infinity."""

TEXTS: Final = (
    "", " ", "a", "A", "b", "abc", "ABC", "aBc", "a b", "a_b", "a%b", "%", "_", "%%", "\\", "\\%", "a\\_b", "a\nb",
    "a\n", "\na", "a\r\nb", "a\tb", "a\0b", "\0", "\0a", "é", "É", "e\u0301", "ß", "SS", "ı", "I", "İ", "i", "K", "k",
    "\u212a", "ſ", "s", "S", "Ω", "ω", "日本", "😀", "\U0001f600\ufe0f", "\ue000", "\uffff", "0", "00", "0.1", ".1",
    "1e5", "10", "9", "-1", "nan", "NaN", "inf", "NULL", "None", "'", "''", '"', "it's", "x' OR '1'='1", "a.b", "a*b",
    "a?b", "[a]", "(a)", "a|b", "^a$", "$", "a" * 300, "ab" * 2000, "\x1b[31m", "\x7f", "\u202e", "\ufeffa", "run-1",
    "run-10", "RUN-1", "FINISHED", "finished", "train", "Train", "eval",
)  # fmt: skip
NUMBERS: Final = (
    0.0, -0.0, 1.0, -1.0, 0.5, 0.1, 0.1 + 0.2, 0.3, 1e-300, 5e-324, 1e308, 2.0**53, 2.0**53 + 2, 9.2e18,
    math.nan, LARGEST, -LARGEST, math.inf, -math.inf, math.nextafter(LARGEST, 0), 1_700_000_000_000.0,
)  # fmt: skip
TIMES: Final = (
    None, 0, 1, -1, 5, 1_700_000_000_000, 1_700_000_000_001, 2**53, 2**53 + 1, 2**63 - 1, -(2**63) + 1,
)  # fmt: skip
KEYS: Final = ("acc", "Acc", "val/loss: a b", "é", "É", "mlflow.runName", "a.b", "'", "nothing has it")
STATUSES: Final = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED", None)
STAGES: Final = ("active", "active", "active", "deleted")

_RUNS: Final = 150
_EXPERIMENTS: Final = 14
_DATASETS: Final = 12


def build(database: Path, seed: int = 7) -> None:
    """Makes the database; one seed makes one content."""
    Crafted(database)
    chance = random.Random(seed)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM experiments")
        for number in range(_EXPERIMENTS):
            _experiment(connection, chance, number)
        datasets = [f"dataset-{number}" for number in range(_DATASETS)]
        for number, uuid in enumerate(datasets):
            row = (
                uuid,
                number % 3,
                _text(chance, 30),
                f"{chance.choice(TEXTS)[:20]}{number}",
                "local",
                "s",
                None,
                None,
            )
            columns = "dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema,"
            connection.execute(f"INSERT INTO datasets ({columns} dataset_profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        for _ in range(_RUNS):
            _run(connection, chance, datasets)


def _experiment(connection: sqlite3.Connection, chance: random.Random, number: int) -> None:
    # 2 and 10 are sorted otherwise as texts than as numbers.
    experiment_id = (0, 1, 2, 3, 9, 10, 11, 100, 2**31, 338612890846804348, 2**62, 21, 20, 5)[number]
    name = f"{TEXTS[number * 5 % len(TEXTS)]}"
    row = (experiment_id, name, f"/nowhere/{number}", chance.choice(STAGES), chance.choice(TIMES), chance.choice(TIMES))
    connection.execute("INSERT INTO experiments VALUES (?, ?, ?, ?, ?, ?, 'default')", row)
    for key in chance.sample(KEYS[:-1], 4):
        row_of_tag = (key, chance.choice(TEXTS), experiment_id)
        connection.execute("INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?)", row_of_tag)


def _run(connection: sqlite3.Connection, chance: random.Random, datasets: Sequence[str]) -> None:
    run_id = f"{chance.getrandbits(128):032x}"
    name = _text(chance, 60)
    row = {
        "run_uuid": run_id,
        "name": name,
        "source_type": "UNKNOWN",
        "user_id": chance.choice((None, *TEXTS[:40])),
        "status": chance.choice(STATUSES),
        # Few times, so that other keys decide.
        "start_time": chance.choice(TIMES[:6]) if chance.random() < 0.7 else chance.choice(TIMES),
        "end_time": chance.choice(TIMES),
        "lifecycle_stage": chance.choice(STAGES),
        "artifact_uri": None if chance.random() < 0.1 else f"/nowhere/{chance.choice(TEXTS)[:40]}",
        "experiment_id": chance.choice((0, 1, 2, 3, 9, 10, 11, 100)),
    }
    _insert(connection, "runs", row)
    tags = _some(chance, TEXTS)
    tags.pop("mlflow.runName", None)
    if name and chance.random() < 0.8:
        tags["mlflow.runName"] = name if chance.random() < 0.8 else chance.choice(TEXTS)
    for key, value in tags.items():
        _insert(connection, "tags", {"key": key, "value": value, "run_uuid": run_id})
    for key, value in _some(chance, TEXTS).items():
        _insert(connection, "params", {"key": key, "value": value, "run_uuid": run_id})
    for key, number in _some(chance, NUMBERS).items():
        is_nan = math.isnan(number)
        found = {"key": key, "value": 0.0 if is_nan else number, "timestamp": 0, "step": 0, "is_nan": is_nan}
        _insert(connection, "latest_metrics", {**found, "run_uuid": run_id})
    for uuid in chance.sample(datasets, chance.choice((0, 0, 1, 2, 3))):
        edge = {"input_uuid": f"{run_id[:20]}-{uuid}", "source_type": "DATASET", "source_id": uuid}
        _insert(connection, "inputs", {**edge, "destination_type": "RUN", "destination_id": run_id, "step": 0})
        for key in chance.sample(("mlflow.data.context", "other"), chance.choice((0, 1, 2))):
            tag = {"input_uuid": edge["input_uuid"], "name": key, "value": chance.choice(TEXTS)}
            _insert(connection, "input_tags", tag)


def _some(chance: random.Random, values: Sequence[V]) -> dict[str, V]:
    return {key: chance.choice(values) for key in chance.sample(KEYS[:-1], chance.randrange(len(KEYS) - 1))}


def _text(chance: random.Random, longest: int) -> str:
    return chance.choice(TEXTS)[:longest]


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
