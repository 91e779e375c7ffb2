"""A filter that is wrong is mended where it is wrong, and one that finds nothing says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.conftest import Walk, screen_text, wait_for
from tests.tui.test_browser import browser, open_runs
from tui.screens.browser import Browser
from tui.view.glyphs import UNICODE
from tui.widgets.error_bar import ErrorBar
from tui.widgets.filtering_pane import Mistake


async def ask(pilot: Pilot[int], screen: Browser, text: str) -> None:
    await pilot.press("f")
    screen.runs.query_one(Input).value = text
    await pilot.press("enter")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 45)])
async def test_the_prompt_opens_again_at_the_mistake(walk: Walk, demo: Path, size: tuple[int, int]) -> None:
    async with walk(demo, size) as pilot:
        screen = await open_runs(pilot, "churn")
        before = screen_text(pilot.app).splitlines()[2]
        text = "attributes.stauts = 'RUNNING'"
        await ask(pilot, screen, text)
        field = screen.runs.query_one(Input)
        await wait_for(pilot, lambda: field.has_focus and "did you mean: status" in screen_text(pilot.app), "again")
        await pilot.pause()
        assert field.value == text
        assert field.cursor_position == text.index(" =")
        lines = screen_text(pilot.app).splitlines()
        # Only the cursor's sign is elsewhere.
        assert lines[2].replace(UNICODE.cursor, " ") == before.replace(UNICODE.cursor, " ")
        carets = next(line for line in lines if "^^^" in line)
        above = lines[lines.index(carets) - 1]
        start = carets.index("^")
        assert above[start : start + carets.count("^")] == "stauts"
        # The footer offers no key that would be taken for text.
        assert lines[-1].split() == ["F1", "help", "Tab", "offers", "Esc", "back", "^r", "used", "before"]
        # Mending it takes the carets away.
        await pilot.press(*["backspace"] * len("stauts"), *"status")
        assert "^^^" not in screen_text(pilot.app)
        await pilot.press("enter")
        await wait_for(pilot, lambda: len(screen.runs.table.rows) == 2, "the running ones")
        assert not screen.query_one(ErrorBar).shown


async def test_a_mistake_is_pointed_at_behind_what_is_looked_for_by_name(walk: Walk, demo: Path) -> None:
    async with walk(demo, (80, 24)) as pilot:
        screen = await open_runs(pilot, "churn")
        await pilot.press("slash", *"trial", "enter")
        await wait_for(pilot, lambda: screen.runs.view is not None and screen.runs.view.find == "trial", "found")
        padding = "metrics.`validation-auc` > 0.1 AND " * 4
        await ask(pilot, screen, f"{padding}metrics.x >> 3")
        field = screen.runs.query_one(Input)
        await wait_for(pilot, lambda: field.has_focus and "^" in screen_text(pilot.app), "the prompt again")
        await wait_for(pilot, lambda: field.scroll_x > 0, "scrolled to the mistake")
        await pilot.pause()
        lines = screen_text(pilot.app).splitlines()
        carets = next(line for line in lines if line.strip(" ▏").startswith("^"))
        start = carets.index("^")
        assert lines[lines.index(carets) - 1][start : start + 2] == ">>"


async def test_escape_gives_a_wrong_filter_up_and_the_runs_stay(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "churn")
        await wait_for(pilot, lambda: screen.runs.settled, "all runs")
        total = len(screen.runs.table.rows)
        await ask(pilot, screen, "nonsense =")
        await wait_for(pilot, lambda: screen.query_one(ErrorBar).shown, "the error")
        await pilot.press("escape")
        await wait_for(pilot, lambda: not screen.query_one(ErrorBar).shown, "no error")
        assert screen.level == 1
        assert screen.runs.table.has_focus
        assert len(screen.runs.table.rows) == total
        # It is there again for whoever wants to mend it after all.
        await pilot.press("f")
        assert screen.runs.query_one(Input).value == "nonsense ="


async def test_a_wrong_filter_is_emptied_by_one_key_though_the_cursor_is_in_it(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "churn")
        await ask(pilot, screen, "attributes.stauts = 'RUNNING'")
        field = screen.runs.query_one(Input)
        await wait_for(pilot, lambda: field.has_focus and screen.query_one(ErrorBar).shown, "the prompt again")
        assert 0 < field.cursor_position < len(field.value)
        await pilot.press("ctrl+u", "a")
        assert field.value == "a"


async def test_the_prompt_does_not_come_back_to_who_went_elsewhere(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "churn")
        await pilot.press("question_mark")
        screen.runs._ask(filter="nonsense =")
        await wait_for(pilot, lambda: screen.query_one(ErrorBar).shown, "the error")
        assert screen.runs.prompt is None or not screen.runs.prompt.shown
        await pilot.press("escape")
        await wait_for(pilot, lambda: browser(pilot).runs.table.has_focus, "the list again")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("metrics.`validation-auk` > 0", "has a metric “validation-auk”; did you mean “validation-auc”"),
        ("params.`max_dept` = '3'", "has a param “max_dept”; did you mean “max_depth”?"),
        ("attributes.status = 'RUNING'", "has the status “RUNING”; did you mean “RUNNING”"),
    ],
)
async def test_a_name_that_no_run_has_is_told_with_what_was_meant(walk: Walk, demo: Path, text: str, said: str) -> None:
    async with walk(demo, (120, 30)) as pilot:
        screen = await open_runs(pilot, "churn")
        await ask(pilot, screen, text)
        await wait_for(pilot, lambda: said in " ".join(screen_text(pilot.app).split()), said)
        assert len(screen.runs.table.rows) == 0
        assert "Esc shows all of them, f changes the filter" in screen_text(pilot.app)


async def test_an_honest_filter_that_finds_nothing_accuses_no_name(walk: Walk, demo: Path) -> None:
    async with walk(demo, (120, 30)) as pilot:
        screen = await open_runs(pilot, "churn")
        await ask(pilot, screen, "metrics.`validation-auc` > 7")
        await wait_for(pilot, lambda: "no run matches" in screen_text(pilot.app) and not screen.busy, "nothing")
        await pilot.pause()
        assert "no run matches" in screen_text(pilot.app)


async def test_a_mistake_does_not_take_the_place_of_what_is_being_typed(walk: Walk, demo: Path) -> None:
    async with walk(demo, (120, 30)) as pilot:
        screen = await open_runs(pilot, "churn")
        await pilot.press("f", *"params.x")
        await screen.filtering.mend(Mistake("metrics.a >> 3", range(10, 12)))
        assert screen.runs.query_one(Input).value == "params.x"
        prompt = screen.runs.filter_prompt
        assert prompt is not None
        while prompt.shown:
            await pilot.press("escape")
        await pilot.press("f")
        assert screen.runs.query_one(Input).value == "metrics.a >> 3"
