"""What opens the terminal interface, and on which store."""

from __future__ import annotations

import gc
import io
import sys
from pathlib import Path
from typing import Any

import pytest

import tui.start
from store.errors import StoreNotFound, UriError
from tests.support.cli import invoke
from tui.cli import entry


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

    monkeypatch.setattr(tui.start, "run_tui", run_tui)
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


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("error", "environ", "code", "told"),
    [
        (ValueError("boo"), {}, 3, "flowdeck: unexpected ValueError: boo"),
        (ValueError("boo"), {"FLOWDECK_DEBUG": "1"}, 3, "Traceback"),
        (KeyboardInterrupt(), {}, 130, ""),
        (StoreNotFound("nothing is there", "look elsewhere"), {}, 3, "flowdeck: nothing is there"),
        (UriError("that is no address", "give one"), {}, 2, "flowdeck: that is no address"),
    ],
)
@pytest.mark.parametrize("arguments", [[], ["sqlite:////data/mlflow.db"], ["--read-only", "./x.db"]])
def test_the_interface_fails_as_commands_do(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    error: BaseException,
    environ: dict[str, str],
    code: int,
    told: str,
) -> None:
    def run_tui(uri: str, **options: Any) -> int:
        raise error

    monkeypatch.setattr(tui.start, "run_tui", run_tui)
    monkeypatch.setattr(sys, "argv", ["flowdeck", *arguments])
    monkeypatch.setattr(gc, "set_threshold", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", _Keyboard())
    monkeypatch.setattr(sys, "stdout", _Screen())
    monkeypatch.setenv("FLOWDECK_STORE", "/from/environment.db")
    monkeypatch.delenv("FLOWDECK_DEBUG", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as leaving:
        entry.run()
    shown = capsys.readouterr().err.strip()
    assert leaving.value.code == code
    assert told in shown
    assert ("Traceback" in shown) == bool(environ)
    assert bool(shown) == bool(told)


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
