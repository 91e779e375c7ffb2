"""A view of runs as files keep it: plain texts, numbers and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from store.groups import Level, group_key_of
from store.kinds import ViewType
from tui import plain
from tui.view.group_order import group_order_of
from tui.view.order import NEWEST_FIRST, sort_key_of
from tui.view.run_columns import RunColumn, column_of
from tui.view.runs import RunsView

MOST: Final = 1000
"""Columns, and keys of an order, that are kept."""

WIDEST: Final = 500
"""Terminal columns of a column."""


def view_document(view: RunsView) -> dict[str, Any]:
    """What of a view differs from the usual one; of the experiments nothing."""
    found: dict[str, Any] = {}
    if view.filter:
        found["filter"] = view.filter
    if view.find:
        found["find"] = view.find
    if view.order != NEWEST_FIRST:
        found["sort"] = [key.text for key in view.order]
    if view.stage is not ViewType.ACTIVE_ONLY:
        found["stage"] = view.stage.value
    if view.columns is not None:
        found["columns"] = [column.id for column in view.columns]
        widths = {column.id: column.width for column in view.columns if column.width is not None}
        if widths:
            found["widths"] = widths
    if view.frozen:
        found["frozen"] = view.frozen
    if view.varying:
        found["varying"] = True
    if view.nested:
        found["nested"] = True
    if view.groups:
        found["groups"] = [[key.id for key in level] for level in view.groups]
    if view.group_order is not None:
        found["rank"] = view.group_order.text
    return found


def view_of(document: Mapping[str, Any]) -> RunsView:
    """The view that `view_document` made it from. Raises `ValueError` for anything else."""
    order = [sort_key_of(plain.text(key)) for key in plain.items(document.get("sort", []), MOST)]
    columns = document.get("columns")
    return RunsView(
        filter=plain.text(document.get("filter", "")),
        find=plain.text(document.get("find", "")),
        order=tuple(order) or NEWEST_FIRST,
        stage=ViewType(plain.text(document.get("stage", ViewType.ACTIVE_ONLY.value))),
        columns=None if columns is None else _columns(plain.items(columns, MOST), document.get("widths", {})),
        frozen=plain.number(document.get("frozen", 0), MOST),
        varying=document.get("varying", False) is True,
        nested=document.get("nested", False) is True,
        groups=tuple(_level(level) for level in plain.items(document.get("groups", []), MOST)),
        group_order=group_order_of(plain.text(document["rank"])) if "rank" in document else None,
    )


def _level(keys: Any) -> Level:
    found = tuple(group_key_of(plain.text(key)) for key in plain.items(keys, MOST))
    if not found:
        raise ValueError("groups")
    return found


def _columns(texts: list[Any], widths: Any) -> tuple[RunColumn, ...]:
    if not isinstance(widths, Mapping):
        raise ValueError("widths")
    columns = (column_of(text) for text in dict.fromkeys(map(plain.text, texts)))
    return tuple(
        replace(column, width=plain.number(widths[column.id], WIDEST)) if column.id in widths else column
        for column in columns
    )
