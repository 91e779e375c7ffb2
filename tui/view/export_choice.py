"""What can be chosen about an export, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tui.view.export import Format

FORMATS: Final = (Format.CSV, Format.JSON, Format.NDJSON, Format.MD, Format.PARQUET)
"""In the order in which they are offered."""

FORMAT_NAMES: Final = {Format.MD: "markdown"}
"""Those that are called otherwise than the command line has them."""

LONGEST_NAME: Final = 60
"""Characters that a proposed name takes over from an experiment's."""


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """One thing that can be exported."""

    id: str
    text: str
    amount: str
    """How many rows that is."""
    columns: str = ""
    """What of each."""
    left_out: str = ""
    """What a file cannot have; empty if it has everything."""
    noun: str = ""
    """What the name of a file of it ends in, before the day."""


def format_name(format_: Format) -> str:
    return FORMAT_NAMES.get(format_, str(format_))


def proposed_name(parts: Sequence[str], day: str, format_: Format) -> str:
    """The name of a file: parts of what it holds, of which only letters and digits are taken over, and the day."""
    words = ["-".join("".join(one if one.isalnum() else " " for one in part).split()) for part in parts]
    stem = "-".join(word[:LONGEST_NAME].strip("-") for word in words if word)
    return f"{stem}-{day}.{format_}"


def renamed(path: str, before: Format, format_: Format) -> str:
    """The path with the ending of another format, if it had that of the one before."""
    ending = f".{before}"
    return f"{path.removesuffix(ending)}.{format_}" if path.endswith(ending) else path
