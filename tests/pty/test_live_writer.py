"""A trainer that writes while the program reads again and again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import in_terminal

pytestmark = pytest.mark.pty

ROWS = 10_000
BUSY_SECONDS = 20
"""MLflow's own busy time-out on SQLite."""

WRITER = """
import json, sqlite3, sys, time
path, journal, rows, busy = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
connection = sqlite3.connect(path, timeout=busy, isolation_level=None)
connection.execute(f"PRAGMA journal_mode={journal}")
connection.execute("PRAGMA synchronous=OFF")  # how long the disk takes is not what is measured
run = "f" * 32
connection.execute(
    "INSERT INTO runs (run_uuid, name, experiment_id, status, start_time, lifecycle_stage, source_type, user_id) "
    "VALUES (?, 'live-run', 2, 'RUNNING', 1900000000000, 'active', 'LOCAL', 'trainer')", (run,))
slowest = 0.0
for step in range(rows):
    began = time.monotonic()
    point = (float(step), 1900000000000 + step, step, run)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "INSERT INTO metrics (key, value, timestamp, step, run_uuid, is_nan) VALUES ('live', ?, ?, ?, ?, 0)", point)
    connection.execute(
        "INSERT INTO latest_metrics (key, value, timestamp, step, run_uuid, is_nan) VALUES ('live', ?, ?, ?, ?, 0) "
        "ON CONFLICT (key, run_uuid) DO UPDATE "
        "SET value=excluded.value, timestamp=excluded.timestamp, step=excluded.step", point)
    connection.execute("COMMIT")
    slowest = max(slowest, time.monotonic() - began)
    if step % 100 == 0:
        time.sleep(0.03)  # a trainer computes between its steps; a quick disk would have all written before one looks
print(json.dumps({"slowest": slowest}))
"""


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_neither_side_notices_the_other_and_what_is_shown_converges(demo: Path, tmp_path: Path, journal: str) -> None:
    copy = tmp_path / "mlflow.db"
    copy.write_bytes(demo.read_bytes())
    with in_terminal(copy, columns=120, rows=30) as terminal:
        terminal.wait_for("resnet-cifar10")
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(copy), journal, str(ROWS), str(BUSY_SECONDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        terminal.press("A")
        refreshed = 0
        while writer.poll() is None:
            terminal.press("r")
            terminal.wait_quiet(0.1)
            assert "✗" not in [line[:3].strip() for line in terminal.lines()], terminal.text()
            assert "what to do" not in terminal.text()
            refreshed += 1
        out, err = writer.communicate()
        assert writer.returncode == 0, err
        assert json.loads(out)["slowest"] < BUSY_SECONDS
        assert refreshed >= 3
        terminal.press("r")
        terminal.press("g", "g")
        terminal.wait_for("live-run", what="the run that was written")
        terminal.press("enter")
        terminal.wait_for("10 000", what="all points of the run")
        terminal.wait_for(str(ROWS - 1), what="the last step")
        terminal.press("q")
        assert terminal.wait_exit() == 0
