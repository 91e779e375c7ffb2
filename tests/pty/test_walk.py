"""The whole path with keys, in a real terminal, at three sizes; and the terminal afterwards."""

from __future__ import annotations

import shlex
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.support.program import COMMAND, in_terminal
from tests.support.terminal import Terminal

pytestmark = pytest.mark.pty

SIZES = [(60, 20), (80, 24), (160, 45)]


def walk_to(terminal: Terminal, name: str, seen: str) -> None:
    """Finds a row by name as one types, and opens it."""
    terminal.press("/")
    terminal.wait_for("find:", what="the field")
    terminal.type(name)
    terminal.press("enter")
    terminal.wait_for(lambda: "find:" not in terminal.text(), what="the field closed")
    terminal.wait_quiet(0.15)
    terminal.press("enter")
    terminal.wait_for(seen, what=f"{seen} after opening {name}")


def braille(terminal: Terminal) -> int:
    return sum("\u2801" <= character <= "\u28ff" for character in terminal.text())


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_from_experiments_to_a_curve_and_back(demo: Path, columns: int, rows: int) -> None:
    with in_terminal(demo, columns=columns, rows=rows) as terminal:
        terminal.wait_for("resnet-cifar10", what="experiments")
        terminal.wait_for("MLflow 3.17", what="the schema in the status line")
        walk_to(terminal, "resnet", "resnet50-onecycle")
        walk_to(terminal, "onecycle-long", "Metrics 7")
        terminal.wait_for("train/loss")
        walk_to(terminal, "train/loss", "x: step")
        terminal.wait_for(lambda: braille(terminal) > 10, what="a curve")
        terminal.press("a")
        terminal.wait_for("x: relative")
        terminal.press("a")
        terminal.wait_for("x: wall")
        terminal.press("L")
        terminal.wait_for("log y")
        terminal.press("n")
        terminal.wait_for("val/acc", what="the next metric")
        terminal.press("escape")
        terminal.wait_for("Enter open", what="the run")
        terminal.press("1")
        terminal.wait_for("called “resnet”")
        terminal.press("escape")
        terminal.wait_for("All experiments")
        assert all(len(line) <= columns for line in terminal.lines())
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored


def test_the_curve_follows_the_size_of_the_terminal(demo: Path) -> None:
    with in_terminal(demo, columns=80, rows=24) as terminal:
        terminal.wait_for("resnet-cifar10")
        walk_to(terminal, "resnet", "resnet50-onecycle")
        walk_to(terminal, "every-batch", "batch/loss")
        walk_to(terminal, "batch/loss", "every minimum and maximum kept")
        terminal.wait_for(lambda: braille(terminal) > 10, what="a curve")
        before = braille(terminal)
        terminal.resize(160, 45)
        terminal.wait_for(lambda: braille(terminal) > before, what="a larger curve")
        assert max(len(line.rstrip()) for line in terminal.lines()) > 100
        terminal.resize(50, 16)
        terminal.wait_for(lambda: 0 < braille(terminal) < before, what="a smaller curve")
        terminal.press("q")
        assert terminal.wait_exit() == 0


@pytest.mark.parametrize("release", ["1.8.0", "2.9.2", "3.17.2"])
def test_a_database_that_mlflow_wrote_is_walked_the_same_way(stores: Path, release: str) -> None:
    with in_terminal(stores / release / "mlflow.db", columns=100, rows=30) as terminal:
        terminal.wait_for("iris-classification")
        terminal.wait_for("Fraud détection/v2 (été)")
        walk_to(terminal, "iris", "baseline")
        walk_to(terminal, "baseline", "nan_metric")
        walk_to(terminal, "rmse", "x: step")
        terminal.wait_for(lambda: braille(terminal) > 0, what="a curve")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_restored_when_the_program_is_told_to_end(demo: Path, number: signal.Signals) -> None:
    with in_terminal(demo) as terminal:
        terminal.wait_for("resnet-cifar10")
        assert terminal.alternate_screen
        terminal.terminate(number)
        assert terminal.wait_exit() == 128 + number
        assert terminal.restored


def test_the_terminal_is_restored_and_the_fault_told_after_an_exception(demo: Path, tmp_path: Path) -> None:
    program = tmp_path / "faulty.py"
    program.write_text(
        "import sys\n"
        "from tui.widgets.experiments_pane import ExperimentsPane\n"
        "def fail(self): raise ZeroDivisionError('a fault of the program')\n"
        "ExperimentsPane.action_all_runs = fail\n"
        "from tui.start import run_tui\n"
        "sys.exit(run_tui(sys.argv[1]))\n"
    )
    root = Path(__file__).resolve().parents[2]
    with Terminal(
        [sys.executable, str(program), str(demo)], columns=100, rows=30, env={"PYTHONPATH": str(root)}
    ) as terminal:
        terminal.wait_for("resnet-cifar10")
        terminal.press("A")
        assert terminal.wait_exit() == 1
        assert terminal.restored
        assert "a fault of the program" in terminal.text()


def test_a_fault_in_a_thread_ends_the_program_with_its_traceback(demo: Path, tmp_path: Path) -> None:
    program = tmp_path / "faulty.py"
    program.write_text(
        "import sys\n"
        "from tui import reading\n"
        "def fail(*arguments):\n"
        "    password = 's3cret' * 2\n"
        "    raise ZeroDivisionError('a fault in a thread')\n"
        "reading.read_runs = fail\n"
        "from tui.start import run_tui\n"
        "sys.exit(run_tui(sys.argv[1]))\n"
    )
    root = Path(__file__).resolve().parents[2]
    with Terminal(
        [sys.executable, str(program), str(demo)], columns=100, rows=30, env={"PYTHONPATH": str(root)}
    ) as terminal:
        terminal.wait_for("resnet-cifar10")
        terminal.press("enter")
        assert terminal.wait_exit() == 1
        assert terminal.restored
        assert "a fault in a thread" in terminal.text()
        assert b"s3crets3cret" not in terminal.log, "tracebacks are sent around: they have no values of variables"


def test_control_c_cancels_what_is_running_and_quits_only_then(demo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mlflow.db"
    copy.write_bytes(demo.read_bytes())
    with in_terminal(copy) as terminal:
        terminal.wait_for("resnet-cifar10")
        with sqlite3.connect(copy, isolation_level=None) as writer:
            writer.execute("BEGIN EXCLUSIVE")
            terminal.press("r")
            terminal.wait_for("reading", what="a read that waits for the lock")
            terminal.press("ctrl+c")
            terminal.wait_for("cancelled")
            writer.execute("ROLLBACK")
        assert terminal.running
        # At once it would be the same press once more.
        terminal.wait_quiet(1.2)
        terminal.press("ctrl+c")
        assert terminal.wait_exit() == 0
        assert terminal.restored


def test_nothing_is_sent_while_nothing_changes(demo: Path) -> None:
    with in_terminal(demo, columns=160, rows=45) as terminal:
        terminal.wait_for("resnet-cifar10")
        terminal.wait_quiet(1.0)
        with terminal.measure() as traffic:
            terminal.wait_quiet(3.0)
        assert traffic.size == 0


def test_no_color_leaves_no_colour_in_the_output(demo: Path) -> None:
    with in_terminal(demo, env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for("resnet-cifar10")
        terminal.wait_quiet(0.3)
        shown = {terminal.cell(x, y).fg for y in range(24) for x in range(80)}
        greys = {colour for colour in shown if colour == "default" or colour[:2] == colour[2:4] == colour[4:6]}
        assert shown == greys
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_terminal_without_utf8_gets_ascii(demo: Path) -> None:
    with in_terminal(demo, env={"FLOWDECK_ASCII": "1"}) as terminal:
        terminal.wait_for("resnet-cifar10")
        walk_to(terminal, "churn", "trial-26")
        text = terminal.text()
        assert "●" not in text
        assert "✓" not in text
        assert "…" not in text


def test_a_program_that_was_stopped_comes_back_with_its_screen(demo: Path) -> None:
    with in_terminal(demo) as terminal:
        terminal.wait_for("as of")
        terminal.wait_quiet(0.3)
        terminal.terminate(signal.SIGTSTP)
        terminal.wait_for(lambda: not terminal.alternate_screen, what="the shell's screen")
        terminal.terminate(signal.SIGCONT)
        terminal.wait_for("resnet-cifar10", what="the experiments again")
        terminal.wait_for("Enter open")
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_page_turned_in_the_palette_at_once_is_no_fault(demo: Path) -> None:
    for _ in range(3):
        with in_terminal(demo, columns=100, rows=30) as terminal:
            terminal.wait_for("as of")
            terminal.send(":ab\x1b[6~")
            terminal.wait_quiet(0.4)
            assert terminal.running, terminal.text()


def test_a_shell_gets_the_terminal_and_gives_it_back(demo: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    settings = {"PYTHONPATH": str(root), "TZ": "UTC", "PS1": "shell> "}
    with Terminal(["bash", "--norc", "--noprofile", "-i"], env=settings) as terminal:
        terminal.wait_for("shell>")
        terminal.type(shlex.join([*COMMAND, str(demo)]) + "\r")
        terminal.wait_for("as of")
        terminal.wait_quiet(0.3)
        terminal.send("\x1a")
        terminal.wait_for("Stopped", what="the shell's word")
        assert not terminal.alternate_screen
        terminal.type("fg\r")
        terminal.wait_for("Enter open", what="the screen again")
        terminal.wait_quiet(0.3)
        terminal.press("q")
        terminal.wait_for(lambda: not terminal.alternate_screen, what="the shell again")
        terminal.wait_quiet(0.5)
        terminal.type("exit\r")
        assert terminal.wait_exit() == 0


def test_without_a_shell_nothing_is_stopped(demo: Path) -> None:
    with in_terminal(demo) as terminal:
        terminal.wait_for("as of")
        terminal.wait_quiet(0.3)
        terminal.send("\x1a")
        terminal.wait_for("no shell would bring it back: q quits")
        terminal.press("q")
        assert terminal.wait_exit() == 0
