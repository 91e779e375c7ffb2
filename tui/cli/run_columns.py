"""How the columns of `flowdeck runs -c` are written."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tui.view.fields import ATTRIBUTES, RunField

_KINDS: Final = {
    **dict.fromkeys(("metrics", "metric"), "metrics"),
    **dict.fromkeys(("params", "param", "parameters", "parameter"), "params"),
    **dict.fromkeys(("tags", "tag"), "tags"),
    **dict.fromkeys(("attributes", "attribute", "attr", "run"), "attributes"),
}
"""MLflow's words for what a key belongs to."""


_HISTORY: Final = re.compile(
    r"(?:(?P<aggregate>latest|min|max|first|mean)\((?P<metric>.+)\)|at\((?P<at>.+),\s*(?P<step>[+-]?[0-9]{1,19})\s*\))",
    re.DOTALL,
)


def parse_column(text: str) -> RunField:
    """`metrics.KEY`, `params.KEY`, `tags.KEY`, `attributes.NAME`, an attribute's name alone, or of a metric's history
    `max(metrics.KEY)`, with min, first, mean and latest, and `at(metrics.KEY, STEP)`.

    A key may stand in backticks or double quotes, as in a filter. Raises `UsageError`.
    """
    history = _HISTORY.fullmatch(text)
    if history is not None:
        plain = _parse_plain((history["metric"] or history["at"]).strip(), text)
        if plain.kind != "metrics":
            from store.errors import UsageError

            raise UsageError(f"{text} is not a column", "only metrics have a history: max(metrics.KEY)")
        if history["aggregate"] == "latest":
            return plain
        step = None if history["step"] is None else int(history["step"])
        return replace(plain, aggregate=history["aggregate"] or "at", step=step)
    return _parse_plain(text, text)


def _parse_plain(text: str, whole: str) -> RunField:
    """A column without what stands around it in the `whole` text. Raises `UsageError`."""
    word, dot, key = text.partition(".")
    kind = _KINDS.get(word) if dot else "attributes"
    if not dot:
        key = text
    if len(key) > 1 and key[0] == key[-1] and key[0] in '`"':
        key = key[1:-1]
    if kind is not None and key and (kind != "attributes" or key in ATTRIBUTES):
        return RunField(kind, key)
    from store.errors import UsageError
    from store.lookup import alternatives, similar

    near = similar(key if kind == "attributes" else text, ATTRIBUTES)
    known = f"known are metrics.KEY, params.KEY, tags.KEY, {', '.join(ATTRIBUTES)}"
    raise UsageError(f"{whole} is not a column", f"did you mean {alternatives(near)}?" if near else known)
