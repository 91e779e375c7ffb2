"""Finds out what the name on the left of an operator, or in an order_by expression, stands for."""

from __future__ import annotations

from store.errors import FilterError
from store.search.explain import brief, wrong
from store.search.syntax import Entity, Span
from store.search.vocabulary import DATASET_KEYS, RUNS, Field, Vocabulary, similar_words


def resolve(name: str, position: int, text: str, vocabulary: Vocabulary) -> Field:
    """The field that `name`, which stands at `position` in `text`, means.

    Everything up to the first dot is the entity, the rest the key; without a dot it is an attribute.
    Raises FilterError if there is no such entity, attribute or dataset key.
    """
    word, dot, rest = name.partition(".")
    if not dot:
        return _field(Entity.ATTRIBUTE, word, position, text, vocabulary)
    bare = _without_backticks(word) if vocabulary.quoted_entities else word
    entity = vocabulary.entities.get(bare)
    if entity is None:
        raise _unknown_entity(bare, rest, Span(position, len(word)), text, vocabulary)
    return _field(entity, rest, position + len(word) + 1, text, vocabulary)


def unquoted(text: str) -> str | None:
    """What stands between single or double quotes; None without such quotes. Nothing in it is an escape."""
    return text[1:-1] if _stands_in("'", text) or _stands_in('"', text) else None


def _stands_in(quote: str, text: str) -> bool:
    return len(text) >= 2 and text.startswith(quote) and text.endswith(quote)


def _without_backticks(text: str) -> str:
    return text[1:-1] if _stands_in("`", text) else text


def _field(entity: Entity, quoted_key: str, position: int, text: str, vocabulary: Vocabulary) -> Field:
    bare = unquoted(quoted_key)
    # As in MLflow: quotes come off first, then backticks within them.
    key = _without_backticks(quoted_key if bare is None else bare)
    field = vocabulary.field(entity, key)
    if field is not None:
        return field
    known = DATASET_KEYS if entity is Entity.DATASET else tuple(vocabulary.attributes)
    close = similar_words(key, known)
    canonical = dict.fromkeys(known) if entity is Entity.DATASET else _canonical(vocabulary)
    hint = ""
    if entity is Entity.ATTRIBUTE and not close and key:
        close = tuple(f"{word}.{quoted_key}" for word in _words_for_keys(vocabulary))
        hint = f"what is not an attribute is written with its kind before it, as in {close[0]}" if close else ""
    message = f"there is no {entity.value} {brief(key)!r}: known are {', '.join(canonical)}"
    raise wrong(message, Span(position, len(quoted_key)), text, *close, hint=hint)


def _unknown_entity(word: str, key: str, span: Span, text: str, vocabulary: Vocabulary) -> FilterError:
    if word in vocabulary.attributes:
        message = f"{word!r} is an attribute and has no parts: nothing may follow it after a dot"
        close: tuple[str, ...] = (word,)
    else:
        close = similar_words(word, vocabulary.entities)
        message = f"{brief(word)!r} is no entity here: known are {', '.join(_plain_words(vocabulary))}"
        if not close and word not in RUNS.entities and key:
            # Of a metric named `val.loss` the entity was left out.
            close = tuple(f"{entity}.{word}" for entity in _words_for_keys(vocabulary))
    return wrong(message, span, text, *close)


def _canonical(vocabulary: Vocabulary) -> list[str]:
    names: dict[tuple[Entity, str], str] = {}
    for name, field in vocabulary.attributes.items():
        names.setdefault((field.entity, field.key), field.key if field.entity is Entity.ATTRIBUTE else name)
    return list(names.values())


def _plain_words(vocabulary: Vocabulary) -> list[str]:
    """One word for each entity, the longest there is: the plural where it is allowed."""
    words: dict[Entity, str] = {}
    for word, entity in vocabulary.entities.items():
        if len(word) >= len(words.get(entity, "")) and word not in ("parameter", "parameters"):
            words[entity] = word
    return list(words.values())


def _words_for_keys(vocabulary: Vocabulary) -> list[str]:
    """Words for the entities that take any key."""
    free = (Entity.METRIC, Entity.PARAM, Entity.TAG)
    return [word for word in _plain_words(vocabulary) if vocabulary.entities[word] in free]
