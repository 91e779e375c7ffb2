"""Answers that come in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any, Final

from store.errors import StoreError
from store.http.lane import Ask
from store.http.wire import Wire

EMPTY: Final = 100
"""Pages in a row that may hold nothing: a server that looks for few among many may come to the end of one."""

EQUAL: Final = 3
"""Pages in a row that may hold the same."""


def pages(
    wire: Wire,
    path: str,
    body: Mapping[str, Any],
    size: int,
    missing: Callable[[], int] | None,
    cancel: Event | None,
    *,
    get: bool = False,
    token: str = "",
) -> Iterator[dict[str, Any]]:
    """The pages of an answer, until it ends or `missing`, which says how many items are still wanted, says none.

    Each holds at most `size` items (and one), and no more than are still wanted, unless a server gave fewer than it
    was asked for, or some twice; servers without pages give all at once. None for `missing`: all are wanted.
    `token` names the page to begin with. Raises `StoreError` if the server goes in circles: no half answers.
    """
    seen = {token}
    before: dict[str, Any] | None = None
    alike = 0
    short = False
    while True:
        left = None if missing is None else missing()
        if left is not None and left <= 0:
            return
        # Whoever wants a full page and to know whether there are more is not made to ask twice.
        # Where items come twice, a small page might bring nothing but those, again and again.
        asked = size if left is None or left > size + 1 or short else left
        request = {**body, "max_results": asked, **({"page_token": token} if token else {})}
        answer = wire.ask(_ask(path, request, get), cancel)
        yield answer
        short = missing is not None and left is not None and left - missing() < asked
        following = answer.get("next_page_token")
        if not following:
            return
        token = str(following)
        brought = {key: value for key, value in answer.items() if key != "next_page_token"}
        alike, before = alike + 1 if brought == before else 0, brought
        if token in seen or alike == (EQUAL if any(brought.values()) else EMPTY):
            raise StoreError(
                f"{wire.settings.shown}: the server gives the same page of {path} again and again",
                "the answer would not be whole; a newer MLflow may do better",
            )
        seen.add(token)


def _ask(path: str, request: Mapping[str, Any], get: bool) -> Ask:
    if not get:
        return Ask(path, body=request)
    return Ask(path, tuple((name, str(value)) for name, value in request.items()))
