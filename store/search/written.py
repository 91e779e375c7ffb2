"""Writes conditions in MLflow's language, for servers that understand no other."""

from __future__ import annotations

from typing import Final

from store.errors import FilterError
from store.kinds import Aggregate
from store.quoting import quoted_text
from store.search.syntax import Comparison, Entity, Operator, OrderKey
from store.search.vocabulary import RUN_ORDER

_WORDS: Final = {
    Entity.ATTRIBUTE: "attributes",
    Entity.METRIC: "metrics",
    Entity.PARAM: "params",
    Entity.TAG: "tags",
    Entity.DATASET: "dataset",
}
_LISTS: Final = (Operator.IN, Operator.NOT_IN)


def is_mlflow(text: str) -> bool:
    """True if MLflow itself understands a filter of runs."""
    from store.search.parse import parse_mlflow_filter

    try:
        parse_mlflow_filter(text)
    except FilterError:
        return False
    return True


def is_mlflow_key(key: OrderKey) -> bool:
    """True if MLflow's order_by can ask for this, however it is spelt."""
    if key.numeric or key.aggregate is not Aggregate.LATEST:
        return False
    return key.entity is not Entity.ATTRIBUTE or key.key in RUN_ORDER.attributes


def written_key(key: OrderKey, text: str) -> str | None:
    """As `written`, for a key of an order that was read from `text`; None also for one that order_by has no way of
    asking for.
    """
    from store.search.parse import parse_mlflow_order

    if not is_mlflow_key(key):
        return None
    name = key.key if key.entity is Entity.ATTRIBUTE else f"`{key.key}`"
    for words in (text, f"{_WORDS[key.entity]}.{name} {'ASC' if key.ascending else 'DESC'}"):
        try:
            if parse_mlflow_order(words) == key:
                return words
        except FilterError:
            continue
    return None


def written(comparison: Comparison, text: str) -> str | None:
    """The condition in MLflow's words; None if it has none for it. `text` is the filter that it was read from.

    As the user wrote it, if that is MLflow's language already.
    """
    as_it_is = text[comparison.span.position : comparison.span.end]
    for words in (as_it_is, _anew(comparison)):
        if words and _says(words, comparison):
            return words
    return None


def _anew(comparison: Comparison) -> str | None:
    key = comparison.key if comparison.entity in (Entity.ATTRIBUTE, Entity.DATASET) else f"`{comparison.key}`"
    name, value = f"{_WORDS[comparison.entity]}.{key}", comparison.value
    if comparison.operator in (Operator.IS_NULL, Operator.IS_NOT_NULL):
        return f"{name} {comparison.operator.value}"
    if comparison.operator in _LISTS:
        # Python reads the list; a list of one would need its comma.
        items = value if isinstance(value, tuple) else (value,)
        return f"{name} {comparison.operator.value} ({', '.join(repr(item) for item in (*items, *items[-1:]))})"
    if isinstance(value, str):
        quoted = quoted_text(value)
        return None if quoted is None else f"{name} {comparison.operator.value} {quoted}"
    return f"{name} {comparison.operator.value} {value!r}"


def _says(words: str, comparison: Comparison) -> bool:
    from store.search.parse import parse_mlflow_filter

    try:
        found = parse_mlflow_filter(words)
    except FilterError:
        return False
    if not isinstance(found, Comparison):
        return False
    if isinstance(found.value, tuple) and isinstance(comparison.value, tuple):
        found_items, items = set(found.value), set(comparison.value)
        return found_items == items and _but_value(found) == _but_value(comparison)
    return found == comparison


def _but_value(comparison: Comparison) -> tuple[object, ...]:
    return (comparison.entity, comparison.key, comparison.operator, comparison.aggregate, comparison.step)
