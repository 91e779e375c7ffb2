"""The best reasonable hand-written script for `flowdeck runs -o json` on one SQLite file: sqlite3, json, nothing else.

    python tests/bench/baseline_runs.py STORE.db LIMIT [filtered]

It knows the store's schema, the one filter and the one order that the benchmark asks for, and has no options: what
flowdeck takes longer is the price of everything that it can do besides.
"""

import json
import math
import sqlite3
import sys

COLUMNS = (
    "r.run_uuid, r.name, r.experiment_id, r.status, r.start_time, r.end_time,"
    " r.lifecycle_stage, r.artifact_uri, r.user_id"
)

# The ids first: sorting whole rows takes three times as long.
NEWEST = f"""
    SELECT {COLUMNS} FROM runs r
    WHERE r.rowid IN (
        SELECT rowid FROM runs WHERE lifecycle_stage = 'active' ORDER BY start_time DESC, run_uuid LIMIT ?
    )
    ORDER BY r.start_time DESC, r.run_uuid
"""

# The filter and order are FILTER and SORT of bench_runs_cli.
# NaN is stored as 0 with is_nan set, and sorts after numbers.
FILTERED = f"""
    SELECT {COLUMNS} FROM runs r
    JOIN latest_metrics f ON f.key = 'm3' AND f.run_uuid = r.run_uuid AND f.value > 0.5 AND f.is_nan = 0
    JOIN params p ON p.key = 'p2' AND p.run_uuid = r.run_uuid AND p.value = 'x'
    LEFT JOIN latest_metrics o ON o.key = 'm1' AND o.run_uuid = r.run_uuid
    WHERE r.lifecycle_stage = 'active'
    ORDER BY o.value IS NULL, o.is_nan, o.value DESC, r.start_time DESC, r.run_uuid LIMIT ?
"""


def number(value: float, is_nan: int) -> float | str:
    """A metric's value as flowdeck prints it."""
    if is_nan:
        return "NaN"
    if abs(value) >= sys.float_info.max or math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def main() -> None:
    """Prints the runs, read with the page cache mapped, which saves copying it."""
    path, limit, *rest = sys.argv[1:]
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.execute(f"PRAGMA mmap_size = {1 << 32}")
    runs = {}
    for row in connection.execute(FILTERED if rest else NEWEST, (int(limit),)):
        runs[row[0]] = {
            "run_id": row[0],
            "run_name": row[1],
            "experiment_id": str(row[2]),
            "status": row[3],
            "start_time": row[4],
            "end_time": row[5],
            "lifecycle_stage": row[6],
            "artifact_uri": row[7],
            "user_id": row[8],
            "metrics": {},
            "params": {},
            "tags": {},
        }
    marks = ",".join("?" * len(runs))
    ids = list(runs)
    metrics = f"SELECT run_uuid, key, value, is_nan FROM latest_metrics WHERE run_uuid IN ({marks})"
    for run_id, key, value, is_nan in connection.execute(metrics, ids):
        runs[run_id]["metrics"][key] = number(value, is_nan)
    for table in ("params", "tags"):
        texts = f"SELECT run_uuid, key, value FROM {table} WHERE run_uuid IN ({marks})"
        for run_id, key, text in connection.execute(texts, ids):
            runs[run_id][table][key] = text
    sys.stdout.write(json.dumps(list(runs.values())))  # json.dump would encode in Python instead of C


if __name__ == "__main__":
    main()
