"""Going from hit to hit in a long list, without the runs themselves."""

from __future__ import annotations

import random
import tracemalloc
from threading import Event

import pytest

from store.errors import Cancelled
from store.ids import RunIds
from tui.view.hits import AT_ONCE, Hits, hit_places, hits_query
from tui.view.order import SortKey
from tui.view.run_columns import RunColumn
from tui.view.runs import RunsView


def ids(count: int) -> list[str]:
    rng = random.Random(count)
    return [f"{rng.getrandbits(128):032x}" for _ in range(count)]


def test_hits_are_gone_through_in_both_directions_and_round_the_ends() -> None:
    hits = Hits("x", (), [3, 10, 900_000])
    assert hits.step(0, 1) == (3, 1)
    assert hits.step(3, 1) == (10, 2)
    assert hits.step(3, 2) == (900_000, 3)
    assert hits.step(900_000, 1) == (3, 1)
    assert hits.step(950_000, 1) == (3, 1)
    assert hits.step(4, -1) == (3, 1)
    assert hits.step(3, -1) == (900_000, 3)
    assert hits.step(950_000, -1) == (900_000, 3)
    assert hits.step(950_000, -3) == (3, 1)
    assert hits.step(9, 7) == (10, 2)


@pytest.mark.parametrize("count", [3, 1_000, 3 * AT_ONCE])
def test_places_are_those_of_the_hits(count: int) -> None:
    every = ids(count)
    places = sorted(random.Random(5).sample(range(count), count * 2 // 3))
    hits = [every[place] for place in places]
    new = "f" * 32
    assert list(hit_places(RunIds(every), RunIds([new, *hits]), "run", Event())) == places
    assert list(hit_places(tuple(every), tuple(hits), every[0], Event())) == sorted({*places, 0})
    assert list(hit_places(RunIds(every), (), every[-1][:20], Event())) == [count - 1]
    assert list(hit_places(RunIds(every), RunIds(every), "run", Event())) == list(range(count))
    assert list(hit_places((), (), "run", Event())) == []


def test_looking_for_them_can_be_cancelled() -> None:
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        hit_places(RunIds(ids(10)), RunIds(ids(3)), "run", cancel)


def test_most_of_a_large_list_as_hits_takes_little_room() -> None:
    every = RunIds(ids(200_000))
    hits = every[1:]
    tracemalloc.start()
    try:
        places = hit_places(every, hits, "run", Event())
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(places) == len(hits)
    assert kept < 3_000_000
    assert peak < 14_000_000


def test_hits_are_looked_for_among_the_runs_of_the_view() -> None:
    view = RunsView(("1",), "metrics.a > 1", "res", (SortKey(RunColumn("metrics", "a"), True),))
    query = hits_query(view, "50%")
    assert query.experiment_ids == ("1",)
    assert query.order_by == view.query.order_by
    assert query.filter == f"attributes.run_name ILIKE '%50_%' AND {view.query.filter}"
    assert hits_query(RunsView(), "a").filter == "attributes.run_name ILIKE '%a%'"
