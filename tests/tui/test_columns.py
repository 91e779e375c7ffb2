"""Choosing columns, sorting by several keys and naming views, in the program."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from store.entities import Dataset, DatasetInput, Metric
from store.kinds import RunParts
from tests.support.counting import CountingStore
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, run, shown
from tests.tui.test_browser import browser
from tui.app import FlowdeckApp
from tui.screens.browser import Browser
from tui.screens.modals.columns import ColumnsScreen
from tui.screens.modals.picker import Picker
from tui.screens.modals.views import Views
from tui.spot import Spot
from tui.view.cells import MISSING
from tui.view.run_columns import RunColumn
from tui.view.runs import RunsView
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
        chooser = await choosing(pilot)
        await pilot.press(*"metric-11")
        await wait_for(pilot, lambda: chooser.table.key == "metrics.metric-11", "it is found")
        await pilot.press("enter", "escape", "escape")
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


async def test_every_key_is_told_over_the_columns() -> None:
    async with shown(FakeStore([run(1)]), size=(120, 30)) as pilot:
        await to_runs(pilot)
        chooser = await choosing(pilot)
        await pilot.press("tab", "question_mark")
        await wait_for(pilot, lambda: "Show every key, searchable" in screen_text(pilot.app), "the help")
        await pilot.press("escape")
        await wait_for(pilot, lambda: pilot.app.screen is chooser, "the columns again")


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


async def test_what_a_history_comes_to_is_a_column_and_sorts() -> None:
    store = FakeStore([run(number) for number in range(3)])
    async with shown(store, size=(160, 30)) as pilot:
        screen = await to_runs(pilot)
        chooser = await choosing(pilot)
        await pilot.press(*"loss")
        await wait_for(pilot, lambda: chooser.table.key == "metrics.loss", "it is found")
        await pilot.press("tab", "plus")
        assert [column.id for column in chooser._choice.columns if column.key == "loss"] == [
            "metrics.loss",
            "min(metrics.loss)",
        ]
        await pilot.press("p", "escape", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        assert [column.id for column in screen.runs.columns if column.key == "loss"] == [
            "spark(metrics.loss)",
            "min(metrics.loss)",
        ]
        # Every point was logged at step 1.
        await wait_for(pilot, lambda: "0.2 @1" in screen_text(pilot.app), "the minimum with its step")
        await pilot.press("s")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Picker), "the picker")
        await pilot.pause()
        await pilot.press(*"min loss", "enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen and not screen.busy, "sorted")
        assert screen.runs.view is not None
        assert screen.runs.view.query.order_by == ("min(metrics.`loss`) ASC",)
        await wait_for(pilot, lambda: "min loss ↑" in header(pilot), "its header")


async def test_a_step_is_typed_and_what_is_no_step_is_told() -> None:
    async with shown(FakeStore([run(1)]), size=(120, 30)) as pilot:
        await to_runs(pilot)
        chooser = await choosing(pilot)
        await pilot.press(*"loss")
        await wait_for(pilot, lambda: chooser.table.key == "metrics.loss", "it is found")
        await pilot.press("tab", "at", "x", "enter")
        await wait_for(pilot, lambda: "a step is a whole number" in screen_text(pilot.app), "told")
        await pilot.press("backspace", "1", "enter")
        assert [column.id for column in chooser._choice.columns if column.key == "loss"] == ["at(metrics.loss, 1)"]


async def test_only_columns_in_which_the_runs_differ_are_shown_and_all_again() -> None:
    store = FakeStore([run(number, params={"lr": str(number), "seed": "7"}) for number in range(3)])
    async with shown(store, size=(160, 30)) as pilot:
        screen = await to_runs(pilot)
        assert {"lr", "seed"} <= set(header(pilot).split())
        await pilot.press("x")
        await wait_for(pilot, lambda: "seed" not in header(pilot), "what is the same is hidden")
        assert "lr" in header(pilot).split()
        assert "only columns that differ" in screen_text(pilot.app)
        # What is chosen is chosen among all of them.
        chooser = await choosing(pilot)
        assert "params.seed" in [column.id for column in chooser._choice.columns]
        await pilot.press("escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        await pilot.press("x")
        await wait_for(pilot, lambda: "seed" in header(pilot), "all again")


async def test_it_is_kept_whether_more_of_a_metric_is_better(tmp_path: Path) -> None:
    path = tmp_path / "views.toml"
    app = FlowdeckApp("fake://", "t", opener=lambda uri, cancel: FakeStore([run(1)]), views=ViewBook(path))
    async with app.run_test(size=(140, 30), notifications=True) as pilot:
        screen = await to_runs(pilot)
        chooser = await choosing(pilot)
        await pilot.press(*"loss")
        await wait_for(pilot, lambda: chooser.table.key == "metrics.loss", "it is found")
        assert "better ↓" in screen_text(pilot.app)
        await pilot.press("tab", "d")
        assert "better ↑" in screen_text(pilot.app)
        await pilot.press("escape", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        assert screen.runs.directions == {"loss": True}
    assert app._views.write() == ""
    assert read_views(path).directions == {"loss": True}


async def test_views_are_known_where_one_comes_back_to_a_list_of_runs(tmp_path: Path) -> None:
    path = tmp_path / "views.toml"
    path.write_text('[views.best]\nsort = ["metrics.loss:asc"]\n[directions]\nloss = "up"\n')
    app = FlowdeckApp(
        "fake://",
        "test store",
        opener=lambda uri, cancel: FakeStore([run(1)]),
        spots={"fake://": Spot(level=1, runs=RunsView(("1",)))},
        views=ViewBook(path),
    )
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.level == 1 and screen.panes.prepared and not screen.busy, "the runs")
        await pilot.press("w")
        await wait_for(pilot, lambda: "best" in screen_text(pilot.app), "its name")
        assert screen.runs.directions == {"loss": True}


async def test_the_best_value_is_a_column_with_its_step_and_found_so_again(tmp_path: Path) -> None:
    path = tmp_path / "views.toml"
    store = FakeStore([run(number) for number in range(3)])

    def app() -> FlowdeckApp:
        return FlowdeckApp("fake://", "t", opener=lambda uri, cancel: store, views=ViewBook(path))

    first = app()
    async with first.run_test(size=(140, 30), notifications=True) as pilot:
        screen = await to_runs(pilot)
        chooser = await choosing(pilot)
        await pilot.press(*"loss")
        await wait_for(pilot, lambda: chooser.table.key == "metrics.loss", "it is found")
        await pilot.press("tab", "a")
        assert chooser.table.key == "best-min(metrics.loss)"
        assert "metric, best: min" in screen_text(pilot.app)
        await pilot.press("d")
        assert chooser.table.key == "best-max(metrics.loss)"
        await pilot.press("escape", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        assert "best loss" in header(pilot)
        await wait_for(pilot, lambda: "0.2 @1" in screen_text(pilot.app), "the best with its step")
    assert first._views.write() == ""
    async with app().run_test(size=(140, 30), notifications=True) as pilot:
        await to_runs(pilot)
        assert "best loss" in header(pilot)


async def test_what_is_better_is_asked_once_where_no_name_tells_it() -> None:
    odd = {"q": Metric("q", 0.5, 1, 7)}
    async with shown(FakeStore([run(1, metrics=odd)]), size=(140, 30)) as pilot:
        screen = await to_runs(pilot)
        chooser = await choosing(pilot)
        await pilot.press(*"q metric")
        await wait_for(pilot, lambda: chooser.table.key == "metrics.q", "it is found")
        await pilot.press("tab", "a")
        await wait_for(pilot, lambda: "What is better of q?" in screen_text(pilot.app), "the question")
        # Without an answer there is no best value.
        await pilot.press("escape")
        await wait_for(pilot, lambda: chooser.table.key == "min(metrics.q)", "the next one")
        await pilot.press(*"aaaa")
        assert chooser.table.key == "metrics.q"
        await pilot.press("a")
        await wait_for(pilot, lambda: "What is better of q?" in screen_text(pilot.app), "the question again")
        await pilot.press("enter")
        await wait_for(pilot, lambda: chooser.table.key == "best-max(metrics.q)", "its best value")
        await pilot.press(*"aaaaaa")
        assert chooser.table.key == "best-max(metrics.q)"
        await pilot.press("escape", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        assert screen.runs.directions == {"q": True}


WINE = DatasetInput(Dataset("wine", "d1", "local", "{}"), {})
BEER = DatasetInput(Dataset("beer\x1b[2J", "b7", "local", "{}"), {})


async def test_datasets_are_columns_and_read_only_while_one_is_shown() -> None:
    runs = [run(1, dataset_inputs=(WINE, BEER)), run(2, dataset_inputs=(WINE,)), run(3)]
    store = CountingStore(FakeStore(runs))
    app = FlowdeckApp("fake://", "test store", opener=lambda uri, cancel: store)

    def asked() -> bool:
        return any(call.name == "runs" and RunParts.INPUTS in call.arguments[1] for call in store.calls)

    async with app.run_test(size=(240, 30), notifications=True) as pilot:
        screen = await to_runs(pilot)
        assert not asked()
        chooser = await choosing(pilot)
        await pilot.press(*"datasets all")
        await wait_for(pilot, lambda: chooser.table.key == "datasets", "all of them")
        await pilot.press("enter", "ctrl+u", *"wine")
        await wait_for(pilot, lambda: chooser.table.key == "datasets.wine", "one by its name")
        await pilot.press("enter", "escape", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        assert [column.id for column in screen.runs.columns[-2:]] == ["datasets", "datasets.wine"]
        await wait_for(pilot, lambda: "wine (d1), beer␛[2J (b7)" in screen_text(pilot.app), "the first run's")
        first, second, third = (screen.runs.table.rows.cells(place) for place in range(3))
        assert [row[-1].text for row in (first, second)] == ["d1", "d1"]
        assert [cell.text for cell in third[-2:]] == [MISSING, MISSING]
        assert {"Datasets", "wine"} <= set(header(pilot).split())
        # What differs is looked for among params, metrics and tags alone.
        await pilot.press("x")
        await wait_for(pilot, lambda: "only columns that differ" in screen_text(pilot.app), "only what differs")
        assert "Datasets" in header(pilot)
        store.calls.clear()
        await choosing(pilot)
        await pilot.press("tab", "0")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs again")
        await pilot.press("r")
        await wait_for(pilot, lambda: "run_ids" in store.names() and not screen.busy, "read again")
        assert not asked()
