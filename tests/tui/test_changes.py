"""Runs are changed after one look at all that changes, and changed back."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from threading import Event
from typing import Any, Final

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from store.errors import StoreBusy
from tests.tui.conftest import screen_text, wait_for
from tests.tui.test_browser import browser
from tui import changing
from tui.app import FlowdeckApp
from tui.screens.browser import Browser
from tui.screens.modals.change import Change
from tui.screens.modals.picker import Picker
from tui.screens.modals.question import Ask
from tui.view.changes import tags_from

DATABASE: Final = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A copy that can be changed."""
    copy = tmp_path / "mlflow.db"
    shutil.copy(DATABASE, copy)
    return copy


@asynccontextmanager
async def at_runs(database: Path, *, read_only: bool = False) -> AsyncIterator[tuple[Pilot[int], Browser]]:
    """The program at all active runs of the store."""
    app = FlowdeckApp(str(database), "test store", read_only=read_only)
    async with app.run_test(size=(130, 30), notifications=True) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("A")
        await wait_for(pilot, lambda: screen.runs.chosen is not None and not screen.busy, "runs")
        yield pilot, screen


def row_of(database: Path, run_id: str) -> tuple[object, ...]:
    """Name, status and stage of a run."""
    with closing(sqlite3.connect(database)) as connection:
        found: tuple[object, ...] = connection.execute(
            "SELECT name, status, lifecycle_stage FROM runs WHERE run_uuid = ?", (run_id,)
        ).fetchone()
        return found


def tag_of(database: Path, run_id: str, key: str) -> str | None:
    """A tag's value."""
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT value FROM tags WHERE run_uuid = ? AND key = ?", (run_id, key)).fetchone()
        return None if found is None else str(found[0])


async def agreed(pilot: Pilot[int], screen: Browser) -> None:
    """Says yes to what is listed, and waits until it is done."""
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Change), "the list of what changes")
    await pilot.pause()
    await pilot.press("tab", "enter")
    await wait_for(pilot, lambda: pilot.app.screen is screen and not screen.busy, "the change")


async def test_a_run_is_renamed_and_named_as_before_again(database: Path) -> None:
    async with at_runs(database) as (pilot, screen):
        run_id = screen.runs.key
        name = row_of(database, run_id)[0]
        await pilot.press("W")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Picker), "what can be changed")
        await pilot.press(*"name", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Ask), "the new name")
        await pilot.press(*"better", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Change), "the list of what changes")
        await pilot.pause()
        text = screen_text(pilot.app)
        assert "1 run, 2 values" in text
        assert str(name) in text
        assert "better" in text
        assert "tags.mlflow.runName" in text
        assert row_of(database, run_id)[0] == name
        await agreed(pilot, screen)
        assert row_of(database, run_id)[0] == "better"
        await wait_for(pilot, lambda: screen.runs.chosen is not None and screen.runs.chosen.run_name == "better", "row")
        assert screen.runs.key == run_id
        await pilot.press("u")
        await agreed(pilot, screen)
        assert row_of(database, run_id)[0] == name


async def test_deleting_takes_a_typed_word(database: Path) -> None:
    async with at_runs(database) as (pilot, screen):
        run_id = screen.runs.key
        await pilot.press("delete")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Change), "the list of what changes")
        await pilot.pause()
        await pilot.press("enter", *"yes", "enter")
        assert isinstance(pilot.app.screen, Change)
        assert row_of(database, run_id)[2] == "active"
        pilot.app.screen.query_one(Input).value = ""
        await pilot.press(*"delete", "enter")
        await wait_for(pilot, lambda: row_of(database, run_id)[2] == "deleted", "the deletion")
        await wait_for(pilot, lambda: screen.runs.key != run_id and not screen.busy, "the run has gone")
        await pilot.press("u")
        await agreed(pilot, screen)
        assert row_of(database, run_id)[2] == "active"


async def test_nothing_changes_without_a_yes(database: Path) -> None:
    content = database.read_bytes()
    async with at_runs(database) as (pilot, screen):
        for keys in (("enter",), ("escape",)):
            screen.action_change("KILLED")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, Change), "the list of what changes")
            await pilot.pause()
            await pilot.press(*keys)
            await wait_for(pilot, lambda: pilot.app.screen is screen and not screen.busy, "back")
    assert database.read_bytes() == content


async def test_what_changed_meanwhile_is_told_and_kept(database: Path) -> None:
    async with at_runs(database) as (pilot, screen):
        run_id = screen.runs.key
        screen.action_change("tags")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Ask), "the tags")
        await pilot.press(*"a=1", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Change), "the list of what changes")
        await pilot.pause()
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("INSERT INTO tags (run_uuid, key, value) VALUES (?, 'a', 'other')", (run_id,))
        first = pilot.app.screen
        await pilot.press("tab", "enter")
        await wait_for(
            pilot, lambda: isinstance(pilot.app.screen, Change) and pilot.app.screen is not first, "what became of it"
        )
        await pilot.pause()
        assert "it was changed meanwhile: a is not what it was" in screen_text(pilot.app)
    assert tag_of(database, run_id, "a") == "other"


async def test_read_only_is_said_and_nothing_is_asked(database: Path) -> None:
    content = database.read_bytes()
    async with at_runs(database, read_only=True) as (pilot, screen):
        await pilot.press("W")
        await wait_for(pilot, lambda: "read-only: nothing can be changed" in screen_text(pilot.app), "the refusal")
        await pilot.press("delete", "u", "U", "E")
        await pilot.pause()
        assert pilot.app.screen is screen
    assert database.read_bytes() == content


def test_tags_are_typed_as_in_a_shell() -> None:
    change = tags_from("a=1 'b c=x y' -old -'o d'")
    assert (change.tags, change.delete) == ((("a", "1"), ("b c", "x y")), ("old", "o d"))


async def test_one_change_of_several_runs_lists_all_of_them(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_runs(database) as (pilot, screen):
        ids = list(screen.runs.ids)[:3]
        monkeypatch.setattr(screen, "targets", lambda: ids)
        screen.action_change("tags")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Ask), "the tags")
        await pilot.press(*"team=blue", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Change), "the list of what changes")
        await pilot.pause()
        text = screen_text(pilot.app)
        assert "3 runs, 3 values" in text
        assert all(run_id[:8] in text for run_id in ids)
        cursor = screen.runs.key
        await agreed(pilot, screen)
        assert [tag_of(database, run_id, "team") for run_id in ids] == ["blue"] * 3
        assert screen.runs.key == cursor
        await pilot.press("u")
        await agreed(pilot, screen)
        assert [tag_of(database, run_id, "team") for run_id in ids] == [None] * 3


async def test_a_change_that_is_called_off_before_it_is_asked_about_never_asks(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, going_on = Event(), Event()
    plan = changing.plan

    def slow(*arguments: Any) -> None:
        looking.set()
        going_on.wait(20)
        plan(*arguments)

    monkeypatch.setattr(changing, "plan", slow)
    async with at_runs(database) as (pilot, screen):
        screen.action_change("KILLED")
        await wait_for(pilot, looking.is_set, "it is being looked")
        await wait_for(pilot, lambda: "looking at 1 run to change" in screen_text(pilot.app), "what is being done")
        level = screen.level
        await pilot.press("escape")
        going_on.set()
        await wait_for(pilot, lambda: not screen.busy, "the end")
        assert (pilot.app.screen, screen.level) == (screen, level)
        assert "looking at" not in screen_text(pilot.app)


async def test_words_that_are_wrong_are_there_to_be_mended(database: Path) -> None:
    async with at_runs(database) as (pilot, _):
        await pilot.press("W", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Ask), "the words")
        await pilot.press(*"team=x b", "enter")
        await wait_for(pilot, lambda: "is neither" in screen_text(pilot.app), "what is wrong")
        field = pilot.app.screen.query_one(Input)
        assert field.value == "team=x b"
        await pilot.press("backspace", "backspace", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Change), "the list of what changes")
        assert "tags.team" in screen_text(pilot.app)


async def test_looking_at_runs_that_fails_is_not_said_to_go_on(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise StoreBusy("another process writes", "try again")

    monkeypatch.setattr(changing, "plan", failing)
    async with at_runs(database) as (pilot, screen):
        screen.action_change("KILLED")
        await wait_for(pilot, lambda: "another process writes" in screen_text(pilot.app), "the failure")
        await wait_for(pilot, lambda: not screen.busy, "the end")
        await pilot.press("r")
        await wait_for(pilot, lambda: not screen.busy, "read again")
        assert "looking at" not in screen_text(pilot.app)
        assert screen.status._status.doing == "reading"


async def test_what_a_cancelled_change_did_is_told_and_can_be_taken_back(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making, going_on = Event(), Event()
    make = changing.make

    def slow(address: str, planned: changing.ChangePlanned, post: Any, cancel: Event) -> None:
        making.set()
        going_on.wait(20)
        # As a tree does, whose files are written by then.
        make(address, planned, post, Event())

    monkeypatch.setattr(changing, "make", slow)
    async with at_runs(database) as (pilot, screen):
        run_id = screen.runs.key
        screen.action_change("KILLED")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Change), "the question")
        await pilot.pause()
        await pilot.press("tab", "enter")
        await wait_for(pilot, making.is_set, "it is being done")
        await pilot.press("t")
        await wait_for(pilot, lambda: "runs are being changed" in screen_text(pilot.app), "why the store is not left")
        assert pilot.app.screen is screen
        await pilot.press("ctrl+c")
        await wait_for(pilot, lambda: not screen.busy, "nothing is waited for")
        going_on.set()
        await wait_for(pilot, lambda: "takes it back" in screen_text(pilot.app), "what was done")
        assert row_of(database, run_id)[1] == "KILLED"
        await pilot.press("u")
        await agreed(pilot, screen)
        assert row_of(database, run_id)[1] != "KILLED"
