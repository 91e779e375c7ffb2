"""Failures are one message with a hint on stderr, an exit code, and nothing on stdout."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from store.errors import FilterError
from tests.support.cli import invoke, process
from tests.support.crafted import Crafted
from tui.cli import diagnostics, main
from tui.cli.options import Settings
from tui.view.glyphs import GLYPHS


@pytest.fixture
def uri(stores: Path) -> str:
    return f"sqlite:///{stores / '3.17.2' / 'mlflow.db'}"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("rusn",), 2, "there is no command and no store “rusn”. Did you mean “runs”?"),
        (("runs", "--nonsense"), 2, "No such option '--nonsense'"),
        (("runs", "-n", "-1"), 2, "is not in the range 0<=x<="),
        (("runs", "-o", "yaml"), 2, "'yaml' is not one of"),
        (("runs", "--deleted", "--all"), 2, "--deleted and --all exclude each other"),
        (("runs", "-c", "statsu"), 2, "statsu is not a column\n  did you mean “status”?"),
        (("runs", "-c", "auc"), 2, "did you mean “metrics.auc”, “params.auc” or “tags.auc”?"),
        (("runs", "--sort", "test-auc:desc"), 2, "did you mean “metrics.`test-auc` DESC”"),
        (("runs", "-c", "max(auc)"), 2, "did you mean “max(metrics.auc)”?"),
        (("runs", "-c", ""), 2, " is not a column\n  known are"),
        (("experiments", "--sort", "a-b"), 2, "an order_by expression is one key"),
        (("runs", "-c", "metrics."), 2, "metrics. is not a column"),
        (("runs", "-e", "irsi-classification"), 2, "did you mean “iris-classification”?"),
        (("runs", "--sort", "metrics.a, metrics.b"), 2, "metrics.a, metrics.b"),
        (("runs", "-f", "metrics.rmse > 'x'"), 2, "\n  metrics.rmse > 'x'\n"),
        (("experiments", "-f", "nmae = 'x'"), 2, "did you mean “name”?"),
        (("show",), 2, "Missing argument 'RUN'"),
        (("show", "basline"), 2, "did you mean “baseline”?"),
        (("history", "baseline", "rsme"), 2, "did you mean “rmse”?"),
        (("history", "parent-sweep", "rmse"), 2, "it has no metrics at all"),
        (("plot", "baseline"), 2, "Missing option '-m'"),
        (("plot", "-m", "nothing", "baseline"), 2, "has no metric “nothing”"),
        (("-o", "json", "plot", "-m", "rmse", "baseline"), 2, "a chart is text only"),
        (("completion", "tcsh"), 2, "'tcsh' is not one of"),
        ((), 2, "the terminal interface needs a terminal"),
    ],
)
def test_wrong_usage(uri: str, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = invoke(*arguments, environ={"FLOWDECK_STORE": uri})
    assert (result.code, result.out) == (code, b"")
    assert told in result.err
    assert result.err.startswith("flowdeck: ")


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    result = invoke("runs", "-s", f"sqlite:///{tmp_path}/none.db")
    assert (result.code, result.out) == (3, b"")
    assert str(tmp_path / "none.db") in result.err
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to look like one" * 50)
    assert invoke("runs", "-s", tmp_path / "notes.txt").code == 3


def test_doctor_tells_why_not(tmp_path: Path) -> None:
    result = invoke("doctor", "-o", "json", "-s", tmp_path / "none.db")
    assert result.code == 3
    assert result.json["readable"] is False
    assert str(tmp_path / "none.db") in result.json["error"]
    assert "nothing is at" in result.err


def test_doctor_ends_as_every_other_command(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database" * 100)
    for address, code in (("foo://x", 2), (tmp_path / "none.db", 3), (tmp_path / "notes.txt", 3)):
        assert invoke("doctor", "-s", address).code == code
        assert invoke("runs", "-s", address).code == code


def test_no_password_is_ever_shown() -> None:
    for command in (("runs",), ("doctor",), ("doctor", "-o", "json")):
        result = invoke(*command, "-s", "postgresql://ada:tops3cret@localhost:1/mlflow?password=tops3cret")
        assert result.code != 0
        assert b"tops3cret" not in result.out
        assert "tops3cret" not in result.err


def test_the_wrong_part_of_a_filter_is_marked(uri: str) -> None:
    result = invoke("runs", "-s", uri, "-f", "params.`日本` = 'x' and metrics.rmse >> 1")
    assert result.code == 2
    lines = result.err.splitlines()
    assert lines[1] == "  params.`日本` = 'x' and metrics.rmse >> 1"
    # Two characters of the text are two columns wide each.
    assert lines[2] == "  " + " " * (lines[1].index(">>") - 2 + 2) + "^^"


def test_a_long_filter_is_shown_around_its_fault() -> None:
    text = "metrics.a > 1 and " * 100 + "metrics.b >> 1" + " and metrics.a > 1" * 100
    shown, carets = diagnostics.pointer(FilterError("no", text=text, position=text.index(">>"), length=2), 80)
    assert shown.startswith(f"  {GLYPHS.ellipsis}")
    assert shown.endswith(GLYPHS.ellipsis)
    assert len(shown) <= 80
    assert shown[carets.index("^") :].startswith(">>")
    assert carets.strip() == "^^"


def test_terminals_without_unicode_get_none(uri: str) -> None:
    environ = {"FLOWDECK_ASCII": "1", "FLOWDECK_STORE": uri}
    result = process("runs", "-f", "metrics.a > 1 and " * 100 + "metrics.b >> 1", environ=environ)
    assert result.code == 2
    assert result.err.splitlines()[1].startswith("  ~")
    assert 'did you mean ">"?' in result.err
    assert result.err.isascii()
    result = process("plot", "-m", "rmse", "-m", "acc", "child-1", "baseline", environ=environ)
    assert result.code == 0
    assert "child-1 . acc" in result.text
    assert result.text.isascii()


@pytest.mark.parametrize("position", [0, 5, 11])
def test_a_fault_at_the_end_of_a_filter_is_marked_behind_it(position: int) -> None:
    shown, carets = diagnostics.pointer(FilterError("no", text="metrics.a >", position=position, length=3), 80)
    assert shown == "  metrics.a >"
    assert carets.index("^") == 2 + position


def test_candidates_of_an_ambiguous_name_are_listed(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    for digit in "12":
        crafted.run(digit * 32, "twice")
    result = invoke("show", "twice", "-s", crafted.database)
    assert (result.code, result.out) == (2, b"")
    assert "2 runs are called “twice”" in result.err
    assert f"\n  {'1' * 32}  twice  in Default  started 2023-11-14 22:13" in result.err


def test_colours_only_on_a_terminal_that_wants_them(uri: str) -> None:
    assert "\x1b" not in invoke("show", "nobody", "-s", uri).err
    assert "\x1b[1;31mflowdeck:" in invoke("show", "nobody", "-s", uri, terminal=True).err
    assert "\x1b" not in invoke("show", "nobody", "-s", uri, terminal=True, environ={"NO_COLOR": "1"}).err
    plot = ("plot", "-m", "rmse", "baseline", "-s", uri)
    assert b"\x1b[36m" in invoke(*plot, terminal=True).out
    assert b"\x1b" not in invoke(*plot, terminal=True, environ={"NO_COLOR": "1"}).out
    assert b"\x1b" not in invoke(*plot).out


def test_a_fault_of_the_program_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_settings: Settings) -> None:
        raise ValueError("with\na line\x1b[31m")

    monkeypatch.setattr(Settings, "opened", fail)
    result = invoke("runs")
    assert result.code == 3
    assert result.err.splitlines()[0] == "flowdeck: unexpected ValueError: with a line␛[31m"
    assert "Traceback" not in result.err
    assert "Traceback" in invoke("runs", "--traceback").err
    assert "Traceback" in invoke("--traceback", "runs").err
    assert "Traceback" in invoke("runs", environ={"FLOWDECK_DEBUG": "1"}).err


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_settings: Settings) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Settings, "opened", interrupt)
    result = invoke("runs")
    assert (result.code, result.out) == (130, b"")
    assert "Traceback" not in result.err


def test_a_reader_that_leaves_is_no_error(demo: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "tui.cli.entry", "runs", "-n", "0", "-o", "ndjson", "-s", str(demo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    assert program.stdout.readline().startswith(b'{"run_id"')
    program.stdout.close()
    assert program.wait(30) == 0
    assert program.stderr.read() == b""
    program.stderr.close()


def test_a_signal_from_the_keyboard_ends_a_long_list(demo: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "tui.cli.entry", "runs", "-n", "0", "-o", "ndjson", "-s", str(demo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    program.stdout.readline()  # It writes more than a pipe holds, and waits.
    program.send_signal(signal.SIGINT)
    _, err = program.communicate(timeout=30)
    assert program.returncode == 130
    assert b"Traceback" not in err


def test_a_full_disk_is_said(demo: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tui.cli.entry", "runs", "-n", "0", "-o", "json", "-s", str(demo)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 3
    assert b"No space left" in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_version() -> None:
    result = process("--version")
    assert result.code == 0
    assert result.text.startswith("flowdeck 0.")
    assert main.main(["--help"]) == 0
