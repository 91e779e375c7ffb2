"""The filters that were used in one store, those that were used last at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MOST: Final = 200
"""Filters that are kept of a store."""

LONGEST: Final = 5_000
"""Characters of a filter that is kept."""


class FilterHistory:
    """Each filter once."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts: dict[str, None] = {}
        for text in texts:
            self.used(text)

    @property
    def texts(self) -> tuple[str, ...]:
        """The one that was used last comes last."""
        return tuple(self._texts)

    def used(self, text: str) -> None:
        """Remembers a filter, unless it holds a secret or what no field can show."""
        from store.uris import has_secret, redact

        text = text.strip()
        if not text or len(text) > LONGEST or not text.isprintable() or redact(text) != text or has_secret(text):
            return
        self._texts.pop(text, None)
        self._texts[text] = None
        for oldest in list(self._texts)[:-MOST]:
            del self._texts[oldest]

    def forget(self, text: str) -> None:
        """That one was not understood."""
        self._texts.pop(text.strip(), None)

    def having(self, text: str) -> list[str]:
        """Those that hold every word of `text`, in whatever case; the one that was used last comes first."""
        words = text.casefold().split()
        return [one for one in reversed(self._texts) if all(word in one.casefold() for word in words)]


def merged(older: Iterable[str], newer: Iterable[str]) -> tuple[str, ...]:
    """Both, as one history."""
    return FilterHistory([*older, *newer]).texts
