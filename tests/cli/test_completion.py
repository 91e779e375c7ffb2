"""What shells are offered when Tab is pressed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest

from store.protocols import Store
from tests.support.cli import invoke, process
from tui.cli import completing
from tui.cli.options import Settings


def offered(line: str, *, store: Path | str, shell: str = "zsh") -> list[str]:
    """The values for the last word of a line."""
    words = line.split(" ")
    environ = {
        "_FLOWDECK_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "FLOWDECK_STORE": str(store),
    }
    result = process(environ=environ)
    assert (result.code, result.err) == (0, "")
    lines = result.text.splitlines()
    return lines[1::3] if shell == "zsh" else [item.partition(",")[2] for item in lines]


@pytest.fixture
def store(stores: Path) -> Path:
    return stores / "3.17.2" / "mlflow.db"


def test_commands_and_options(store: Path) -> None:
    assert offered("flowdeck r", store=store) == ["runs"]
    assert offered("flowdeck runs --so", store=store) == ["--sort"]
    assert offered("flowdeck runs -o ", store=store) == ["table", "json", "ndjson", "csv", "md"]


def test_names_in_the_store(store: Path) -> None:
    assert "iris-classification" in offered("flowdeck runs -e ", store=store)
    assert offered("flowdeck runs -e iris", store=store) == ["iris-classification"]
    assert offered("flowdeck show base", store=store) == ["baseline"]
    assert offered("flowdeck show acfc09", store=store) == ["acfc090553ee4227a0e1d37575326027"]
    assert offered("flowdeck history baseline n", store=store) == ["nan_metric", "nan_then", "neg_step", "ninf_metric"]
    assert offered("flowdeck history child-1 ", store=store) == ["acc", "rmse"]
    assert offered("flowdeck plot -m rm", store=store) == ["rmse"]
    assert offered("flowdeck runs -c metrics.r", store=store) == ["metrics.rmse"]
    assert offered("flowdeck runs -c start", store=store) == ["start_time"]


def test_the_store_on_the_line_counts(store: Path) -> None:
    assert offered(f"flowdeck -s {store} show base", store="/nowhere") == ["baseline"]
    assert offered(f"flowdeck show -s {store} base", store="/nowhere") == ["baseline"]


def test_bash_is_given_names_as_they_are_typed(store: Path) -> None:
    assert offered("flowdeck runs -e Fr", store=store, shell="bash") == ["Fraud\\ détection/v2\\ \\(été\\)"]


@pytest.mark.parametrize("broken", ["/nowhere/mlflow.db", "postgresql://ada:secret@localhost:1/x", "nonsense://"])
def test_a_store_that_cannot_be_read_offers_nothing_and_says_nothing(broken: str) -> None:
    assert offered("flowdeck show x", store=broken) == []


def test_a_slow_store_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    monkeypatch.setattr(completing, "PATIENCE_S", 0.1)
    context = click.Context(click.Command("x"), obj=Settings(store=str(store)))

    def look(_store: Store) -> Any:
        time.sleep(1)
        return [("late", "")]

    begun = time.monotonic()
    assert completing._offered(context, look, "") == []
    assert time.monotonic() - begun < 0.8


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(shell: str) -> None:
    result = invoke("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert f"_FLOWDECK_COMPLETE={shell}_complete" in result.text
    assert result.text.endswith("\n")


def test_the_script_works_in_bash(tmp_path: Path, store: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    program = tmp_path / "flowdeck"
    root = Path(__file__).resolve().parents[2]
    program.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m tui.cli.entry "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(flowdeck completion bash)"; COMP_WORDS=(flowdeck show base); COMP_CWORD=2;'
        ' _flowdeck_completion flowdeck; echo "${COMPREPLY[@]}"'
    )
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "FLOWDECK_STORE": str(store)}
    done = subprocess.run([bash, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "baseline\n"
