"""A real terminal, the day of somebody who asks which configuration is best: filter, column, order by a best value,
groups, marks, side by side, a file, and the next day everything as it was.
"""

from __future__ import annotations

import csv
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.support.program import COMMAND
from tests.support.terminal import Terminal

pytestmark = pytest.mark.pty


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 45)])
def test_which_configuration_is_best_and_the_view_is_there_again(
    demo: Path, columns: int, rows: int, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    database = Path(shutil.copy(demo, here / "mlflow.db"))
    views = tmp_path / "views.toml"
    env = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "TZ": "UTC",
        # Without the state the restart is a newcomer's, but for the views.
        "FLOWDECK_STATE": "/dev/null",
        "FLOWDECK_VIEWS": str(views),
    }

    def opened() -> Terminal:
        return Terminal([*COMMAND, str(database)], columns=columns, rows=rows, env=env, cwd=here)

    def to_churn(terminal: Terminal, until: str) -> None:
        terminal.wait_for("as of", timeout=20.0)
        terminal.press("/")
        terminal.type("churn")
        terminal.press("enter", "enter")
        terminal.wait_for(until)

    with opened() as terminal:
        to_churn(terminal, "155 runs")
        # A filter that is offered and completed.
        terminal.press("f")
        terminal.type("params.max_d")
        terminal.wait_for(lambda: "params.max_depth" in terminal.text(), what="the key is offered")
        terminal.press("tab", "enter")
        terminal.type("> 4")
        terminal.wait_for("params.max_depth")
        terminal.press("enter")
        terminal.wait_for("where params.max_depth")
        # A column of the best value.
        terminal.press("C")
        terminal.wait_for("type to find a column")
        terminal.type("validation-auc")
        terminal.wait_for(lambda: "better" in terminal.text(), what="the metric")
        terminal.press("tab", "a")
        terminal.wait_for("best validation-auc")
        terminal.press("tab", "escape", "escape")
        terminal.wait_for(lambda: "best validation-auc" in terminal.text() and "shown" not in terminal.text())
        # Sorted by it: the best first.
        terminal.press("s")
        terminal.wait_for("Sort by")
        terminal.type("best validation-auc")
        terminal.wait_for("best: max")
        terminal.press("enter")
        terminal.wait_for("best validation-auc ↓")
        listed = terminal.text()
        # In groups: the configurations that seeds repeat.
        terminal.press("b")
        terminal.wait_for("configurations x")
        terminal.press("enter")
        terminal.wait_for("mean best validation-auc ↓")
        groups = terminal.text().splitlines()
        # Two of its groups are marked and compared.
        terminal.press("space", "space")
        terminal.wait_for("marked")
        terminal.press("c")
        terminal.wait_for("baseline")
        assert "Compare" in terminal.text()
        terminal.press("escape")
        terminal.wait_for("mean best validation-auc ↓")
        # The runs of the best group, and back.
        terminal.press("home", "enter")
        terminal.wait_for(lambda: "AND params." in terminal.text() or "Runs ·" in terminal.text(), what="its runs")
        terminal.press("e")
        terminal.wait_for("all that match")
        terminal.press("down", "enter")
        terminal.wait_for("runs written to")
        (written,) = here.glob("churn-xgboost-runs-*.csv")
        with written.open(newline="") as file:
            found = list(csv.DictReader(file))
        assert 1 < len(found) < 8
        best = [float(row["max(metrics.validation-auc)"]) for row in found if row["max(metrics.validation-auc)"]]
        assert best == sorted(best, reverse=True)
        assert f"{best[0]:.5g}" in listed
        terminal.press("escape")
        terminal.wait_for("mean best validation-auc ↓")
        assert terminal.text().splitlines()[1] == groups[1]
        terminal.press("q")
        assert terminal.wait_exit() == 0
    (kept,) = tomllib.loads(views.read_text())["stores"].values()
    ((_, view),) = kept.items()
    assert view["filter"].split() == ["params.max_depth", ">", "4"]
    assert view["sort"] == ["best-max(metrics.validation-auc):desc"]
    assert "best-max(metrics.validation-auc)" in view["columns"]
    assert len(view["groups"]) == 1
    with opened() as terminal:
        to_churn(terminal, "mean best validation-auc ↓")
        assert terminal.text().splitlines()[1 : rows // 2] == groups[1 : rows // 2]
        terminal.press("escape")
        terminal.wait_for("best validation-auc ↓")
        terminal.wait_for("where params.max_depth")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
