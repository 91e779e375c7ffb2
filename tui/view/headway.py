"""How far a long reading has come, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.view.cells import count

if TYPE_CHECKING:
    from store.protocols import Headway


def headway_text(headway: Headway) -> str:
    """`reading runs: 12 340 of 20 000`."""
    of = "" if headway.total is None else f" of {count(headway.total)}"
    return f"reading {headway.what}: {count(headway.done)}{of}"
