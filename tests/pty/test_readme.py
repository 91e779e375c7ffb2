"""The README's demo command, word for word, in a clone that holds nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.readme import README
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.pty, pytest.mark.timeout(600)]

ROOT = README.parent

NETWORK = re.compile(r"(?i)^(pip_.*|https?_proxy|no_proxy|all_proxy|ssl_cert_.*|requests_ca_bundle)$")
"""Variables by which this machine reaches a package index."""

INSTALLING = 400.0
"""Seconds for a fresh environment with every dependency over a slow line."""


def command(name: str) -> str:
    """The one line between the README's marks."""
    found = re.search(rf"<!-- {name} -->\n```sh\n(.*)\n```\n<!-- /{name} -->", README.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def unless_required(reason: str) -> None:
    if os.environ.get("FLOWDECK_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def clone(folder: Path) -> None:
    """The files that git knows, as they are now."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listed.returncode:
        unless_required("this is no clone of the repository")
    for name in filter(None, listed.stdout.split("\0")):
        # What most of the bytes are: databases for tests, which are not installed.
        if (ROOT / name).is_file() and not name.startswith("tests/data/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def index_answers() -> bool:
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    try:
        with urllib.request.urlopen(f"{index}/click/", timeout=20):
            return True
    except OSError:
        return False


def test_each_command_is_one_line_that_needs_no_other_tool() -> None:
    for name in ("demo", "test"):
        line = command(name)
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install")
        assert "uv " not in line
        assert "\n" not in line


def test_the_demo_command_opens_the_demo(tmp_path: Path) -> None:
    if not index_answers():
        unless_required("no package index can be reached")
    checkout = tmp_path / "flowdeck"
    checkout.mkdir()
    clone(checkout)
    python = tmp_path / "bin"
    python.mkdir()
    # The python3 that runs the tests, and no uv: a stranger's machine has its own.
    (python / "python3").symlink_to(Path(sys.executable).resolve())
    network = {name: value for name, value in os.environ.items() if NETWORK.match(name)}
    path = os.pathsep.join([str(python), "/usr/local/bin", "/usr/bin", "/bin"])
    with Terminal(
        ["/bin/sh", "-c", command("demo")], columns=100, rows=30, cwd=checkout, env={**network, "PATH": path}
    ) as terminal:
        terminal.wait_for("resnet-cifar10", timeout=INSTALLING)
        terminal.wait_for("demo store")
        assert "churn-xgboost" in terminal.text()
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
