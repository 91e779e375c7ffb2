"""Reading the parts of a run that are folders of small files: params, tags and the latest values of metrics."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import Final, TypeVar

from store.entities import Metric
from store.file.folders import Folder
from store.file.index import Batch, Entry, Part
from store.file.keys import beyond_links, files, find_file, is_key, note
from store.file.layout import METRICS, shown
from store.file.metric_file import is_settled, latest_of, read_latest
from store.file.reading import Stamp, Unreadable, look, read, stamp_of, unchanged, unreadable
from store.texts import value_text

T = TypeVar("T")

LARGEST: Final = 1 << 20
"""Bytes of a param's or a tag's value that are read; MLflow allows 20,000 at most. What is longer is flagged."""

KEPT: Final = 16_384
"""Characters of a value that the index keeps: longer ones are rare, and read anew."""


def read_texts(
    folder: Folder,
    part: str,
    known: Part,
    batch: Batch,
    problems: list[str],
    cancel: Event | None = None,
    keys: Sequence[str] | None = None,
) -> dict[str, str]:
    """The values of `params` or `tags`, by key in order; those that are as `known` are not read.

    Only of these `keys`, which are in order, if there are any given: then nothing looks what others there are.
    """
    if keys is not None:
        found = ((key, read_text(folder, part, key, known.files.get(key), batch, problems)) for key in keys)
        return {key: value for key, value in found if value is not None}

    def again(key: str, entry: Entry) -> str:
        return str(entry[4])

    def anew(key: str, path: str, stamp: Stamp | None, entry: Entry | None) -> tuple[str, Entry | None]:
        return _text(part, key, path, problems)

    return _read_all(folder, part, known, again, anew, batch, problems, cancel)


def read_metrics(
    folder: Folder,
    known: Part,
    batch: Batch,
    problems: list[str],
    cancel: Event | None = None,
    keys: Sequence[str] | None = None,
) -> dict[str, Metric]:
    """The latest values of all metrics, or of these `keys`, by key in order."""
    if keys is not None:
        found = ((key, read_metric(folder, key, known.files.get(key), batch, problems, cancel)) for key in keys)
        return {key: value for key, value in found if value is not None}

    def anew(key: str, path: str, stamp: Stamp | None, entry: Entry | None) -> tuple[Metric | None, Entry | None]:
        return _metric(key, path, stamp, entry, problems, cancel)

    return _read_all(folder, METRICS, known, latest_of, anew, batch, problems, cancel)


def _read_all(
    folder: Folder,
    part: str,
    known: Part,
    again: Callable[[str, Entry], T],
    anew: Callable[[str, str, Stamp | None, Entry | None], tuple[T | None, Entry | None]],
    batch: Batch,
    problems: list[str],
    cancel: Event | None,
) -> dict[str, T]:
    """What `again` makes of the entries that still fit, and `anew` of the files whose do not."""
    same = _unchanged(f"{folder.path}/{part}", known, again)
    if same is not None:
        return same
    found: dict[str, T] = {}
    kept: dict[str, Entry] = {}
    folders: dict[str, list[int]] = {}
    fits, every, before, began = True, True, len(problems), time.time_ns()
    for name, path, is_link in files(folder, part, problems, cancel, folders):
        entry = known.files.get(name)
        stamp = None
        try:
            if is_link:
                every = False
                path, stamp = look(path, folder.bounds)
            elif entry is not None:
                stamp = stamp_of(os.lstat(path))
            key = name if name.isascii() else shown(name)
            if entry is not None and stamp == tuple(entry[:4]):
                found[key] = again(key, entry)
                kept[name] = entry
                continue
            value, new = anew(key, path, stamp, entry)
        except OSError as error:
            note(problems, f"{part}/{shown(name)}", unreadable(error))
            every = False
        except Unreadable as error:
            note(problems, f"{part}/{shown(name)}", error)
            every = False
        else:
            if value is not None:
                found[key] = value
            if new is not None and shown(name) == name:
                fits = False
                kept[name] = new
            else:
                every = False
    every = every and len(problems) == before and all(is_settled(stamp[2], began) for stamp in folders.values())
    now = Part(folders if every else {}, {name: kept[name] for name in sorted(kept)})
    if not fits or len(kept) != len(known.files) or now.folders != known.folders:
        batch.parts.append((folder.relative, part, now))
    return {key: found[key] for key in sorted(found)}


def _unchanged(top: str, known: Part, again: Callable[[str, Entry], T]) -> dict[str, T] | None:
    """What `again` makes of all entries; None if one has come, gone or changed since, or if that cannot be told.

    No folder is listed for that: it has other files only if it was changed itself.
    """
    if not known.folders:
        return None
    # With a slash behind it a link would count as the folder that it leads to.
    if not all(unchanged(f"{top}/{name}" if name else top, stamp) for name, stamp in known.folders.items()):
        return None
    found: dict[str, T] = {}
    for name, entry in known.files.items():
        if not unchanged(f"{top}/{name}", entry):
            return None
        found[name] = again(name, entry)
    return found


def read_text(
    folder: Folder, part: str, key: str, known: Entry | None, batch: Batch, problems: list[str]
) -> str | None:
    """The value of one param or tag; None if there is none."""
    if known is not None and is_key(key) and unchanged(f"{folder.path}/{part}/{key}", known):
        return str(known[4])
    try:
        path, _ = find_file(folder, part, key)
        value, entry = _text(part, key, beyond_links(folder, part, key, path), problems)
    except Unreadable as error:
        note(problems, f"{part}/{key}", error)
        return None
    if entry is not None:
        batch.values.append((part, key, folder.relative, entry))
    return value


def read_metric(
    folder: Folder, key: str, known: Entry | None, batch: Batch, problems: list[str], cancel: Event | None = None
) -> Metric | None:
    """The latest value of one metric; None if there is none."""
    if known is not None and is_key(key) and unchanged(f"{folder.path}/{METRICS}/{key}", known):
        return latest_of(key, known)
    try:
        path, stamp = find_file(folder, METRICS, key)
        value, entry = _metric(key, beyond_links(folder, METRICS, key, path), stamp, known, problems, cancel)
    except Unreadable as error:
        note(problems, f"{METRICS}/{key}", error)
        return None
    if entry is not None:
        batch.values.append((METRICS, key, folder.relative, entry))
    return value


def _text(part: str, key: str, path: str, problems: list[str]) -> tuple[str, Entry | None]:
    """What a file holds, and what to keep of it."""
    content = read(path, LARGEST)
    fine = not content.rest
    try:
        value = content.data.decode()
    except UnicodeDecodeError:
        value = content.data.decode("utf-8", "backslashreplace")
        if fine:
            problems.append(f"{part}/{key} is not UTF-8")
        fine = False
    if content.rest:
        problems.append(f"{part}/{key} has {content.stamp[1]:,} bytes: the first {LARGEST:,} are shown")
    value = value_text(value)
    keep = fine and len(value) <= KEPT and is_settled(content.stamp[2])
    return value, (*content.stamp, value) if keep else None


def _metric(
    key: str, path: str, stamp: Stamp | None, known: Entry | None, problems: list[str], cancel: Event | None
) -> tuple[Metric | None, Entry | None]:
    """The latest value that a file holds, and what to keep of it."""
    found = read_latest(path, key, stamp, known, cancel)
    if found.problem:
        problems.append(f"{METRICS}/{key} {found.problem}")
    return found.latest, found.entry
