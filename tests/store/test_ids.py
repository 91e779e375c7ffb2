"""Compact lists of run ids are lists of ids like any other."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator, Sequence

import pytest

from store.ids import AT_ONCE, IDS_A_BLOCK, WIDTH, RunIds, place_of, same_ids

PLAIN = [f"{number * 7919:032x}" for number in range(50)]
ODD = ["", "run-1", "A" * 32, "g" * 32, "ab" * 15, "é" * 32, "\u0663" * 32, "0" * 31 + " "]
"""Ids that other writers gave: none of them 32 lower-case hexadecimal digits."""


def shuffled(ids: Sequence[str]) -> list[str]:
    found = list(ids)
    random.Random(7).shuffle(found)
    return found


@pytest.mark.parametrize("ids", [[], PLAIN, ODD, shuffled(PLAIN + ODD), [*PLAIN, "odd"]])
def test_it_is_what_it_was_made_from(ids: list[str]) -> None:
    compact = RunIds(ids)
    assert list(compact) == ids
    assert [compact[place] for place in range(len(ids))] == ids
    assert [compact[place - len(ids)] for place in range(len(ids))] == ids
    assert compact == tuple(ids)
    assert tuple(ids) == compact
    assert compact == RunIds(ids)
    assert bool(compact) == bool(ids)
    with pytest.raises(IndexError):
        compact[len(ids)]
    with pytest.raises(IndexError):
        compact[-len(ids) - 1]


@pytest.mark.parametrize("part", [slice(3), slice(5, 20), slice(-4, None), slice(9, 2), slice(None, None, 3)])
def test_a_part_of_it_is_that_part(part: slice) -> None:
    ids = shuffled(PLAIN + ODD)
    assert list(RunIds(ids)[part]) == ids[part]
    assert RunIds(ids)[part] == tuple(ids[part])


def test_ids_are_picked_by_their_places() -> None:
    ids = shuffled(PLAIN + ODD)
    compact = RunIds(ids)
    places = [7, 0, len(ids) - 1, 7]
    assert list(compact.at(places)) == [ids[place] for place in places]
    assert [ids[place] for place in sorted(compact.others)] == [run_id for run_id in ids if run_id in ODD]
    heads = [0 if run_id in ODD else int(run_id[:2], 16) for run_id in ids]
    assert list(compact.heads()) == heads
    many = [f"{number:032x}"[::-1] for number in range(IDS_A_BLOCK + 3)]
    assert list(RunIds(many).heads()) == [int(run_id[:2], 16) for run_id in many]


def test_lists_that_differ_are_not_equal() -> None:
    assert RunIds(PLAIN) != PLAIN[:-1]
    assert RunIds(PLAIN) != PLAIN[::-1]
    assert RunIds(PLAIN) != RunIds(PLAIN[::-1])
    assert RunIds(["odd"]) != RunIds(["0" * 32])
    assert RunIds(PLAIN) != "".join(PLAIN)


def test_every_id_is_found_at_its_place() -> None:
    ids = shuffled(PLAIN + ODD)
    compact = RunIds(ids)
    assert [compact.find(run_id) for run_id in ids] == list(range(len(ids)))
    assert [compact.index(run_id) for run_id in ids] == list(range(len(ids)))
    assert all(run_id in compact for run_id in ids)
    for absent in ("f" * 32, "no such run", "", 7, None, PLAIN[3].upper()):
        assert (absent in compact) == (absent == "")
    with pytest.raises(ValueError, match="not among"):
        compact.index("f" * 32)


def test_what_only_looks_like_an_id_is_not_found() -> None:
    first, second = "00" * 8 + "11" * 8, "22" * 8 + "33" * 8
    compact = RunIds([first, second, "odd"])
    assert compact.find("11" * 8 + "22" * 8) is None
    assert compact.find("0" * 32) is None, "zeros stand for ids of another form"
    assert RunIds(["odd", "0" * 32]).find("0" * 32) == 1


def test_the_first_of_several_places_counts() -> None:
    ids = [PLAIN[1], "odd", PLAIN[1], "odd"]
    compact = RunIds(ids)
    assert (compact.find(PLAIN[1]), compact.find("odd")) == (0, 1)
    assert compact.index(PLAIN[1], 1) == ids.index(PLAIN[1], 1)
    with pytest.raises(ValueError, match="not among"):
        compact.index(PLAIN[1], 1, 2)


@pytest.mark.parametrize("odd_at", [None, 0, AT_ONCE - 1, AT_ONCE, 2 * AT_ONCE])
def test_ids_are_packed_in_pieces(odd_at: int | None) -> None:
    ids = [f"{number:032x}" for number in range(2 * AT_ONCE + 1)]
    if odd_at is not None:
        ids[odd_at] = "odd"
    assert list(RunIds(iter(ids))) == ids


@pytest.mark.parametrize("odd_at", [None, 0, IDS_A_BLOCK - 1, IDS_A_BLOCK, 2 * IDS_A_BLOCK])
def test_ids_lie_in_several_blocks(odd_at: int | None) -> None:
    ids = [f"{number:032x}" for number in range(2 * IDS_A_BLOCK + 1)]
    if odd_at is not None:
        ids[odd_at] = "odd"
    compact = RunIds(iter(ids))
    assert len(compact) == len(ids)
    assert list(compact) == ids
    for place in (0, AT_ONCE, IDS_A_BLOCK - 1, IDS_A_BLOCK, IDS_A_BLOCK + 1, 2 * IDS_A_BLOCK):
        assert compact[place] == ids[place]
        # Asked more than once, and not in their order: one search leaves nothing behind for the next.
        assert compact.find(ids[place]) == compact.find(ids[place]) == place
        assert compact.find(f"{place:032x}") == (None if place == odd_at else place)
    for part in (slice(7, None), slice(IDS_A_BLOCK - 3, IDS_A_BLOCK + 3), slice(AT_ONCE, 2 * IDS_A_BLOCK)):
        assert list(compact[part]) == ids[part]
        assert compact[part] == RunIds(ids[part])
    assert compact == RunIds(ids)
    assert compact != RunIds([*ids[:-1], "f" * 32])
    assert compact[1:] != compact[:-1]


def test_lists_of_different_kinds_are_compared() -> None:
    assert same_ids(RunIds(PLAIN), PLAIN)
    assert same_ids(PLAIN, tuple(PLAIN))
    assert same_ids(tuple(PLAIN), RunIds(PLAIN))
    assert not same_ids(PLAIN, tuple(PLAIN[1:]))
    assert (place_of(PLAIN, PLAIN[4]), place_of(RunIds(PLAIN), PLAIN[4]), place_of((), PLAIN[4])) == (4, 4, None)


def test_a_hundred_thousand_ids_take_sixteen_bytes_each_even_while_they_are_read() -> None:
    count = 100_000

    def ids() -> Iterator[str]:
        rng = random.Random(1)
        for _ in range(count):
            yield f"{rng.getrandbits(128):032x}"

    tracemalloc.start()
    try:
        compact = RunIds(ids())
        kept, peak = tracemalloc.get_traced_memory()
        place = compact.find(compact[count - 1])
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert place == count - 1
    assert kept < 1.1 * WIDTH * count
    assert peak < 3 * WIDTH * count
    assert after - kept < 10_000, "looking for one builds no table of all"
