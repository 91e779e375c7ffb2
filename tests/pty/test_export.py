"""A real terminal: runs of the demo are filtered, marked and written to files, which are read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.support.program import COMMAND
from tests.support.terminal import Terminal

pytestmark = pytest.mark.pty


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 45)])
def test_runs_are_exported_and_read(demo: Path, columns: int, rows: int, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    env = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "TZ": "UTC",
        "FLOWDECK_STATE": "/dev/null",
        "FLOWDECK_VIEWS": "/dev/null",
    }
    with Terminal([*COMMAND, str(demo)], columns=columns, rows=rows, env=env, cwd=here) as terminal:
        terminal.wait_for("as of", timeout=20.0)
        terminal.press("A")
        terminal.wait_for("288 runs")
        terminal.press("f")
        terminal.type("experiment = 'churn-xgboost'")
        terminal.press("enter")
        terminal.wait_for("155 runs")
        # What is on screen, under the name that is proposed.
        listed = terminal.text()
        terminal.press("e")
        terminal.wait_for("what is on screen")
        terminal.wait_for("all that match")
        terminal.press("enter")
        terminal.wait_for("runs written to")
        (seen,) = here.glob("all-runs-*.csv")
        with seen.open(newline="") as file:
            found = list(csv.DictReader(file))
        assert 1 < len(found) < rows
        assert all(row["run_name"][:10] in listed for row in found)
        # All that match, with everything, as JSON.
        terminal.press("e")
        terminal.wait_for("every param, metric and tag")
        terminal.press("down", "down", "tab", "home")
        terminal.type("whole-")
        terminal.press("enter")
        terminal.wait_for(lambda: any(here.glob("whole-*.json")), what="the file")
        (whole,) = here.glob("whole-*.json")
        documents = json.loads(whole.read_text())
        assert len(documents) == 155
        assert {document["experiment_id"] for document in documents} == {documents[0]["experiment_id"]}
        assert [document["run_name"] for document in documents[: len(found)]] == [row["run_name"] for row in found]
        # The same file once more is asked about; no is the first answer.
        before = seen.read_bytes()
        terminal.press("e")
        terminal.wait_for("what is on screen")
        terminal.press("down", "enter")
        terminal.wait_for("That file exists")
        terminal.press("enter")
        terminal.wait_for(lambda: "That file exists" not in terminal.text(), what="the answer")
        assert seen.read_bytes() == before
        assert len(list(here.iterdir())) == 2
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
