"""Groups of runs in the place of the list: chosen, ranked, opened, marked, read again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from store.entities import Metric
from store.errors import StoreError
from store.groups import group_key_of
from store.protocols import Headway
from tests.tui.conftest import Walk, screen_text, wait_for
from tests.tui.fakes import FakeStore, Gate, run, shown
from tests.tui.test_browser import browser
from tui.app import FlowdeckApp
from tui.screens.browser import Browser
from tui.screens.modals.grouping import GroupingScreen
from tui.screens.modals.picker import Picker
from tui.view.group_order import Measure
from tui.views import ViewBook, read_views
from tui.widgets.line import Line


def store_of(*values: tuple[str, str, float]) -> FakeStore:
    """Runs with a learning rate, a seed and an accuracy."""
    return FakeStore(
        [
            run(place, params={"lr": lr, "seed": seed}, metrics={"acc": Metric("acc", acc, 1, 1)})
            for place, (lr, seed, acc) in enumerate(values)
        ]
    )


LUCKY = (("0.1", "0", 0.9), ("0.1", "1", 0.5), ("0.2", "0", 0.8), ("0.2", "1", 0.8))


async def to_runs(pilot: Pilot[int]) -> Browser:
    screen = browser(pilot)
    await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
    await pilot.press("enter")
    await wait_for(pilot, lambda: len(screen.runs.table.rows) > 0 and not screen.busy, "runs")
    return screen


async def choosing(pilot: Pilot[int]) -> GroupingScreen:
    await pilot.press("b")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, GroupingScreen), "what there is to group by")
    screen = pilot.app.screen
    assert isinstance(screen, GroupingScreen)
    await wait_for(pilot, lambda: "looking for seeds" not in screen_text(pilot.app), "proposals")
    return screen


async def grouped(pilot: Pilot[int], screen: Browser) -> None:
    await wait_for(pilot, lambda: screen.panes.grouped and screen.panes.groups.group is not None, "groups")


def column(pilot: Pilot[int], place: int) -> list[str]:
    rows = browser(pilot).panes.groups.table.rows
    return [(rows.cells(index) or ())[place].text.strip() for index in range(len(rows))]


async def test_the_proposal_groups_by_configuration_and_the_best_mean_comes_first() -> None:
    async with shown(store_of(*LUCKY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await choosing(pilot)
        assert "2 configurations x 2 seeds" in screen_text(pilot.app)
        await pilot.press("enter")
        await grouped(pilot, screen)
        assert column(pilot, 0) == ["0.2", "0.1"]
        assert column(pilot, 1) == ["2", "2"]
        text = screen_text(pilot.app)
        assert "2 groups of 4 runs" in text
        assert "mean acc ↓" in text
        assert screen.panes.focused_pane == "groups"


async def test_another_rank_is_chosen_and_kept_and_turned_round() -> None:
    async with shown(store_of(*LUCKY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await choosing(pilot)
        await pilot.press("enter")
        await grouped(pilot, screen)
        await pilot.press("s")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Picker), "what to rank by")
        await pilot.press(*"max acc", "enter")
        await wait_for(pilot, lambda: column(pilot, 0) == ["0.1", "0.2"], "the luckiest run counts")
        view = screen.runs.view
        assert view is not None
        assert view.group_order is not None
        assert view.group_order.measure is Measure.MAX
        await pilot.press("S")
        await wait_for(pilot, lambda: column(pilot, 0) == ["0.2", "0.1"], "it is turned round")


async def test_keys_are_chosen_level_by_level_and_parts_fold() -> None:
    async with shown(store_of(*LUCKY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        chooser = await choosing(pilot)
        for key, press in (("params.seed", "space"), ("params.lr", "plus")):
            row = chooser.table.rows.find(key)
            assert row is not None
            chooser.table.go_to_row(row)
            await pilot.press(press)
        await pilot.press("enter")
        await grouped(pilot, screen)
        assert len(screen.panes.groups.table.rows) == 6
        assert "by seed, then lr" in screen_text(pilot.app)
        await pilot.press("down", "minus")
        assert len(screen.panes.groups.table.rows) == 4
        assert screen.panes.groups.table.cursor == 0
        await pilot.press("minus")
        assert len(screen.panes.groups.table.rows) == 6


async def test_grouping_that_is_asked_for_before_the_list_is_whole_begins_when_it_is() -> None:
    gate = Gate()
    store = FakeStore([run(number) for number in range(150)], steps=[])
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        store.steps = [(Headway("runs", 1, 150), gate)]
        await pilot.press("S")
        await wait_for(pilot, gate.reached.is_set, "another order is asked for")
        await pilot.press("b")
        await pilot.pause(0.1)
        assert pilot.app.screen is screen
        gate.open()
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, GroupingScreen), "what there is to group by")


async def test_a_key_is_found_by_typing() -> None:
    async with shown(store_of(*LUCKY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        chooser = await choosing(pilot)
        await pilot.press("slash", *"see")
        await wait_for(pilot, lambda: chooser.table.key == "params.seed", "it is found")
        await pilot.press("enter", "enter")
        await grouped(pilot, screen)
        assert column(pilot, 0) == ["0", "1"]


async def test_enter_lists_the_runs_of_a_group_and_escape_goes_back(walk: Walk, demo: Path) -> None:
    async with walk(demo, (120, 30)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("slash", *"churn", "enter", "enter")
        await wait_for(pilot, lambda: len(screen.runs.table.rows) > 0 and not screen.busy, "runs")
        await choosing(pilot)
        await pilot.press("enter")
        await grouped(pilot, screen)
        group, groups = screen.panes.groups.group, len(screen.panes.groups.table.rows)
        assert group is not None
        await pilot.press("enter")
        await wait_for(pilot, lambda: not screen.panes.grouped and len(screen.runs.ids) == group.runs, "its runs")
        assert "where" in screen_text(pilot.app)
        await pilot.press("escape")
        await wait_for(pilot, lambda: screen.panes.grouped and not screen.busy, "the groups again")
        await grouped(pilot, screen)
        assert len(screen.panes.groups.table.rows) == groups
        assert len(screen.runs.ids) > group.runs
        await pilot.press("escape")
        await wait_for(pilot, lambda: not screen.panes.grouped, "the runs, one by one")
        assert screen.panes.focused_pane == "runs"
        await pilot.press("escape")
        await wait_for(pilot, lambda: screen.level == 0, "the experiments")


async def test_the_runs_of_a_group_are_marked_and_compared() -> None:
    async with shown(store_of(*LUCKY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await choosing(pilot)
        await pilot.press("enter")
        await grouped(pilot, screen)
        await pilot.press("space")
        assert set(screen.runs.marks) == {screen.runs.ids[2], screen.runs.ids[3]}
        assert "2 marked" in screen_text(pilot.app)
        assert screen.targets() == screen.runs.marks
        await pilot.press("up", "space")
        assert screen.runs.marks == ()
        # No run is under the cursor: nothing could be changed by mistake.
        assert screen.targets() == ()
        await pilot.press("down", "space", "M")
        assert screen.runs.marks == ()
        await pilot.press("space", "c")
        await wait_for(pilot, lambda: pilot.app.screen is not screen, "they are side by side")


async def test_metrics_are_those_that_have_a_column() -> None:
    store = FakeStore(
        [run(number, metrics={"a": Metric("a", 1, 1, 1), "b": Metric("b", 2, 1, 1)}) for number in (1, 2)]
    )
    async with shown(store, size=(160, 30)) as pilot:
        screen = await to_runs(pilot)
        chooser = await choosing(pilot)
        row = chooser.table.rows.find("params.lr")
        assert row is not None
        chooser.table.go_to_row(row)
        await pilot.press("enter")
        await grouped(pilot, screen)
        assert "mean a" in screen_text(pilot.app)
        await pilot.press("C", *"metric b", "enter", "escape", "escape")
        await wait_for(pilot, lambda: "mean b" not in screen_text(pilot.app) and not screen.busy, "one less")
        assert "mean a" in screen_text(pilot.app)


async def test_groups_are_read_again_with_the_runs() -> None:
    before = store_of(*LUCKY)
    async with shown(before, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await choosing(pilot)
        await pilot.press("enter", "down")
        await grouped(pilot, screen)
        before.all_runs = [*before.all_runs, replace(run(9), params={"lr": "0.3", "seed": "0"})]
        await pilot.press("r")
        await wait_for(pilot, lambda: "3 groups of 5 runs" in screen_text(pilot.app), "the new group")


async def test_a_store_that_fails_is_told_and_the_groups_come_when_it_answers_again() -> None:
    store = store_of(*LUCKY)
    failing = [False]
    real = store.runs

    def runs(*arguments: object, **named: object) -> object:
        if failing[0]:
            raise StoreError("the line is cut", "try again")
        return real(*arguments, **named)  # type: ignore[arg-type]  # passed on

    store.runs = runs  # type: ignore[assignment,method-assign]  # fails when it is told to
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        chooser = await choosing(pilot)
        failing[0] = True
        row = chooser.table.rows.find("params.lr")
        assert row is not None
        chooser.table.go_to_row(row)
        await pilot.press("enter")
        await wait_for(pilot, lambda: "the line is cut" in screen_text(pilot.app), "the error")
        await wait_for(pilot, lambda: "the runs were not grouped" in screen_text(pilot.app), "what to do")
        failing[0] = False
        await pilot.press("r")
        await grouped(pilot, screen)
        assert "the line is cut" not in screen_text(pilot.app)


async def test_a_grouping_is_found_as_it_was_left(tmp_path: Path, demo: Path) -> None:
    views = tmp_path / "views.toml"

    book = ViewBook(views)
    async with FlowdeckApp(str(demo), "test store", views=book).run_test(size=(120, 30)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("A")
        await wait_for(pilot, lambda: screen.runs.settled and not screen.busy, "runs")
        chooser = await choosing(pilot)
        row = chooser.table.rows.find("datasets")
        assert row is not None
        chooser.table.go_to_row(row)
        await pilot.press("enter")
        await grouped(pilot, screen)
        shown_first = column(pilot, 0)
        await pilot.press("q")
    assert book.write() == ""
    (kept,) = read_views(views).left.values()
    assert [[key.id for key in level] for level in kept.groups] == [["datasets"]]
    async with FlowdeckApp(str(demo), "test store", views=ViewBook(views)).run_test(size=(120, 30)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("A")
        await grouped(pilot, screen)
        assert column(pilot, 0) == shown_first
        assert screen.panes.focused_pane == "groups"


async def test_enter_that_comes_before_the_proposal_takes_it() -> None:
    gate = Gate()
    store = store_of(*LUCKY)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        store.steps = [(Headway("runs", 1, 4), gate)]
        await pilot.press("S")
        await wait_for(pilot, gate.reached.is_set, "another order is asked for")
        await pilot.press("b", "enter")
        gate.open()
        await grouped(pilot, screen)
        assert column(pilot, 0) == ["0.2", "0.1"]
        assert pilot.app.screen is screen


async def test_it_is_said_that_there_are_no_seeds() -> None:
    async with shown(FakeStore([run(1), run(2)]), size=(120, 30)) as pilot:
        await to_runs(pilot)
        await choosing(pilot)
        assert "no seeds or folds found" in screen_text(pilot.app)


async def test_enter_means_what_it_says() -> None:
    async with shown(store_of(*LUCKY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        dialogue = await choosing(pilot)
        assert "Enter groups by lr" in screen_text(pilot.app)
        await pilot.press("enter")
        await grouped(pilot, screen)
        dialogue = await choosing(pilot)
        row = dialogue.table.rows.find("params.seed")
        assert row is not None
        await pilot.press("home", *["down"] * row)
        assert "Enter groups by seed" in screen_text(pilot.app)
        await pilot.press("enter")
        await wait_for(pilot, lambda: column(pilot, 0) == ["0", "1"], "groups by the key under the cursor")
        dialogue = await choosing(pilot)
        row = dialogue.table.rows.find("params.lr")
        assert row is not None
        await pilot.press("home", *["down"] * row, "space")
        assert "Enter groups by seed, lr" in screen_text(pilot.app)


async def test_groups_are_filtered_and_a_mistake_is_mended_in_their_place(walk: Walk, demo: Path) -> None:
    async with walk(demo, (120, 30)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("slash", *"churn", "enter", "enter")
        await wait_for(pilot, lambda: screen.runs.settled and not screen.busy, "runs")
        await choosing(pilot)
        await pilot.press("enter")
        await grouped(pilot, screen)
        before = len(screen.runs.ids)
        await pilot.press("f", *"params.max_depth > 6", "enter")
        await wait_for(pilot, lambda: len(screen.runs.ids) < before and not screen.busy, "those that match")
        assert screen.panes.grouped
        assert "where params.max_depth > 6" in screen_text(pilot.app)
        some = screen.runs.ids
        await pilot.press("f", "ctrl+u", *"params.max_depth >> 6", "enter")
        await wait_for(pilot, lambda: screen.filtering.refused and screen.filtering.has_focus_within, "the mistake")
        assert "params.max_depth >> 6" in screen_text(pilot.app)
        await pilot.press("escape")
        assert (screen.panes.grouped, screen.runs.ids) == (True, some)
        assert screen.panes.groups.history.texts == ("params.max_depth > 6",)


async def test_what_does_not_stand_before_the_metrics_is_told_of_the_group_under_the_cursor() -> None:
    runs = [run(n, params={"a": str(n // 2), "b": "x", "c": "[y]" if n < 2 else "z"}) for n in range(4)]
    async with shown(FakeStore(runs), size=(80, 24)) as pilot:
        screen = await to_runs(pilot)
        screen.runs.group_by((tuple(group_key_of(f"params.{key}") for key in "abc"),))
        await grouped(pilot, screen)
        line = screen.panes.groups.query_one("#groups-others", Line)
        assert line.text == "c [y]"
        await pilot.press("down")
        await wait_for(pilot, lambda: line.text == "c z", "that of the next group")
        screen.runs.group_by((tuple(group_key_of(f"params.{key}") for key in "ab"),))
        await wait_for(pilot, lambda: not line.display, "nothing else")


async def test_runs_that_were_marked_in_the_list_are_marked_in_groups_that_were_read_before() -> None:
    async with shown(store_of(*LUCKY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        for _ in range(2):
            await choosing(pilot)
            await pilot.press("enter")
            await grouped(pilot, screen)
            marked = "4 marked" in screen_text(pilot.app)
            await pilot.press("escape")
            await wait_for(pilot, lambda: not screen.panes.grouped, "the list")
            if not screen.runs.marks:
                await pilot.press("ctrl+a")
        assert marked


async def test_other_groups_are_chosen_when_a_list_that_is_being_read_is_whole() -> None:
    gate, store = Gate(), store_of(*LUCKY)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await choosing(pilot)
        await pilot.press("enter")
        await grouped(pilot, screen)
        store.steps = [(Headway("runs", 1, 4), gate)]
        await pilot.press("r")
        await wait_for(pilot, gate.reached.is_set, "the runs are read again")
        await pilot.press("b")
        gate.open()
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, GroupingScreen), "the choice")
