"""What runs can be sorted by: order_by keys, and how they are named to a user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from store.entities import Run
from tui.view import cells

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

_INTERNAL: Final = "mlflow."
"""How the keys of tags begin that MLflow writes itself."""


@dataclass(frozen=True, slots=True)
class OrderChoice:
    """One thing to sort by."""

    key: str
    """As order_by takes it."""
    title: str
    """As the store has it, not clean."""
    kind: str
    """attribute, metric, param or tag."""


def order_key(kind: str, key: str) -> str | None:
    """A key as order_by takes it, in backticks; None for one that MLflow's language has no way of writing."""
    return None if not key or key != key.strip() or "`" in key or '"' in key else f"{kind}.`{key}`"


def order_choices(runs: Iterable[Run]) -> list[OrderChoice]:
    """Attributes, then every metric, param and tag of these runs; system metrics and MLflow's own tags last."""
    metrics: dict[str, None] = {}
    params: dict[str, None] = {}
    tags: dict[str, None] = {}
    for run in runs:
        metrics.update(dict.fromkeys(run.metrics))
        params.update(dict.fromkeys(run.params))
        tags.update(dict.fromkeys(run.tags))
    found = [OrderChoice(f"attributes.{key}", title, "attribute") for key, title in ATTRIBUTES]
    for kind, word, keys, last in (
        ("metrics", "metric", metrics, "system/"),
        ("params", "param", params, _INTERNAL),
        ("tags", "tag", tags, _INTERNAL),
    ):
        ordered = sorted(key for key in keys if not key.startswith(last))
        ordered += sorted(key for key in keys if key.startswith(last))
        written = ((key, order_key(kind, key)) for key in ordered)
        found += [OrderChoice(expression, key, word) for key, expression in written if expression is not None]
    return found


def keys_known(read: int, total: int, complete: bool) -> str:
    """Whose keys are offered, where those are not the keys of every run; empty if they are."""
    if complete and read >= total:
        return ""
    of = cells.count(total) if complete else f"more than {cells.count(total)}"
    return f"keys of {cells.count(read)} of {of} runs; others come as you scroll"
