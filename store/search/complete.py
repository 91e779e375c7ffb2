"""Completes a filter that is being typed: what can stand at the cursor, written as it has to be.

It asks nobody but the two functions that it is given: which keys there are, and which values were observed.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from store.errors import FilterError
from store.kinds import KeyKind, RunStatus
from store.quoting import quoted_key, quoted_text
from store.search.functions import AGGREGATES, FUNCTIONS, HAS
from store.search.names import resolve, unquoted
from store.search.numbers import text_number
from store.search.place import Expected, Place, place_at
from store.search.syntax import Entity, Operator, Span
from store.search.vocabulary import DATASET_KEYS, LANGUAGE, Field, ValueKind
from store.texts import hides_password

Keys = Callable[[KeyKind, str], Iterable[str]]
"""The keys of a kind that hold a text, the likeliest first."""

Values = Callable[[Entity, str, str], Iterable[str]]
"""The observed values of a param, a tag, a dataset's field or an attribute (by its name) that hold a text."""

MOST: Final = 50
"""Completions that are given if no other number is asked for."""


class Kind(enum.Enum):
    """What a completion is."""

    ENTITY = "kind of keys"
    KEY = "key"
    ATTRIBUTE = "attribute"
    FUNCTION = "function"
    OPERATOR = "operator"
    VALUE = "value"
    WORD = "word of the language"


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that can stand at the cursor."""

    kind: Kind
    text: str
    """As it is written in the filter, with quotes where they are needed."""


@dataclass(frozen=True, slots=True)
class Completions:
    """What can stand at the cursor."""

    span: Span
    """What a completion replaces."""
    items: tuple[Completion, ...]

    def applied(self, text: str, item: Completion) -> tuple[str, int]:
        """The filter with that completion in it, and where the cursor stands then."""
        before = text[: self.span.position] + item.text
        return before + text[self.span.end :], len(before)


def complete(text: str, cursor: int, *, keys: Keys, values: Values, limit: int = MOST) -> Completions:
    """What can stand at `cursor`, an offset in `text`; what begins with what is typed comes first."""
    place = place_at(text, max(0, min(cursor, len(text))))
    found = _Choices(place, keys, values).all()
    unique = dict.fromkeys(item for item in found if item.text != place.typed or item.kind is Kind.ENTITY)
    return Completions(place.span, tuple(islice(unique, limit)))


_ENTITIES: Final = ("metrics.", "params.", "tags.", "dataset.")
_ATTRIBUTES: Final = (
    *("status", "start_time", "end_time", "duration", "run_name", "run_id", "user_id", "experiment", "parent", "note"),
    *("artifact_uri", "lifecycle_stage"),
)
_KINDS: Final = {Entity.METRIC: KeyKind.METRIC, Entity.PARAM: KeyKind.PARAM, Entity.TAG: KeyKind.TAG}
_TIMES: Final = ("'1 hour ago'", "'today'", "'yesterday'", "'7 days ago'", "'1 month ago'")
_DURATIONS: Final = ("'1m'", "'10m'", "'1h'", "'1 day'")
_STAGES: Final = ("active", "deleted")
_SIZES: Final = (Operator.LESS, Operator.LESS_EQUAL, Operator.GREATER, Operator.GREATER_EQUAL)
_OFTEN: Final = {
    ValueKind.NUMBER: (Operator.GREATER, Operator.LESS),
    ValueKind.TIME: (Operator.GREATER, Operator.LESS),
    ValueKind.DURATION: (Operator.GREATER, Operator.LESS),
}
"""Operators that come before others."""


class _Choices:
    """What a place allows."""

    def __init__(self, place: Place, keys: Keys, values: Values) -> None:
        self._place = place
        self._keys = keys
        self._values = values

    def all(self) -> Iterator[Completion]:
        place = self._place
        match place.expected:
            case Expected.OPERAND:
                yield from self._operands()
            case Expected.ARGUMENT:
                yield from self._arguments()
            case Expected.OPERATOR:
                yield from self._operators()
            case Expected.DENIED:
                yield from self._plain(Kind.OPERATOR, ("IN", "LIKE", "ILIKE", "BETWEEN", "REGEXP"))
            case Expected.NULL:
                yield from self._plain(Kind.OPERATOR, ("NULL", "NOT NULL"))
            case Expected.VALUE | Expected.ITEM:
                yield from self._observed()
            case Expected.LIST:
                yield Completion(Kind.WORD, "(")
            case Expected.NEXT_ITEM:
                yield from (Completion(Kind.WORD, text) for text in (")", ","))
            case Expected.BOUND:
                yield from self._plain(Kind.WORD, ("AND",))
            case Expected.CLOSED:
                yield Completion(Kind.WORD, "," if place.function == "AT" else ")")
            case Expected.JOINER:
                yield from self._joiners()

    def _operands(self) -> Iterator[Completion]:
        if "." in self._place.typed or "`" in self._place.typed:
            yield from self._named(tuple(LANGUAGE.entities))
            return
        yield from self._plain(Kind.ENTITY, _ENTITIES)
        yield from self._plain(Kind.ATTRIBUTE, _ATTRIBUTES)
        yield from self._plain(Kind.FUNCTION, tuple(f"{name}(" for name in FUNCTIONS))
        yield from self._plain(Kind.WORD, ("NOT",))
        if self._place.typed:
            # A key without its kind: people type what they know.
            for kind in (KeyKind.METRIC, KeyKind.PARAM, KeyKind.TAG):
                yield from self._keyed(kind.value, kind, self._place.typed)

    def _arguments(self) -> Iterator[Completion]:
        is_metric = self._place.function in AGGREGATES
        words = ("metrics.",) if is_metric else ("metrics.", "params.", "tags.") if self._place.function == HAS else (
            "params.",
            "tags.",
        )  # fmt: skip
        if "." in self._place.typed:
            yield from self._named(tuple(word.rstrip(".") for word in words))
            return
        if is_metric:
            yield from self._keyed("metrics", KeyKind.METRIC, self._place.typed)
        yield from self._plain(Kind.ENTITY, words)
        if self._place.function == HAS:
            yield from self._plain(Kind.ENTITY, ("datasets",))

    def _named(self, words: tuple[str, ...]) -> Iterator[Completion]:
        """Keys behind the kind that is typed, one of `words`."""
        word, _, key = self._place.typed.partition(".")
        entity = LANGUAGE.entities.get(word)
        if word not in words or entity is None:
            return
        typed = key.strip('`"')
        if entity is Entity.DATASET:
            yield from (Completion(Kind.KEY, f"{word}.{name}") for name in DATASET_KEYS if name.startswith(typed))
        elif entity is Entity.ATTRIBUTE:
            yield from (Completion(Kind.KEY, f"{word}.{name}") for name in _ATTRIBUTES if name.startswith(typed))
        else:
            yield from self._keyed(word, _KINDS[entity], typed)

    def _keyed(self, word: str, kind: KeyKind, typed: str) -> Iterator[Completion]:
        for key in _ranked(self._keys(kind, typed), typed):
            written = quoted_key(key)
            if written is not None:
                yield Completion(Kind.KEY, f"{word}.{written}")

    def _field(self) -> Field | None:
        try:
            return resolve(self._place.subject, 0, self._place.subject, LANGUAGE)
        except FilterError:
            return None

    def _operators(self) -> Iterator[Completion]:
        field = self._field()
        if field is None or (field.entity is Entity.ATTRIBUTE and self._place.subject not in LANGUAGE.attributes):
            yield from self._joiners()
            return
        often = _OFTEN.get(field.kind, ())
        every = [one.value for one in (*often, *Operator) if one in field.operators]
        if Operator.GREATER_EQUAL in field.operators:
            every += ["BETWEEN", "NOT BETWEEN"]
        yield from self._plain(Kind.OPERATOR, tuple(dict.fromkeys(every)))

    def _observed(self) -> Iterator[Completion]:
        field, place = self._field(), self._place
        if field is None:
            return
        typed = unquoted(place.typed) or place.typed.lstrip("'\"")
        if field.kind is ValueKind.TIME:
            yield from self._plain(Kind.VALUE, _TIMES)
        elif field.kind is ValueKind.DURATION:
            yield from self._plain(Kind.VALUE, _DURATIONS)
        elif field.kind is ValueKind.TEXT:
            as_number = place.operator in (*(one.value for one in _SIZES), "BETWEEN") or place.function == "NUMBER"
            known = self._known(field, typed)
            for value in _ranked(known, typed):
                if hides_password(value):
                    continue
                if as_number:
                    if text_number(value) is not None and not value.startswith("+"):
                        yield Completion(Kind.VALUE, value)
                elif (written := quoted_text(value)) is not None and "\n" not in value:
                    yield Completion(Kind.VALUE, written)

    def _known(self, field: Field, typed: str) -> Iterable[str]:
        if field.entity is Entity.ATTRIBUTE and field.key == "status":
            return [one.value for one in RunStatus]
        if field.entity is Entity.ATTRIBUTE and field.key == "lifecycle_stage":
            return _STAGES
        return self._values(field.entity, field.key, typed)

    def _joiners(self) -> Iterator[Completion]:
        yield from self._plain(Kind.WORD, ("AND", "OR"))
        if self._place.depth and not self._place.typed:
            yield Completion(Kind.WORD, ")")

    def _plain(self, kind: Kind, words: Iterable[str]) -> Iterator[Completion]:
        """Those that begin with what is typed, in any case."""
        typed = self._place.typed.lower()
        for word in words:
            if word.lower().startswith(typed):
                yield Completion(kind, word)


def _ranked(found: Iterable[str], typed: str) -> list[str]:
    """Those that hold the text: first those that begin with it."""
    wanted = typed.lower()
    holding = [one for one in found if wanted in one.lower()]
    return sorted(holding, key=lambda one: not one.lower().startswith(wanted))
