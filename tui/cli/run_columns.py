"""The columns of `flowdeck runs -c`: what they are called, what they need, what stands in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from tui.view.export import json_number
from tui.view.facts import datasets_of, datasets_text, run_duration

if TYPE_CHECKING:
    from store.entities import Run, RunParts

ATTRIBUTES: Final = (
    *("run_id", "run_name", "experiment_id", "experiment", "status", "start_time", "end_time", "duration"),
    *("lifecycle_stage", "artifact_uri", "user_id", "deleted_time"),
)
"""Attributes that may be named; `experiment` is the experiment's name, `duration` is in milliseconds."""

STORED: Final = tuple(name for name in ATTRIBUTES if name not in ("experiment", "duration"))
"""Those that the store holds."""

_KINDS: Final = {
    **dict.fromkeys(("metrics", "metric"), "metrics"),
    **dict.fromkeys(("params", "param", "parameters", "parameter"), "params"),
    **dict.fromkeys(("tags", "tag"), "tags"),
    "datasets": "datasets",
    **dict.fromkeys(("attributes", "attribute", "attr", "run"), "attributes"),
}
"""MLflow's words for what a key belongs to."""


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One column."""

    kind: str
    """attributes, metrics, params, tags or datasets."""
    key: str
    """Of a dataset its name; empty for all of them."""
    aggregate: str = ""
    """Of a metric: what of its history counts (`store.kinds.Aggregate`); empty for the latest value."""
    step: int | None = None
    """For the value at a step: which."""
    best: bool = False
    """True if it was asked for as the best value, whichever that is."""

    @property
    def title(self) -> str:
        plain = self.key if self.kind == "attributes" else f"{self.kind}.{self.key}" if self.key else self.kind
        step = "" if self.step is None else f", {self.step}"
        word = "best" if self.best else self.aggregate
        return f"{word}({plain}{step})" if word else plain

    @property
    def name(self) -> str:
        """What a JSON object of its kind has it under."""
        return self.title if self.aggregate else self.key

    def value(self, run: Run, experiment_names: dict[str, str]) -> Any:
        """As JSON and CSV have it; None if the run has no such thing."""
        if self.kind == "metrics":
            # What was computed from histories stands among the metrics of the run: see `RunReading`.
            metric = run.metrics.get(self.name)
            return None if metric is None else json_number(metric.value)
        if self.kind == "datasets":
            return datasets_text(datasets_of(run), self.key) or None
        if self.kind != "attributes":
            return getattr(run, self.kind).get(self.key)
        if self.key == "experiment":
            return experiment_names.get(run.experiment_id)
        if self.key == "duration":
            return run_duration(run)
        return getattr(run, self.key)


_HISTORY: Final = re.compile(
    r"(?:(?P<aggregate>latest|best|min|max|first|mean)\((?P<metric>.+)\)|at\((?P<at>.+),\s*(?P<step>[+-]?[0-9]{1,19})\s*\))",
    re.DOTALL,
)


def parse_column(text: str) -> RunColumn:
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


def _parse_plain(text: str, whole: str) -> RunColumn:
    """A column without what stands around it in the `whole` text. Raises `UsageError`."""
    word, dot, key = text.partition(".")
    if text == "datasets":
        return RunColumn(text, "")
    kind = _KINDS.get(word) if dot else "attributes"
    if not dot:
        key = text
    if len(key) > 1 and key[0] == key[-1] and key[0] in '`"':
        key = key[1:-1]
    if kind is not None and key and (kind != "attributes" or key in ATTRIBUTES):
        return RunColumn(kind, key)
    from store.errors import UsageError
    from store.lookup import alternatives, similar

    near = similar(key if kind == "attributes" else text, ATTRIBUTES)
    known = f"known are metrics.KEY, params.KEY, tags.KEY, datasets, {', '.join(ATTRIBUTES)}"
    raise UsageError(f"{whole} is not a column", f"did you mean {alternatives(near)}?" if near else known)


def parts_of(columns: tuple[RunColumn, ...]) -> RunParts:
    """What has to be read for these columns."""
    from store.entities import RunParts

    parts = RunParts.ATTRIBUTES
    for column in columns:
        if column.kind != "attributes":
            parts |= RunParts.INPUTS if column.kind == "datasets" else RunParts[column.kind.upper()]
    return parts


def _digests(run: Run, name: str) -> dict[str, list[str]]:
    """The digests of the datasets of a run by their names; of one alone if `name` says which."""
    found: dict[str, list[str]] = {name: []} if name else {}
    for called, digest in datasets_of(run):
        if name in ("", called):
            found.setdefault(called, []).append(digest)
    return found


def limited_document(
    columns: tuple[RunColumn, ...], experiment_names: dict[str, str]
) -> Callable[[Run], dict[str, Any]]:
    """A function that makes JSON objects of these columns; the run's id is always there, and what could not be read."""
    from tui.cli.documents import problems_document

    def document(run: Run) -> dict[str, Any]:
        made: dict[str, Any] = {"run_id": run.run_id}
        for column in columns:
            if column.kind == "datasets":
                made.setdefault(column.kind, {}).update(_digests(run, column.key))
                continue
            value = column.value(run, experiment_names)
            if column.kind == "attributes":
                made[column.key] = value
            else:
                made.setdefault(column.kind, {})[column.name] = value
        return made | problems_document(run)

    return document
