"""A real terminal: a filter is chosen word by word, mended where it is wrong, and found again after a restart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.program import COMMAND
from tests.support.terminal import Terminal

pytestmark = pytest.mark.pty


@pytest.mark.parametrize(("columns", "rows"), [(60, 20), (80, 24)])
def test_a_filter_is_written_with_few_keys(demo: Path, columns: int, rows: int, tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    shutil.copy(demo, database)
    env = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "TZ": "UTC",
        "FLOWDECK_STATE": str(tmp_path / "state.json"),
        "FLOWDECK_VIEWS": "/dev/null",
    }

    def opened() -> Terminal:
        return Terminal([*COMMAND, str(database)], columns=columns, rows=rows, env=env)

    with opened() as terminal:
        terminal.wait_for("as of" if columns >= 80 else "MLflow 3.17", timeout=20.0)
        terminal.press("A")
        terminal.wait_for("All experiments")
        terminal.wait_for("288 runs")
        terminal.press("f")
        terminal.type("expe")
        terminal.wait_for("attribute", what="what can be typed")
        terminal.press("tab", "enter")
        terminal.wait_for("operator", what="operators")
        terminal.press("down", "enter")
        terminal.wait_for("'churn-xgboost'", what="the experiments' names")
        terminal.type("'res")
        terminal.wait_for(lambda: "'churn-xgboost'" not in terminal.text(), what="fewer")
        terminal.press("tab", "enter")
        terminal.wait_for("experiment = 'resnet-cifar10'", what="the name in its quotes")
        terminal.type("and stauts = 'FAILED'")
        terminal.wait_for("^^^^^^ status?", what="what is wrong")
        terminal.press("ctrl+w", "ctrl+w", "ctrl+w", "ctrl+w", "ctrl+u")
        terminal.type("experiment = 'resnet-cifar10' and status = ")
        terminal.wait_for("'KILLED'", what="the statuses")
        terminal.type("'FAILED'")
        terminal.press("escape", "enter")
        terminal.wait_for("2 runs", what="those that failed")
        assert all(len(line) <= columns for line in terminal.lines())
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
    with opened() as terminal:
        terminal.wait_for("2 runs", timeout=20.0, what="where one was")
        terminal.press("f", "ctrl+u", "ctrl+r")
        terminal.wait_for("used before", what="the filters of before")
        terminal.press("enter")
        terminal.wait_for("status = 'FAILED'", what="the filter")
        terminal.press("escape", "q")
        assert terminal.wait_exit() == 0
