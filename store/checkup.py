"""What can be said about a store without reading its tables: how its file is written, where its artifacts lie."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_WRITE_VERSION: Final = 18
"""Offset in an SQLite file's header: 1 rollback journal, 2 write-ahead log."""


def journal_mode(database: Path) -> str:
    """How writers of an SQLite file keep it whole; empty if that cannot be seen."""
    try:
        with database.open("rb") as file:
            header = file.read(_WRITE_VERSION + 1)
    except OSError:
        return ""
    if not header.startswith(b"SQLite format 3\0") or len(header) <= _WRITE_VERSION:
        return ""
    return {1: "rollback journal", 2: "write-ahead log"}.get(header[_WRITE_VERSION], "")


@dataclass(frozen=True, slots=True)
class ArtifactRoots:
    """The artifact locations of one scheme."""

    scheme: str
    """`file` for local folders."""
    locations: int
    there: int | None
    """Local folders that exist; None for other schemes, which are not asked."""
    absent: tuple[str, ...] = ()
    """Local folders that do not exist."""


def artifact_roots(locations: Iterable[str], store: Path | None) -> list[ArtifactRoots]:
    """The distinct locations by scheme.

    Relative ones, which MLflow before 2.1 wrote, are looked for beside the database or the tree at `store`, then below
    the working directory.
    """
    schemes: dict[str, list[str]] = {}
    for location in dict.fromkeys(locations):
        scheme = urlsplit(location).scheme.lower() if "://" in location or ":/" in location else "file"
        schemes.setdefault(scheme or "file", []).append(location)
    found = []
    for scheme, these in sorted(schemes.items()):
        if scheme != "file":
            found.append(ArtifactRoots(scheme, len(these), None))
            continue
        absent = tuple(location for location in these if not _exists(location, store))
        found.append(ArtifactRoots("file", len(these), len(these) - len(absent), absent))
    return found


def _exists(location: str, store: Path | None) -> bool:
    path = urlsplit(location).path if location.startswith("file:") else location
    bases = [store.parent, Path.cwd()] if store is not None else [Path.cwd()]
    # MLflow decodes percent signs in paths, too.
    names = dict.fromkeys((path, unquote(path)))
    try:
        return any(os.path.isdir(base / name) for base in bases for name in names)
    except ValueError:
        return False
