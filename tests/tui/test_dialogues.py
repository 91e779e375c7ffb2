"""Dialogues that are asked for before they can be shown, that end, and that lie below others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input

from store.entities import KeyCount, KeyKind, Run, RunParts
from store.grouping import propose
from store.protocols import Headway, RunKeys
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, Gate, opened, shown
from tests.tui.test_groups import LUCKY, store_of, to_runs
from tui import messages
from tui.screens.browser import Browser
from tui.screens.modals.columns import ColumnsScreen
from tui.screens.modals.grouping import GroupingScreen
from tui.screens.modals.help import Help
from tui.screens.modals.picker import Picker
from tui.screens.modals.sorting import SortScreen


@dataclass
class Held(FakeStore):
    """Reads runs when a gate lets it."""

    gate: Gate = None  # type: ignore[assignment]  # set before anything is read

    def __post_init__(self) -> None:
        self.gate = opened()

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        self.gate.wait(cancel)
        return super().runs(run_ids, parts, cancel, keys)


async def dialogue(pilot: Pilot[int], kind: type[ModalScreen[object]], key: str) -> ModalScreen[object]:
    await pilot.press(key)
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.is_mounted, "a dialogue")
    screen = pilot.app.screen
    assert isinstance(screen, kind)
    return screen


@pytest.mark.parametrize(
    ("keys", "above"), [(("question_mark",), Help), (("C",), ColumnsScreen), (("f", *"met"), None)]
)
async def test_what_is_asked_for_before_the_list_is_whole_does_not_come_over_something_else(
    keys: tuple[str, ...], above: type[ModalScreen[object]] | None
) -> None:
    gate, store = Gate(), store_of(*LUCKY)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        store.steps = [(Headway("runs", 1, 4), gate)]
        await pilot.press("S")
        await wait_for(pilot, gate.reached.is_set, "another order is asked for")
        await pilot.press("b", *keys)
        if above is not None:
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, above), "what was asked for next")
        gate.open()
        await wait_for(pilot, lambda: screen.runs.settled and not screen.busy, "the whole list")
        assert not any(isinstance(one, GroupingScreen) for one in pilot.app.screen_stack)
        if above is None:
            assert screen.runs.query_one(Input).value == "met"


async def test_looking_for_seeds_can_be_cancelled_and_keys_be_chosen_all_the_same() -> None:
    store = Held(store_of(*LUCKY).all_runs)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        store.gate = Gate()
        await dialogue(pilot, GroupingScreen, "b")
        await wait_for(pilot, lambda: store.gate.reached.is_set() and "lr" in screen_text(pilot.app), "keys")
        assert "Enter groups by what is found" in screen_text(pilot.app)
        await pilot.press("enter", "ctrl+c")
        await wait_for(pilot, lambda: "nobody could look for seeds" in screen_text(pilot.app), "that it ended")
        store.gate.open()
        await pilot.press("down", "enter")
        await wait_for(pilot, lambda: screen.panes.grouped and screen.panes.groups.group is not None, "groups")
        assert [key.id for key in screen.panes.groups.grouping.keys] == ["params.lr"]  # type: ignore[union-attr]


@pytest.mark.parametrize("key", ["C", "s", "b", "question_mark", "w"])
async def test_the_key_that_cancels_closes_a_dialogue_before_it_quits(key: str) -> None:
    async with shown(store_of(*LUCKY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await dialogue(pilot, ModalScreen, key)
        await wait_for(pilot, lambda: not screen.busy and "looking" not in screen_text(pilot.app), "rest")
        await pilot.press("ctrl+c")
        await wait_for(pilot, lambda: pilot.app.screen is screen or not pilot.app.is_running, "no dialogue")
        assert pilot.app.is_running


def end_sort(screen: Browser, sort: object) -> None:
    assert isinstance(sort, SortScreen)
    sort._meant = True
    sort.found("", (KeyCount(KeyKind.METRIC, "loss", 1),), "")


def end_grouping(screen: Browser, grouping: object) -> None:
    assert isinstance(grouping, GroupingScreen)
    grouping._at_once = True
    grouping.proposed(propose(store_of(*LUCKY), screen.runs.ids)[0], "")


ENDS = [("s", SortScreen, end_sort), ("b", GroupingScreen, end_grouping)]


@pytest.mark.parametrize(("key", "kind", "end"), ENDS)
async def test_an_answer_that_comes_when_a_dialogue_has_ended_ends_nothing_else(
    key: str, kind: type[ModalScreen[object]], end: Callable[[Browser, object], None]
) -> None:
    store = Held(store_of(*LUCKY).all_runs)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        store.gate = Gate()
        found = await dialogue(pilot, kind, key)
        found.dismiss(None)
        end(screen, found)
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the list")
        assert pilot.app.is_running


@pytest.mark.parametrize(("key", "kind", "end"), ENDS)
async def test_an_answer_that_comes_below_another_dialogue_does_not_end_that(
    key: str, kind: type[ModalScreen[object]], end: Callable[[Browser, object], None]
) -> None:
    store = Held(store_of(*LUCKY).all_runs)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        store.gate = Gate()
        found = await dialogue(pilot, kind, key)
        above = Picker("above", ())
        await pilot.app.push_screen(above)
        end(screen, found)
        await pilot.pause()
        assert pilot.app.screen is above
        await pilot.press("escape")
        assert pilot.app.screen is found


async def test_keys_that_come_while_a_dialogue_is_being_made_are_those_of_the_one_before() -> None:
    async with shown(store_of(*LUCKY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        from tui.widgets.runs_pane import RunsPane

        screen.on_runs_pane_group_wanted(RunsPane.GroupWanted())
        screen.on_keys_found(messages.KeysFound("", (), ""))
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, GroupingScreen), "the dialogue")
        await wait_for(pilot, lambda: "lr" in screen_text(pilot.app), "its own keys")
        await pilot.press("escape")
        screen.runs.action_columns()
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ColumnsScreen), "the other one")


async def test_what_is_looked_for_is_found_whatever_is_proposed_meanwhile() -> None:
    store = Held(store_of(*LUCKY).all_runs)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        store.gate = Gate()
        await dialogue(pilot, GroupingScreen, "b")
        await pilot.press("slash", *"seed")
        await wait_for(pilot, lambda: "Enter groups by seed" in screen_text(pilot.app), "the key")
        await pilot.press("enter", "enter")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the choice")
        assert screen.runs.view is not None
        assert [key.id for level in screen.runs.view.groups for key in level] == ["params.seed"]
        store.gate.open()
