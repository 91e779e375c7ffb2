"""Choosing columns, sorting by several keys and naming views, in the program."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from store.entities import Metric
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, run, shown
from tests.tui.test_browser import browser
from tui.app import FlowdeckApp
from tui.screens.browser import Browser
from tui.screens.modals.columns import ColumnsScreen
from tui.screens.modals.picker import Picker
from tui.screens.modals.views import Views
from tui.view.run_columns import RunColumn
from tui.views import ViewBook, read_views

MANY = {key: Metric(key, place, 1, 1) for place, key in enumerate(f"metric-{number:02}" for number in range(12))}


async def to_runs(pilot: Pilot[int]) -> Browser:
    screen = browser(pilot)
    await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
    await pilot.press("enter")
    await wait_for(pilot, lambda: len(screen.runs.table.rows) > 0 and not screen.busy, "runs")
    return screen


async def choosing(pilot: Pilot[int]) -> ColumnsScreen:
    await pilot.press("C")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, ColumnsScreen), "the columns")
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, ColumnsScreen)
    return screen


def header(pilot: Pilot[int]) -> str:
    return screen_text(pilot.app).splitlines()[1]


async def test_a_metric_without_a_column_is_found_by_typing_and_gets_one() -> None:
    store = FakeStore([run(number, metrics=MANY) for number in range(3)])
    async with shown(store, size=(200, 30)) as pilot:
        screen = await to_runs(pilot)
        assert "metric-11" not in header(pilot)
        await choosing(pilot)
        await pilot.press(*"metric-11", "enter", "escape", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        assert screen.runs.columns[-1] == RunColumn("metrics", "metric-11")
        assert {"Status", "metric-00"} <= set(header(pilot).split())


async def test_columns_are_hidden_moved_widened_and_kept_in_sight_by_letters() -> None:
    store = FakeStore([run(number) for number in range(3)])
    async with shown(store, size=(140, 30)) as pilot:
        screen = await to_runs(pilot)
        before = [column.id for column in screen.runs.columns]
        chooser = await choosing(pilot)
        await pilot.press("tab")
        assert chooser.table.key == "attributes.status"
        await pilot.press("space")
        assert chooser.table.key == "attributes.start_time"
        await pilot.press("J", "greater_than_sign", "F", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        columns = screen.runs.columns
        assert [column.id for column in columns] == [
            "attributes.duration",
            "attributes.start_time",
            *(
                key
                for key in before
                if key not in ("attributes.status", "attributes.start_time", "attributes.duration")
            ),
        ]
        assert columns[1].width == 17
        assert screen.runs.table.frozen == 4
        # Another order, or reading again, leaves them.
        await pilot.press("S", "r")
        await wait_for(pilot, lambda: not screen.busy, "read again")
        assert screen.runs.columns == columns
        await choosing(pilot)
        await pilot.press("tab", "0")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        assert [column.id for column in screen.runs.columns] == before
        assert screen.runs.table.frozen == 2


async def test_letters_are_typed_while_the_field_has_the_focus() -> None:
    async with shown(FakeStore([run(1)]), size=(120, 30)) as pilot:
        await to_runs(pilot)
        chooser = await choosing(pilot)
        await pilot.press(*"FJ0")
        assert chooser.entry.value == "FJ0"
        assert "nothing is called that" in screen_text(pilot.app)
        await pilot.press("escape")
        assert chooser.entry.value == ""
        assert pilot.app.screen is chooser


async def test_runs_are_sorted_by_several_keys_whose_places_the_headers_tell() -> None:
    store = FakeStore([run(number, params={"lr": "0.1"}) for number in range(3)])
    async with shown(store, size=(160, 30)) as pilot:
        screen = await to_runs(pilot)

        async def by(key: str, name: str) -> None:
            await pilot.press(key)
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, Picker), "the picker")
            await pilot.pause()
            await pilot.press(*name, "enter")
            await wait_for(pilot, lambda: pilot.app.screen is screen and not screen.busy, "sorted")

        await by("s", "loss")
        await by("o", "lr param")
        view = screen.runs.view
        assert view is not None
        assert view.query.order_by == ("metrics.`loss` ASC", "number(params.`lr`) ASC")
        assert "loss ↑1" in header(pilot)
        assert "lr ↑2" in header(pilot)
        await pilot.press("S")
        await wait_for(pilot, lambda: "loss ↓1" in header(pilot) and "lr ↓2" in header(pilot), "turned round")
        await by("s", "lr param")
        await wait_for(pilot, lambda: "lr ↑ " in f"{header(pilot)} ", "one key again")


async def test_where_there_is_little_room_what_was_measured_comes_first() -> None:
    async with shown(FakeStore([run(1)]), size=(80, 24)) as pilot:
        screen = await to_runs(pilot)
        assert header(pilot).split()[:3] == ["Run", "loss", "lr"]
        await pilot.resize_terminal(150, 24)
        await wait_for(pilot, lambda: header(pilot).split()[1] != "loss", "the wide order")
        assert screen.runs.view is not None
        assert screen.runs.view.columns is None


async def test_a_view_is_found_as_it_was_left_and_gets_a_name(tmp_path: Path) -> None:
    path = tmp_path / "views.toml"
    store = FakeStore([run(number) for number in range(3)])

    def app() -> FlowdeckApp:
        return FlowdeckApp("fake://", "test store", opener=lambda uri, cancel: store, views=ViewBook(path))

    first = app()
    async with first.run_test(size=(140, 30), notifications=True) as pilot:
        screen = await to_runs(pilot)
        await choosing(pilot)
        await pilot.press("tab", "space", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        await pilot.press("w")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Views), "the views")
        await pilot.press(*"short", "enter")
        await wait_for(pilot, lambda: "called short" in screen_text(pilot.app), "it has a name")
        shown_columns = screen.runs.columns
    assert list(read_views(path).named) == ["short"]
    second = app()
    async with second.run_test(size=(140, 30), notifications=True) as pilot:
        screen = await to_runs(pilot)
        assert screen.runs.columns == shown_columns
        await choosing(pilot)
        await pilot.press("tab", "0")
        await wait_for(pilot, lambda: pilot.app.screen is screen and screen.runs.columns != shown_columns, "all again")
        await pilot.press("w")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Views), "the views")
        await pilot.pause()
        await pilot.press("enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen and screen.runs.columns == shown_columns, "short")
        await pilot.press("w")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Views), "the views")
        await pilot.pause()
        await pilot.press("delete")
        await wait_for(pilot, lambda: "short is forgotten" in screen_text(pilot.app), "forgotten")
    assert read_views(path).named == {}
