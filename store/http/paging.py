"""Answers that come in pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any

from store.errors import StoreError
from store.http.lane import Ask
from store.http.wire import Wire


def pages(
    wire: Wire,
    path: str,
    body: Mapping[str, Any],
    size: int,
    wanted: int | None,
    cancel: Event | None,
    *,
    get: bool = False,
    token: str = "",
) -> Iterator[dict[str, Any]]:
    """The pages of an answer, until it ends or `wanted` items (None: all) were asked for.

    Each holds at most `size` items (and one); the last is asked for with no more than are still wanted. Servers
    without pages answer all at once. `token` names the page to begin with. Raises `StoreError` if the server goes in
    circles: no half answers.
    """
    seen = {token}
    left = wanted
    while left is None or left > 0:
        # Whoever wants a full page and to know whether there are more is not made to ask twice.
        asked = size if left is None or left > size + 1 else left
        request = {**body, "max_results": asked, **({"page_token": token} if token else {})}
        answer = wire.ask(_ask(path, request, get), cancel)
        yield answer
        if left is not None:
            left -= asked
        following = answer.get("next_page_token")
        if not following:
            return
        token = str(following)
        if token in seen:
            raise StoreError(
                f"{wire.settings.shown}: the server gives the same page of {path} again and again",
                "the answer would not be whole; a newer MLflow may do better",
            )
        seen.add(token)


def _ask(path: str, request: Mapping[str, Any], get: bool) -> Ask:
    if not get:
        return Ask(path, body=request)
    return Ask(path, tuple((name, str(value)) for name, value in request.items()))
