"""The program in a real terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.terminal import Terminal

COMMAND = (sys.executable, "-m", "tui.cli.entry")
"""What the installed `flowdeck` runs."""


def in_terminal(
    *arguments: str | Path, columns: int = 80, rows: int = 24, env: dict[str, str] | None = None
) -> Terminal:
    """`flowdeck ARGUMENTS` in a pseudo-terminal of that size."""
    root = Path(__file__).resolve().parents[2]
    settings = {"PYTHONPATH": str(root), "TZ": "UTC", **(env or {})}
    return Terminal([*COMMAND, *map(str, arguments)], columns=columns, rows=rows, env=settings)
