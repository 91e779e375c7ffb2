"""Lists of run ids that take sixteen bytes a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias, overload

if TYPE_CHECKING:
    from mmap import mmap

WIDTH: Final = 16
"""Bytes that one id takes: MLflow's are 128 bits as 32 hexadecimal digits (`uuid.uuid4().hex`)."""

AT_ONCE: Final = 4096
"""Ids that are packed, or made into text, together."""

IDS_A_BLOCK: Final = 16 * AT_ONCE
"""Ids that lie in one piece of memory, which is no part of the heap: a long list that goes leaves no hole there, and
one that comes needs not be moved as it grows."""

_BLOCK: Final = IDS_A_BLOCK * WIDTH

_Block: TypeAlias = "mmap | bytes"

_PLAIN: Final = re.compile(r"(?:[0-9a-f]{32})*", re.ASCII)


class RunIds(Sequence[str]):
    """Ids in order, which is equal to any list or tuple of the same ids.

    What is not 32 lower-case hexadecimal digits is kept as text beside the others: it costs as much as in a tuple.
    Making one of a million ids takes as long as reading these, and nothing in it is a Python object of its own.
    """

    __slots__ = ("_blocks", "_length", "_other_places", "_others")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        others: dict[int, str] = {}
        self._keep(_packed(iter(ids), others), others)

    def _keep(self, pieces: Iterable[bytes], others: dict[int, str]) -> None:
        """`others` is complete once the pieces came to their end."""
        self._blocks: list[_Block] = list(_blocks(pieces))
        """All but the last of the same size; never changed from here on."""
        self._length = sum(map(len, self._blocks)) // WIDTH
        self._others = others
        """Ids of another form, by place; zeros stand for them in the data."""
        self._other_places = {run_id: place for place, run_id in reversed(others.items())}

    def __len__(self) -> int:
        return self._length

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
        block, at = divmod(place * WIDTH, _BLOCK)
        return self._blocks[block][at : at + WIDTH].hex()

    def _part(self, index: slice) -> Sequence[str]:
        start, stop, step = index.indices(len(self))
        if step != 1:
            return tuple(self[place] for place in range(start, stop, step))
        stop = max(start, stop)
        part = RunIds()
        others = {place - start: run_id for place, run_id in self._others.items() if start <= place < stop}
        part._keep(self._pieces(start, stop), others)
        return part

    def _pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """The data of ids, at most `AT_ONCE` of them together."""
        while start < stop:
            # A block holds a whole number of these.
            end = min(stop, (start // AT_ONCE + 1) * AT_ONCE)
            block, at = divmod(start * WIDTH, _BLOCK)
            yield self._blocks[block][at : at + (end - start) * WIDTH]
            start = end

    def at(self, places: Iterable[int]) -> Iterator[str]:
        """The ids at these places, which are not counted from the end."""
        blocks, others = self._blocks, self._others
        for place in places:
            block, at = divmod(place * WIDTH, _BLOCK)
            yield others[place] if place in others else blocks[block][at : at + WIDTH].hex()

    def heads(self) -> bytes:
        """The first byte of each, whose two digits it begins with; 0 for those of another form."""
        return b"".join(piece[::WIDTH] for piece in self._pieces(0, len(self)))

    @property
    def others(self) -> Sequence[int]:
        """The places of ids of another form."""
        return list(self._others)

    def __iter__(self) -> Iterator[str]:
        start = 0
        for piece in self._pieces(0, len(self)):
            text = piece.hex()
            for place in range(start, start + len(piece) // WIDTH):
                if place in self._others:
                    yield self._others[place]
                else:
                    first = (place - start) * 2 * WIDTH
                    yield text[first : first + 2 * WIDTH]
            start += len(piece) // WIDTH

    def find(self, run_id: object) -> int | None:
        """The first place of an id; None if it is not among these."""
        if not isinstance(run_id, str):
            return None
        if not _is_plain(run_id):
            return self._other_places.get(run_id)
        wanted = bytes.fromhex(run_id)
        for number, block in enumerate(self._blocks):
            before = number * IDS_A_BLOCK
            # From its beginning: a map is searched from where it was last written.
            at = block.find(wanted, 0)
            # The end of one id and the beginning of the next may look like it.
            while at >= 0 and (at % WIDTH or before + at // WIDTH in self._others):
                at = block.find(wanted, at + 1)
            if at >= 0:
                return before + at // WIDTH
        return None

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
            if len(self) != len(other) or self._others != other._others:
                return False
            every = zip(self._pieces(0, len(self)), other._pieces(0, len(other)), strict=True)
            return all(one == another for one, another in every)
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


def _packed(ids: Iterator[str], others: dict[int, str]) -> Iterator[bytes]:
    """The data of ids; those of another form are added to the others."""
    start = 0
    while some := list(islice(ids, AT_ONCE)):
        text = "".join(some)
        if set(map(len, some)) == {2 * WIDTH} and _PLAIN.fullmatch(text):
            yield bytes.fromhex(text)
        else:
            odd = {place: run_id for place, run_id in enumerate(some, start) if not _is_plain(run_id)}
            others.update(odd)
            yield b"".join(
                bytes(WIDTH) if place in odd else bytes.fromhex(run_id) for place, run_id in enumerate(some, start)
            )
        start += len(some)


def _blocks(pieces: Iterable[bytes]) -> Iterator[_Block]:
    """The same data in blocks; what fills none is at the end."""
    rest = bytearray()
    for piece in pieces:
        rest += piece
        if len(rest) >= _BLOCK:
            yield _mapped(rest[:_BLOCK])
            del rest[:_BLOCK]
    if rest:
        yield bytes(rest)


def _mapped(data: bytes | bytearray) -> mmap:
    """A copy in memory of its own, which is given back with it."""
    # Most lists are short.
    from mmap import MAP_ANON, MAP_PRIVATE, mmap

    block = mmap(-1, len(data), flags=MAP_PRIVATE | MAP_ANON)
    block.write(data)
    return block
