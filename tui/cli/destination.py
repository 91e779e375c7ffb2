"""Where a command writes what it would print."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from tui.cli import output
from tui.view.export import Format

ENDED: Final = (signal.SIGTERM, signal.SIGHUP)
"""What ends a program without a word."""

KILLED: Final = 128
"""Added to the number of the signal that ended the program, as shells count."""


@contextmanager
def written_to(file: str | None, force: bool, format_: Format) -> Iterator[None]:
    """What the block prints is in `file` when it ends, and nowhere if it fails; without one it is printed.

    Raises `UsageError` for what cannot be meant, `DriverMissing` if a package is missing, and `StoreError` for a file
    that cannot be written.
    """
    from store.errors import UsageError

    if format_ is Format.PARQUET:
        from tui.parquet import check_parquet

        if file is None and output.is_terminal():
            raise UsageError("parquet is nothing that a terminal can show", "--to runs.parquet writes it to a file")
        check_parquet()
    if file is None:
        if force:
            raise UsageError("--force replaces the file that --to names", "name one with --to FILE")
        yield
        return
    from pathlib import Path

    from store.replacing import whole_file
    from tui.unwritten import unwritten

    try:
        with _orderly_end(), whole_file(Path(file), replace=force) as written, output.sent_to(written):
            yield
    except FileExistsError as error:
        raise UsageError(f"{file} exists already, and was not changed", "--force replaces it") from error
    except OSError as error:
        raise unwritten(file, error) from error


@contextmanager
def _orderly_end() -> Iterator[None]:
    """Signals that end the program let it take away what it has half done."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(KILLED + number)

    before = {number: signal.signal(number, end) for number in ENDED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
