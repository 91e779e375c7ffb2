"""Text that tries to take the terminal over, walked through on every screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.hostile import HOSTILE, hostile_store
from tests.support.program import in_terminal
from tests.support.terminal import Terminal, raw_control_sequences

pytestmark = pytest.mark.pty


@pytest.fixture(scope="module")
def hostile(stores: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_store(stores / "3.17.2" / "mlflow.db", tmp_path_factory.mktemp("hostile"))


def check_columns(terminal: Terminal, title: str, wanted: str) -> int:
    """Every row that has `wanted` has it below `title`; how many there are."""
    # One character for each column: the second column of a wide character is empty, marks share one.
    columns = range(terminal.columns)
    lines = ["".join(terminal.cell(x, y).data[:1] or "\0" for x in columns) for y in range(terminal.rows)]
    place = next(line.index(title) for line in lines if title in line)
    found = [line for line in lines if wanted in line]
    assert [line.index(wanted) for line in found] == [place] * len(found)
    return len(found)


def to_status(terminal: Terminal) -> None:
    """Scrolls sideways to the statuses, which stand behind what was measured where there is little room."""
    terminal.wait_for("✓", what="rows")
    for _ in range(20):
        if "FINISHED" in terminal.text():
            break
        terminal.press("l")
        terminal.wait_quiet(0.15)
    terminal.wait_for("FINISHED")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 45)])
def test_nothing_in_a_store_reaches_the_terminal_as_a_control_sequence(hostile: Path, columns: int, rows: int) -> None:
    with in_terminal(hostile, columns=columns, rows=rows) as terminal:
        terminal.wait_for("iris-classification")
        terminal.press("G")
        terminal.wait_quiet(0.2)
        terminal.press("g", "g")
        terminal.press("A")
        terminal.wait_for("all experiments", what="all runs")
        to_status(terminal)
        aligned = check_columns(terminal, "Status", "FINISHED")
        assert aligned >= min(len(HOSTILE), rows - 6)
        for _ in range(3):
            terminal.press("pagedown")
            terminal.wait_quiet(0.15)
            # Runs that are read then may have metrics, whose columns stand before.
            to_status(terminal)
            check_columns(terminal, "Status", "FINISHED")
        for _ in range(6):
            terminal.press("l")
        terminal.wait_quiet(0.15)
        for place in range(len(HOSTILE)):
            terminal.press("2")
            terminal.wait_quiet(0.05)
            if place:
                terminal.press("k")
            terminal.press("enter")
            terminal.wait_for("Overview")
            for _ in range(5):
                terminal.press("]")
                terminal.wait_quiet(0.05)
        terminal.press("1")
        terminal.wait_quiet(0.2)
        findings = raw_control_sequences(terminal.settled_log)
        assert findings == []
        assert terminal.alternate_screen
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored


def test_a_value_in_full_sends_no_control_sequence_either(hostile: Path) -> None:
    with in_terminal(hostile, columns=100, rows=30) as terminal:
        terminal.wait_for("iris-classification")
        terminal.press("A")
        terminal.wait_for("FINISHED")
        terminal.press("enter")
        terminal.wait_for("Overview")
        for tab in ("Param ", "Tag ", "What "):
            terminal.press("]")
            terminal.wait_for(tab, what=f"the tab {tab}")
            for _ in range(4):
                terminal.press("enter")
                terminal.wait_quiet(0.15)
                terminal.press("escape")
                terminal.wait_for(lambda: "copies, Esc closes" not in terminal.text(), what="the list")
                terminal.press("j")
        assert raw_control_sequences(terminal.settled_log) == []
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_copying_hostile_text_sends_it_encoded(hostile: Path) -> None:
    with in_terminal(hostile) as terminal:
        terminal.wait_for("iris-classification")
        terminal.press("A")
        terminal.wait_for("✓")
        terminal.press("Y")
        terminal.wait_quiet(0.3)
        assert [one for one in raw_control_sequences(terminal.settled_log) if "52" not in one.text] == []
