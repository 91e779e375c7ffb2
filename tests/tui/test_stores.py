"""Several stores in one program: the list, going from one to another and back, questions on the way, and the state."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import stat
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from textual.geometry import Region
from textual.pilot import Pilot

from store.entities import NO_COUNTS, ViewType
from store.errors import StoreUnreachable
from store.opening import open_store
from store.saved import make_saved
from store.saved_writing import save_store
from tests.support.tree_copy import tree_copy
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, Gate, run
from tui import messages
from tui.app import FlowdeckApp
from tui.screens.browser import Browser
from tui.screens.modals.stores import Stores
from tui.spot import Spot, document_of, spot_of
from tui.state import MOST_STORES, read_spots, write_spots
from tui.view.order import SortKey
from tui.view.run_columns import RunColumn
from tui.view.runs import RunsView
from tui.view.stores import Which
from tui.widgets.error_bar import ErrorBar
from tui.widgets.table import Table
from tui.widgets.whole_text import WholeText


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("FLOWDECK_CONFIG", str(path))
    return path


@asynccontextmanager
async def shown(app: FlowdeckApp, size: tuple[int, int] = (120, 30)) -> AsyncIterator[Pilot[int]]:
    async with app.run_test(size=size, notifications=True) as pilot:
        yield pilot


def browser(pilot: Pilot[int]) -> Browser:
    """The browser on screen."""
    screen = pilot.app.screen
    assert isinstance(screen, Browser)
    return screen


def told(pilot: Pilot[int]) -> str:
    return screen_text(pilot.app)


async def seen(pilot: Pilot[int], text: str) -> None:
    await wait_for(pilot, lambda: text in told(pilot), what=f"“{text}” on screen")


async def until(condition: Callable[[], object]) -> None:
    """Waits for what happens after the program has ended."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never happened")


async def go_to(pilot: Pilot[int], name: str) -> None:
    """Opens the list and goes to a store by typing its name."""
    await pilot.press("t")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Stores), what="the list of stores")
    await pilot.press(*name, "enter")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Browser), what="the list is gone")


async def at(pilot: Pilot[int], key: str) -> None:
    """Waits until the store with this key is shown, and everything of it was read."""

    def there() -> bool:
        screen = pilot.app.screen
        return isinstance(screen, Browser) and screen.which.key == key and not screen.busy and bool(screen._experiments)

    await wait_for(pilot, there, what=f"the store {key}")


# The list


async def test_the_list_shows_saved_stores_and_the_one_on_screen(config: Path, demo: Path) -> None:
    save_store(config, make_saved("prod", "postgresql://ml@127.0.0.1:5432/mlflow", ssh="gpu-3"))
    save_store(config, make_saved("gone", "/no/such/disk/mlflow.db"))
    async with shown(FlowdeckApp(str(demo), "test store", key=str(demo))) as pilot:
        await seen(pilot, "resnet-cifar10")
        await pilot.press("t")
        await seen(pilot, "via gpu-3")
        text = told(pilot)
        assert "postgresql://ml@127.0.0.1:5432/mlflow" in text
        assert "not there" in text
        line, whole = (line for line in text.splitlines() if "not saved" in line)
        assert "●" in line
        assert "SQLite" in line
        assert "not saved · SQLite" in whole
        await pilot.press(*"gpu")
        await wait_for(pilot, lambda: "not saved" not in told(pilot), what="a narrower list")
        await pilot.press("escape")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Browser), what="the browser")


LONG = "experiments-of-the-vision-team-berlin-"
SERVER = "postgresql://mlflow_readonly@db-cluster-7.internal.example.org:5432/mlflow_vision_team_production_eu"


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_long_names_and_addresses_are_told_apart_and_can_be_read_whole(
    config: Path, demo: Path, size: tuple[int, int]
) -> None:
    query = "?options=-csearch_path%3Dmlflow&sslmode=verify-full&sslrootcert=/etc/ssl/certs/internal.pem"
    save_store(config, make_saved(f"{LONG}a1", f"{SERVER}_1", ssh="ada@bastion.example.org:2222"))
    save_store(config, make_saved(f"{LONG}b2", f"{SERVER}_2{query}"))
    async with shown(FlowdeckApp(str(demo), "test store", key=str(demo)), size) as pilot:
        await seen(pilot, "resnet-cifar10")
        await pilot.press("t")
        await seen(pilot, "not saved")
        for end in ("a1", "b2"):
            assert re.search(rf"experiments-of-\S*{end}  ", told(pilot)), told(pilot)
        assert re.search(r"postg\S*eu_1 ", told(pilot)), told(pilot)
        assert re.search(r"postg\S*l\.pem", told(pilot)), told(pilot)
        heights = []
        for end, address in (("b2", f"{SERVER}_2{query}"), ("a1", f"{SERVER}_1")):
            await pilot.press("up")
            whole = pilot.app.screen.query_one(WholeText)
            await wait_for(pilot, lambda whole=whole, end=end: whole.text.startswith(f"{LONG}{end}"), what="its whole")
            lines = [line.text for line in whole.render_lines(Region(0, 0, *whole.outer_size))]
            assert address in "".join(line.strip() for line in lines)
            heights.append(whole.outer_size.height)
        assert "via ada@bastion.example.org:2222" in whole.text
        assert heights[0] == heights[1]
        await pilot.press(*"nothing like it")
        await wait_for(pilot, lambda: whole.text == "", what="nothing is chosen")


async def test_without_saved_stores_the_list_says_how_to_save_one(config: Path, demo: Path) -> None:
    async with shown(FlowdeckApp(str(demo), "test store", key=str(demo))) as pilot:
        await seen(pilot, "resnet-cifar10")
        await pilot.press("t")
        await seen(pilot, "no store is saved yet: flowdeck stores add NAME URI")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Browser), what="the browser")
        await pilot.pause(0.1)
        assert browser(pilot).which.key == str(demo)


async def test_a_configuration_that_is_wrong_is_told_in_the_error_bar(config: Path, demo: Path) -> None:
    config.write_text("[stores.prod]\nurl = 'x'\n")
    async with shown(FlowdeckApp(str(demo), "test store")) as pilot:
        await seen(pilot, "resnet-cifar10")
        await pilot.press("t")
        # The path before it may be long: then the rest is in the next line.
        await seen(pilot, "[stores.prod]")
        await seen(pilot, "url: no such setting")
        assert isinstance(pilot.app.screen, Browser)


# Going to another store


@pytest.fixture
def three(config: Path, demo: Path, stores: Path, tmp_path: Path) -> Path:
    """The demo, a database of another release, and a tree, saved."""
    save_store(config, make_saved("demo", str(demo)))
    save_store(config, make_saved("old", str(stores / "1.8.0" / "mlflow.db")))
    store = open_store(str(stores / "3.17.2" / "mlflow.db"))
    tree_copy(store, tmp_path / "mlruns")
    store.close()
    save_store(config, make_saved("tree", str(tmp_path / "mlruns")))
    return config


async def test_going_to_other_stores_and_back_restores_where_one_was(three: Path) -> None:
    app = FlowdeckApp("demo", "demo", key="demo")
    async with shown(app) as pilot:
        await seen(pilot, "resnet-cifar10")
        await pilot.press("slash", *"resnet", "enter", "enter")
        await seen(pilot, "resnet50-onecycle")
        await pilot.press("f", *"metrics.`val/loss` < 10", "enter")
        await wait_for(
            pilot, lambda: browser(pilot).runs.view.filter != "" and not browser(pilot).busy, what="the filter"
        )
        await pilot.press("S", "down", "down")
        await wait_for(pilot, lambda: not browser(pilot).busy and browser(pilot).runs.table.cursor == 2, what="a row")
        before = browser(pilot).spot
        assert before.level == 1
        assert before.runs is not None
        assert before.runs.filter == "metrics.`val/loss` < 10"
        await go_to(pilot, "tree")
        await at(pilot, "tree")
        await seen(pilot, "iris-classification")
        assert browser(pilot).level == 0
        await go_to(pilot, "old")
        await at(pilot, "old")
        await seen(pilot, "MLflow 1.8")
        await go_to(pilot, "demo")
        await at(pilot, "demo")
        await wait_for(pilot, lambda: browser(pilot).spot == before, what=f"{before}")
        assert browser(pilot).experiments.wanted == "resnet"
        assert browser(pilot).focused is browser(pilot).runs.table
        await pilot.press("q")
    assert list(app.left) == ["tree", "old", "demo"]


async def test_a_chart_is_restored(three: Path) -> None:
    app = FlowdeckApp("demo", "demo", key="demo")
    async with shown(app) as pilot:
        await seen(pilot, "resnet-cifar10")
        await pilot.press("slash", *"resnet", "enter", "enter")
        await seen(pilot, "resnet50-onecycle")
        await pilot.press("enter")
        await seen(pilot, "Metrics")
        await wait_for(pilot, lambda: bool(browser(pilot).run_pane.summaries), what="summaries")
        await pilot.press("down", "enter")
        await wait_for(pilot, lambda: browser(pilot).level == 3 and browser(pilot).chart.metric is not None, what="it")
        await at(pilot, "demo")
        before = browser(pilot).spot
        assert before.metric
        await go_to(pilot, "old")
        await at(pilot, "old")
        await go_to(pilot, "demo")
        await wait_for(pilot, lambda: browser(pilot).level == 3, what="the chart")
        await wait_for(pilot, lambda: browser(pilot).spot == before, what=f"{before}")
        await pilot.press("escape", "escape", "escape")
        await wait_for(pilot, lambda: browser(pilot).level == 0, what="the experiments")


async def test_what_is_no_longer_there_is_left_out(three: Path) -> None:
    view = RunsView(("1",))
    gone = Spot(level=2, experiment="99", runs=view, run="0" * 32, opened="0" * 32)
    async with shown(FlowdeckApp("demo", "demo", key="demo", spots={"demo": gone})) as pilot:
        await seen(pilot, "the run that was open here is gone")
        await wait_for(pilot, lambda: browser(pilot).level == 1, what="the runs")
    other = Spot(level=2, experiment="99", runs=RunsView(("99",)), run="0" * 32, opened="0" * 32)
    async with shown(FlowdeckApp("demo", "demo", key="demo", spots={"demo": other})) as pilot:
        await at(pilot, "demo")
        await pilot.pause(0.2)
        assert browser(pilot).level == 0
        assert not browser(pilot).query_one(ErrorBar).shown


async def test_deleted_experiments_are_listed_again_if_they_were(three: Path) -> None:
    spot = Spot(stage=ViewType.ALL)
    async with shown(FlowdeckApp("demo", "demo", key="demo", spots={"demo": spot})) as pilot:
        await seen(pilot, "with deleted")


async def test_a_store_that_cannot_be_opened_leaves_the_one_on_screen(three: Path) -> None:
    save_store(three, make_saved("dead", "postgresql://ml@127.0.0.1:1/mlflow"))
    async with shown(FlowdeckApp("demo", "demo", key="demo")) as pilot:
        await seen(pilot, "resnet-cifar10")
        await go_to(pilot, "dead")
        await seen(pilot, "opening dead:")
        assert browser(pilot).which.key == "demo"
        await pilot.press("escape")
        await wait_for(pilot, lambda: not browser(pilot).query_one(ErrorBar).shown, what="no error")
        await pilot.press("slash", *"resnet", "enter", "enter")
        await seen(pilot, "resnet50-onecycle")


async def test_a_store_that_could_not_be_opened_at_the_start_can_be_left(three: Path) -> None:
    async with shown(FlowdeckApp("/no/such/mlflow.db", "nothing", key="/no/such/mlflow.db")) as pilot:
        await wait_for(pilot, lambda: browser(pilot).query_one(ErrorBar).shown, what="an error")
        await go_to(pilot, "demo")
        await seen(pilot, "resnet-cifar10")


class _Openings:
    """Opens fakes by name; says which, and waits where a test wants it to."""

    def __init__(self, **stores: FakeStore) -> None:
        self.stores = stores
        self.gate = Gate()
        self.gate.open()

    def __call__(self, text: str, cancel: Event) -> FakeStore:
        if text != "first":
            self.gate.wait(cancel)
        return self.stores[text]


@pytest.fixture
def openings(config: Path) -> _Openings:
    for name in ("first", "second"):
        save_store(config, make_saved(name, f"http://{name}.invalid"))
    return _Openings(first=FakeStore((run(1),)), second=FakeStore((run(2),)))


async def test_the_next_store_is_opened_before_the_one_on_screen_is_closed(openings: _Openings) -> None:
    openings.gate = Gate()
    async with shown(FlowdeckApp("first", "first", key="first", opener=openings)) as pilot:
        await seen(pilot, "iris")
        await go_to(pilot, "second")
        await seen(pilot, "opening second")
        assert not openings.stores["first"].closed
        openings.gate.open()
        await at(pilot, "second")
        await wait_for(pilot, lambda: openings.stores["first"].closed, what="the first is closed")
        assert not openings.stores["second"].closed
    await until(lambda: openings.stores["second"].closed)


async def test_quitting_closes_the_store_when_nothing_reads_it_and_the_screen_does_not_wait(
    openings: _Openings,
) -> None:
    stubborn, where = Event(), []

    class Slow(FakeStore):
        def experiment_stats(self, cancel: Event | None = None) -> dict[str, object]:  # type: ignore[override]
            # As a driver that does not notice for a while that it was cancelled.
            stubborn.wait(20)
            assert not self.closed
            return {}

        def close(self) -> None:
            where.append(threading.current_thread())
            super().close()

    openings.stores["first"] = slow = Slow((run(1),))
    async with shown(FlowdeckApp("first", "first", key="first", opener=openings)) as pilot:
        await seen(pilot, "iris")
    # The screen is gone already.
    assert not slow.closed
    stubborn.set()
    await until(lambda: slow.closed)
    assert where != [threading.current_thread()]


async def test_a_store_that_was_opened_for_a_choice_that_counts_no_more_is_closed(openings: _Openings) -> None:
    late, earlier, later = FakeStore(), FakeStore(), FakeStore()
    withdrawn = Event()
    withdrawn.set()
    which = Which("second", "second", "second")
    async with shown(FlowdeckApp("first", "first", key="first", opener=openings)) as pilot:
        await at(pilot, "first")
        screen = browser(pilot)
        screen.post_message(messages.OtherStoreOpened(which, late, withdrawn))
        await wait_for(pilot, lambda: late.closed, what="the one that came too late is closed")
        assert browser(pilot) is screen
        await pilot.press("question_mark")
        await wait_for(pilot, lambda: not isinstance(pilot.app.screen, Browser), what="the help")
        for store in (earlier, later):
            screen.post_message(messages.OtherStoreOpened(which, store, Event()))
        await wait_for(pilot, lambda: earlier.closed, what="the earlier of two is closed")
        await pilot.press("escape")
        await at(pilot, "second")
        assert not later.closed


async def test_notices_about_a_store_end_with_it(openings: _Openings) -> None:
    first, second = openings.stores["first"], openings.stores["second"]
    first.info = replace(first.info, notices=("a private copy is read", NO_COUNTS), counts_runs=False)
    second.info = replace(second.info, notices=("sent unencrypted",))
    async with shown(FlowdeckApp("first", "first", key="first", opener=openings)) as pilot:
        await seen(pilot, "a private copy is read")
        assert "does not count runs" not in told(pilot)
        await go_to(pilot, "second")
        await at(pilot, "second")
        await seen(pilot, "sent unencrypted")
        await wait_for(pilot, lambda: "a private copy is read" not in told(pilot), what="the notice is gone")


async def test_a_store_is_closed_only_when_nothing_reads_it_any_more(openings: _Openings) -> None:
    stubborn = Event()
    first = openings.stores["first"]

    class Slow(FakeStore):
        def experiment_stats(self, cancel: Event | None = None) -> dict[str, object]:  # type: ignore[override]
            # As a driver that does not notice for a while that it was cancelled.
            stubborn.wait(20)
            assert not self.closed
            return {}

    openings.stores["first"] = slow = Slow(first.all_runs)
    async with shown(FlowdeckApp("first", "first", key="first", opener=openings)) as pilot:
        await seen(pilot, "iris")
        await go_to(pilot, "second")
        await at(pilot, "second")
        await pilot.pause(0.2)
        assert not slow.closed
        stubborn.set()
        await wait_for(pilot, lambda: slow.closed, what="closed in the end")


async def test_another_store_waits_until_what_lies_above_is_gone(openings: _Openings) -> None:
    openings.gate = Gate()
    async with shown(FlowdeckApp("first", "first", key="first", opener=openings)) as pilot:
        await seen(pilot, "iris")
        await go_to(pilot, "second")
        await pilot.press("question_mark")
        await wait_for(pilot, lambda: not isinstance(pilot.app.screen, Browser), what="the help")
        openings.gate.open()
        await pilot.pause(0.3)
        assert not isinstance(pilot.app.screen, Browser)
        await pilot.press("escape")
        await at(pilot, "second")


async def test_the_last_choice_counts_whatever_arrives_before_it_is_made(openings: _Openings) -> None:
    openings.gate = Gate()
    async with shown(FlowdeckApp("first", "first", key="first", opener=openings)) as pilot:
        await seen(pilot, "iris")
        await go_to(pilot, "second")
        await pilot.press("t")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Stores), what="the list")
        openings.gate.open()
        await pilot.pause(0.3)
        await pilot.press(*"first", "enter")
        await wait_for(pilot, lambda: openings.stores["second"].closed, what="the second is closed again")
        assert browser(pilot).which.key == "first"
        assert not openings.stores["first"].closed


async def test_opening_can_be_withdrawn(openings: _Openings) -> None:
    openings.gate = Gate()
    async with shown(FlowdeckApp("first", "first", key="first", opener=openings)) as pilot:
        await seen(pilot, "iris")
        await go_to(pilot, "second")
        await seen(pilot, "opening second")
        await pilot.press("ctrl+c")
        await seen(pilot, "cancelled")
        await wait_for(pilot, lambda: not browser(pilot).busy, what="nothing under way")
        assert browser(pilot).which.key == "first"
        await pilot.press("r")
        await at(pilot, "first")


async def test_errors_of_the_store_that_was_left_are_not_shown(openings: _Openings) -> None:
    openings.stores["first"].fails = lambda call: StoreUnreachable("it is gone") if call == "run_ids" else None
    async with shown(FlowdeckApp("first", "first", key="first", opener=openings)) as pilot:
        await seen(pilot, "iris")
        await pilot.press("enter")
        await seen(pilot, "it is gone")
        await go_to(pilot, "second")
        await at(pilot, "second")
        assert "it is gone" not in told(pilot)


# The state file

BY_PARAM = (SortKey(RunColumn("params", "b c"), True, numeric=True),)

SPOT = Spot(
    level=3,
    stage=ViewType.ALL,
    wanted="é",
    experiment="7",
    runs=RunsView(
        ("1", "2"),
        "metrics.a < 1",
        "x",
        (SortKey(RunColumn("params", "b c"), True, numeric=True),),
        ViewType.DELETED_ONLY,
    ),
    run="r",
    opened="o",
    tab=2,
    row="k",
    metric="m",
)


@pytest.mark.parametrize("spot", [Spot(), SPOT, Spot(runs=RunsView())])
def test_spots_are_kept_as_they_are(spot: Spot, tmp_path: Path) -> None:
    assert spot_of(json.loads(json.dumps(document_of(spot)))) == spot
    path = tmp_path / "a" / "b" / "state.json"
    assert read_spots(path) == ({}, "")
    assert write_spots(path, {"prod": spot}) == ""
    assert read_spots(path) == ({"prod": spot}, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["state.json"]


def test_what_others_wrote_meanwhile_stays_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_spots(path, {"a": Spot(), "b": Spot()})
    write_spots(path, {"a": SPOT})
    assert list(read_spots(path)[0]) == ["b", "a"]
    write_spots(path, {f"s{number}": Spot() for number in range(MOST_STORES - 1)})
    kept = list(read_spots(path)[0])
    assert len(kept) == MOST_STORES
    assert kept[0] == "a"


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff",
        b"{}",
        b'{"version": 1}',
        b'{"version": 0, "stores": {}}',
        b'{"version": "2", "stores": {}}',
        b'{"version": 1, "stores": {"a": 1}}',
        b'{"version": 1, "stores": {"a": {"level": 9}}}',
        b'{"version": 1, "stores": {"a": {"level": true}}}',
        json.dumps({"version": 1, "stores": {"a": {**document_of(SPOT), "stage": "x"}}}).encode(),
        json.dumps({"version": 1, "stores": {"a": {**document_of(SPOT), "runs": {"sort": [1]}}}}).encode(),
        b"[" * 100_000,
    ],
)
def test_a_damaged_state_is_no_error_and_written_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    spots, notice = read_spots(path)
    assert spots == {}
    assert "damaged" in notice
    assert write_spots(path, {"a": SPOT}) == ""
    assert read_spots(path) == ({"a": SPOT}, "")


def test_an_entry_that_is_damaged_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    stores = {"a": document_of(SPOT), "b": {"level": 9}, "c": document_of(Spot())}
    path.write_text(json.dumps({"version": 1, "stores": stores}))
    spots, notice = read_spots(path)
    assert spots == {"a": SPOT, "c": Spot()}
    assert "damaged in part, so 1 store begins" in notice
    assert write_spots(path, {"d": SPOT}) == ""
    assert read_spots(path) == ({"a": SPOT, "c": Spot(), "d": SPOT}, "")


def test_what_a_newer_flowdeck_keeps_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"version": 2, "places": {}}')
    spots, notice = read_spots(path)
    assert spots == {}
    assert "newer flowdeck" in notice
    assert "newer flowdeck" in write_spots(path, {"a": SPOT})
    assert path.read_text() == '{"version": 2, "places": {}}'


def test_what_cannot_be_read_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.symlink_to(path)
    spots, notice = read_spots(path)
    assert spots == {}
    assert "cannot be read" in notice
    assert "cannot be read" in write_spots(path, {"a": SPOT})
    assert path.is_symlink()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "not kept" in write_spots(tmp_path / "file" / "state.json", {"a": Spot()})
    assert "not kept" in write_spots(tmp_path, {"a": Spot()})
    assert write_spots(Path(os.devnull), {"a": Spot()}) == ""
    assert not Path(os.devnull).is_file()


async def test_a_notice_about_the_state_is_shown(demo: Path) -> None:
    async with shown(FlowdeckApp(str(demo), "x", notice="state.json is damaged")) as pilot:
        await seen(pilot, "state.json is damaged")
        await seen(pilot, "resnet-cifar10")


async def test_quitting_remembers_where_one_was(demo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mlflow.db"
    shutil.copy(demo, copy)
    app = FlowdeckApp(str(copy), "x", key="copy")
    async with shown(app) as pilot:
        await seen(pilot, "resnet-cifar10")
        await pilot.press("slash", *"resnet", "enter", "enter")
        await seen(pilot, "resnet50-onecycle")
        await at(pilot, "copy")
        await pilot.press("down", "q")
    assert app.left["copy"].level == 1
    assert app.left["copy"].run
    again = FlowdeckApp(str(copy), "x", key="copy", spots=app.left)
    async with shown(again) as pilot:
        await seen(pilot, "resnet50-onecycle")
        await wait_for(pilot, lambda: browser(pilot).spot == app.left["copy"], what="the same spot")
        assert browser(pilot).query_one("#runs").query_one(Table).key == app.left["copy"].run
