"""A long list of runs in a real terminal: its ends, its middle, and a run in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bench.generator import RunsShape, generate_runs
from tests.support.program import in_terminal

pytestmark = pytest.mark.pty

RUNS = 3_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "mlflow.db"
    generate_runs(path, RunsShape(RUNS, params=2, metrics=2, tags=1))
    return path


def test_every_row_of_a_long_list_is_a_key_or_two_away(store: Path) -> None:
    with in_terminal(store, columns=120, rows=30) as terminal:
        # Typed ahead, before there is a store: all runs, the last of them.
        terminal.wait_for("Experiments")
        terminal.send("AG")
        terminal.wait_for(re.compile("^›.*run-0000(0|1)", re.MULTILINE), what="the oldest run")
        terminal.press("home")
        terminal.wait_for(re.compile("^›.*run-0029", re.MULTILINE), what="the newest run")
        terminal.send("#50%\r")
        terminal.wait_for(re.compile("^›.*run-001(4|5)", re.MULTILINE), what="the middle")
        terminal.send("Jrun-00012\r")
        terminal.wait_for(re.compile("with “run-00012”"), what="a hit")
        terminal.wait_for(re.compile("^›.*run-00012", re.MULTILINE), what="the run")
        terminal.send("nn")
        terminal.wait_for(re.compile("3 of \\d+ with “run-00012”"), what="the third hit")
        assert "more than" not in terminal.text()
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_burst_of_pages_is_painted_where_it_ends(store: Path) -> None:
    with in_terminal(store, columns=160, rows=45) as terminal:
        terminal.wait_for("Experiments")
        terminal.press("A")
        terminal.wait_for("run-0029")
        terminal.wait_for(re.compile(r"\d 9\d\d runs|29\d\d runs"), what="the number of all")
        terminal.wait_quiet(0.3)
        with terminal.measure() as traffic:
            terminal.send("\x1b[6~" * 40)
            terminal.wait_for(re.compile("›.*run-001[34]"), what="the rows far down")
            terminal.wait_quiet(0.3)
        # Not a screen for each of forty pages, which would be 600 kB.
        assert traffic.size < 300_000
        terminal.press("q")
        assert terminal.wait_exit() == 0
