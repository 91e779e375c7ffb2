"""The words of MLflow's search language: which entities, keys and operators a search knows.

The tables are those of MLflow 3.17 (`SearchUtils`, `SearchExperimentsUtils` and the SQL store, which
refuses some operators that the parser lets through).
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from store.kinds import NOTE_TAG, PARENT_TAG
from store.search.syntax import Entity, Operator

_EQUALITY: Final = frozenset({Operator.EQUAL, Operator.NOT_EQUAL})
_LISTS: Final = frozenset({Operator.IN, Operator.NOT_IN})
_TEXT: Final = _EQUALITY | {Operator.LIKE, Operator.ILIKE}
_KEYED_TEXT: Final = _TEXT | {Operator.IS_NULL, Operator.IS_NOT_NULL}
_NUMBERS: Final = _EQUALITY | {
    Operator.LESS,
    Operator.LESS_EQUAL,
    Operator.GREATER,
    Operator.GREATER_EQUAL,
}
_NULLS: Final = frozenset({Operator.IS_NULL, Operator.IS_NOT_NULL})
_REGEX: Final = frozenset({Operator.MATCHES, Operator.NOT_MATCHES})


_MORE_NUMBERS: Final = _NUMBERS | _LISTS | _NULLS
_MORE_TEXT: Final = _TEXT | _LISTS | _NULLS | _REGEX
_MORE_KEYED_TEXT: Final = _MORE_TEXT | _NUMBERS
"""Params and tags are compared with numbers, too: then their texts are read as numbers."""


class ValueKind(enum.Enum):
    """How a value is written."""

    TEXT = "text"
    """In quotes."""
    NUMBER = "number"
    """Without quotes."""
    WHOLE = "whole number"
    """Without quotes, and without a fraction or an exponent."""
    ID = "id"
    """A whole number in quotes."""
    TIME = "time"
    """As a number, of milliseconds since the epoch, or in quotes as `store.search.times` reads it."""
    DURATION = "duration"
    """As a number of milliseconds, or in quotes as `store.search.times` reads it."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something that can stand on the left of an operator."""

    entity: Entity
    key: str
    kind: ValueKind
    operators: frozenset[Operator]

    @property
    def noun(self) -> str:
        """For messages: `metric 'rmse'`."""
        return f"{self.entity.value} {self.key!r}"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What one of MLflow's searches understands."""

    entities: Mapping[str, Entity]
    """By every word for them; upper and lower case differ."""
    quoted_entities: bool
    """True if those words may stand in backticks."""
    attributes: Mapping[str, Field]
    """By every name for them."""
    any_case: bool
    """True if LIKE, ILIKE and IN may be written in lower case."""
    wider: bool = False
    """True if keys take every operator that has a meaning for them; MLflow's take fewer."""

    def field(self, entity: Entity, key: str) -> Field | None:
        """None if the entity has no such key."""
        match entity:
            case Entity.ATTRIBUTE:
                return self.attributes.get(key)
            case Entity.METRIC:
                return Field(entity, key, ValueKind.NUMBER, _MORE_NUMBERS if self.wider else _NUMBERS)
            case Entity.PARAM | Entity.TAG:
                return Field(entity, key, ValueKind.TEXT, _MORE_KEYED_TEXT if self.wider else _KEYED_TEXT)
            case Entity.DATASET:
                operators = _TEXT | _LISTS | _REGEX if self.wider else _TEXT | _LISTS
                return Field(entity, key, ValueKind.TEXT, operators) if key in DATASET_KEYS else None


def _attribute(key: str, kind: ValueKind, operators: Iterable[Operator]) -> Field:
    return Field(Entity.ATTRIBUTE, key, kind, frozenset(operators))


DATASET_KEYS: Final = ("name", "digest", "context")
"""`context` is the tag `mlflow.data.context` that says what a run used a dataset for."""

_RUN_NAME: Final = _attribute("run_name", ValueKind.TEXT, _TEXT)
_START_TIME: Final = _attribute("start_time", ValueKind.NUMBER, _NUMBERS)

RUNS: Final = Vocabulary(
    entities={
        "attribute": Entity.ATTRIBUTE,
        "attributes": Entity.ATTRIBUTE,
        "attr": Entity.ATTRIBUTE,
        "run": Entity.ATTRIBUTE,
        "metric": Entity.METRIC,
        "metrics": Entity.METRIC,
        "param": Entity.PARAM,
        "params": Entity.PARAM,
        "parameter": Entity.PARAM,
        "parameters": Entity.PARAM,
        "tag": Entity.TAG,
        "tags": Entity.TAG,
        "dataset": Entity.DATASET,
        "datasets": Entity.DATASET,
    },
    quoted_entities=True,
    attributes={
        "run_id": _attribute("run_id", ValueKind.TEXT, _TEXT | _LISTS),
        "run_name": _RUN_NAME,
        "run name": _RUN_NAME,
        "Run name": _RUN_NAME,
        "Run Name": _RUN_NAME,
        "user_id": _attribute("user_id", ValueKind.TEXT, _TEXT),
        "status": _attribute("status", ValueKind.TEXT, _TEXT),
        "artifact_uri": _attribute("artifact_uri", ValueKind.TEXT, _TEXT),
        "start_time": _START_TIME,
        "created": _START_TIME,
        "Created": _START_TIME,
        "end_time": _attribute("end_time", ValueKind.NUMBER, _NUMBERS),
    },
    any_case=True,
)


_NOTE: Final = Field(Entity.TAG, NOTE_TAG, ValueKind.TEXT, _MORE_KEYED_TEXT)
_STAGE: Final = _attribute("lifecycle_stage", ValueKind.TEXT, _MORE_TEXT - _NULLS)
_STARTED: Final = _attribute("start_time", ValueKind.TIME, _MORE_NUMBERS)

LANGUAGE: Final = replace(
    RUNS,
    attributes={
        **{
            name: replace(field, operators=_MORE_TEXT if field.kind is ValueKind.TEXT else _MORE_NUMBERS)
            for name, field in RUNS.attributes.items()
        },
        **dict.fromkeys(("start_time", "created", "Created"), _STARTED),
        "end_time": _attribute("end_time", ValueKind.TIME, _MORE_NUMBERS),
        "duration": _attribute("duration", ValueKind.DURATION, _MORE_NUMBERS),
        "experiment": _attribute("experiment", ValueKind.TEXT, _TEXT | _LISTS | _REGEX),
        "parent": Field(Entity.TAG, PARENT_TAG, ValueKind.TEXT, _MORE_KEYED_TEXT),
        "note": _NOTE,
        "description": _NOTE,
        "lifecycle_stage": _STAGE,
        "lifecycle": _STAGE,
    },
    wider=True,
)
"""flowdeck's language: what MLflow's has, and more."""

EXPERIMENTS: Final = Vocabulary(
    entities={"attribute": Entity.ATTRIBUTE, "tag": Entity.TAG, "tags": Entity.TAG},
    quoted_entities=False,
    attributes={
        "name": _attribute("name", ValueKind.TEXT, _TEXT),
        "experiment_id": _attribute("experiment_id", ValueKind.ID, _EQUALITY | _LISTS),
        "creation_time": _attribute("creation_time", ValueKind.WHOLE, _NUMBERS),
        "last_update_time": _attribute("last_update_time", ValueKind.WHOLE, _NUMBERS),
    },
    any_case=False,
)

RUN_ORDER: Final = replace(
    RUNS,
    entities={word: entity for word, entity in RUNS.entities.items() if entity is not Entity.DATASET},
    attributes={name: field for name, field in RUNS.attributes.items() if " " not in name},
)
"""What runs can be sorted by."""

LANGUAGE_ORDER: Final = replace(
    RUN_ORDER,
    entities=RUNS.entities,
    attributes={
        **RUN_ORDER.attributes,
        **{name: LANGUAGE.attributes[name] for name in ("duration", "parent", "note", "description")},
    },
)
"""What runs can be sorted by in flowdeck's language."""

EXPERIMENT_ORDER: Final = replace(EXPERIMENTS, entities={"attribute": Entity.ATTRIBUTE})
"""What experiments can be sorted by."""

_OTHER_SPELLINGS: Final = {
    "==": Operator.EQUAL,
    "===": Operator.EQUAL,
    "<>": Operator.NOT_EQUAL,
    "!==": Operator.NOT_EQUAL,
    "~=": Operator.NOT_EQUAL,
    "=<": Operator.LESS_EQUAL,
    "=>": Operator.GREATER_EQUAL,
    "~": Operator.LIKE,
    "=~": Operator.LIKE,
    "RLIKE": Operator.LIKE,
    "REGEXP": Operator.LIKE,
}
"""What other languages write, and what was probably meant."""


def similar_words(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Those of `known` that `word` may be a slip for, best first; case does not count."""
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.lower(), candidate)
    return tuple(folded[match] for match in difflib.get_close_matches(word.lower(), folded, n=3, cutoff=0.65))


def similar_operators(word: str, field: Field) -> tuple[str, ...]:
    """Operators that `field` takes and that may have been meant by `word`."""
    meant = _OTHER_SPELLINGS.get(word.upper())
    if meant in field.operators:
        return (meant.value,)
    return similar_words(word, sorted(operator.value for operator in field.operators))
