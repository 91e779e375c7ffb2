"""Finding the files of params, tags and metrics, whose keys may have slashes and may come from users."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterator
from threading import Event
from typing import Final

from store.file.folders import Folder
from store.file.layout import shown
from store.file.reading import Gone, Stamp, Unreadable, check, look, stamp_of, unreadable

MOST_KEYS: Final = 100_000
"""Files that are looked at in one folder of params, tags or metrics; more are flagged."""

_LOOKS: Final = 64
"""Files between two looks at whether the caller still wants them."""


def files(
    folder: Folder,
    part: str,
    problems: list[str],
    cancel: Event | None = None,
    folders: dict[str, list[int]] | None = None,
) -> Iterator[tuple[str, str, bool]]:
    """Key, path, and whether it is a link, of everything in a part of a run that could be a value.

    Keys with slashes lie in sub-folders. What is neither a file nor a folder goes to `problems`. The stamps of the
    folders, from before they were read, go to `folders`: see `store.file.index.Part`.
    """
    top = os.path.join(folder.path, part)
    try:
        status = os.lstat(top)
    except OSError as error:
        note(problems, part, unreadable(error))
        return
    if not stat.S_ISDIR(status.st_mode):
        is_link = stat.S_ISLNK(status.st_mode)
        problems.append(f"{part} {'is a link: it is not followed' if is_link else 'is no folder'}")
        return
    if folders is not None:
        folders[""] = [*stamp_of(status)]
    count = 0
    pending = [(top, "")]
    while pending:
        path, prefix = pending.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    count += 1
                    if count % _LOOKS == 0:
                        check(cancel)
                    if count > MOST_KEYS:
                        problems.append(f"{part} has more than {MOST_KEYS:,} files: the others are not read")
                        return
                    key = prefix + entry.name
                    if entry.is_file(follow_symlinks=False):
                        yield key, entry.path, False
                    elif entry.is_dir(follow_symlinks=False):
                        pending.append((entry.path, key + "/"))
                        if folders is not None:
                            folders[key] = [*stamp_of(entry.stat(follow_symlinks=False))]
                    elif entry.is_symlink():
                        yield key, entry.path, True
                    else:
                        problems.append(f"{part}/{shown(key)} is not a file")
        except OSError as error:
            note(problems, f"{part}/{shown(prefix)}".rstrip("/"), unreadable(error))


def note(problems: list[str], what: str, error: Unreadable) -> None:
    """Adds why something could not be read, unless it has only gone meanwhile."""
    if not isinstance(error, Gone):
        problems.append(f"{what} {error}")


def find_file(folder: Folder, part: str, key: str) -> tuple[str, Stamp]:
    """Where the file of a key is, and its stamp; keys come from users. Raises Unreadable, Gone if there is none.

    Whether one of the folders on the way is a link was not looked at: see `beyond_links`.
    """
    if not is_key(key):
        raise Gone("is no key")
    path = f"{folder.path}/{part}/{key}"
    try:
        status = os.lstat(path)
    except (OSError, ValueError) as error:
        if "\\x" in key:
            return _find_shown(folder, part, key)
        raise unreadable(error) from error
    if stat.S_ISREG(status.st_mode):
        return path, stamp_of(status)
    if stat.S_ISDIR(status.st_mode):
        raise Gone("is the beginning of other keys")
    return look(path, folder.bounds)


def is_key(key: str) -> bool:
    """True for what MLflow allows as a key, as far as it concerns where its file is."""
    if key.isidentifier():
        return True
    return bool(key) and not key.startswith(("/", "..")) and posixpath.normpath(key) == key


def beyond_links(folder: Folder, part: str, key: str, path: str) -> str:
    """`path`, which `find_file` gave for a key. Raises Gone if it is behind a link, which may lead anywhere."""
    steps = [part, *key.split("/")[:-1]]
    if any(os.path.islink(os.path.join(folder.path, *steps[:count])) for count in range(1, len(steps) + 1)):
        raise Gone("is behind a link")
    return path


def _find_shown(folder: Folder, part: str, key: str) -> tuple[str, Stamp]:
    """The file whose name is not UTF-8 and is shown like this."""
    for name, path, _ in files(folder, part, []):
        if shown(name) == key:
            return look(path, folder.bounds)
    raise Gone("is not there")
