"""Every run of a list is in one portion, and a range holds what it says."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from store.ids import RunIds
from store.sql import portions as module
from store.sql.portions import LOOKED_UP, Portion, portions

RANDOM = random.Random(3)
IDS = [f"{RANDOM.getrandbits(128):032x}" for _ in range(5000)]
ODD = ["run-1", "A" * 32, "", "é" * 32]


def told(run_ids: list[str], total: int) -> list[Portion]:
    """The portions of a list, which hold every run of it once, at its place."""
    found = list(portions(RunIds(run_ids), total))
    places = {run_id: place for portion in found for run_id, place in portion.places.items()}
    assert places == {run_id: place for place, run_id in enumerate(run_ids)}
    assert sum(len(portion.places) for portion in found) == len(run_ids)
    for portion in found:
        if portion.start is not None:
            assert all(portion.start <= run_id for run_id in portion.places)
            assert portion.stop is None or all(run_id < portion.stop for run_id in portion.places)
        else:
            assert len(portion.places) <= LOOKED_UP
    return found


@pytest.mark.parametrize("width", [30, 300, 1000])
def test_many_are_read_in_ranges(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr(module, "RANGE", width)
    found = told([*IDS, *ODD], 6000)
    ranges = [portion for portion in found if portion.is_range]
    assert len(ranges) == min(256, -(-6000 // width))
    assert [list(portion.places) for portion in found if not portion.is_range] == [ODD]
    assert (ranges[0].start, ranges[-1].stop) == ("00", None)
    assert all(one.stop == other.start for one, other in pairwise(ranges))


def test_few_are_looked_up() -> None:
    assert not any(portion.is_range for portion in told(IDS[:LOOKED_UP], LOOKED_UP))
    assert not any(portion.is_range for portion in told(IDS, 100_000))
    assert all(portion.is_range for portion in told(IDS, 10_000))
    assert told([], 0) == []


def test_ids_that_are_not_random_are_no_range_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RANGE", 1000)
    found = told([f"{number:032x}" for number in range(5000)], 5000)
    assert not any(portion.is_range for portion in found)
