"""What is offered while a filter is typed: what can come next, and what is wrong so far.

The language is loaded on use and by name, as backends are: what shows offers does not know it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Final

from store.kinds import KeyKind, ViewType

if TYPE_CHECKING:
    from store.entities import Page
    from store.errors import FilterError
    from store.protocols import Store

MOST_OFFERS: Final = 50
"""Offers at one place: more are not looked through, but narrowed by typing."""

LOOKED_UP: Final = 200
"""Keys or values that a store is asked for at a time."""

_OFFERING: Final = "store.search.offering"
_UNFINISHED: Final = "store.search.unfinished"


@dataclass(frozen=True, slots=True)
class Typed:
    """A filter while it is typed."""

    text: str
    cursor: int
    """Offset in the text."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can stand at the cursor."""

    text: str
    """As it is written in the filter, with the quotes that it needs; keys and values are the store's, not clean."""
    what: str
    """What it is, for people: `key`, `operator`."""
    becomes: Typed
    """The filter with it, ready for what comes next."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What can stand at the cursor."""

    typed: Typed
    items: tuple[Offer, ...]
    note: str = ""
    """What was not looked at; empty if everything was."""


@dataclass(slots=True)
class Observed:
    """What the runs of some experiments have, as far as a store was asked: once for each question."""

    experiment_ids: tuple[str, ...] | None
    """None: of all experiments."""
    _answers: dict[tuple[str, str, str], Page[str]] = field(default_factory=dict)

    def keys(self, store: Store, kind: KeyKind, text: str, cancel: Event | None) -> Page[str]:
        """The keys of a kind that hold a text, the likeliest first."""

        def ask(part: str) -> Page[str]:
            from store.entities import Page

            page = store.keys(kind, self.experiment_ids, part, LOOKED_UP, cancel)
            return Page(tuple(item.key for item in page.items), page.more, page.notes)

        return self._known(("keys", kind.value), text, ask)

    def values(self, store: Store, kind: KeyKind, key: str, text: str, cancel: Event | None) -> Page[str]:
        """The values under a key that hold a text, the commonest first."""
        return self._known(
            (kind.value, key), text, lambda part: store.values(kind, key, self.experiment_ids, part, LOOKED_UP, cancel)
        )

    def experiments(self, store: Store, text: str, cancel: Event | None) -> Page[str]:
        """The names of all experiments."""

        def ask(part: str) -> Page[str]:
            from store.entities import Page
            from store.protocols import ExperimentQuery

            found = store.experiments(ExperimentQuery(view=ViewType.ALL), cancel).items
            return Page(tuple(dict.fromkeys(item.name for item in found)), False)

        return self._known(("experiments", ""), text, ask)

    def _known(self, question: tuple[str, str], text: str, ask: Asking) -> Page[str]:
        """The answer to a shorter text has everything, unless there was more."""
        from store.entities import Page

        whole = self._answers.get((*question, ""))
        if whole is None:
            whole = self._answers[*question, ""] = ask("")
        page = whole
        if whole.more and text:
            known = self._answers.get((*question, text))
            page = self._answers[*question, text] = ask(text) if known is None else known
        wanted = text.casefold()
        return Page(tuple(one for one in page.items if wanted in one.casefold()), page.more, page.notes)


if TYPE_CHECKING:
    from collections.abc import Callable

    Asking = Callable[[str], Page[str]]
    """Asks a store for what holds a text."""


def offers_at(store: Store, observed: Observed, typed: Typed, cancel: Event | None = None) -> Offers:
    """What can stand at the cursor of a filter. Raises `StoreError`s, and `Cancelled`."""
    found: Offers = importlib.import_module(_OFFERING).offers_at(store, observed, typed, cancel)
    return found


def mistake_in(typed: Typed) -> FilterError | None:
    """What is wrong in a filter whatever comes next; None if nothing is yet."""
    found: FilterError | None = importlib.import_module(_UNFINISHED).mistake_so_far(typed.text, typed.cursor)
    return found


def unknown_in(store: Store, observed: Observed, typed: Typed, cancel: Event | None = None) -> FilterError | None:
    """The first key in a filter that no run has, with those that could be meant; None if every key is known, or one
    may be that was not looked at. A key that is being typed does not count. Raises `StoreError`s, and `Cancelled`.
    """
    found: FilterError | None = importlib.import_module(_OFFERING).unknown_in(store, observed, typed, cancel)
    return found
