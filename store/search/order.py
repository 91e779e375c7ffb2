"""Sorts runs and experiments as MLflow 3.17's searches do.

What lacks a key comes last in either direction, and NaN before that, after the numbers. Texts are sorted by the
numbers of their characters, upper case before lower case, and a run by the name that it shows; where a key asks for
numbers, texts that are numbers come first in either direction, by their size, and other texts behind them. Of several
datasets of a run the first one by the alphabet counts, which MLflow does not sort by. Ties of
runs go to the newest and then to the smallest id, ties of experiments to the greatest id.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from store.entities import Experiment, Run
from store.kinds import Aggregate
from store.search.match import DATASET_TEXTS, Aggregated, experiment_number, run_attribute
from store.search.numbers import text_number
from store.search.syntax import Entity, OrderKey, Span

T = TypeVar("T")
_Place = tuple[int, Any]
"""(0 for a value, 1 for NaN or a text among numbers, 2 for nothing; something that sorts among values)."""
_Places = Callable[[T], _Place]

_NO_SPAN: Final = Span(0, 0)
_NEWEST_FIRST: Final = OrderKey(Entity.ATTRIBUTE, "start_time", ascending=False, span=_NO_SPAN)
_LAST_CREATED_FIRST: Final = OrderKey(Entity.ATTRIBUTE, "creation_time", ascending=False, span=_NO_SPAN)
_BY_ID: Final = OrderKey(Entity.ATTRIBUTE, "experiment_id", ascending=True, span=_NO_SPAN)
_GREATEST_ID_FIRST: Final = OrderKey(Entity.ATTRIBUTE, "experiment_id", ascending=False, span=_NO_SPAN)

_NAN: Final[_Place] = (1, 0)
_MISSING: Final[_Place] = (2, 0)


@dataclass(frozen=True, slots=True)
class Order(Generic[T]):
    """An order in which no two items are equal unless they have one id."""

    key: Callable[[T], Any]
    """What sorts an item, for `sorted` and `heapq.merge`."""

    def sorted(self, items: Iterable[T], limit: int | None = None) -> list[T]:
        """The items in order, or the first `limit` of them: no more than those are then held at a time."""
        if limit is None:
            return sorted(items, key=self.key)
        return heapq.nsmallest(limit, items, key=self.key)


def run_order(keys: Sequence[OrderKey], aggregated: Aggregated | None = None) -> Order[Run]:
    """The order that `keys` ask for, MLflow's own if there are none.

    The runs must have been read with the parts that `store.search.needs.needed_parts` tells. `aggregated` is asked
    about histories, once for each run and key, if the order is about some.
    """
    if not any(key.entity is Entity.ATTRIBUTE and key.key == "start_time" for key in keys):
        keys = (*keys, _NEWEST_FIRST)
    places = [_run_places(key, aggregated) for key in keys]
    if len(places) == 1:
        place = places[0]
        return Order(lambda run: (place(run), run.run_id))
    return Order(lambda run: (*[place(run) for place in places], run.run_id))


def experiment_order(keys: Sequence[OrderKey]) -> Order[Experiment]:
    """The order that `keys` ask for, MLflow's own (newest first) if there are none."""
    keys = keys or (_LAST_CREATED_FIRST, _BY_ID)
    if not any(key.key == "experiment_id" for key in keys):
        keys = (*keys, _GREATEST_ID_FIRST)
    places = [_experiment_places(key) for key in keys]
    return Order(lambda experiment: tuple([place(experiment) for place in places]))


def _run_places(key: OrderKey, aggregated: Aggregated | None) -> _Places[Run]:
    name = key.key
    if key.aggregate is not Aggregate.LATEST:
        assert aggregated is not None, "nobody can be asked about histories"
        read = aggregated
        return _number_places(lambda run: read(run, name, key.aggregate, key.step), key.ascending)
    places = _text_number_places if key.numeric else _places
    match key.entity:
        case Entity.METRIC:
            return _number_places(
                lambda run: None if (one := run.metrics.get(name)) is None else one.value, key.ascending
            )
        case Entity.PARAM:
            return places(lambda run: run.params.get(name), key.ascending)
        case Entity.TAG:
            return places(lambda run: run.tags.get(name), key.ascending)
        case Entity.DATASET:
            texts = DATASET_TEXTS[name]
            return _places(lambda run: min(texts(run.dataset_inputs), default=None), key.ascending)
        case _:
            return _places(run_attribute(name), key.ascending)


def _experiment_places(key: OrderKey) -> _Places[Experiment]:
    name = key.key
    if name == "experiment_id":
        return _places(_experiment_id, key.ascending)
    return _places(lambda experiment: getattr(experiment, name), key.ascending)


def _experiment_id(experiment: Experiment) -> tuple[bool, int | str]:
    """Numbers by their size and before everything else, which only a tree can have."""
    number = experiment_number(experiment.experiment_id)
    return (True, experiment.experiment_id) if number is None else (False, number)


def _number_places(read: Callable[[Run], float | None], ascending: bool) -> _Places[Run]:
    def place(run: Run) -> _Place:
        value = read(run)
        if value is None:
            return _MISSING
        if value != value:  # NaN, which would stand wherever a sort happens to leave it
            return _NAN
        return (0, value if ascending else -value)

    return place


def _text_number_places(read: Callable[[T], str | None], ascending: bool) -> _Places[T]:
    def place(item: T) -> _Place:
        text = read(item)
        if text is None:
            return _MISSING
        number = text_number(text)
        if number is None:
            return (1, text if ascending else _Backwards(text))
        return (0, number if ascending else -number)

    return place


def _places(read: Callable[[T], Any], ascending: bool) -> _Places[T]:
    def upwards(item: T) -> _Place:
        value = read(item)
        return _MISSING if value is None else (0, value)

    def downwards(item: T) -> _Place:
        value = read(item)
        if value is None:
            return _MISSING
        return (0, -value if isinstance(value, int) else _Backwards(value))

    return upwards if ascending else downwards


class _Backwards:
    """A value that sorts before smaller ones."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Backwards) and bool(self.value == other.value)

    def __lt__(self, other: _Backwards) -> bool:
        return bool(other.value < self.value)

    __hash__ = None  # type: ignore[assignment]  # what compares unlike its identity is no key; object says it has one
