"""The file that keeps where one was in each store, from one start to the next."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tui.spot import Spot

VERSION: Final = 1

MOST_STORES: Final = 50
"""Stores that are kept, those that were left last."""

LARGEST: Final = 4 << 20
"""Bytes that are read; a larger file is none of ours."""

Spots = dict[str, "Spot"]
"""By a store's name or address without secrets; the one that was left last comes last."""


def read_spots(path: Path) -> tuple[Spots, str]:
    """What the file at `path` keeps, and why not everything of it could be read; that is never worth an error."""
    kept = _read(path)
    return kept.spots, kept.notice


def write_spots(path: Path, spots: Mapping[str, Spot]) -> str:
    """Adds `spots` to the file at `path`; empty, or why that could not be done."""
    if not spots or path == Path(os.devnull):
        return ""
    import json

    from store.replacing import replace_text
    from tui.filter_history import merged
    from tui.spot import document_of

    # Another flowdeck may have written meanwhile: what it knows of other stores stays.
    there = _read(path)
    if there.spared:
        return f"where you were is not kept for the next time: {there.spared}"
    kept = {key: spot for key, spot in there.spots.items() if key not in spots}
    for key, spot in spots.items():
        known = there.spots.get(key)
        kept[key] = spot if known is None else replace(spot, filters=merged(known.filters, spot.filters))
    newest = list(kept.items())[-MOST_STORES:]
    text = json.dumps({"version": VERSION, "stores": {key: document_of(spot) for key, spot in newest}}, indent=1)
    try:
        replace_text(path, text + "\n", keep_mode=False)
    except OSError as error:
        return f"where you were is not kept for the next time: {path} cannot be written: {error.strerror}"
    return ""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a file keeps."""

    spots: Spots = field(default_factory=dict)
    notice: str = ""
    """Why that is not everything, for its reader."""
    spared: str = ""
    """Why the file must not be written, for there is more in it; empty if it may be."""


def _read(path: Path) -> _Kept:
    try:
        documents = _documents(path)
    except FileNotFoundError:
        return _Kept()
    except OSError as error:
        return _unknown(f"{path} cannot be read: {error.strerror}")
    except _NewerError:
        return _unknown(f"{path} was written by a newer flowdeck")
    except (ValueError, RecursionError):
        return _Kept(notice=f"{path} is damaged, so every store begins at its experiments; it is written anew")
    from tui.spot import spot_of

    spots: Spots = {}
    for key, document in documents.items():
        # One that is damaged takes no other with it.
        with suppress(ValueError, TypeError):
            spots[key] = spot_of(document)
    damaged = len(documents) - len(spots)
    stores = "1 store begins at its" if damaged == 1 else f"{damaged} stores begin at their"
    return _Kept(spots, f"{path} is damaged in part, so {stores} experiments" if damaged else "")


def _unknown(why: str) -> _Kept:
    return _Kept(notice=f"every store begins at its experiments: {why}", spared=why)


class _NewerError(Exception):
    """A file of a version that is not known yet."""


def _documents(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if not data:
        return {}
    if len(data) > LARGEST:
        raise ValueError("too large")
    import json

    document = json.loads(data)
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise _NewerError
    if version != VERSION:
        raise ValueError("no version")
    stores = document.get("stores")
    if not isinstance(stores, dict):
        raise ValueError("no stores")
    return stores
