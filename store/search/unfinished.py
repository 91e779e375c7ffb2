"""Tells where a filter that is being typed is wrong whatever comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from store.errors import FilterError
from store.search.parse import parse_run_filter
from store.search.place import Expected, place_at

_CONDITION: Final = "has(params.x)"

_ENDINGS: Final = {
    Expected.OPERAND: (_CONDITION, "x"),
    Expected.ARGUMENT: ("metrics.x) > 1", "params.x) > 1", "params.x)", "metrics.x, 1) > 1"),
    Expected.STEP: ("1) > 1",),
    Expected.OPERATOR: ("= 1", "= 'x'", "", f"AND {_CONDITION}"),
    Expected.DENIED: ("IN ('x')", "IN (1)", "BETWEEN 1 AND 1"),
    Expected.NULL: ("NULL",),
    Expected.VALUE: ("1", "'x'", "1 AND 1", "'x' AND 'x'"),
    Expected.LIST: ("('x')", "(1)"),
    Expected.ITEM: ("'x')", "1)"),
    Expected.NEXT_ITEM: (")",),
    Expected.BOUND: ("AND 1", "AND 'x'"),
    Expected.CLOSED: (") > 1", ")", ", 1) > 1"),
    Expected.JOINER: ("", f"AND {_CONDITION}"),
}
"""How a filter may go on at a place: if it cannot go on in any of these ways, it is wrong before it."""


def mistake_so_far(text: str, cursor: int, now: datetime | None = None) -> FilterError | None:
    """The error of a filter that nothing mends that is typed at the cursor, and that is not about what is being typed
    there; None if there is none. `now` is as for `parse_run_filter`.
    """
    error = _error(text, now)
    if error is None or error.position is None or not text.strip():
        return None
    place = place_at(text, cursor)
    start = place.span.position
    if text[place.span.end :].strip():
        # There is a rest: what is wrong in it stays wrong.
        touches = error.position <= place.span.end and start <= error.position + error.length
        return None if touches else error
    furthest = error
    for ending in _ENDINGS[place.expected]:
        found = _error(f"{text[:start]} {ending}{')' * place.depth}", now)
        if found is None:
            return None
        if found.position is not None and furthest.position is not None and found.position > furthest.position:
            furthest = found
    return furthest if furthest.position is not None and furthest.position < start else None


def _error(text: str, now: datetime | None) -> FilterError | None:
    try:
        parse_run_filter(text, now)
    except FilterError as error:
        return error
    return None
