"""Runs below their parents, whatever these say of each other."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.entities import Run, RunParts
from store.errors import Cancelled
from store.kinds import PARENT_TAG
from store.nesting import Nesting, read_nesting
from tests.support.fake_store import FakeStore


def run(run_id: str, parent: str = "") -> Run:
    tags = {PARENT_TAG: parent} if parent else {}
    return Run(run_id, run_id, "0", "FINISHED", 0, 1, "active", None, None, None, {}, {}, tags, parts=RunParts.ALL)


def drawn(nesting: Nesting) -> list[str]:
    return [f"{'.' * depth}{run_id}" for run_id, depth in zip(nesting.ids, nesting.depths, strict=True)]


@st.composite
def families(draw: st.DrawFn) -> tuple[list[str], dict[str, str], list[str]]:
    """A list, who says of whom that it is the parent, and all runs; in circles too."""
    every = [f"r{number}" for number in range(draw(st.integers(0, 12)))]
    parents = {}
    for run_id in every:
        parent = draw(st.sampled_from([*every, "gone", ""]))
        if parent:
            parents[run_id] = parent
    listed = draw(st.permutations([run_id for run_id in every if draw(st.booleans())]))
    return listed, parents, every


def nested(listed: Sequence[str], parents: dict[str, str], every: Sequence[str]) -> Nesting:
    return read_nesting(FakeStore(all_runs=tuple(run(run_id, parents.get(run_id, "")) for run_id in every)), listed)


@given(families())
def test_every_run_is_there_once_below_its_parent(family: tuple[list[str], dict[str, str], list[str]]) -> None:
    listed, parents, every = family
    found = nested(listed, parents, every)
    assert sorted(found.ids) == sorted([*listed, *found.context])
    assert found.context <= set(every) - set(listed)
    assert all(found.below[list(found.ids).index(run_id)] for run_id in found.context)
    path: list[str] = []
    cut = set()
    for run_id, depth in zip(found.ids, found.depths, strict=True):
        assert depth <= len(path)
        del path[depth:]
        parent = parents.get(run_id)
        if path:
            assert parent == path[-1]
        elif parent in found.ids:
            cut.add(run_id)
        path.append(run_id)
    # A run whose parent is there is a root only where it is above itself.
    for run_id in cut:
        seen, place = {run_id}, parents[run_id]
        while place not in seen:
            seen.add(place)
            place = parents[place]
        assert place in seen


@given(families())
def test_a_tree_stands_where_its_first_run_stood(family: tuple[list[str], dict[str, str], list[str]]) -> None:
    listed, parents, every = family
    found = nested(listed, parents, every)
    rows = list(found.ids)
    for row, (run_id, depth) in enumerate(zip(rows, found.depths, strict=True)):
        end = next((at for at in range(row + 1, len(rows)) if found.depths[at] <= depth), len(rows))
        below = [one for one in rows[row + 1 : end] if one in listed]
        assert found.below[row] == len(below)
        by_list = sorted(below, key=listed.index)
        assert found.firsts[row] == (rows.index(by_list[0]) if below else -1)
        if end < len(rows) and found.depths[end] == depth:

            def first(start: int, stop: int) -> int:
                return min(listed.index(one) for one in rows[start:stop] if one in listed)

            stop = next((at for at in range(end + 1, len(rows)) if found.depths[at] <= depth), len(rows))
            assert first(row, end) < first(end, stop)
        assert (run_id in found.context) == (run_id not in listed)


def test_children_stand_below_their_parent_in_the_order_of_the_list() -> None:
    listed = ["b2", "a1", "a", "b", "b1"]
    found = nested(listed, {"a1": "a", "b1": "b", "b2": "b"}, listed)
    assert drawn(found) == ["b", ".b2", ".b1", "a", ".a1"]
    assert list(found.below) == [2, 0, 0, 1, 0]
    assert found.ids[found.firsts[0]] == "b2"


def test_parents_that_are_not_of_the_list_are_read_and_parents_of_these() -> None:
    store = FakeStore(all_runs=(run("grand"), run("parent", "grand"), run("child", "parent"), run("lone", "gone")))
    found = read_nesting(store, ["lone", "child"])
    assert drawn(found) == ["lone", "grand", ".parent", "..child"]
    assert found.context == {"grand", "parent"}


def test_a_run_that_is_above_itself_hangs_nothing() -> None:
    store = FakeStore(all_runs=(run("a", "b"), run("b", "c"), run("c", "b"), run("own", "own")))
    assert drawn(read_nesting(store, ["own", "a"])) == ["own", "b", ".a"]
    assert drawn(read_nesting(store, ["c", "a", "b"])) == ["c", ".b", "..a"]


def test_it_ends_when_it_is_cancelled() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        read_nesting(FakeStore(all_runs=(run("a"),)), ["a"], cancel)


def test_a_deep_tree_is_no_recursion() -> None:
    ids = [f"{number}" for number in range(20_000)]
    found = nested(ids, {ids[place]: ids[place - 1] for place in range(1, len(ids))}, ids)
    assert list(found.depths[:3]) == [0, 1, 2]
    assert found.below[0] == 19_999
