"""Lists of run ids that take sixteen bytes a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, overload

WIDTH: Final = 16
"""Bytes that one id takes: MLflow's are 128 bits as 32 hexadecimal digits (`uuid.uuid4().hex`)."""

AT_ONCE: Final = 4096
"""Ids that are packed, or made into text, together."""

_PLAIN: Final = re.compile(r"(?:[0-9a-f]{32})*", re.ASCII)


class RunIds(Sequence[str]):
    """Ids in order, which is equal to any list or tuple of the same ids.

    What is not 32 lower-case hexadecimal digits is kept as text beside the others: it costs as much as in a tuple.
    Making one of a million ids takes as long as reading these, and nothing in it is a Python object of its own.
    """

    __slots__ = ("_data", "_other_places", "_others")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        data = bytearray()
        others: dict[int, str] = {}
        source = iter(ids)
        while some := list(islice(source, AT_ONCE)):
            _pack(some, data, others)
        self._keep(data, others)

    def _keep(self, data: bytearray, others: dict[int, str]) -> None:
        self._data = data
        """Never changed from here on; bytes would be another copy of all of it."""
        self._others = others
        """Ids of another form, by place; zeros stand for them in the data."""
        self._other_places = {run_id: place for place, run_id in reversed(others.items())}

    def __len__(self) -> int:
        return len(self._data) // WIDTH

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return self._part(index)
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        if place in self._others:
            return self._others[place]
        return self._data[place * WIDTH : (place + 1) * WIDTH].hex()

    def _part(self, index: slice) -> Sequence[str]:
        start, stop, step = index.indices(len(self))
        if step != 1:
            return tuple(self[place] for place in range(start, stop, step))
        stop = max(start, stop)
        part = RunIds()
        others = {place - start: run_id for place, run_id in self._others.items() if start <= place < stop}
        part._keep(self._data[start * WIDTH : stop * WIDTH], others)
        return part

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), AT_ONCE):
            text = self._data[start * WIDTH : (start + AT_ONCE) * WIDTH].hex()
            for place in range(start, start + len(text) // (2 * WIDTH)):
                if place in self._others:
                    yield self._others[place]
                else:
                    first = (place - start) * 2 * WIDTH
                    yield text[first : first + 2 * WIDTH]

    def find(self, run_id: object) -> int | None:
        """The first place of an id; None if it is not among these."""
        if not isinstance(run_id, str):
            return None
        if not _is_plain(run_id):
            return self._other_places.get(run_id)
        wanted = bytes.fromhex(run_id)
        at = self._data.find(wanted)
        # The end of one id and the beginning of the next may look like it.
        while at >= 0 and (at % WIDTH or at // WIDTH in self._others):
            at = self._data.find(wanted, at + 1)
        return at // WIDTH if at >= 0 else None

    def __contains__(self, run_id: object) -> bool:
        return self.find(run_id) is not None

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """As a tuple's: raises `ValueError` if it is not there."""
        first, last, _ = slice(start, stop).indices(len(self))
        place = self.find(value)
        if place is not None and place < first:
            place = next((at for at in range(first, last) if self[at] == value), None)
        if place is None or place >= last:
            raise ValueError(f"{value!r} is not among these ids")
        return place

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RunIds):
            return self._data == other._data and self._others == other._others
        if isinstance(other, list | tuple):
            return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of anything that is compared by what is in it

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, islice(self, 3)))
        return f"RunIds([{shown}{', ...' if len(self) > 3 else ''}], {len(self)} ids)"


def place_of(ids: Sequence[str], run_id: str) -> int | None:
    """The first place of an id in a list of whatever kind; None if it is not there."""
    if isinstance(ids, RunIds):
        return ids.find(run_id)
    try:
        return ids.index(run_id)
    except ValueError:
        return None


def same_ids(one: Sequence[str], other: Sequence[str]) -> bool:
    """True if two lists, of whatever kinds, have the same ids in the same order."""
    if one is other:
        return True
    return len(one) == len(other) and (one == other or all(a == b for a, b in zip(one, other, strict=True)))


def _is_plain(run_id: str) -> bool:
    return len(run_id) == 2 * WIDTH and _PLAIN.fullmatch(run_id) is not None


def _pack(ids: Sequence[str], data: bytearray, others: dict[int, str]) -> None:
    """Adds ids to the data, and those of another form to the others."""
    text = "".join(ids)
    if set(map(len, ids)) == {2 * WIDTH} and _PLAIN.fullmatch(text):
        data += bytes.fromhex(text)
        return
    for run_id in ids:
        if _is_plain(run_id):
            data += bytes.fromhex(run_id)
        else:
            others[len(data) // WIDTH] = run_id
            data += bytes(WIDTH)
