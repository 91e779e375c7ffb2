"""Live mode in a real terminal: what changes is shown, and nothing is sent while nothing does."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest

from tests.pty.test_walk import braille, walk_to
from tests.support.program import in_terminal
from tests.support.terminal import Terminal
from tests.support.trainer import Trainer, now

pytestmark = pytest.mark.pty

QUIET_SECONDS = 10.0


@pytest.fixture
def database(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(demo, tmp_path / "mlflow.db"))


@pytest.fixture
def quick(tmp_path: Path) -> dict[str, str]:
    """The environment of a program that looks twice a second while things change."""
    config = tmp_path / "config.toml"
    config.write_text("interval = 0.5\n")
    return {"FLOWDECK_CONFIG": str(config)}


def send_nothing(terminal: Terminal, seconds: float) -> None:
    before = terminal.bytes_received
    time.sleep(seconds)
    assert terminal.bytes_received == before, terminal.dump()


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 45)])
def test_nothing_is_sent_while_nothing_changes(database: Path, quick: dict[str, str], columns: int, rows: int) -> None:
    with in_terminal(database, columns=columns, rows=rows, env=quick) as terminal:
        terminal.wait_for("resnet-cifar10")
        walk_to(terminal, "resnet", "resnet50-onecycle")
        walk_to(terminal, "onecycle-long", "Metrics 7")
        terminal.press("R")
        # The age of what is shown is told in steps: after ten seconds the next one is half a minute.
        terminal.wait_for(re.compile(r"live(, updated)?(, |) *10 s ago|live ·|live *$", re.M), timeout=20)
        terminal.wait_quiet(0.3)
        send_nothing(terminal, QUIET_SECONDS)
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_runs_rows_and_curves_appear_as_they_are_logged(database: Path, quick: dict[str, str]) -> None:
    trainer = Trainer(database)
    with in_terminal(database, columns=160, rows=45, env=quick) as terminal:
        terminal.wait_for("resnet-cifar10")
        walk_to(terminal, "resnet", "resnet50-onecycle")
        terminal.press("R")
        terminal.wait_for("live, updated")
        run_id = trainer.start(trainer.experiment("resnet-cifar10"), "trained-right-now", at=now() - 60_000)
        for step in range(10):
            trainer.log(run_id, "train/loss", 1.0 / (step + 1), step, at=now() - 60_000 + step)
        terminal.wait_for("trained-right-now", timeout=20)
        walk_to(terminal, "right-now", "Metrics 1")
        walk_to(terminal, "train/loss", "x: step")
        terminal.wait_for("10 points", timeout=20)
        before = braille(terminal)
        for step in range(10, 40):
            trainer.log(run_id, "train/loss", 1.0 / (step + 1), step)
        terminal.wait_for("40 points", timeout=20)
        assert braille(terminal) > 0
        assert before > 0
        trainer.end(run_id)
        terminal.wait_for("FINISHED", timeout=20)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored


def test_groups_of_a_quiet_store_send_nothing(database: Path, quick: dict[str, str]) -> None:
    with in_terminal(database, columns=120, rows=30, env={**quick, "FLOWDECK_VIEWS": "/dev/null"}) as terminal:
        terminal.wait_for("resnet-cifar10")
        walk_to(terminal, "churn", "trial-26")
        terminal.press("b")
        terminal.wait_for("configurations x")
        terminal.press("enter")
        terminal.wait_for("groups of 155 runs")
        terminal.press("R")
        terminal.wait_for("updated 10 s ago", timeout=30)
        terminal.wait_quiet(0.3)
        send_nothing(terminal, 4.0)
        terminal.press("q")
        assert terminal.wait_exit() == 0
