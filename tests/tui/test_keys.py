"""The key table: nothing in it is ambiguous, everything in it can be done, and the README says the same."""

from __future__ import annotations

import re

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import key_to_character

from tests.support.readme import README, filled
from tui.app import FlowdeckApp
from tui.bindings import bindings
from tui.keys import BY_ID, KEYS, Key, Place, at, shown, shown_keys
from tui.screens.browser import Browser
from tui.screens.modals.columns import ColumnsScreen
from tui.screens.modals.compare import CompareScreen
from tui.screens.modals.grouping import GroupingScreen
from tui.widgets.chart_pane import ChartPane
from tui.widgets.experiments_pane import ExperimentsPane
from tui.widgets.filter_prompt import FilterPrompt
from tui.widgets.groups_pane import GroupsPane
from tui.widgets.run_pane import RunPane
from tui.widgets.runs_pane import RunsPane
from tui.widgets.table import Table

STANDS_FOR: dict[Place, tuple[type[DOMNode], ...]] = {
    Place.EVERYWHERE: (Browser,),
    Place.LISTS: (Table,),
    Place.NAMES: (ExperimentsPane, RunsPane, RunPane),
    Place.EXPERIMENTS: (ExperimentsPane,),
    Place.RUNS: (RunsPane,),
    Place.PROMPT: (FilterPrompt,),
    Place.GROUPS: (GroupsPane,),
    Place.GROUPING: (GroupingScreen,),
    Place.COLUMNS: (ColumnsScreen,),
    Place.COMPARE: (CompareScreen,),
    Place.RUN: (RunPane,),
    Place.CHART: (ChartPane,),
}
"""The classes that have the bindings of a place."""

TOGETHER = [
    (Place.EVERYWHERE, Place.LISTS, Place.NAMES, Place.EXPERIMENTS),
    (Place.EVERYWHERE, Place.LISTS, Place.NAMES, Place.RUNS),
    (Place.EVERYWHERE, Place.LISTS, Place.NAMES, Place.RUN),
    (Place.EVERYWHERE, Place.CHART),
    (Place.PROMPT,),
    (Place.EVERYWHERE, Place.LISTS, Place.GROUPS),
    (Place.LISTS, Place.GROUPING),
    (Place.LISTS, Place.COLUMNS),
    (Place.LISTS, Place.COMPARE),
]
"""Places whose keys work at the same time."""


@pytest.fixture(params=KEYS, ids=lambda key: key.id)
def key(request: pytest.FixtureRequest) -> Key:
    found = request.param
    assert isinstance(found, Key)
    return found


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(KEYS)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in BY_ID)


def test_no_key_means_two_things_in_one_place() -> None:
    for places in TOGETHER:
        taken = [one for place in places for entry in at(place) for one in entry.keys]
        assert len(taken) == len(set(taken)), places
    assert {place for places in TOGETHER for place in places} == set(Place)


def test_what_it_does_exists_where_it_is_bound(key: Key) -> None:
    name = key.action.partition("(")[0]
    namespace, _, action = name.rpartition(".")
    owners = {"app": (FlowdeckApp,), "screen": (Browser,), "": STANDS_FOR[key.place]}[namespace]
    for owner in owners:
        assert callable(getattr(owner, f"action_{action}", None)), owner


def test_every_place_binds_its_keys() -> None:
    for place, owners in STANDS_FOR.items():
        for owner in owners:
            bound = {binding.id for binding in owner.BINDINGS if isinstance(binding, Binding)}
            assert {entry.id for entry in at(place)} <= bound, owner


def test_it_is_explained_in_one_sentence(key: Key) -> None:
    assert re.fullmatch(r"[A-Z][^\n]*[^.\s]\.", key.tooltip)
    assert key.label == key.label.strip()
    assert 1 <= len(key.label.split()) <= 2


def test_printable_keys_are_never_taken_from_text_fields() -> None:
    for places in TOGETHER:
        for binding in bindings(*places):
            assert isinstance(binding, Binding)
            if binding.priority:
                for one in binding.key.split(","):
                    character = key_to_character(one)
                    assert character is None or not character.isprintable(), binding


def test_nothing_that_destroys_is_on_a_small_letter(key: Key) -> None:
    # Undo is not among them: it lists what it would change, and asks.
    if re.search(r"delete|remove", key.action):
        assert not any(len(one) == 1 and one.islower() for one in key.keys)


def test_keys_have_names_for_people() -> None:
    assert shown("ctrl+d") == "^d"
    assert shown("question_mark") == "?"
    assert shown("G") == "G"
    for key in KEYS:
        for one in key.keys:
            assert "_" not in shown(one), one
    assert shown_keys(BY_ID["help"]) == "? F1"
    assert shown_keys(BY_ID["help"], {"help": "f9, ctrl+h"}) == "f9 ^h"


def test_ranks_of_what_the_footer_shows_are_all_different() -> None:
    for places in TOGETHER:
        ranks = [entry.rank for place in places for entry in at(place) if entry.rank]
        assert len(ranks) == len(set(ranks)), places


def test_the_readme_has_the_keys_and_commands_of_the_program() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == filled(text), "python -m tests.support.readme writes them anew"
