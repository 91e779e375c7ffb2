"""The file that keeps where one was in each store, from one start to the next."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
    """What the file at `path` keeps, and why it could not be read; that is never worth an error."""
    try:
        documents = _read(path)
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"{path} cannot be read, so every store begins at its experiments: {error.strerror}"
    except (ValueError, RecursionError):
        return {}, f"{path} is damaged, so every store begins at its experiments; it is written anew"
    from tui.spot import spot_of

    try:
        return {key: spot_of(document) for key, document in documents.items()}, ""
    except (ValueError, TypeError):
        return {}, f"{path} is damaged, so every store begins at its experiments; it is written anew"


def write_spots(path: Path, spots: Mapping[str, Spot]) -> str:
    """Adds `spots` to the file at `path`; empty, or why that could not be done."""
    if not spots or path == Path(os.devnull):
        return ""
    import json

    from store.replacing import replace_text
    from tui.spot import document_of

    # Another flowdeck may have written meanwhile: what it knows of other stores stays.
    there, _ = read_spots(path)
    kept = {**{key: spot for key, spot in there.items() if key not in spots}, **spots}
    newest = list(kept.items())[-MOST_STORES:]
    text = json.dumps({"version": VERSION, "stores": {key: document_of(spot) for key, spot in newest}}, indent=1)
    try:
        replace_text(path, text + "\n", keep_mode=False)
    except OSError as error:
        return f"where you were is not kept for the next time: {path} cannot be written: {error.strerror}"
    return ""


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if not data:
        return {}
    if len(data) > LARGEST:
        raise ValueError("too large")
    import json

    document = json.loads(data)
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError("another version")
    stores = document.get("stores")
    if not isinstance(stores, dict):
        raise ValueError("no stores")
    return stores
