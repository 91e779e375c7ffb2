"""Streams that were closed, a disk that is full, and a program that is told to stop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = f'"{sys.executable}" -m tui.cli.entry'
ROOT = Path(__file__).resolve().parents[2]


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=env, timeout=60, check=False)


@pytest.mark.parametrize(("closed", "code"), [("<&-", 2), (">&-", 0), ("2>&-", 0)])
def test_closed_streams_are_no_fault(demo: Path, closed: str, code: int) -> None:
    command = f"{COMMAND} '{demo}'" if closed == "<&-" else f"{COMMAND} runs -s '{demo}' -n 1"
    done = shell(f"{command} {closed}")
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr


def test_a_full_disk_is_told_as_such(demo: Path) -> None:
    done = shell(f"{COMMAND} runs -s '{demo}' -n 0 -o json >/dev/full")
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "fault of flowdeck" not in done.stderr


def test_an_interrupt_ends_a_query_with_the_code_of_an_interrupt(demo: Path, tmp_path: Path) -> None:
    program = tmp_path / "slow.py"
    program.write_text(
        "import os, signal, sys, threading\n"
        "import sqlalchemy as sa\n"
        "from store.sql.sqlite import SqliteDatabase\n"
        "from pathlib import Path\n"
        "threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "slow = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n'\n"
        "try:\n"
        f"    SqliteDatabase(Path({str(demo)!r})).read(lambda connection: connection.execute(sa.text(slow)).all())\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    done = shell(f'"{sys.executable}" "{program}"')
    assert done.returncode == 130, done.stderr


def test_a_number_that_no_database_takes_is_wrong_usage(demo: Path) -> None:
    done = shell(f"{COMMAND} runs -s '{demo}' -n 99999999999999999999")
    assert done.returncode == 2
    assert "unexpected" not in done.stderr


def test_a_width_that_no_terminal_has_is_not_believed(demo: Path) -> None:
    done = shell(f"{COMMAND} plot -s '{demo}' -m train/loss resnet50-onecycle", COLUMNS="99999999")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 1000


def test_a_folder_without_a_store_is_not_called_a_tree(tmp_path: Path) -> None:
    done = shell(f"{COMMAND} runs -s '{tmp_path}'")
    assert done.returncode == 3
    assert "has neither mlflow.db nor mlruns" in done.stderr
