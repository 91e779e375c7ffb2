"""What runs can be sorted by: keys of an order, and how they are named to a user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from store.direction import best_of, more_is_better
from store.entities import KeyCount, Run
from store.kinds import Aggregate
from tui.view.run_columns import RunColumn, column_of

ATTRIBUTES: Final = (
    ("start_time", "Started"),
    ("end_time", "Ended"),
    ("run_name", "Run"),
    ("status", "Status"),
    ("user_id", "User"),
    ("run_id", "Run id"),
    ("artifact_uri", "Artifacts"),
)
"""Every attribute that MLflow sorts runs by, and its title."""

NUMBER: Final = "number"
"""What the written form of a param begins with whose values count as numbers."""

BEST_WORD: Final = "best"
"""What is typed to sort by best values."""

DATASET: Final = RunColumn("datasets", "")
"""The datasets of a run: the first one by the alphabet counts."""

_NOUNS: Final = {"metrics": "metric", "params": "param", "tags": "tag"}
"""Kinds of keys, in the order in which they are listed, and what one is called."""

_INTERNAL: Final = "mlflow."
"""How the keys of tags begin that MLflow writes itself."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key that runs are sorted by."""

    column: RunColumn
    ascending: bool
    numeric: bool = False
    """Of a param: its values count as numbers, and come before those that are none."""

    @property
    def expression(self) -> str:
        """As order_by takes it, in MLflow's own language where that can say it; see `sortable`."""
        column = self.column
        plain = f"{column.kind}.`{column.key}`"
        if column.kind == "attributes":
            plain = f"attributes.{column.key}"
        elif column.kind == "datasets":
            plain = "dataset.name"
        if self.numeric:
            plain = f"{NUMBER}({plain})"
        elif column.aggregate is not Aggregate.LATEST:
            step = "" if column.step is None else f", {column.step}"
            plain = f"{column.aggregate}({plain}{step})"
        return f"{plain} {'ASC' if self.ascending else 'DESC'}"

    @property
    def text(self) -> str:
        """How it is written down, for `sort_key_of`: `metrics.rmse:asc`, `number(params.lr):desc`."""
        column = f"{NUMBER}({self.column.id})" if self.numeric else self.column.id
        return f"{column}:{'asc' if self.ascending else 'desc'}"


def sort_key_of(text: str) -> SortKey:
    """The key whose `text` that is. Raises `ValueError`."""
    written, _, direction = text.rpartition(":")
    if direction not in ("asc", "desc"):
        raise ValueError(text)
    numeric = written.startswith(f"{NUMBER}(params.") and written.endswith(")")
    column = column_of(written[len(NUMBER) + 1 : -1] if numeric else written)
    if not sortable(column):
        raise ValueError(text)
    return SortKey(column, direction == "asc", numeric)


Order = tuple[SortKey, ...]
"""The keys that runs are sorted by, the first one first."""

NEWEST_FIRST: Final[Order] = (SortKey(RunColumn("attributes", "start_time"), ascending=False),)
"""The order of MLflow's own page."""


@dataclass(frozen=True, slots=True)
class OrderChoice:
    """One thing to sort by."""

    column: RunColumn
    title: str
    """As the store has it, not clean."""
    kind: str
    """attribute, metric, param or tag."""
    numeric: bool = False
    """Of a param: some run has a number there, or nobody looked: texts come behind the numbers then."""
    runs: int | None = None
    """How many have it, where that was counted."""


def sortable(column: RunColumn) -> bool:
    """False for a key that no filter can name, and for what has no order."""
    key = column.key
    if column.spark:
        return False
    if column.kind == "datasets":
        return not key
    if column.kind == "attributes":
        return any(key == name for name, _ in ATTRIBUTES)
    return bool(key) and key == key.strip() and "`" not in key and '"' not in key


def is_number(text: str) -> bool:
    """True for the value of a param that is sorted as a number."""
    try:
        return float(text) - float(text) == 0
    except ValueError:
        return False


def order_choices(runs: Iterable[Run]) -> list[OrderChoice]:
    """Attributes, then every metric, param and tag of these runs; system metrics and MLflow's own tags last."""
    metrics: dict[str, None] = {}
    params: dict[str, bool] = {}
    tags: dict[str, None] = {}
    for run in runs:
        metrics.update(dict.fromkeys(run.metrics))
        for key, value in run.params.items():
            params[key] = params.get(key, False) or is_number(value)
        tags.update(dict.fromkeys(run.tags))
    found = [OrderChoice(RunColumn("attributes", key), title, "attribute") for key, title in ATTRIBUTES]
    found.append(OrderChoice(DATASET, "Dataset", "dataset, by name"))
    for kind, keys in (("metrics", metrics), ("params", params), ("tags", tags)):
        found += [_choice(kind, key, numeric=params.get(key, False)) for key in keys]
    return _ordered(found)


def with_best(choices: Sequence[OrderChoice], directions: Mapping[str, bool]) -> list[OrderChoice]:
    """The choices, and the best value of each metric among them of which it is known what is better."""
    found = {choice.column.asked for choice in choices}
    best = []
    for choice in choices:
        column = choice.column
        aggregate = best_of(directions.get(column.key, more_is_better(column.key)))
        if column.kind == "metrics" and not column.computed and aggregate is not None:
            made = replace(column, aggregate=aggregate, best=True)
            if made.asked not in found:
                told = f"{choice.kind}, best: {aggregate}"
                best.append(replace(choice, column=made, title=f"{BEST_WORD} {choice.title}", kind=told))
    return [*choices, *best]


def with_keys(choices: Sequence[OrderChoice], found: Iterable[KeyCount]) -> list[OrderChoice]:
    """The choices, and what else a store has under keys that were looked up; they say how many runs have them."""
    counts: dict[tuple[str, str], int | None] = {
        (entry.kind.value, entry.key): entry.runs for entry in found if entry.kind.value in _NOUNS
    }
    known = {(one.column.kind, one.column.key) for one in choices}
    more = [_choice(kind, key, numeric=True) for kind, key in counts if (kind, key) not in known]
    every = _ordered([*choices, *more])
    return [replace(one, runs=counts.get((one.column.kind, one.column.key))) for one in every]


def _choice(kind: str, key: str, *, numeric: bool) -> OrderChoice:
    return OrderChoice(RunColumn(kind, key), key, _NOUNS[kind], kind == "params" and numeric)


def _ordered(choices: Iterable[OrderChoice]) -> list[OrderChoice]:
    """Attributes as they are, then by kind and key, what histories come to last; without what cannot be asked for."""

    def place(choice: OrderChoice) -> tuple[int, bool, str]:
        column = choice.column
        if column.kind not in _NOUNS or column.computed:
            return (0 if column.kind not in _NOUNS else len(_NOUNS) + 1), False, ""
        internal = column.key.startswith("system/" if column.kind == "metrics" else _INTERNAL)
        return 1 + list(_NOUNS).index(column.kind), internal, column.key

    return sorted(filter(lambda choice: sortable(choice.column), choices), key=place)
