"""Texts name the keys that the user has, not those that the program comes with."""

from __future__ import annotations

from pathlib import Path

from tests.tui.conftest import screen_text, wait_for
from tests.tui.test_browser import browser, open_runs
from tui.app import FlowdeckApp
from tui.config import Config
from tui.keys import BY_ID, KEYS, explained

OWN = {
    "back": "backspace",
    "runs": "f6",
    "experiments": "f5",
    "filter": "f7",
    "refresh": "f9",
    "runs_stage": "f8",
    "g": "t",
}


async def test_what_to_press_is_named_as_the_user_has_it(demo: Path) -> None:
    app = FlowdeckApp(str(demo), "test store", Config(keys=OWN))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key and not screen.busy, "experiments")
        await screen.prepare()
        await screen.go(1)
        await wait_for(pilot, lambda: "choose an experiment first: f5" in screen_text(app), "the runs")
        await screen.go(2)
        await wait_for(pilot, lambda: "choose a run first: f6" in screen_text(app), "the run")
        await screen.go(0)
        await open_runs(pilot, "ablation")
        screen.runs._ask(filter="metrics.`val/acc` > 7")
        empty = "backspace shows all of them, f7 changes the filter"
        await wait_for(pilot, lambda: empty in screen_text(app), "no runs")
        await pilot.press("f8")
        screen.runs.clear_search()
        deleted = "no run is deleted f8 shows the others"
        await wait_for(pilot, lambda: deleted in " ".join(screen_text(app).split()), "no deleted ones")


async def test_a_store_that_was_not_read_names_the_key_that_tries_again(tmp_path: Path) -> None:
    app = FlowdeckApp(f"sqlite:///{tmp_path}/nothing.db", "test store", Config(keys=OWN))
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_for(pilot, lambda: "f9 tries again" in screen_text(app), "what to do")


async def test_help_and_palette_name_other_keys_in_their_sentences(demo: Path) -> None:
    app = FlowdeckApp(str(demo), "test store", Config(keys=OWN))
    async with app.run_test(size=(120, 45)) as pilot:
        await wait_for(pilot, lambda: "as of" in screen_text(app), "experiments")
        await pilot.press("question_mark")
        await wait_for(pilot, lambda: "Show every key" in screen_text(app), "help")
        await pilot.press(*"so does")
        await wait_for(pilot, lambda: "To the first row; so does tt." in screen_text(app), "the user's g")


def test_sentences_name_only_entries_that_there_are() -> None:
    assert explained(BY_ID["find"]) == "Find by name as you type; Esc shows everything again."
    assert explained(BY_ID["top"], {"g": "x"}) == "To the first row; so does xx."
    for key in KEYS:
        assert "{" not in explained(key)
