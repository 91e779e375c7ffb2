"""Runs can be sorted by whatever they have, whether it has a column or not."""

from __future__ import annotations

from textual.pilot import Pilot

from store.entities import Metric
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, run, shown
from tests.tui.test_browser import browser
from tui.screens.browser import Browser
from tui.screens.modals.picker import Picker
from tui.view.order import order_choices, sortable
from tui.view.run_columns import METRIC_COLUMNS, RunColumn
from tui.widgets.table import Table

MANY = {f"metric-{number:02}": Metric(f"metric-{number:02}", number, 1, 1) for number in range(METRIC_COLUMNS + 4)}

LAST = f"metric-{METRIC_COLUMNS + 3:02}"
"""A metric without a column."""


async def sort_picker(pilot: Pilot[int]) -> tuple[Browser, Table]:
    screen = browser(pilot)
    await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
    await pilot.press("enter")
    await wait_for(pilot, lambda: len(screen.runs.table.rows) > 0 and not screen.busy, "runs")
    await pilot.press("s")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Picker), "the picker")
    await pilot.pause()
    return screen, pilot.app.screen.query_one(Table)


async def test_a_metric_without_a_column_is_found_and_gets_one() -> None:
    store = FakeStore([run(number, metrics=MANY) for number in range(3)])
    async with shown(store, size=(120, 30)) as pilot:
        screen, _ = await sort_picker(pilot)
        assert "keys of" not in screen_text(pilot.app)
        columns = [column.id for column in screen.runs.table.rows.columns]
        assert f"metrics.{LAST}" not in columns
        runs = screen.runs
        await pilot.press(*LAST, "enter")
        await wait_for(pilot, lambda: runs.view is not None and runs.view.order[0].column.key == LAST, "sorted")
        await wait_for(pilot, lambda: LAST in screen_text(pilot.app).splitlines()[1], "its column")


async def test_a_tag_that_is_sorted_by_gets_a_column_until_another_order_comes() -> None:
    store = FakeStore([run(1, tags={"team": "blue"}), run(2)])
    async with shown(store, size=(140, 30)) as pilot:
        screen, _ = await sort_picker(pilot)
        await pilot.press(*"team", "enter")
        await wait_for(pilot, lambda: "blue" in screen_text(pilot.app), "the tag")
        screen.runs.sort_by(RunColumn("attributes", "run_name"))
        await wait_for(pilot, lambda: "blue" not in screen_text(pilot.app), "no tag")


async def test_attributes_come_first_and_what_mlflow_writes_last() -> None:
    odd = {"system/cpu": Metric("system/cpu", 1, 1, 1), "loss": Metric("loss", 1, 1, 1)}
    store = FakeStore([run(1, metrics=odd, tags={"mlflow.user": "ann", "team": "a", "\x1b[2J": "x"})])
    async with shown(store, size=(120, 45)) as pilot:
        _, table = await sort_picker(pilot)
        keys = [table.rows.key(index) for index in range(len(table.rows))]
        assert keys[:2] == ["attributes.start_time", "attributes.end_time"]
        assert keys[-6:] == [
            "metrics.loss",
            "metrics.system/cpu",
            "params.lr",
            "tags.\x1b[2J",
            "tags.team",
            "tags.mlflow.user",
        ]
        assert "␛[2J" in screen_text(pilot.app)
        # The cursor starts at the present order.
        assert table.key == "attributes.start_time"


async def test_a_key_of_runs_far_away_is_looked_up_and_sorted_by() -> None:
    far = {"far/away": Metric("far/away", 1, 1, 1)}
    runs = [run(number, metrics=far if number > 390 else MANY) for number in range(400)]
    async with shown(FakeStore(runs), size=(120, 30)) as pilot:
        screen, table = await sort_picker(pilot)
        await pilot.press(*"far/a")
        await wait_for(pilot, lambda: table.key == "metrics.far/away", "it is found")
        await wait_for(pilot, lambda: "metric · 9 runs" in screen_text(pilot.app), "how many have it")
        await pilot.press("enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen and not screen.busy, "sorted")
        assert screen.runs.view is not None
        assert screen.runs.view.query.order_by == ("metrics.`far/away` DESC",)


async def test_any_of_many_keys_is_sorted_by_without_waiting_for_them() -> None:
    many = {f"param-{number:05}": "1" for number in range(5_000)}
    async with shown(FakeStore([run(1, params={"lr": "1"}), run(2, params=many)]), size=(120, 30)) as pilot:
        screen, _ = await sort_picker(pilot)
        await wait_for(pilot, lambda: "type to find others" in screen_text(pilot.app), "not all are listed")
        # Enter may be pressed before the store has answered.
        await pilot.press(*"param-04321", "enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen and not screen.busy, "sorted")
        assert screen.runs.view is not None
        assert screen.runs.view.query.order_by == ("number(params.`param-04321`) ASC",)


async def test_best_values_are_sorted_by_where_it_is_known_what_is_better() -> None:
    metrics = {key: Metric(key, 1, 1, 1) for key in ("val/acc", "loss", "q")}
    async with shown(FakeStore([run(1, metrics=metrics)]), size=(120, 30)) as pilot:
        screen, table = await sort_picker(pilot)
        assert "best" not in screen_text(pilot.app)
        await pilot.press(*"best")
        await wait_for(pilot, lambda: "looking" not in screen_text(pilot.app), "looked up")
        keys = [table.rows.key(place) for place in range(len(table.rows))]
        assert keys == ["best-min(metrics.loss)", "best-max(metrics.val/acc)"]
        await pilot.press("space", *"acc", "enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen and not screen.busy, "sorted")
        assert screen.runs.view is not None
        assert screen.runs.view.query.order_by == ("max(metrics.`val/acc`) DESC",)
        await wait_for(pilot, lambda: "best val/acc ↓" in screen_text(pilot.app), "its column")


async def test_what_nothing_is_called_is_not_picked() -> None:
    async with shown(FakeStore([run(1)]), size=(120, 30)) as pilot:
        screen, table = await sort_picker(pilot)
        await pilot.press(*"nothing", "enter")
        await wait_for(pilot, lambda: "looking" not in screen_text(pilot.app), "looked up")
        assert table.key is None
        assert pilot.app.screen is not screen


def test_keys_that_the_language_cannot_write_are_left_out() -> None:
    assert sortable(RunColumn("metrics", "val loss"))
    assert not any(sortable(RunColumn("tags", key)) for key in ("", "a`b", 'a"b', " a", "a "))
    titles = [choice.title for choice in order_choices([run(1, params={"a`b": "1", "fine": "1"}, metrics={})])]
    assert titles[-1] == "fine"
