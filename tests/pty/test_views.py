"""A real terminal: the runs are filtered, get a column and another order, and are found so after a restart."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from tests.support.program import COMMAND
from tests.support.terminal import Terminal

pytestmark = pytest.mark.pty

DATABASE = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 45)])
def test_a_view_is_found_as_it_was_left(columns: int, rows: int, tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    shutil.copy(DATABASE, database)
    views = tmp_path / "views.toml"
    env = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "TZ": "UTC",
        # Without the state the restart is a newcomer's, but for the views.
        "FLOWDECK_STATE": "/dev/null",
        "FLOWDECK_VIEWS": str(views),
    }

    def opened() -> Terminal:
        return Terminal([*COMMAND, str(database)], columns=columns, rows=rows, env=env)

    with opened() as terminal:
        terminal.wait_for("as of", timeout=20.0)
        terminal.press("A")
        terminal.wait_for("5 runs")
        terminal.press("f")
        terminal.type("metrics.acc > 0.1 and not status = FAILED or polite")
        terminal.press("enter")
        terminal.wait_for("3 runs")
        terminal.press("C")
        terminal.wait_for("type to find a column")
        terminal.type("artifacts")
        terminal.wait_for(
            lambda: "train/loss" not in terminal.text() and "Artifacts" in terminal.text(), what="it is found"
        )
        terminal.press("enter", "escape", "escape")
        terminal.press("s")
        terminal.wait_for("Sort by")
        terminal.type("acc metric")
        terminal.press("enter")
        terminal.wait_for(lambda: "acc ↓" in terminal.text(), what="the order")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    (kept,) = tomllib.loads(views.read_text())["stores"].values()
    assert kept["all"]["filter"] == "metrics.acc > 0.1 and not status = FAILED or polite"
    assert kept["all"]["sort"] == ["metrics.acc:desc"]
    assert kept["all"]["columns"][-1] == "attributes.artifact_uri"
    with opened() as terminal:
        terminal.wait_for("as of", timeout=20.0)
        terminal.press("A")
        terminal.wait_for("3 runs")
        terminal.wait_for(lambda: "acc ↓" in terminal.text(), what="the order")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
    (again,) = tomllib.loads(views.read_text())["stores"].values()
    assert again == kept
