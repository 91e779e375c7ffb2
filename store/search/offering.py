"""Compares a filter that is being typed with what a store has: what it offers there, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Event
from typing import Final

from store.entities import Page
from store.errors import FilterError
from store.kinds import NAME_TAG, PARENT_TAG, USER_TAG, KeyKind
from store.lookup import similar
from store.offers import MOST_OFFERS, Observed, Offer, Offers, Typed
from store.protocols import Store
from store.quoting import quoted_key
from store.search.complete import Completion, Completions, Kind, complete
from store.search.explain import wrong
from store.search.functions import HAS
from store.search.names import resolve
from store.search.place import Expected, Place, place_at
from store.search.syntax import Entity
from store.search.tokens import Sort, tokens_of
from store.search.vocabulary import LANGUAGE

LONGEST_VALUE: Final = 200
"""Characters of a value up to which it is offered: longer ones are texts, which nobody compares with."""

_KEYED: Final = {Entity.METRIC: KeyKind.METRIC, Entity.PARAM: KeyKind.PARAM, Entity.TAG: KeyKind.TAG}
_KINDS: Final = {Entity.PARAM: KeyKind.PARAM, Entity.TAG: KeyKind.TAG, Entity.DATASET: KeyKind.DATASET}

_TAGS: Final = {"run_name": NAME_TAG, "user_id": USER_TAG, "parent": PARENT_TAG}
"""Attributes that MLflow writes as tags, too, whose values can be looked up."""

_OPEN: Final = (Kind.ENTITY, Kind.FUNCTION)
"""What the next part follows without a blank."""


def offers_at(store: Store, observed: Observed, typed: Typed, cancel: Event | None = None) -> Offers:
    """See `store.offers.offers_at`."""

    notes: dict[str, None] = {}

    def seen(page: Page[str]) -> Sequence[str]:
        notes.update(dict.fromkeys(page.notes))
        return page.items

    def keys(kind: KeyKind, text: str) -> Iterable[str]:
        return seen(observed.keys(store, kind, text, cancel))

    def values(entity: Entity, key: str, text: str) -> Iterable[str]:
        if entity is Entity.ATTRIBUTE:
            if key == "experiment":
                return seen(observed.experiments(store, text, cancel))
            entity, key = Entity.TAG, _TAGS.get(key, "")
        kind = _KINDS.get(entity)
        found = seen(observed.values(store, kind, key, text, cancel)) if kind is not None and key else ()
        return [value for value in found if len(value) <= LONGEST_VALUE]

    found = complete(typed.text, typed.cursor, keys=keys, values=values, limit=MOST_OFFERS)
    place = place_at(typed.text, typed.cursor)
    items = (
        Offer(item.text, item.kind.value, _becomes(typed.text, place, found, item))
        for item in found.items
        if _can_be_shown(item.text)
    )
    return Offers(typed, tuple(items), ", ".join(notes))


def _can_be_shown(text: str) -> bool:
    """False for a text with control characters and the like: a text field that showed it as it is would obey them."""
    return all(character.isprintable() or character == "\u00a0" for character in text)


def _becomes(text: str, place: Place, found: Completions, item: Completion) -> Typed:
    """The filter with the completion in it, and with what has to follow it."""
    written, cursor = found.applied(text, item)
    rest = written[cursor:]
    if place.expected is Expected.ARGUMENT and item.kind not in _OPEN and not rest.lstrip().startswith((")", ",")):
        behind = ", " if place.function == "AT" else ") "
    elif item.kind in _OPEN or item.text == "(" or rest.startswith((" ", ")", ",")):
        behind = ""
    else:
        behind = " "
    if rest.startswith(" ") and item.kind not in _OPEN:
        # The blank that is there is the one that follows.
        return Typed(written, cursor + 1)
    if place.function == HAS and item.text == "datasets" and not rest:
        behind = ") "
    return Typed(written[:cursor] + behind + rest, cursor + len(behind))


def unknown_in(store: Store, observed: Observed, typed: Typed, cancel: Event | None = None) -> FilterError | None:
    """See `store.offers.unknown_in`."""
    try:
        tokens = tokens_of(typed.text)
    except FilterError:
        return None
    for token in tokens:
        if token.sort not in (Sort.WORD, Sort.NAME) or token.position <= typed.cursor <= token.end:
            continue
        try:
            field = resolve(token.text, token.position, typed.text, LANGUAGE)
        except FilterError:
            # A word to search for, or what the parser tells better.
            continue
        kind = _KEYED.get(field.entity)
        if kind is None:
            continue
        page = observed.keys(store, kind, field.key, cancel)
        # Where not every run was looked at, or there are more such keys, none can be called unknown.
        if field.key in page.items or page.notes or page.more:
            continue
        near = similar(field.key, observed.keys(store, kind, "", cancel).items)
        word = token.text.partition(".")[0]
        meant = [f"{word}.{written}" for key in near if (written := quoted_key(key)) and _can_be_shown(key)]
        return wrong(f"no run here has this {field.entity.value}", token.span, typed.text, *meant)
    return None
