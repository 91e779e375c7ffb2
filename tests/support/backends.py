"""The reference store behind each kind of backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from store.opening import open_store
from store.protocols import Store
from tests.support.reference import reference_database
from tests.support.tree_copy import tree_copy


class Serve(Protocol):
    """Puts the reference store behind a backend, in an empty folder; gives its address."""

    def __call__(self, folder: Path) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Backend:
    """A kind of store that the contract is tried on."""

    name: str
    serve: Serve
    keeps_infinities: bool = False
    """True if an infinity stays one; in SQL databases it is the greatest number."""
    exact_stats: bool = True
    """False if it cannot say what the runs of an experiment add up to."""


@contextmanager
def served(backend: Backend, folder: Path) -> Iterator[str]:
    """The address of the reference store behind `backend` while the context lasts."""
    serving = backend.serve(folder)
    yield next(serving)
    for _ in serving:
        raise AssertionError("a backend serves one address")


@contextmanager
def opened(uri: str) -> Iterator[Store]:
    """The store at `uri`, closed at the end."""
    store = open_store(uri)
    try:
        yield store
    finally:
        store.close()


def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{reference_database(folder)}"


def _tree(folder: Path) -> Iterator[str]:
    with opened(str(reference_database(folder))) as store:
        tree_copy(store, folder / "mlruns")
    yield (folder / "mlruns").as_uri()


SQLITE: Final = Backend("sqlite", _sqlite)
TREE: Final = Backend("tree", _tree, keeps_infinities=True)

BACKENDS: Final = (SQLITE, TREE)
"""Every backend, the one whose answers are taken for right first."""


def grouped(backends: Sequence[Backend]) -> list[Any]:
    """Parameters for a fixture; tests of one backend run in one process, which starts its server once."""
    return [pytest.param(one, id=one.name, marks=pytest.mark.xdist_group(f"contract-{one.name}")) for one in backends]
