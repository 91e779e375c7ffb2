"""Terminals without Unicode: nothing that the program draws is outside ASCII, only what the store itself holds."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

SCREENS = 10

WALK = """
import asyncio, json, sys
from tests.tui.conftest import screen_text, wait_for
from tui.app import FlowdeckApp

async def walk():
    app = FlowdeckApp(sys.argv[1], "test store")
    screens = []
    async with app.run_test(size=(160, 40)) as pilot:
        async def see(text, *keys):
            await pilot.press(*keys)
            await wait_for(pilot, lambda: text in screen_text(app), text)
            await pilot.pause()
            screens.append(screen_text(app))

        await see("as of")
        await see("Search for commands", "colon")
        await see("no experiment is called", "escape", "slash", *"no such")
        await see("All experiments", "escape", "A")
        await see("288 runs", *["right"] * 9)
        await see("did you mean", "f", *"attributes.stauts = 'RUNNING'", "enter")
        await see("Show every key", "escape", "question_mark")
        await see("@ step", "escape", *["down"] * 6, "enter")
        await wait_for(pilot, lambda: len(app.screen.run_pane.table.rows) > 0, "metrics")
        await see("1 point", "enter")
        # The next one is a line.
        await see(" points", "n", "n")
    print(json.dumps(screens))

asyncio.run(walk())
"""


def stored_characters(path: Path) -> set[str]:
    """Every character outside ASCII that the store holds."""
    connection = sqlite3.connect(path)
    try:
        return {character for line in connection.iterdump() for character in line if not character.isascii()}
    finally:
        connection.close()


def test_everything_that_is_drawn_is_ascii(demo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WALK, str(demo)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "FLOWDECK_ASCII": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    screens = json.loads(done.stdout)
    assert len(screens) == len(set(screens)) == SCREENS
    stored = stored_characters(demo)
    wrong = [
        (sorted(found), line.strip())
        for screen in screens
        for line in screen.splitlines()
        if (found := {character for character in line if not character.isascii()} - stored)
    ]
    assert wrong == []
