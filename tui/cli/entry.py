"""The console script: the way into the terminal interface that loads nothing else, or the commands."""

from __future__ import annotations

import gc
import os
import sys
from typing import Final

OBJECTS_BETWEEN_COLLECTIONS: Final = 50_000
"""Imports make many objects and no garbage: looking for some costs a sixth of a short command's time."""

OBJECTS_IN_COMMANDS: Final = 400_000
"""The same while a command runs, which makes its answer and ends: that, too, is no garbage."""


def run() -> None:
    """What `flowdeck` does."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    _open_missing_streams()
    from tui.cli.guard import guarded

    code = guarded(_start)
    # The process ends: looking for garbage among all that was loaded would take a tenth of a short command's time.
    gc.freeze()
    sys.exit(code)


def _open_missing_streams() -> None:
    """A caller may have closed any of the three: what is written there goes nowhere, nothing is read."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 (for the life of the process)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (for the life of the process)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (for the life of the process)


def _start() -> int:
    """The exit code of whichever way in it is."""
    arguments = sys.argv[1:]
    if len(arguments) <= 1 and _plain(arguments) and sys.stdin.isatty() and sys.stdout.isatty():
        return _open(arguments[0] if arguments else None)
    gc.set_threshold(OBJECTS_IN_COMMANDS, *gc.get_threshold()[1:])
    from tui.cli.main import run_command

    return run_command()


def _plain(arguments: list[str]) -> bool:
    """True for no argument, and for one that can only be a store: what else it could be is the commands' business."""
    from tui.cli.commands import COMMANDS, is_address

    return all(
        one.isascii() and not one.startswith("-") and one not in COMMANDS and is_address(one) for one in arguments
    )


def _open(uri: str | None) -> int:
    """Opens the terminal interface; the exit code. Raises whatever goes wrong."""
    if uri is None:
        from pathlib import Path

        from store.uris import discover

        uri = discover(os.environ, Path.cwd()).uri
    from tui.start import run_tui

    return run_tui(uri)


if __name__ == "__main__":
    run()
