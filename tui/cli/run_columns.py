"""How the columns of `flowdeck runs -c` are written."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from store.quoting import key_of_option
from tui.view.fields import ATTRIBUTES, RunField

DATASETS: Final = ("datasets", "dataset")
"""All datasets of a run; MLflow's filters say `dataset`."""

KINDS: Final = {
    **dict.fromkeys(("metrics", "metric"), "metrics"),
    **dict.fromkeys(("params", "param", "parameters", "parameter"), "params"),
    **dict.fromkeys(("tags", "tag"), "tags"),
    **dict.fromkeys(DATASETS, "datasets"),
    **dict.fromkeys(("attributes", "attribute", "attr", "run"), "attributes"),
}
"""MLflow's words for what a key belongs to."""


_HISTORY: Final = re.compile(
    r"(?:(?P<aggregate>latest|best|min|max|first|mean)\((?P<metric>.+)\)|at\((?P<at>.+),\s*(?P<step>[+-]?[0-9]{1,19})\s*\))",
    re.DOTALL,
)


def parse_column(text: str) -> RunField:
    """`metrics.KEY`, `params.KEY`, `tags.KEY`, `datasets` and `datasets.NAME`, `attributes.NAME`, an attribute's name
    alone, or of a metric's history `max(metrics.KEY)`, with min, first, mean, latest and best, and
    `at(metrics.KEY, STEP)`.

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
        if history["aggregate"] == "best":
            return replace(plain, aggregate=best_aggregate(plain.key), best=True)
        step = None if history["step"] is None else int(history["step"])
        return replace(plain, aggregate=history["aggregate"] or "at", step=step)
    return _parse_plain(text, text)


def best_aggregate(metric: str) -> str:
    """`max` or `min`, as the name of a metric tells what is better. Raises `UsageError` if it does not."""
    from store.direction import best_of, more_is_better

    best = best_of(more_is_better(metric))
    if best is None:
        from store.errors import UsageError

        told = f"the name “{metric}” does not tell whether more of it is better"
        raise UsageError(told, f"write max(metrics.{metric}) or min(metrics.{metric})")
    return best.value


def _parse_plain(text: str, whole: str) -> RunField:
    """A column without what stands around it in the `whole` text. Raises `UsageError`."""
    word, dot, key = text.partition(".")
    if text in DATASETS:
        return RunField("datasets", "")
    kind = KINDS.get(word) if dot else "attributes"
    if not dot:
        key = text
    written, key = key, key_of_option(key)
    if kind is not None and written and (kind != "attributes" or key in ATTRIBUTES):
        return RunField(kind, key)
    from store.errors import UsageError
    from store.lookup import alternatives, similar
    from tui.cli.repeated import each_by_itself, is_key

    if told := each_by_itself("-c", whole, is_key):
        raise UsageError(f"{whole} is not a column", told)
    near = similar(key if kind == "attributes" else text, ATTRIBUTES)
    known = f"known are metrics.KEY, params.KEY, tags.KEY, datasets, {', '.join(ATTRIBUTES)}"
    kinds = () if dot or near or not text else [f"{one}.{text}" for one in ("metrics", "params", "tags")]
    if whole != text:
        # Only metrics have a history.
        kinds = [whole.replace(text, one, 1) for one in kinds[:1]]
    meant = f"did you mean {alternatives(near or kinds)}?" if near or kinds else ""
    raise UsageError(f"{whole} is not a column", meant if near else f"{meant}\n{known}".lstrip())
