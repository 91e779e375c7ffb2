"""Sort keys of the command line, as MLflow's order_by spells them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from store.errors import UsageError

_DIRECTION: Final = re.compile(r"^(?P<key>.*\S)\s*:(?P<direction>\w*)$", re.DOTALL)
_KEY: Final = re.compile(r"^(?P<entity>[A-Za-z]+)\.(?P<key>[^`\"]*[^`\"\w.][^`\"]*)$", re.DOTALL)
"""A key with a character for which MLflow wants backticks."""

_BEST: Final = re.compile(r"^best\((?P<metric>.*)\)(?P<rest>\s*:.*|\s.*)?$", re.DOTALL | re.IGNORECASE)
"""The best value of a metric."""

_NUMBERS: Final = ("params", "param", "parameters", "parameter")
"""What comes before the keys of params."""

_MEANT: Final = {
    **dict.fromkeys(("up", "ascending", "ascend", "increasing"), "asc"),
    **dict.fromkeys(("down", "descending", "descend", "decreasing", "dsc", "des"), "desc"),
}
"""Words behind a colon that are meant as a direction, and which they mean."""


def order_by(text: str) -> str:
    """MLflow's spelling of a sort key: `metrics.val/loss:desc` is ``metrics.`val/loss` DESC``.

    Keys may hold colons: only a direction at the very end is one, and a key that itself ends in `:asc` is quoted.
    Params are sorted as numbers, as far as they are some: `params.lr` is `number(params.lr)`. MLflow's own strings
    (`metrics.rmse DESC`) stay as they are, and sort params as texts. Raises `UsageError` for what is meant as a
    direction and is none, and for the best value of a metric of which nobody knows what is better.
    """
    if best := _BEST.match(text):
        text = _resolved(best)
    match = _DIRECTION.match(text)
    word = "" if match is None else match["direction"].lower()
    if match is None or (word and word not in ("asc", "desc", *_MEANT)):
        return text if any(map(str.isspace, text)) else _quoted(text)
    if word in ("asc", "desc"):
        return f"{_quoted(match['key'])} {word.upper()}"
    raise _no_direction(text, match["key"], word)


def _resolved(best: re.Match[str]) -> str:
    """The key with what is best of the metric; the best runs come first unless a direction follows."""
    from tui.cli.run_columns import parse_column

    column = parse_column(f"best({best['metric']})")
    direction = "desc" if column.aggregate == "max" else "asc"
    return f"{column.aggregate}({best['metric'].strip()}){best['rest'] or f':{direction}'}"


def _no_direction(text: str, key: str, word: str) -> UsageError:
    from store.errors import UsageError
    from store.lookup import alternatives

    meant = [f"{key}:{_MEANT[word]}"] if word else [f"{key}:asc", f"{key}:desc"]
    hint = f"did you mean {alternatives(meant)}?"
    kind, dot, rest = text.partition(".")
    if dot and not {"`", '"'} & set(text):
        hint += f"\na key that ends like that is quoted: {kind}.`{rest}`"
    told = f"“{word}” is no direction" if word else "no direction follows the colon"
    return UsageError(f"{text}: {told}, those are asc and desc", hint)


def _quoted(key: str) -> str:
    if key.lower() in ("dataset", "datasets"):
        return "dataset.name"
    match = _KEY.match(key)
    written = f"{match['entity']}.`{match['key']}`" if match else key
    return f"number({written})" if written.partition(".")[0] in _NUMBERS else written
