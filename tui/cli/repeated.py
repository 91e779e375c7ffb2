"""Options that take one thing each and are repeated for more: what to say to a list with commas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from store.protocols import Store

_PART: Final = re.compile(r'(?:[^,`"()]|`[^`]*`|"[^"]*"|\([^()]*\))+')
"""What stands between two commas; those in quotes, and those of `at(metrics.KEY, STEP)`, are no ends."""

_DIRECTION: Final = re.compile(r"(?:\s*:\w*|\s+(?:asc|desc))\Z", re.IGNORECASE)
_FUNCTION: Final = re.compile(r"\w+\((.*)\)\Z", re.DOTALL)


def each_by_itself(option: str, text: str, likely: Callable[[str], object]) -> str:
    """`name each by itself: -c a -c b`; empty if `text` is no list, or if a part of it is not `likely` one of them."""
    parts = [part.strip() for part in _PART.findall(text)]
    if len(parts) < 2 or not all(parts) or not all(map(likely, parts)):
        return ""
    import shlex

    return f"name each by itself: {' '.join(f'{option} {shlex.quote(part)}' for part in parts)}"


def is_key(part: str) -> bool:
    """Whether it looks like a column or a sort key: an attribute, or a key after metrics, params or tags."""
    from tui.cli.run_columns import KINDS
    from tui.view.fields import ATTRIBUTES

    plain = _DIRECTION.sub("", part)
    if function := _FUNCTION.match(plain):
        plain = function[1]
    return plain in ATTRIBUTES or ("." in plain and plain.partition(".")[0] in KINDS)


@contextmanager
def sorted_by(sort: Sequence[str], order: Sequence[str]) -> Iterator[None]:
    """Tells those who give --sort a list; `order` are the same keys as a store is given them."""
    from store.errors import FilterError

    try:
        yield
    except FilterError as error:
        given = next((text for text, key in zip(sort, order, strict=True) if key == error.text), "")
        error.hint = error.hint or each_by_itself("--sort", given, bool)
        raise


def experiments_of(store: Store, texts: Sequence[str]) -> tuple[str, ...]:
    """The ids of the experiments that -e names. Raises as `store.lookup.find_experiment` does."""
    from store.errors import NotFound
    from store.lookup import find_experiment

    def is_there(text: str) -> bool:
        try:
            find_experiment(store, text)
        except NotFound:
            return False
        return True

    found: dict[str, None] = {}
    for text in texts:
        try:
            found[find_experiment(store, text).experiment_id] = None
        except NotFound as error:
            error.hint = each_by_itself("-e", text, is_there) or error.hint
            raise
    return tuple(found)
