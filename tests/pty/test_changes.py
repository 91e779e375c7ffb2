"""A note is written in the user's editor in a real terminal, kept, and taken back."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.program import COMMAND
from tests.support.terminal import Terminal

pytestmark = pytest.mark.pty

DATABASE = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"


def notes(database: Path) -> list[str]:
    """Every note of a run."""
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT value FROM tags WHERE key = 'mlflow.note.content' ORDER BY value")
        return [str(row[0]) for row in found]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 45)])
def test_a_note_from_the_editor_is_kept_and_taken_back(columns: int, rows: int, tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    shutil.copy(DATABASE, database)
    before = notes(database)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "editing now\\n"\nprintf "written in an editor\\n" > "$1"\n')
    editor.chmod(0o755)
    env = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "TZ": "UTC",
        "EDITOR": str(editor),
        "VISUAL": "",
        "FLOWDECK_STATE": str(tmp_path / "state.json"),
    }
    with Terminal([*COMMAND, str(database)], columns=columns, rows=rows, env=env) as terminal:
        terminal.wait_for("as of", timeout=20.0)
        terminal.press("A")
        terminal.wait_for("polite-yak-163")
        terminal.press("E")
        terminal.wait_for("1 run, 1 value")
        terminal.wait_for("written in")
        if columns == 80:
            # What has no room is beside the screen.
            terminal.press("right", "right", "right")
        terminal.wait_for("an editor")
        assert notes(database) == before
        terminal.press("tab", "enter")
        terminal.wait_for("takes it back")
        assert notes(database) == sorted([*before, "written in an editor"])
        terminal.press("u")
        terminal.wait_for("Undo")
        terminal.wait_for("Yes, change them")
        terminal.press("tab", "enter")
        terminal.wait_for(lambda: notes(database) == before, what="the note is gone")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
