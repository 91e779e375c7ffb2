"""Copying: by OSC 52, through a real tmux, and a plain word where it cannot arrive."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.clipboard import LONGEST, copy

TEXT = "3f2a9c1d é 中文 'quoted' $HOME \\n"


def decoded(sequence: str) -> str:
    """The text that a terminal would put on its clipboard."""
    found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", sequence)
    assert found is not None, sequence
    return base64.b64decode(found[1]).decode()


def test_a_plain_terminal_is_sent_the_text_by_osc_52() -> None:
    outcome = copy(TEXT, "run id", {"TERM": "xterm-256color"})
    assert decoded(outcome.sequence) == TEXT
    assert outcome.arrived
    assert outcome.told == "run id copied, if your terminal takes OSC 52"


def test_gnu_screen_passes_the_sequence_on() -> None:
    outcome = copy(TEXT, "run id", {"TERM": "screen.xterm-256color", "STY": "1.pts"})
    assert outcome.sequence.startswith("\x1bP")
    assert outcome.sequence.endswith("\x1b\\")
    assert decoded(outcome.sequence[2:-2]) == TEXT


@pytest.mark.parametrize("term", ["linux", "dumb", "vt100", "vt220"])
def test_a_terminal_without_a_clipboard_is_named(term: str) -> None:
    outcome = copy(TEXT, "run id", {"TERM": term})
    assert not outcome.arrived
    assert outcome.sequence == ""
    assert outcome.told == f"cannot copy: a terminal of the type “{term}” has no clipboard"


def test_what_terminals_would_cut_is_not_sent() -> None:
    fits = copy("x" * (LONGEST // 4 * 3), "value", {"TERM": "xterm"})
    assert fits.arrived
    outcome = copy("x" * LONGEST, "value", {"TERM": "xterm", "TMUX": "/nowhere,1,0"})
    assert not outcome.arrived
    assert outcome.sequence == ""
    assert outcome.told == f"the value is too long to copy through a terminal ({LONGEST} characters)"


def test_the_text_is_not_repeated_to_the_user_and_never_breaks_the_sequence() -> None:
    outcome = copy("\x1b]0;evil\x07\ud800", "value", {"TERM": "xterm"})
    assert "evil" not in outcome.told
    assert outcome.sequence.count("\x1b") == outcome.sequence.count("\x07") == 1
    assert decoded(outcome.sequence) == "\x1b]0;evil\x07?"


def test_a_tmux_that_does_not_answer_is_told(tmp_path: Path) -> None:
    environ = {"TERM": "screen", "TMUX": f"{tmp_path}/nothing,1,0", "PATH": os.environ["PATH"]}
    outcome = copy(TEXT, "run id", environ)
    assert not outcome.arrived
    assert outcome.told.startswith("cannot copy: tmux did not take the run id")
    outcome = copy(TEXT, "run id", {**environ, "PATH": str(tmp_path)})
    assert outcome.told.endswith("(FileNotFoundError)")


class Tmux:
    """A server of our own, reached by the socket's path and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "tmux"
        self._environ = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
        self("new-session", "-d", "-x", "80", "-y", "24", "sleep 600")
        pid = self("display-message", "-p", "#{pid}").strip()
        self.inside = {**self._environ, "TERM": "screen-256color", "TMUX": f"{self._socket},{pid},0"}
        """The environment of a program in one of its panes."""

    def __call__(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-S", str(self._socket), "-f", os.devnull, *arguments],
            env=self._environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        if os.environ.get("FLOWDECK_REQUIRE_SERVERS") == "1":
            pytest.fail("tmux is not installed")
        pytest.skip("tmux is not installed")
    server = Tmux(tmp_path)
    yield server
    server("kill-server")


@pytest.mark.parametrize("setting", ["external", "on"])
def test_tmux_takes_the_text_and_sends_it_on(tmux: Tmux, setting: str) -> None:
    tmux("set-option", "-g", "set-clipboard", setting)
    outcome = copy(TEXT, "run id", tmux.inside)
    assert outcome.arrived, outcome
    assert outcome.told == "run id copied through tmux"
    assert outcome.sequence == ""
    assert tmux("show-buffer") == TEXT


def test_tmux_that_sends_nothing_on_keeps_the_text_and_that_is_said(tmux: Tmux) -> None:
    tmux("set-option", "-g", "set-clipboard", "off")
    outcome = copy(TEXT, "run id", tmux.inside)
    assert not outcome.arrived
    assert outcome.told == "run id is in tmux's paste buffer only: tmux's set-clipboard is off"
    assert tmux("show-buffer") == TEXT


def test_text_that_looks_like_an_option_is_only_text(tmux: Tmux) -> None:
    assert copy("-w -b other\n", "value", tmux.inside).arrived
    assert tmux("show-buffer") == "-w -b other\n"
