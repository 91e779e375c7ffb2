"""What opens the terminal interface, and on which store."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

import tui.app
from tests.support.cli import invoke


class _Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The calls that would have shown the interface."""
    calls: list[tuple[str, dict[str, Any]]] = []

    def run_tui(uri: str, **options: Any) -> int:
        calls.append((uri, options))
        return 0

    monkeypatch.setattr(tui.app, "run_tui", run_tui)
    monkeypatch.setattr(sys, "stdin", _Keyboard())
    return calls


PLAIN = {"read_only": False, "demo": False}


@pytest.mark.parametrize(
    ("arguments", "uri", "options"),
    [
        (("sqlite:////data/mlflow.db",), "sqlite:////data/mlflow.db", PLAIN),
        (("./some.db",), "./some.db", PLAIN),
        (("-s", "./some.db"), "./some.db", PLAIN),
        (("--read-only", "./some.db"), "./some.db", {"read_only": True, "demo": False}),
        (("./some.db", "--read-only"), "./some.db", {"read_only": True, "demo": False}),
        ((), "/from/environment.db", PLAIN),
    ],
)
def test_an_address_opens_the_interface(
    opened: list[tuple[str, dict[str, Any]]], arguments: tuple[str, ...], uri: str, options: dict[str, Any]
) -> None:
    result = invoke(*arguments, terminal=True, environ={"FLOWDECK_STORE": "/from/environment.db"})
    assert (result.code, result.out, result.err) == (0, b"", "")
    assert opened == [(uri, options)]


def test_a_name_in_the_folder_is_an_address(
    opened: list[tuple[str, dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mlruns").mkdir()
    monkeypatch.chdir(tmp_path)
    assert invoke("mlruns", terminal=True).code == 0
    assert opened == [("mlruns", PLAIN)]


def test_the_demo(opened: list[tuple[str, dict[str, Any]]], tmp_path: Path) -> None:
    assert invoke("demo", terminal=True, environ={"FLOWDECK_CACHE_DIR": str(tmp_path)}).code == 0
    ((uri, options),) = opened
    assert Path(uri).is_file()
    assert options == {"read_only": False, "demo": True}


def test_two_stores_are_one_too_many(opened: list[tuple[str, dict[str, Any]]]) -> None:
    assert invoke("-s", "./a.db", "./b.db", terminal=True).code == 2
    assert invoke("./a.db", "./b.db", terminal=True).code == 2
    assert not opened


def test_the_interface_needs_a_terminal(opened: list[tuple[str, dict[str, Any]]]) -> None:
    result = invoke("./some.db")
    assert (result.code, result.out) == (2, b"")
    assert "needs a terminal" in result.err
    assert not opened
