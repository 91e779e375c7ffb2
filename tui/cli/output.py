"""The only writer to stdout: data, and nothing else."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Final

FALLBACK_COLUMNS: Final = 80
"""Width of a chart where there is no terminal to ask."""


WIDEST: Final = 1000
"""Columns or lines that are believed of a terminal, whatever COLUMNS and LINES say."""


def is_terminal() -> bool:
    return sys.stdout.isatty()


def columns() -> int:
    """Width of the terminal, or what COLUMNS says."""
    return min(WIDEST, max(1, shutil.get_terminal_size((FALLBACK_COLUMNS, 24)).columns))


def lines() -> int:
    """Height of the terminal, or what LINES says."""
    return min(WIDEST, max(1, shutil.get_terminal_size((FALLBACK_COLUMNS, 24)).lines))


def write(text: str) -> None:
    """Data for programs, always UTF-8: the user's locale does not change what a file means."""
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    stream.write(text.encode("utf-8", "replace"))


def write_shown(text: str) -> None:
    """Text for people, in the terminal's encoding."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    stream.write(text.encode(encoding, "replace"))


def flush() -> None:
    sys.stdout.flush()


def close_quietly() -> None:
    """After the reader has gone (`| head`): what is still buffered goes nowhere, without a word at exit."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
