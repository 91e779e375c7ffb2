"""A real terminal: runs are marked, keep their marks, are compared, and are changed together and back."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.program import in_terminal
from tests.support.terminal import Terminal
from tui.view.glyphs import GLYPHS

pytestmark = pytest.mark.pty

NEWEST = ("resnet50-onecycle-long", "resnet18-every-batch", "resnet50-onecycle", "resnet50-cosine")
"""The last four runs of the demo's images, newest first."""


def wait_marked(terminal: Terminal, names: Sequence[str]) -> None:
    """Waits until these, from above, and no others stand on lines with a mark."""

    def are_marked() -> bool:
        return re.findall(rf"{GLYPHS.mark} (\S+)", terminal.text()) == list(names)

    terminal.wait_for(are_marked, what=f"marks at {names}")


def tagged(database: Path) -> list[tuple[str, str]]:
    """The names of the runs with the tag that the walk sets, and its values."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(
            "SELECT name, value FROM runs JOIN tags USING (run_uuid) WHERE key = 'walk' ORDER BY start_time DESC"
        ).fetchall()


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 45)])
def test_marked_runs_are_compared_and_changed_together(demo: Path, columns: int, rows: int, tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    shutil.copy(demo, database)
    env = {"FLOWDECK_STATE": "/dev/null", "FLOWDECK_VIEWS": str(tmp_path / "views.toml")}
    with in_terminal(database, columns=columns, rows=rows, env=env) as terminal:
        terminal.wait_for("as of", timeout=20.0)
        terminal.press("A")
        terminal.wait_for("288 runs")
        filtered(terminal, "experiment = 'resnet-cifar10'", "15 runs")

        terminal.press("ctrl+a")
        terminal.wait_for("15 marked")
        terminal.press("M")
        terminal.wait_for(lambda: not re.search(r"\d marked", terminal.text()), what="no marks")
        terminal.press("space")
        terminal.wait_for("1 marked")
        wait_marked(terminal, NEWEST[:1])
        terminal.press("down", "down", "v")
        terminal.wait_for("4 marked")
        wait_marked(terminal, NEWEST)

        # Another order, and a list without most of them: the marks stay.
        terminal.press("s")
        terminal.wait_for("Sort by")
        terminal.type("val/acc")
        terminal.press("enter")
        terminal.wait_for(lambda: f"val/acc {GLYPHS.down}" in terminal.text(), what="the order")
        wait_marked(terminal, (NEWEST[2], NEWEST[3], NEWEST[1], NEWEST[0]))
        filtered(terminal, "status = RUNNING", "4 marked, 3 of them not here")
        wait_marked(terminal, NEWEST[:1])
        filtered(terminal, "experiment = 'resnet-cifar10'", "15 runs")
        wait_marked(terminal, (NEWEST[2], NEWEST[3], NEWEST[1], NEWEST[0]))

        terminal.press("c")
        terminal.wait_for(f"Compare · 4 runs · 31 keys · = baseline {NEWEST[0]}")
        assert not has_key(terminal, "experiment")
        terminal.press("x")
        terminal.wait_for("39 keys")
        assert has_key(terminal, "experiment")
        terminal.press("x")
        terminal.wait_for("31 keys")
        terminal.press("n")
        terminal.wait_for(f"›{NEWEST[2]}")
        terminal.press("B")
        terminal.wait_for(lambda: baseline(terminal) == NEWEST[2], what="the baseline")
        terminal.press("enter")
        terminal.wait_for("Metrics 7")
        terminal.wait_for(f"{NEWEST[2]} · {GLYPHS.finished} FINISHED")
        terminal.press("escape")
        terminal.wait_for("4 marked")

        terminal.press("W")
        terminal.wait_for("Change · Enter picks")
        terminal.press("enter")
        terminal.wait_for("key=value sets a tag")
        terminal.type("walk=done")
        terminal.press("enter")
        terminal.wait_for("4 runs, 4 values")
        # Nothing that will change is out of sight, and nothing has changed.
        assert re.findall(r"([\w-]+) +[0-9a-f]{8} +tags\.walk ", terminal.text()) == list(NEWEST)
        assert tagged(database) == []
        terminal.press("tab", "enter")
        terminal.wait_for("takes it back")
        assert tagged(database) == [(name, "done") for name in NEWEST]
        terminal.press("u")
        terminal.wait_for("Yes, change them")
        terminal.press("tab", "enter")
        terminal.wait_for(lambda: tagged(database) == [], what="the tags are gone")
        terminal.wait_for("4 marked")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored


def filtered(terminal: Terminal, text: str, seen: str) -> None:
    """Filters by another text than before, until something is seen."""
    terminal.press("f")
    terminal.wait_for("filter:", what="the field")
    terminal.press("ctrl+u")
    terminal.type(text)
    terminal.press("enter")
    terminal.wait_for(lambda: seen in terminal.text() and "filter:" not in terminal.text(), what=seen)


def has_key(terminal: Terminal, key: str) -> bool:
    """Whether a comparison has a line about it."""
    return any(re.match(rf"[ ›]*{key} ", line.strip("│ ")) for line in terminal.lines())


def baseline(terminal: Terminal) -> str:
    """The name of the run that a comparison measures by."""
    found = re.search(r"= baseline (\S+)", terminal.text())
    return found.group(1) if found else ""
