"""Saved stores in a real terminal: saved by the command line, gone to with a key, remembered at the next start."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.opening import open_store
from tests.support.backends import reference_server
from tests.support.cli import process
from tests.support.program import COMMAND
from tests.support.sshd import Server, User, keygen, public, ssh_server
from tests.support.terminal import Terminal
from tests.support.tree_copy import tree_copy

pytestmark = pytest.mark.pty

PASSPHRASE = "correct h0rse battery"

WITH_SSH_FILES = """
import os, sys
from pathlib import Path
from store.ssh.files import SshFiles
home = Path({home!r})
SshFiles.of_user = classmethod(
    lambda cls, environ=None: SshFiles(home, {name!r}, home / ".ssh" / "config", None, (), dict(os.environ))
)
from tui.cli.entry import run
run()
"""
"""The program for a user whose SSH files lie elsewhere: OpenSSH's place is that of the account, whatever HOME says."""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    return {
        "FLOWDECK_CONFIG": str(tmp_path / "config.toml"),
        "FLOWDECK_STATE": str(tmp_path / "state" / "state.json"),
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(root),
        "TZ": "UTC",
    }


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[tuple[Server, User]]:
    """A server that takes a key with a passphrase, and a user who has it and does not know the server yet."""
    key = keygen(tmp_path / "key", passphrase=PASSPHRASE)
    user = User(tmp_path / "home")
    user.configure(f"IdentityFile {key}")
    with ssh_server(tmp_path / "server", [keygen(tmp_path / "host")], [public(key)]) as server:
        yield server, user


def opened(terminal: Terminal, name: str, seen: str) -> None:
    """Goes to a store by its name."""
    terminal.press("t")
    terminal.wait_for("Enter picks", what="the list")
    terminal.type(name)
    terminal.wait_quiet(0.2)
    terminal.press("enter")
    # The list tells of the chosen store, too.
    terminal.wait_for(lambda: "Enter picks" not in terminal.text(), what="the list gone")
    terminal.wait_for(seen, what=f"{seen} of {name}")


def test_from_saving_stores_to_coming_back_to_them(
    demo: Path, stores: Path, tmp_path: Path, environ: dict[str, str], ssh: tuple[Server, User]
) -> None:
    server, user = ssh
    store = open_store(str(stores / "3.17.2" / "mlflow.db"))
    tree_copy(store, tmp_path / "mlruns")
    store.close()
    for arguments in (
        ("demo-copy", demo),
        ("tree", tmp_path / "mlruns"),
        ("far", reference_server().uri, "--ssh", server.address),
    ):
        assert process("stores", "add", *arguments, environ=environ).code == 0
    program = WITH_SSH_FILES.format(home=str(user.home), name=user.name)
    command = [sys.executable, "-c", program]
    with Terminal([*command, "demo-copy"], columns=110, rows=30, env=environ) as terminal:
        terminal.wait_for("resnet-cifar10", what="experiments")
        terminal.press("/")
        terminal.wait_for("find:")
        terminal.type("resnet")
        terminal.press("enter")
        terminal.wait_quiet(0.2)
        terminal.press("enter")
        terminal.wait_for("resnet50-onecycle", what="runs")
        opened(terminal, "tree", "tree · MLflow")
        opened(terminal, "far", "SHA256:")
        terminal.press("tab")
        terminal.wait_quiet(0.2)
        terminal.press("enter")
        terminal.wait_for("passphrase", what="the question for the passphrase")
        terminal.type(PASSPHRASE)
        terminal.wait_quiet(0.2)
        assert PASSPHRASE not in terminal.text()
        terminal.press("enter")
        terminal.wait_for("MLflow 3.17.2 server", what="the far store")
        assert f"far via {server.address}" in terminal.text()
        opened(terminal, "demo-copy", "resnet50-onecycle")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
    state = Path(environ["FLOWDECK_STATE"])
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert list(json.loads(state.read_text())["stores"]) == ["tree", "far", "demo-copy"]
    for written in (state, Path(environ["FLOWDECK_CONFIG"])):
        assert PASSPHRASE not in written.read_text()
    with Terminal([*COMMAND, "demo-copy"], columns=110, rows=30, env=environ) as terminal:
        terminal.wait_for("resnet50-onecycle", what="the runs that were left")
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_calling_off_a_question_leaves_the_store_on_screen(
    demo: Path, environ: dict[str, str], ssh: tuple[Server, User]
) -> None:
    server, user = ssh
    user.knows(server.known_line)
    for arguments in (("demo-copy", demo), ("far", "http://127.0.0.1:1", "--ssh", server.address)):
        assert process("stores", "add", *arguments, environ=environ).code == 0
    command = [sys.executable, "-c", WITH_SSH_FILES.format(home=str(user.home), name=user.name)]
    with Terminal([*command, "demo-copy"], columns=80, rows=24, env=environ) as terminal:
        terminal.wait_for("resnet-cifar10", what="experiments")
        opened(terminal, "far", "passphrase")
        terminal.wait_for("^c cancels", what="the way out")
        terminal.type("half of it")
        terminal.press("ctrl+c")
        terminal.wait_for("cancelled: opening far", what="that it was called off")
        terminal.wait_for(lambda: "passphrase" not in terminal.text(), what="no question")
        assert "demo-copy · MLflow" in terminal.text()
        assert "what to do:" not in terminal.text()
        opened(terminal, "far", "passphrase")
        terminal.press("ctrl+c")
        terminal.wait_for(lambda: "passphrase" not in terminal.text(), what="no question")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored


def test_quitting_while_a_question_waits(environ: dict[str, str], ssh: tuple[Server, User], tmp_path: Path) -> None:
    server, user = ssh
    user.knows(server.known_line)
    assert process("stores", "add", "far", "http://127.0.0.1:1", "--ssh", server.address, environ=environ).code == 0
    command = [sys.executable, "-c", WITH_SSH_FILES.format(home=str(user.home), name=user.name)]
    with Terminal([*command, "far"], columns=80, rows=24, env=environ) as terminal:
        terminal.wait_for("passphrase", what="the question")
        terminal.press("escape")
        terminal.wait_for("what to do:", what="what can be done without an answer")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    with Terminal([*command, "far"], columns=80, rows=24, env=environ) as terminal:
        terminal.wait_for("passphrase", what="the question")
        terminal.terminate()
        terminal.wait_exit()
        assert terminal.restored
