"""Keys that arrive in one burst, as they do over a slow link."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import in_terminal

pytestmark = pytest.mark.pty


def test_a_burst_of_keys_does_what_the_keys_do_one_by_one(demo: Path) -> None:
    with in_terminal(demo, columns=100, rows=30) as terminal:
        terminal.wait_for("resnet-cifar10")
        terminal.wait_for("as of")
        terminal.send("/resnet\r\r/every-batch\r\r")
        terminal.wait_for("resnet18-every-batch ·", what="the run that was meant")
        terminal.wait_for("batch/loss")
        terminal.send("/batch/loss\r\rL")
        terminal.wait_for("log y", what="the chart on a log scale")
        terminal.send("\x1b")
        terminal.wait_for("Enter open")
        terminal.press("q")
        assert terminal.wait_exit() == 0
