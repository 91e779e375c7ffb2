"""Any value of a run can be read in full, and copied as the store has it."""

from __future__ import annotations

import json

import pytest
from textual.pilot import Pilot

from store.entities import Dataset, DatasetInput, LoggedModel, ModelInput, ModelOutput
from store.kinds import NOTE_TAG
from tests.tui.conftest import screen_text, wait_for
from tests.tui.fakes import FakeStore, run, shown
from tests.tui.test_browser import browser
from tui.clipboard import copy
from tui.screens.browser import Browser
from tui.screens.modals.value import Value
from tui.view.reader import pretty_json, reading_lines
from tui.view.text import width
from tui.view.value import data_value, value_lines
from tui.widgets.run_pane import DATA, OVERVIEW, PARAMS, TAGS
from tui.widgets.text_view import TextView

LONG = " ".join(f"word{number}" for number in range(400))

SCHEMA = '{"mlflow_colspec": [{"type": "double", "name": "x"}], "rows": 150, "big": 12345678901234567890.10}'

MODEL = LoggedModel(
    "m-1", "1", "forest", "s3://b/m-1", 1_700_000_000_000, 1_700_000_000_000, "READY", "sklearn", params={"depth": "3"}
)

RUN = run(
    1,
    params={"layers": '{"a": [1, 2], "b": {}}', "long": LONG, "empty": "", "evil": "a\x1b[2Jb"},
    tags={NOTE_TAG: "# Title\n\n    {not: json}\n" + LONG, "z": "short"},
    dataset_inputs=(DatasetInput(Dataset("iris", "abc", "local", "file:///iris.csv", SCHEMA), {"context": "train"}),),
    model_inputs=(ModelInput("m-gone"),),
    model_outputs=(ModelOutput("m-1", 7),),
)


async def to_tab(pilot: Pilot[int], tab: int, key: str) -> Browser:
    screen = browser(pilot)
    await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
    await pilot.press("enter")
    await wait_for(pilot, lambda: len(screen.runs.table.rows) > 0 and not screen.busy, "runs")
    await pilot.press("enter")
    await wait_for(pilot, lambda: screen.run_pane.run_shown is not None and not screen.busy, "the run")
    for _ in range(tab):
        await pilot.press("right_square_bracket")
    place = screen.run_pane.table.rows.find(key)
    assert place is not None
    screen.run_pane.table.cursor = place
    return screen


async def opened(pilot: Pilot[int]) -> Value:
    await pilot.press("enter")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Value), "the value")
    await pilot.pause()
    assert isinstance(pilot.app.screen, Value)
    return pilot.app.screen


async def test_a_long_param_is_read_to_its_end_and_copied_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with shown(FakeStore([RUN], models=[MODEL]), size=(80, 24)) as pilot:
        await to_tab(pilot, PARAMS, "long")
        assert "word399" not in screen_text(pilot.app)
        value = await opened(pilot)
        view = value.query_one(TextView)
        assert "word0 word1" in screen_text(pilot.app)
        assert "y copies, Esc closes" in screen_text(pilot.app)
        await pilot.press("G")
        assert "word399" in screen_text(pilot.app)
        assert view.top == view.total - view.size.height
        await pilot.press("k", "ctrl+u", "pageup", "g", "g")
        assert view.top == 0
        await pilot.press("j", "pagedown")
        assert view.top == view.size.height
        monkeypatch.setattr("tui.clipboard.copy", lambda text, *others: (copied.append(text), copy(text, *others))[1])
        await pilot.press("y", "Y")
        await wait_for(pilot, lambda: copied == [LONG, LONG], "copied")
        await wait_for(pilot, lambda: "param copied" in screen_text(pilot.app), "told")
        await pilot.press("escape")
        await wait_for(pilot, lambda: not isinstance(pilot.app.screen, Value), "closed")
        assert browser(pilot).level == 2


async def test_json_is_set_out_and_hostile_text_does_nothing() -> None:
    async with shown(FakeStore([RUN], models=[MODEL])) as pilot:
        await to_tab(pilot, PARAMS, "layers")
        view = (await opened(pilot)).query_one(TextView)
        lines = [view.render_line(y).text.rstrip() for y in range(7)]
        assert lines == [" {", '   "a": [', "     1,", "     2", "   ],", '   "b": {}', " }"]
        await pilot.press("escape")
        await to_row(pilot, "evil")
        await opened(pilot)
        assert "a␛[2Jb" in screen_text(pilot.app)
        await pilot.press("escape")
        await to_row(pilot, "empty")
        await opened(pilot)
        assert "(empty)" in screen_text(pilot.app)


async def to_row(pilot: Pilot[int], key: str) -> None:
    table = browser(pilot).run_pane.table
    await wait_for(pilot, lambda: not isinstance(pilot.app.screen, Value), "closed")
    place = table.rows.find(key)
    assert place is not None
    table.cursor = place


async def test_a_note_is_plain_text_with_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown(FakeStore([RUN], models=[MODEL])) as pilot:
        await to_tab(pilot, TAGS, NOTE_TAG)
        await opened(pilot)
        assert "# Title" in screen_text(pilot.app)
        assert "     {not: json}" in screen_text(pilot.app)
    async with shown(FakeStore([RUN], models=[MODEL])) as pilot:
        await to_tab(pilot, OVERVIEW, "note 2")
        value = await opened(pilot)
        assert value.query_one(TextView).top == 0
        assert "# Title" in screen_text(pilot.app)


async def test_datasets_and_models_are_told_with_all_that_is_known_of_them() -> None:
    async with shown(FakeStore([RUN], models=[MODEL]), size=(100, 45)) as pilot:
        await to_tab(pilot, DATA, "dataset iris abc")
        await opened(pilot)
        text = screen_text(pilot.app)
        assert "file:///iris.csv" in text
        assert '"name": "x"' in text
        assert "12345678901234567890.10" in text
        assert "train" in text
    model = data_value(RUN, [MODEL], "m-1")
    assert model is not None
    assert {"logged at step": "7", "param depth": "3", "type": "sklearn"}.items() <= dict(model.parts).items()
    gone = data_value(RUN, [MODEL], "m-gone")
    assert gone is not None
    assert "no such logged model" in gone.parts[0][1]
    assert data_value(RUN, [MODEL], "nothing") is None


async def test_a_line_of_the_overview_opens_too() -> None:
    async with shown(FakeStore([RUN])) as pilot:
        await to_tab(pilot, OVERVIEW, "artifacts")
        await opened(pilot)
        assert "s3://bucket/1" in screen_text(pilot.app)


async def test_a_resized_terminal_wraps_anew_and_stays_at_the_place() -> None:
    async with shown(FakeStore([RUN]), size=(80, 24)) as pilot:
        await to_tab(pilot, PARAMS, "long")
        view = (await opened(pilot)).query_one(TextView)
        await pilot.press("G")
        before = view.total
        await pilot.resize_terminal(50, 24)
        await pilot.pause()
        assert view.total > before
        assert 0 < view.top <= view.total - view.size.height


def test_setting_json_out_changes_white_space_only() -> None:
    for text in (SCHEMA, "[]", '{"a":{}}', ' [1 , 2.50, "x: [,]", "\\"{", null]', '{"k": 1, "k": 2}'):
        pretty = pretty_json(text)
        assert pretty is not None
        assert "".join(pretty.split()) == "".join(text.split())
        assert json.loads(pretty) == json.loads(text)
    assert pretty_json('{"a": [1, {"b": []}]}') == '{\n  "a": [\n    1,\n    {\n      "b": []\n    }\n  ]\n}'
    for text in ("", "12", '"text"', "{'a': 1}", "{", "[" * 100_000, "{} {}"):
        assert pretty_json(text) is None


def test_lines_fit_and_keep_what_is_set_in() -> None:
    text = "top\n    set in " + "word " * 30 + "\n\n" + "宽文字" * 20 + "\n" + " " * 200 + "end\r\ttab"
    for columns in (2, 7, 20, 26, 80):
        lines = reading_lines(text, columns)
        assert all(width(line) <= max(2, columns) for line in lines)
        assert "".join("".join(lines).split()).startswith("topsetinword")
    assert reading_lines(text, 26)[1].startswith("    set in")
    assert reading_lines("", 20) == [""]


def test_every_part_of_a_value_has_its_label_above_it() -> None:
    value = data_value(run(1, dataset_inputs=RUN.dataset_inputs), (), "dataset iris abc")
    assert value is not None
    labels = [text for text, role in value_lines(value, 60) if role == "accent"]
    assert labels == ["source", "source type", "digest", "context", "schema"]
