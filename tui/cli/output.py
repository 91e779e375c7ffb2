"""The only writer to stdout, or to the file that stands in for it: data, and nothing else."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

FALLBACK_COLUMNS: Final = 80
"""Width of a chart where there is no terminal to ask."""


WIDEST: Final = 1000
"""Columns or lines that are believed of a terminal, whatever COLUMNS and LINES say."""


_file: BinaryIO | None = None
"""Where data goes instead of stdout."""


@contextmanager
def sent_to(file: BinaryIO) -> Iterator[None]:
    """Until the block ends, all data goes to this file."""
    global _file
    _file = file
    try:
        yield
    finally:
        _file = None


def is_terminal() -> bool:
    return _file is None and sys.stdout.isatty()


def columns() -> int:
    """Width of the terminal, or what COLUMNS says."""
    return min(WIDEST, max(1, shutil.get_terminal_size((FALLBACK_COLUMNS, 24)).columns))


def lines() -> int:
    """Height of the terminal, or what LINES says."""
    return min(WIDEST, max(1, shutil.get_terminal_size((FALLBACK_COLUMNS, 24)).lines))


def write(text: str) -> None:
    """Data for programs, always UTF-8: the user's locale does not change what a file means."""
    if _file is not None:
        _file.write(text.encode("utf-8", "replace"))
        return
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    stream.write(text.encode("utf-8", "replace"))


def data() -> BinaryIO:
    """For data that is no text."""
    if _file is not None:
        return _file
    sys.stdout.flush()
    return sys.stdout.buffer


def write_shown(text: str) -> None:
    """Text for people, in the terminal's encoding; in a file that stands in for it, UTF-8."""
    if _file is not None:
        write(text)
        return
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
