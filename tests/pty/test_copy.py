"""A copy from within tmux arrives at the terminal that the user sits at."""

from __future__ import annotations

import base64
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.support.program import COMMAND
from tests.support.terminal import Terminal

pytestmark = pytest.mark.pty


def test_copying_in_tmux_reaches_the_clipboard_of_the_outer_terminal(demo: Path, tmp_path: Path) -> None:
    if shutil.which("tmux") is None:
        if os.environ.get("FLOWDECK_REQUIRE_SERVERS") == "1":
            pytest.fail("tmux is not installed")
        pytest.skip("tmux is not installed")
    root = Path(__file__).resolve().parents[2]
    settings = tmp_path / "tmux.conf"
    # The outer terminal takes OSC 52, which terminfo cannot say by itself everywhere.
    settings.write_text("set -s set-clipboard external\nset -as terminal-features ',xterm-256color:clipboard'\n")
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", str(settings)]
    program = [*COMMAND, str(demo)]
    with sqlite3.connect(f"file:{demo}?mode=ro", uri=True) as connection:
        ids = {row[0] for row in connection.execute("SELECT CAST(experiment_id AS TEXT) FROM experiments")}
    with Terminal(
        [*tmux, "new-session", *program], columns=100, rows=30, env={"PYTHONPATH": str(root), "TZ": "UTC"}
    ) as terminal:
        try:
            terminal.wait_for("resnet-cifar10", timeout=20.0)
            terminal.wait_for("as of")
            terminal.press("y")
            terminal.wait_for("experiment id copied through tmux")
            terminal.wait_for(lambda: any(text.startswith("OSC 52;") for text in terminal.strings), what="OSC 52")
            copied = [text for text in terminal.strings if text.startswith("OSC 52;")]
            assert len(copied) == 1
            text = base64.b64decode(copied[0].rpartition(";")[2]).decode()
            shown = subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=True, timeout=10)
            assert shown.stdout == text
            assert text in ids
            terminal.press("q")
            assert terminal.wait_exit() == 0
            assert terminal.restored
        finally:
            # The server ends with its only session; if the test failed it is ended here.
            subprocess.run([*tmux, "kill-server"], capture_output=True, check=False, timeout=10)
