"""Folders of experiments and runs, where they really are, and what their meta.yaml files say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from store.file.reading import Gone, Unreadable, unreadable


class Folder(NamedTuple):
    """The folder of an experiment or a run."""

    name: str
    """Its id, if everything is as it should be."""
    relative: str
    """Below the root."""
    path: str
    bounds: tuple[str, ...]
    """Folders that links inside of it may lead to: the tree's root, and where the folder really is."""


class ExperimentFolder(NamedTuple):
    """An experiment as its folder and its meta.yaml tell."""

    folder: Folder
    experiment_id: str
    deleted: bool
    fields: Sequence[Any]
    """See `store.file.fields.EXPERIMENT_FIELDS`."""
    double: bool = False
    """True if it is a link to another experiment of the tree, which has the runs."""


class RunFolder(NamedTuple):
    """A run as its folder and its meta.yaml tell."""

    folder: Folder
    run_id: str
    experiment: ExperimentFolder
    fields: Sequence[Any]
    """See `store.file.fields.RUN_FIELDS`."""


def linked_folder(path: str, relative: str, name: str, bounds: tuple[str, ...]) -> Folder | None:
    """The folder that a link leads to; None if that is no folder. Raises Unreadable if it leads nowhere."""
    try:
        target = os.path.realpath(path, strict=True)
        if not os.path.isdir(target):
            return None
        parent = os.path.realpath(os.path.dirname(path))
    except (OSError, ValueError) as error:
        found = unreadable(error)
        raise Unreadable("is a link that leads nowhere" if isinstance(found, Gone) else str(found)) from error
    if parent == target or parent.startswith(target.rstrip("/") + "/"):
        raise Unreadable("is a link that leads in a circle")
    return Folder(name, relative, path, (*bounds[:1], target))
