"""Writing a filter: what is offered, what is taken, what was used before."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from store.entities import KeyCount, KeyKind, Page
from store.errors import StoreUnreachable
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, Gate, opened, run, shown
from tests.tui.test_browser import browser
from tests.tui.test_columns import to_runs
from tui.app import FlowdeckApp
from tui.filter_history import MOST, FilterHistory
from tui.screens.browser import Browser
from tui.spot import Spot
from tui.state import read_spots, write_spots
from tui.widgets.filter_prompt import FilterPrompt
from tui.widgets.offers_list import MOST_LINES, OffersList
from tui.widgets.prompt import Pointer

RUNS = [
    run(1, params={"lr": "0.1", "optimizer": "adam"}, tags={"team": "it's"}),
    run(2, params={"lr": "0.1", "optimizer": "sgd"}),
    run(3, params={"lr": "10", "val/x": "1"}),
]
SIZES = [(60, 20), (80, 24), (160, 45)]


@dataclass
class SlowKeys(FakeStore):
    """Answers about keys when the gate is open."""

    looking: Gate = field(default_factory=opened)

    def keys(
        self,
        kind: KeyKind,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: threading.Event | None = None,
    ) -> Page[KeyCount]:
        self.looking.wait(cancel)
        self._check("keys")
        return super().keys(kind, experiment_ids, text, limit, cancel)


def prompt(pilot: Pilot[int]) -> FilterPrompt:
    found = browser(pilot).runs.filter_prompt
    assert found is not None
    return found


def written(pilot: Pilot[int]) -> str:
    field_ = prompt(pilot).query_one(Input)
    return f"{field_.value[: field_.cursor_position]}|{field_.value[field_.cursor_position :]}"


def listed(pilot: Pilot[int]) -> list[str]:
    """What the list shows, as it is on screen."""
    found = prompt(pilot).query_one(OffersList)
    return [found.render_line(y).text.strip() for y in range(found.size.height)] if found.shown else []


def chosen(pilot: Pilot[int]) -> str:
    found = prompt(pilot).query_one(OffersList)
    return "" if found.chosen is None else found._lines[found.chosen][0]


async def writing(pilot: Pilot[int], text: str = "") -> Browser:
    screen = await to_runs(pilot)
    await pilot.press("f")
    await wait_for(pilot, lambda: screen.runs.filter_prompt is not None and prompt(pilot).shown, "the prompt")
    await type_in(pilot, text)
    return screen


async def type_in(pilot: Pilot[int], text: str) -> None:
    keys = {" ": "space", ".": "full_stop", "=": "equals_sign", "'": "apostrophe", ">": "greater_than_sign"}
    await pilot.press(*(keys.get(letter, letter) for letter in text))


async def offered(pilot: Pilot[int], text: str) -> None:
    await wait_for(pilot, lambda: any(text in line for line in listed(pilot)), f"{text} is offered")


@pytest.mark.parametrize("size", SIZES)
async def test_a_filter_is_written_by_choosing(size: tuple[int, int]) -> None:
    async with shown(FakeStore(RUNS), size=size) as pilot:
        screen = await writing(pilot, "par")
        await offered(pilot, "params.")
        await pilot.press("tab", "enter")
        assert written(pilot) == "params.|"
        await offered(pilot, "params.optimizer")
        await type_in(pilot, "op")
        await wait_for(pilot, lambda: len(listed(pilot)) == 1, "what was typed narrows")
        await pilot.press("down", "enter")
        await offered(pilot, "=")
        assert written(pilot) == "params.optimizer |"
        await pilot.press("tab", "enter")
        await offered(pilot, "'adam'")
        await pilot.press("tab", "tab", "enter")
        await offered(pilot, "AND")
        assert written(pilot) == "params.optimizer = 'sgd' |"
        assert all(len(line) <= size[0] for line in screen_text(pilot.app).splitlines())
        # With nothing chosen, Enter means the filter.
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.runs.view is not None and screen.runs.view.filter != "", "filtered")
        assert screen.runs.view is not None
        assert screen.runs.view.filter == "params.optimizer = 'sgd'"
        assert screen.runs.table.has_focus


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_offered_leaves_rows_in_sight(size: tuple[int, int]) -> None:
    many = {f"key-{number:03}": "1" for number in range(60)}
    async with shown(FakeStore([run(number, params=many) for number in range(60)]), size=size) as pilot:
        await writing(pilot, "params.")
        await offered(pilot, "in all")
        assert len(listed(pilot)) == MOST_LINES
        assert listed(pilot)[-1] == "50 in all"
        assert sum("run-" in line for line in screen_text(pilot.app).splitlines()) >= size[1] - MOST_LINES - 6
        await pilot.press(*["tab"] * 12)
        assert chosen(pilot) == "params.`key-011`"
        assert any("key-011" in line for line in listed(pilot))
        await pilot.press(*["shift+tab"] * 11)
        assert any("key-000" in line for line in listed(pilot))


async def test_keys_and_values_get_the_quotes_that_they_need() -> None:
    async with shown(FakeStore(RUNS)) as pilot:
        await writing(pilot, "params.v")
        await offered(pilot, "params.`val/x`")
        await pilot.press("tab", "enter")
        await type_in(pilot, "= 1 and tags.team = ")
        await offered(pilot, '"it\'s"')
        await pilot.press("tab", "enter")
        assert written(pilot) == 'params.`val/x` = 1 and tags.team = "it\'s" |'


async def test_escape_closes_what_is_offered_then_the_prompt() -> None:
    async with shown(FakeStore(RUNS)) as pilot:
        screen = await writing(pilot, "par")
        await offered(pilot, "params.")
        await pilot.press("escape")
        assert listed(pilot) == []
        assert prompt(pilot).shown
        assert written(pilot) == "par|"
        await pilot.press("escape")
        assert not prompt(pilot).shown
        assert screen.runs.table.has_focus
        assert screen.runs.view is not None
        assert screen.runs.view.filter == ""


async def test_typing_waits_for_no_store_and_what_comes_late_is_dropped() -> None:
    gate = Gate()
    async with shown(SlowKeys(RUNS, looking=gate)) as pilot:
        await writing(pilot, "params.")
        await wait_for(pilot, gate.reached.is_set, "the store is asked")
        await type_in(pilot, "op > 3")
        assert written(pilot) == "params.op > 3|"
        gate.open()
        await wait_for(pilot, lambda: not browser(pilot)._session.is_running("offers"), "all answers came")
        await pilot.pause()
        assert not any("params." in line for line in listed(pilot))


async def test_keys_that_choose_may_come_before_the_offers_do() -> None:
    gate = Gate()
    async with shown(SlowKeys(RUNS, looking=gate)) as pilot:
        await writing(pilot, "params.op")
        await pilot.press("tab", "enter")
        assert prompt(pilot).shown
        gate.open()
        await wait_for(pilot, lambda: written(pilot) == "params.optimizer |", "it is taken when it comes")


async def test_a_store_that_fails_is_told_and_typing_goes_on() -> None:
    lost = StoreUnreachable("the host is gone", "look at the network")
    store = SlowKeys(RUNS, fails=lambda call: lost if call == "keys" else None)
    async with shown(store) as pilot:
        await writing(pilot, "params.l")
        await wait_for(pilot, lambda: "the host is gone" in screen_text(pilot.app), "told")
        await type_in(pilot, "r")
        assert written(pilot) == "params.lr|"


async def test_texts_of_a_store_are_harmless() -> None:
    hostile = {"\x1b[2Jx": "1", "[bold]x": "\x1b]0;title\x07", "ok": "\u202eevil"}
    async with shown(FakeStore([run(1, params=hostile)])) as pilot:
        await writing(pilot, "params.")
        await offered(pilot, "params.ok")
        # What no field can show cannot be written either.
        assert [line.split()[0] for line in listed(pilot)] == ["params.`[bold]x`", "params.ok"]
        assert "\x1b" not in screen_text(pilot.app)
        await type_in(pilot, "ok = ")
        await wait_for(pilot, lambda: listed(pilot) == [], "no value can be offered")


async def test_a_click_takes_an_offer() -> None:
    async with shown(FakeStore(RUNS)) as pilot:
        await writing(pilot, "params.")
        await offered(pilot, "params.optimizer")
        place = next(y for y, line in enumerate(listed(pilot)) if "optimizer" in line)
        await pilot.click(OffersList, offset=(5, place))
        await wait_for(pilot, lambda: written(pilot) == "params.optimizer |", "taken")
        assert prompt(pilot).query_one(Input).has_focus


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_wrong_is_shown_while_one_types_on(size: tuple[int, int]) -> None:
    async with shown(FakeStore(RUNS), size=size) as pilot:
        await writing(pilot, "stauts")
        await wait_for(pilot, lambda: not browser(pilot)._session.is_running("offers"), "looked at")
        assert "^^^" not in screen_text(pilot.app)
        await type_in(pilot, " = ")
        await wait_for(pilot, lambda: "^^^" in screen_text(pilot.app), "the mistake")
        lines = screen_text(pilot.app).splitlines()
        carets = next(line for line in lines if "^^^" in line)
        start = carets.index("^")
        above = lines[lines.index(carets) - 1]
        assert above[start : start + carets.count("^")] == "stauts"
        assert "status?" in carets
        await pilot.press("home", *["delete"] * 6, *"status")
        await wait_for(pilot, lambda: "^^^" not in screen_text(pilot.app), "mended")


async def test_a_key_that_no_run_has_is_pointed_at_with_the_nearest_one() -> None:
    async with shown(FakeStore(RUNS)) as pilot:
        await writing(pilot, "params.optimiser ")
        await wait_for(pilot, lambda: "^^^ params.optimizer?" in screen_text(pilot.app), "the nearest key")
        await type_in(pilot, "= ")
        await wait_for(pilot, lambda: "^^^ params.optimizer?" in screen_text(pilot.app), "still")
        await pilot.press("ctrl+u")
        await type_in(pilot, "params.optimizer ")
        await wait_for(pilot, lambda: not browser(pilot)._session.is_running("offers"), "looked at")
        await pilot.pause()
        assert not prompt(pilot).query_one(Pointer).display


async def test_what_is_unfinished_is_not_called_wrong() -> None:
    async with shown(FakeStore(RUNS)) as pilot:
        await writing(pilot, "(params.lr > ")
        await wait_for(pilot, lambda: prompt(pilot)._waiting is None, "offered")
        await wait_for(pilot, lambda: not browser(pilot)._session.is_running("offers"), "looked at")
        await pilot.pause()
        assert not prompt(pilot).query_one(Pointer).display


async def filtered(pilot: Pilot[int], text: str) -> None:
    screen = browser(pilot)
    await pilot.press("f", "ctrl+u")
    prompt(pilot).query_one(Input).value = text
    await pilot.press("enter")
    await wait_for(pilot, lambda: screen.runs.view is not None and screen.runs.view.filter == text, text)


async def test_up_and_down_go_through_the_filters_that_were_used() -> None:
    async with shown(FakeStore(RUNS)) as pilot:
        await to_runs(pilot)
        for text in ("metrics.a > 1", "metrics.b > 1", "metrics.a > 1", "metrics.c > 1"):
            await filtered(pilot, text)
        await pilot.press("f", "ctrl+u", "w")
        seen = []
        for _ in range(5):
            await pilot.press("up")
            seen.append(written(pilot))
        assert seen == ["metrics.c > 1|", "metrics.a > 1|", "metrics.b > 1|", "metrics.b > 1|", "metrics.b > 1|"]
        assert listed(pilot) == []
        await pilot.press("down", "down", "down")
        assert written(pilot) == "w|"


async def test_filters_that_were_used_are_searched() -> None:
    async with shown(FakeStore(RUNS)) as pilot:
        screen = await to_runs(pilot)
        for text in ("metrics.acc > 1", "params.lr = '3'", "metrics.acc > 2 and status = 'FAILED'"):
            await filtered(pilot, text)
        await pilot.press("f", "ctrl+u", "ctrl+r")
        assert len(listed(pilot)) == 3
        await type_in(pilot, "acc")
        assert [line.split("  ")[0].strip(" ›>▸") for line in listed(pilot)] == [
            "metrics.acc > 2 and status = 'FAILED'",
            "metrics.acc > 1",
        ]
        await pilot.press("down", "enter")
        assert written(pilot) == "metrics.acc > 1|"
        assert listed(pilot) == []
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.runs.view and screen.runs.view.filter == "metrics.acc > 1", "filtered")
        await pilot.press("f", "ctrl+u", *"zzz", "ctrl+r")
        await wait_for(pilot, lambda: "no filter like this" in screen_text(pilot.app), "told")


async def test_filters_are_known_after_a_restart_but_for_wrong_ones(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    def app() -> FlowdeckApp:
        return FlowdeckApp(
            "fake://", "test store", opener=lambda uri, cancel: FakeStore(RUNS), spots=read_spots(path)[0]
        )

    first = app()
    async with first.run_test(size=(100, 30), notifications=True) as pilot:
        await to_runs(pilot)
        await filtered(pilot, "params.lr = '3'")
        await pilot.press("q")
    assert write_spots(path, first.left) == ""
    second = app()
    async with second.run_test(size=(100, 30), notifications=True) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.level == 1 and not screen.busy, "where one was")
        await pilot.press("f", "ctrl+u", "up")
        assert written(pilot) == "params.lr = '3'|"


def test_a_history_keeps_each_filter_once_and_not_without_end() -> None:
    history = FilterHistory()
    for number in range(MOST + 50):
        history.used(f"metrics.a > {number}")
    history.used("metrics.a > 60")
    assert len(history.texts) == MOST
    assert history.texts[-1] == "metrics.a > 60"
    assert history.texts.count("metrics.a > 60") == 1
    assert history.having("A  161") == ["metrics.a > 161"]
    history.forget("metrics.a > 161")
    assert history.having("161") == []


@pytest.mark.parametrize(
    "text",
    ["params.uri = 'postgresql://ml:s3cret@db/mlflow'", "tags.x = '\x1b[2J'", " ", "x" * 6000],
)
def test_secrets_and_what_no_field_shows_are_not_kept(text: str) -> None:
    history = FilterHistory()
    history.used(text)
    assert history.texts == ()


def test_histories_of_two_programs_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_spots(path, {"a": Spot(filters=("one", "two"))})
    write_spots(path, {"a": Spot(filters=("two", "three", "one"))})
    assert read_spots(path)[0]["a"].filters == ("two", "three", "one")
    write_spots(path, {"a": Spot(filters=("four",))})
    assert read_spots(path)[0]["a"].filters == ("two", "three", "one", "four")
