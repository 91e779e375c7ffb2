"""The file that keeps views of runs: those of each experiment as they were left, and those that have a name."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from tui import plain

if TYPE_CHECKING:
    from tui.view.runs import RunsView

VERSION: Final = 1

MOST_EXPERIMENTS: Final = 300
"""Experiments whose views are kept, those that were left last."""

LARGEST: Final = 8 << 20
"""Bytes that are read; a larger file is none of ours."""

EVERY: Final = "all"
"""What stands for all experiments together, where else the id of one stands."""

LONGEST_NAME: Final = 60
"""Characters of the name of a view."""

Place = tuple[str, str]
"""(a store's name or address without secrets, the id of an experiment or `EVERY`)."""


@dataclass(slots=True)
class Views:
    """What the file keeps."""

    left: dict[Place, RunsView] = field(default_factory=dict)
    """As each list of runs was left; the one that was left last comes last."""
    named: dict[str, RunsView] = field(default_factory=dict)
    directions: dict[str, bool] = field(default_factory=dict)
    """Metric -> whether more of it is better, as the user said."""
    notice: str = ""
    """Why that is not everything, for a user."""
    spared: str = ""
    """Why the file must not be written, for there is more in it; empty if it may be."""


class ViewBook:
    """The views that one program knows, read when they are first needed, written when it ends or one gets a name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._views: Views | None = None
        self._changed = Views()
        self._removed: set[str] = set()
        self._lock = Lock()
        """For what changed: it is written in a thread, and changes on meanwhile."""
        self._writing = Lock()

    @property
    def loaded(self) -> bool:
        return self._views is not None

    def load(self) -> str:
        """Reads the file, once; why not everything of it could be read, or empty. May block."""
        if self._views is None:
            self._views = read_views(self._path)
            return self._views.notice
        return ""

    def of(self, place: Place) -> RunsView | None:
        """How the runs of a place were left."""
        return self._changed.left.get(place) or (self._views.left.get(place) if self._views else None)

    def leave(self, place: Place, view: RunsView) -> None:
        """Remembers how the runs of a place were left."""
        if self.of(place) != view:
            with self._lock:
                self._changed.left.pop(place, None)
                self._changed.left[place] = view

    def drop(self, store: str) -> None:
        """Keeps nothing of how the lists of a store were left."""
        with self._lock:
            self._changed.left = {place: view for place, view in self._changed.left.items() if place[0] != store}

    @property
    def named(self) -> Mapping[str, RunsView]:
        there = dict(self._views.named) if self._views else {}
        return {key: view for key, view in {**there, **self._changed.named}.items() if key not in self._removed}

    def name(self, name: str, view: RunsView) -> None:
        """Gives a view a name, which another one may have had."""
        with self._lock:
            self._removed.discard(name)
            self._changed.named[name] = view

    def forget(self, name: str) -> None:
        """Takes a name away."""
        with self._lock:
            self._changed.named.pop(name, None)
            self._removed.add(name)

    @property
    def directions(self) -> Mapping[str, bool]:
        return {**(self._views.directions if self._views else {}), **self._changed.directions}

    def direct(self, metric: str, up: bool) -> None:
        """Remembers whether more of a metric is better."""
        with self._lock:
            self._changed.directions[metric] = up

    def write(self) -> str:
        """Adds what changed to the file, which another program may have written meanwhile; empty, or why it could not
        be done. May block.
        """
        with self._writing:
            with self._lock:
                now = self._changed
                changed = Views(dict(now.left), dict(now.named), dict(now.directions))
                removed = set(self._removed)
            if not (changed.left or changed.named or changed.directions or removed):
                return ""
            if self._path == Path(os.devnull):
                return ""
            there = read_views(self._path)
            if there.spared:
                return f"views are not kept for the next time: {there.spared}"
            try:
                _write(self._path, changed, removed)
            except OSError as error:
                return f"views are not kept for the next time: {self._path} cannot be written: {error.strerror}"
            self._was_written(changed, removed)
            return ""

    def _was_written(self, changed: Views, removed: set[str]) -> None:
        """What changed since is still to be written."""
        there = read_views(self._path)
        with self._lock:
            now, self._views = self._changed, there
            self._changed = Views(
                {place: view for place, view in now.left.items() if changed.left.get(place) != view},
                {name: view for name, view in now.named.items() if changed.named.get(name) != view},
                {metric: up for metric, up in now.directions.items() if changed.directions.get(metric) != up},
            )
            self._removed -= removed


def read_views(path: Path) -> Views:
    """What the file at `path` keeps. What of it is damaged is left out, and said."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return Views()
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}"
        return Views(notice=f"views are those of a new user: {why}", spared=why)
    import tomllib

    try:
        if len(data) > LARGEST:
            raise ValueError("too large")
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        # Somebody edited it: what they wrote must not be lost.
        why = f"{path} is damaged: {error}"
        return Views(notice=f"views are those of a new user: {why}", spared=why)
    version = document.get("version", VERSION)
    if type(version) is not int or version != VERSION:
        newer = type(version) is int and version > VERSION
        told = "was written by a newer flowdeck" if newer else f"says version = {version!r}, which there is none of"
        why = f"{path} {told}"
        return Views(notice=f"views are those of a new user: {why}", spared=why)
    found, wrong = _views_in(document)
    if wrong:
        found.notice = f"{path}: {', '.join(wrong[:3])}{' and more' if wrong[3:] else ''} cannot be used"
        found.spared = f"{path} has entries that cannot be used: {', '.join(wrong[:3])}"
    return found


def _views_in(document: Mapping[str, Any]) -> tuple[Views, list[str]]:
    """The views, and where the others stand that are none."""
    from tui.view.view_document import view_of

    found, wrong = Views(), []

    def table(key: str) -> dict[str, Any]:
        try:
            return plain.table(document.get(key, {}))
        except ValueError:
            wrong.append(key)
            return {}

    for store, experiments in table("stores").items():
        for experiment, entries in experiments.items() if isinstance(experiments, dict) else ():
            try:
                found.left[store, experiment] = view_of(plain.table(entries))
            except ValueError:
                wrong.append(f'stores."{store}".{experiment}')
    for name, entries in table("views").items():
        try:
            found.named[name] = view_of(plain.table(entries))
        except ValueError:
            wrong.append(f"views.{name}")
    for metric, direction in table("directions").items():
        if direction in ("up", "down"):
            found.directions[metric] = direction == "up"
        else:
            wrong.append(f"directions.{metric}")
    return found, wrong


def _write(path: Path, changed: Views, removed: set[str]) -> None:
    """Puts what changed into the file, and leaves the rest of it as it is written, comments included."""
    import tomlkit

    from store.replacing import replace_text
    from tui.view.view_document import view_document

    try:
        document = tomlkit.parse(path.read_text("utf-8"))
    except FileNotFoundError:
        document = tomlkit.document()
        document.add("version", tomlkit.item(VERSION))
    for metric, up in changed.directions.items():
        _table(document, "directions")[metric] = "up" if up else "down"
    for name in removed:
        _table(document, "views").pop(name, None)
    for name, view in changed.named.items():
        _table(document, "views")[name] = view_document(view)
    for (store, experiment), view in changed.left.items():
        experiments = _table(_table(document, "stores"), store)
        # The last one in the file is the one that was left last.
        experiments.pop(experiment, None)
        experiments[experiment] = view_document(view)
    kept = [(store, experiment) for store, there in document.get("stores", {}).items() for experiment in there]
    for store, experiment in kept[:-MOST_EXPERIMENTS]:
        del document["stores"][store][experiment]
    replace_text(path, tomlkit.dumps(document), keep_mode=True)


def _table(parent: MutableMapping[str, Any], key: str) -> MutableMapping[str, Any]:
    found: MutableMapping[str, Any] = parent.setdefault(key, {})
    return found
