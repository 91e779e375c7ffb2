"""The path from experiments to a run, with keys."""

from __future__ import annotations

import gc
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from textual.color import Color
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.widgets import Input

from store.errors import StoreBusy
from store.kinds import ViewType
from tests.tui.conftest import Walk, screen_text, wait_for
from tui.app import COLLECTION
from tui.screens.browser import Browser
from tui.view.order import SortKey
from tui.view.run_columns import RunColumn
from tui.widgets.error_bar import ErrorBar
from tui.widgets.line import Line
from tui.widgets.table import Table


def browser(pilot: Pilot[int]) -> Browser:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, Browser)
    return screen


async def open_runs(pilot: Pilot[int], name: str) -> Browser:
    """Opens the runs of an experiment from the list."""
    screen = browser(pilot)
    await wait_for(pilot, lambda: len(screen.experiments.table.rows) > 0, "experiments")
    table = screen.experiments.table
    for place in range(len(table.rows)):
        if name in table.rows.cells(place)[0].text:
            table.cursor = place
    await pilot.press("enter")
    await wait_for(pilot, lambda: len(screen.runs.table.rows) > 0 and screen.runs.view is not None, "runs")
    return screen


async def test_shows_the_experiments_with_their_runs_and_the_store(walk: Walk, demo: Path) -> None:
    async with walk(demo, (120, 30)) as pilot:
        await wait_for(pilot, lambda: "as of" in screen_text(pilot.app), "experiments on screen")
        text = screen_text(pilot.app)
        assert "churn-xgboost" in text
        assert "All experiments" in text
        assert "MLflow 3.17 (dc11669786a5)" in text
        assert "read-only" not in text
        assert "as of" in text
        assert "6 experiments" in text


async def test_garbage_is_collected_as_usual_once_the_program_is_up(walk: Walk, demo: Path) -> None:
    """Starting raises the thresholds; what is there by then is not looked at again."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 10, 10)
    try:
        async with walk(demo) as pilot:
            await wait_for(pilot, lambda: browser(pilot).panes.prepared, "everything that it needs")
            await wait_for(pilot, lambda: gc.get_threshold() == COLLECTION, "the usual thresholds")
            assert gc.get_freeze_count() > 0
    finally:
        gc.set_threshold(*before)


async def test_enter_walks_down_and_escape_up_again(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "resnet")
        await wait_for(pilot, lambda: "resnet50-onecycle" in screen_text(pilot.app), "runs on screen")
        await pilot.press("enter")
        await wait_for(
            pilot, lambda: "val/loss" in screen_text(pilot.app) or "Metrics" in screen_text(pilot.app), "run"
        )
        assert screen.level == 2
        await pilot.press("escape")
        assert screen.level == 1
        await pilot.press("escape")
        assert screen.level == 0
        await pilot.press("escape")
        assert screen.level == 0


async def test_find_narrows_experiments_as_one_types_and_escape_shows_all(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 7, "all experiments")
        await pilot.press("slash", *"chu")
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 1, "one experiment")
        assert "churn-xgboost" in screen_text(pilot.app)
        assert "resnet50-onecycle" not in screen_text(pilot.app)
        await pilot.press("escape")
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 7, "all experiments again")


async def test_find_in_runs_asks_the_store_for_names(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "churn")
        await pilot.press("slash", *"trial-26")
        await wait_for(pilot, lambda: 0 < len(screen.runs.table.rows) < 10, "few runs")
        assert all("trial-26" in row for row in screen_text(pilot.app).splitlines()[2:8] if "FINISHED" in row)


async def test_text_fields_own_every_printable_key(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "churn")
        await pilot.press("f", *"qrs?:1T")
        assert screen.runs.query_one(Input).value == "qrs?:1T"
        assert pilot.app.is_running


async def test_a_filter_narrows_the_runs_and_the_title_says_so(walk: Walk, demo: Path) -> None:
    async with walk(demo, (140, 30)) as pilot:
        screen = await open_runs(pilot, "churn")
        await pilot.press("f")
        screen.runs.query_one(Input).value = "attributes.status = 'RUNNING'"
        await pilot.press("enter")
        await wait_for(pilot, lambda: len(screen.runs.table.rows) == 2, "the two running ones")
        assert "where attributes.status = 'RUNNING'" in screen_text(pilot.app)
        await pilot.press("escape")
        await wait_for(pilot, lambda: len(screen.runs.table.rows) > 100, "all runs again")


async def test_a_wrong_filter_points_at_the_mistake_and_the_runs_stay(walk: Walk, demo: Path) -> None:
    async with walk(demo, (140, 30)) as pilot:
        screen = await open_runs(pilot, "churn")
        before = len(screen.runs.table.rows)
        await pilot.press("f")
        screen.runs.query_one(Input).value = "attributes.stauts = 'RUNNING'"
        await pilot.press("enter")
        bar = screen.query_one(ErrorBar)
        await wait_for(pilot, lambda: "did you mean: status" in screen_text(pilot.app), "the error")
        assert len(screen.runs.table.rows) == before
        assert "where" not in screen.runs.query_one(".title", Line).text
        await pilot.press("escape")
        assert not bar.shown


async def test_sorting_by_a_metric_and_turning_the_order_round(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "churn")
        query = "SELECT run_uuid FROM latest_metrics WHERE key = 'validation-auc' AND NOT is_nan ORDER BY value"
        with closing(sqlite3.connect(demo)) as connection:
            worst, *_, best = (run_id for (run_id,) in connection.execute(query))
        screen.runs.sort_by(RunColumn("metrics", "validation-auc"))
        await wait_for(pilot, lambda: screen.runs.table.rows.key(0) == best, "the best at the top")
        await pilot.press("S")
        await wait_for(pilot, lambda: screen.runs.table.rows.key(0) == worst, "the order turned round")


async def test_cursor_stays_on_its_run_when_new_runs_arrive(walk: Walk, demo_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mlflow.db"
    copy.write_bytes((demo_folder / "mlflow.db").read_bytes())
    async with walk(copy) as pilot:
        screen = await open_runs(pilot, "resnet")
        await pilot.press("down", "down", "down")
        key, total = screen.runs.table.key, len(screen.runs.table.rows)
        with sqlite3.connect(copy) as connection:
            connection.execute(
                "INSERT INTO runs (run_uuid, name, experiment_id, status, start_time, lifecycle_stage, source_type) "
                "SELECT 'ffffffffffffffffffffffffffffffff', 'brand-new', experiment_id, 'RUNNING', "
                "start_time + 10000000000, 'active', 'LOCAL' FROM runs WHERE run_uuid = ?",
                (key,),
            )
        await pilot.press("r")
        await wait_for(pilot, lambda: len(screen.runs.table.rows) == total + 1, "the new run")
        assert screen.runs.table.key == key
        assert "brand-new" in screen_text(pilot.app)


async def test_a_store_that_cannot_be_opened_says_what_to_do_and_can_be_tried_again(
    walk: Walk, demo: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "nothing.db"
    async with walk(f"sqlite:///{missing}") as pilot:
        await wait_for(pilot, lambda: "there is no database at" in screen_text(pilot.app), "the error")
        assert "what to do" in screen_text(pilot.app)
        assert not missing.exists()
        missing.write_bytes(demo.read_bytes())
        await pilot.press("r")
        await wait_for(pilot, lambda: "churn-xgboost" in screen_text(pilot.app), "the store that is there now")
        assert not browser(pilot).query_one(ErrorBar).shown


async def test_one_pane_on_narrow_terminals_two_on_wide_three_on_the_widest(walk: Walk, demo: Path) -> None:
    for columns, wanted in ((60, ["runs"]), (80, ["runs"]), (160, ["experiments", "runs"])):
        async with walk(demo, (columns, 24)) as pilot:
            screen = await open_runs(pilot, "churn")
            shown = [pane.id for pane in screen.query("#panes > *") if pane.display]
            assert shown == wanted, columns
    async with walk(demo, (240, 40)) as pilot:
        screen = await open_runs(pilot, "churn")
        await pilot.press("enter")
        assert [pane.id for pane in screen.query("#panes > *") if pane.display] == ["experiments", "runs", "run"]


async def test_deleted_experiments_are_shown_on_demand(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 7, "active experiments")
        await pilot.press("V")
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 1, "the deleted one")
        await pilot.press("V")
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 8, "all")


async def test_help_lists_every_key_and_can_be_searched(walk: Walk, demo: Path) -> None:
    async with walk(demo, (110, 40)) as pilot:
        await pilot.press("question_mark")
        await wait_for(pilot, lambda: "Show every key" in screen_text(pilot.app), "help")
        await pilot.press(*"log scale")
        await wait_for(pilot, lambda: "Show every key" not in screen_text(pilot.app), "narrowed help")
        assert "Next log scale" in screen_text(pilot.app)
        await pilot.press("escape")
        assert len(pilot.app.screen_stack) == 1


async def test_the_palette_runs_what_has_a_key(walk: Walk, demo: Path) -> None:
    async with walk(demo, (110, 40)) as pilot:
        screen = await open_runs(pilot, "churn")
        first, last = (screen.runs.table.rows.key(at) for at in (0, len(screen.runs.table.rows) - 1))
        await pilot.press("colon")
        await wait_for(pilot, lambda: len(pilot.app.screen_stack) == 2, "palette")
        await pilot.press(*"Turn the order")
        await wait_for(pilot, lambda: "Turn the order round" in screen_text(pilot.app), "hit")
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.runs.table.rows.key(0) == last, "the order turned round")
        assert screen.runs.table.rows.key(len(screen.runs.table.rows) - 1) == first
        assert len(pilot.app.screen_stack) == 1


async def test_a_page_down_and_end_load_the_rows_that_come_on_screen(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "All experiments")
        table = screen.runs.table
        await wait_for(pilot, lambda: len(table.rows) > 280, "all runs")
        await pilot.press("G")
        await wait_for(pilot, lambda: table.rows.cells(len(table.rows) - 1) is not None, "the last row")
        assert table.cursor == len(table.rows) - 1
        await pilot.press("g", "g")
        assert table.cursor == 0


async def test_the_mouse_moves_the_cursor_and_a_double_click_opens(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 7, "experiments")
        await pilot.click(Table, offset=(5, 4))
        assert screen.experiments.table.cursor == 3
        await pilot.click(Table, offset=(5, 4), times=2)
        await wait_for(pilot, lambda: screen.level == 1, "runs")


async def test_every_theme_can_be_walked_through(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        seen = {pilot.app.theme}
        for _ in range(3):
            await pilot.press("T")
            seen.add(pilot.app.theme)
        assert seen == {"flowdeck-dark", "flowdeck-light", "flowdeck-safe", "ansi-dark"}


async def test_a_run_that_was_purged_is_told_and_not_asked_for_again(walk: Walk, demo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mlflow.db"
    copy.write_bytes(demo.read_bytes())
    async with walk(copy) as pilot:
        screen = await open_runs(pilot, "All experiments")
        table = screen.runs.table
        await wait_for(pilot, lambda: len(table.rows) > 280 and not screen.busy, "all runs")
        with sqlite3.connect(copy) as connection:
            connection.execute("DELETE FROM runs WHERE run_uuid = ?", (table.rows.key(len(table.rows) - 1),))
        await pilot.press("G")
        await wait_for(pilot, lambda: "no longer in the store" in screen_text(pilot.app), "the row that is gone")
        await wait_for(pilot, lambda: not screen.busy, "quiet")
        asked: list[object] = []
        screen._session.read = lambda *arguments: asked.append(arguments)  # type: ignore[method-assign]  # watched, not called
        await pilot.pause(0.3)
        assert asked == []


async def test_reading_again_shows_changes_of_rows_that_come_on_screen_later(
    walk: Walk, demo: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "mlflow.db"
    copy.write_bytes(demo.read_bytes())
    async with walk(copy) as pilot:
        screen = await open_runs(pilot, "All experiments")
        table = screen.runs.table
        await wait_for(pilot, lambda: len(table.rows) > 280, "all runs")
        await pilot.press("G")
        await wait_for(pilot, lambda: table.rows.cells(len(table.rows) - 1) is not None, "the last row")
        await pilot.press("g", "g")
        with sqlite3.connect(copy) as connection:
            key = table.rows.key(len(table.rows) - 1)
            connection.execute("UPDATE runs SET name = 'renamed-meanwhile' WHERE run_uuid = ?", (key,))
        await pilot.press("r")
        await wait_for(pilot, lambda: not screen.busy, "read again")
        await pilot.press("G")
        await wait_for(pilot, lambda: "renamed-meanwhile" in screen_text(pilot.app), "the new name")


async def test_cancelling_leaves_everything_usable(walk: Walk, demo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mlflow.db"
    copy.write_bytes(demo.read_bytes())
    async with walk(copy) as pilot:
        screen = await open_runs(pilot, "resnet")
        writer = sqlite3.connect(copy, isolation_level=None)
        writer.execute("BEGIN EXCLUSIVE")
        await pilot.press("S")
        await wait_for(pilot, lambda: screen.busy, "a read that waits")
        await pilot.press("ctrl+c")
        await wait_for(pilot, lambda: not screen.busy, "cancelled")
        writer.execute("ROLLBACK")
        writer.close()
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.run_pane.run_shown is not None, "the run")


async def test_an_error_stays_until_the_same_work_succeeds(walk: Walk, demo: Path, tmp_path: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "resnet")
        bar = screen.query_one(ErrorBar)
        bar.tell("reading the experiments", StoreBusy("locked"), "experiments")
        await pilot.press("S")
        await wait_for(pilot, lambda: not screen.busy, "runs in another order")
        assert bar.shown
        await pilot.press("r")
        await wait_for(pilot, lambda: not bar.shown, "the experiments were read")


async def test_quitting_does_not_wait_for_a_locked_store(walk: Walk, demo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mlflow.db"
    copy.write_bytes(demo.read_bytes())
    writer = sqlite3.connect(copy, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    before = {thread.name for thread in threading.enumerate()}
    async with walk(copy) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.busy, "a store that is being opened")
        workers = list(pilot.app.workers)
    assert workers
    assert all(worker.is_finished for worker in workers)
    assert len({thread.name for thread in threading.enumerate()} - before) <= 1
    writer.close()


async def test_several_changes_at_once_all_count(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "churn")
        runs = screen.runs
        runs._ask(filter="attributes.status = 'FINISHED'")
        runs.action_reverse()
        runs.action_next_stage()
        await wait_for(pilot, lambda: not screen.busy and runs.view is not None and runs.view.filter, "the answer")
        assert runs.view is not None
        assert runs.view.filter == "attributes.status = 'FINISHED'"
        assert runs.view.order == (SortKey(RunColumn("attributes", "start_time"), True),)
        assert runs.view.stage is ViewType.DELETED_ONLY


async def test_what_was_typed_ahead_is_forgotten_by_going_back(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "churn")
        screen.runs._ask(find="trial-25")
        screen.runs.table.action_open()
        await pilot.press("escape")
        await wait_for(pilot, lambda: not screen.busy, "the answer")
        await pilot.pause(0.1)
        assert screen.run_pane.run_shown is None


async def test_the_chart_of_another_run_is_cleared(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = await open_runs(pilot, "resnet")
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.run_pane.summaries, "the metrics")
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.chart.notes, "a chart")
        await pilot.press("2", "down", "enter")
        await wait_for(pilot, lambda: screen.run_pane.run_shown is not None and not screen.busy, "another run")
        assert screen.chart.run_shown is None
        await pilot.press("4")
        await wait_for(pilot, lambda: screen.chart.run_shown is not None, "the chart of a metric of this run")
        assert screen.chart.run_shown.run_id == screen.run_pane.run_shown.run_id


async def test_the_prompt_closes_when_the_focus_goes_elsewhere(walk: Walk, demo: Path) -> None:
    async with walk(demo) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 7, "experiments")
        await pilot.press("slash", *"res")
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 1, "one experiment")
        await pilot.press("tab")
        assert screen.experiments.prompt is not None
        await wait_for(pilot, lambda: not screen.experiments.prompt.shown, "the prompt closed")
        await pilot.press("escape")
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 7, "all experiments again")


async def test_the_title_of_the_pane_that_has_the_focus_stands_out(walk: Walk, demo: Path) -> None:
    async with walk(demo, (160, 40)) as pilot:
        screen = await open_runs(pilot, "resnet-cifar10")

        def backgrounds() -> dict[str, Color]:
            titles = {pane: screen.panes.part(pane).query_one(".title") for pane in screen.panes.on_screen}
            return {pane: title.background_colors[1] for pane, title in titles.items()}

        at_runs = backgrounds()
        assert at_runs["runs"] != at_runs["experiments"]
        await pilot.press("tab")
        await wait_for(pilot, lambda: screen.panes.focused_pane == "experiments", "the focus on the experiments")
        assert backgrounds() == {"runs": at_runs["experiments"], "experiments": at_runs["runs"]}


async def test_another_level_matches_no_rules_for_what_lies_in_the_panes(
    walk: Walk, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = 0
    real = Stylesheet.apply

    def counting(*arguments: Any, **options: Any) -> None:
        nonlocal applied
        applied += 1
        real(*arguments, **options)

    async with walk(demo, (160, 40)) as pilot:
        screen = await open_runs(pilot, "resnet-cifar10")
        await pilot.pause()
        monkeypatch.setattr(Stylesheet, "apply", counting)
        await pilot.press("escape")
        await wait_for(pilot, lambda: screen.panes.focused_pane == "experiments", "the level above")
        await pilot.pause()
        nodes = len(screen.query("*"))
        # All that lies in the panes, with the parts of lines and tables, would be hundreds.
        assert applied < 5 * nodes
