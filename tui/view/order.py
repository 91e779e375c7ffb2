"""What runs can be sorted by: keys of an order, and how they are named to a user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from store.entities import Run
from store.kinds import Aggregate
from tui.view import cells
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
        plain = f"attributes.{column.key}" if column.kind == "attributes" else f"{column.kind}.`{column.key}`"
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
    """Of a param: some run has a number there."""


def sortable(column: RunColumn) -> bool:
    """False for a key that no filter can name, and for what has no order."""
    key = column.key
    if column.spark:
        return False
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
    for kind, word, keys, last in (
        ("metrics", "metric", metrics, "system/"),
        ("params", "param", params, _INTERNAL),
        ("tags", "tag", tags, _INTERNAL),
    ):
        ordered = sorted(key for key in keys if not key.startswith(last))
        ordered += sorted(key for key in keys if key.startswith(last))
        columns = (RunColumn(kind, key) for key in ordered)
        found += [
            OrderChoice(column, column.key, word, kind == "params" and params[column.key])
            for column in columns
            if sortable(column)
        ]
    return found


def keys_known(read: int, total: int, complete: bool) -> str:
    """Whose keys are offered, where those are not the keys of every run; empty if they are."""
    if complete and read >= total:
        return ""
    of = cells.count(total) if complete else f"more than {cells.count(total)}"
    return f"keys of {cells.count(read)} of {of} runs; others come as you scroll"
