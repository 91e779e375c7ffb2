"""Reading one meta.yaml file, which a trainer may be writing at this moment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from threading import Event
from typing import Any, Final

from store.file import flat
from store.file.layout import META
from store.file.reading import Gone, Stamp, Unreadable, check, look, read

LARGEST: Final = 1 << 20
"""Bytes of a meta.yaml file of a run or an experiment; MLflow's have a few hundred."""

LARGEST_DATASET: Final = 32 << 20
"""The same for a dataset's, which holds its schema and its profile: up to 1 MiB and 16 MiB."""

_RETRIES_S: Final = (0.02, 0.05, 0.1)
"""Waits before a file that may be half-written is read again."""

_LATELY_S: Final = 5.0
"""A file that was changed longer ago than this is not being written."""


def read_meta(
    folder: str,
    bounds: tuple[str, ...],
    cancel: Event | None = None,
    *,
    complete: Callable[[dict[str, Any]], bool] = bool,
    limit: int = LARGEST,
) -> tuple[dict[str, Any], Stamp]:
    """What the meta.yaml of a folder holds.

    One that is empty, broken or not `complete`, and was changed just now, is read again a moment later.
    Raises Unreadable, Gone if there is neither file nor folder, and Cancelled once `cancel` is set.
    """
    path = os.path.join(folder, META)
    for wait in (*_RETRIES_S, None):
        try:
            found, stamp = _read(path, bounds, limit, cancel)
            if wait is None or complete(found) or not _is_recent(path):
                return found, stamp
        except Gone:
            if wait is None or not _is_recent(folder):
                if not os.path.isdir(folder):
                    raise
                raise Unreadable("has no meta.yaml: MLflow did not write this folder, or not all of it") from None
        except Unreadable:
            if wait is None or not _is_recent(path):
                raise
        check(cancel)
        if cancel is None:
            time.sleep(wait)
        elif cancel.wait(wait):
            check(cancel)
    raise AssertionError("the last attempt returns or raises")


def _read(path: str, bounds: tuple[str, ...], limit: int, cancel: Event | None) -> tuple[dict[str, Any], Stamp]:
    try:
        real, _ = look(path, bounds)
        content = read(real, limit, 0, cancel)
    except Gone:
        raise
    except Unreadable as error:
        raise Unreadable(f"meta.yaml {error}") from error
    if content.rest:
        raise Unreadable(f"meta.yaml has {content.stamp[1]:,} bytes; at most {limit:,} are read")
    try:
        found = flat.parse(content.data)
    except flat.Malformed as error:
        raise Unreadable(f"meta.yaml {error}") from error
    if found is None:
        raise Unreadable("meta.yaml is empty")
    return found, content.stamp


def _is_recent(path: str) -> bool:
    try:
        return abs(time.time() - os.lstat(path).st_mtime) < _LATELY_S
    except OSError:
        return False
