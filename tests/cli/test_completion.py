"""What shells are offered when Tab is pressed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any, Final

import click
import pytest

from store.protocols import Store
from tests.support.cli import invoke
from tui.cli import completing
from tui.cli.options import Settings

PATIENT: Final = "from tui.cli import completing, entry; completing.PATIENCE_S = 60.0; entry.run()"
"""The program, but for a machine that is busy with other tests."""


def offered(line: str, *, store: Path | str, shell: str = "zsh") -> list[str]:
    """The values for the last word of a line."""
    words = line.split(" ")
    environ = {
        "_FLOWDECK_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "FLOWDECK_STORE": str(store),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(completing, "PATIENCE_S", 60.0)  # the machine may be busy with other tests
        result = invoke(environ=environ)
    assert (result.code, result.err) == (0, "")
    lines = result.text.splitlines()
    return lines[1::3] if shell == "zsh" else [item.partition(",")[2] for item in lines]


@pytest.fixture
def store(stores: Path) -> Path:
    return stores / "3.17.2" / "mlflow.db"


def test_commands_and_options(store: Path) -> None:
    assert offered("flowdeck r", store=store) == ["runs", "rename", "restore"]
    assert offered("flowdeck runs --so", store=store) == ["--sort"]
    assert offered("flowdeck runs -o ", store=store) == ["table", "json", "ndjson", "csv", "md", "parquet"]
    assert offered("flowdeck show -o ", store=store) == ["table", "json", "ndjson", "csv", "md"]
    assert offered("flowdeck runs --t", store=store) == ["--to"]
    assert offered("flowdeck runs --fo", store=store) == ["--force"]


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

    given_up = Event()

    def look(_store: Store) -> Any:
        given_up.wait(60)
        return [("late", "")]

    assert completing._offered(context, look, "") == []
    given_up.set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(shell: str) -> None:
    result = invoke("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert f"_FLOWDECK_COMPLETE={shell}_complete" in result.text
    assert result.text.endswith("\n")


IN_SHELLS = {
    "bash": 'eval "$(flowdeck completion bash)"; COMP_WORDS=(flowdeck show base); COMP_CWORD=2;'
    ' _flowdeck_completion flowdeck; echo "${COMPREPLY[@]}"',
    # What the completion system hands to the line editor is written instead: one has no line without a terminal.
    "zsh": 'autoload -Uz compinit; compinit -D -u; eval "$(flowdeck completion zsh)";'
    " [[ $_comps[flowdeck] = _flowdeck_completion ]] || exit 1;"
    ' compadd() { print -l -- "${(P)@[-1]}" };'
    ' _describe() { print -l -- "${(P)@[3]}" };'
    " words=(flowdeck show base); CURRENT=3; $_comps[flowdeck]",
    "fish": "flowdeck completion fish | source; complete --do-complete 'flowdeck show base'",
}


@pytest.mark.parametrize("shell", list(IN_SHELLS))
def test_the_script_works_in_its_shell(tmp_path: Path, store: Path, shell: str) -> None:
    found = shutil.which(shell)
    if found is None:
        if os.environ.get("FLOWDECK_REQUIRE_SERVERS") == "1":
            pytest.fail(f"there is no {shell}")
        pytest.skip(f"there is no {shell}")
    program = tmp_path / "flowdeck"
    root = Path(__file__).resolve().parents[2]
    program.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -c "{PATIENT}" "$@"\n')
    program.chmod(0o755)
    environ = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "FLOWDECK_STORE": str(store),
        # The user's own settings stay out of it, and nothing is written to the user's folders.
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [found, *options, "-c", IN_SHELLS[shell]], env=environ, capture_output=True, text=True, timeout=30, check=True
    )
    assert [line.partition("\t")[0].partition(":")[0] for line in done.stdout.splitlines()] == ["baseline"]
