"""The reference store behind each kind of backend."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from store.opening import open_store
from store.protocols import Store
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.mlflow_servers import RELEASES, MlflowServer, shared_server
from tests.support.reference import reference_database, reference_database_of
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
    tells_deletions: bool = True
    """False if it does not say when a run was deleted: MLflow's REST has no field for it."""
    has_models: bool = True
    """False if its release knows no logged models (before MLflow 3.0)."""
    release: str = "3.17.2"
    """The release of MLflow whose schema the reference store has there."""


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


def _postgres(folder: Path) -> Iterator[str]:
    yield _postgres_reference()


def _mariadb(folder: Path) -> Iterator[str]:
    yield _mariadb_reference()


def _server(release: str) -> Serve:
    def serve(folder: Path) -> Iterator[str]:
        yield reference_server(release).uri

    return serve


@cache
def _postgres_reference() -> str:
    with tempfile.TemporaryDirectory() as folder:
        return postgres_copy(reference_database(Path(folder)))


@cache
def _mariadb_reference() -> str:
    with tempfile.TemporaryDirectory() as folder:
        return mariadb_copy(reference_database(Path(folder)))


@cache
def reference_server(release: str = "3.17.2") -> MlflowServer:
    """MLflow of that release on the reference store. Starting one takes long: all tests of this process share it."""
    with tempfile.TemporaryDirectory() as folder:
        return shared_server(RELEASES[release], reference_database_of(release, Path(folder)))


SQLITE: Final = Backend("sqlite", _sqlite)
TREE: Final = Backend("tree", _tree, keeps_infinities=True)
POSTGRES: Final = Backend("postgresql", _postgres)
MARIADB: Final = Backend("mariadb", _mariadb)
SERVER_3: Final = Backend("http-3.17.2", _server("3.17.2"), exact_stats=False, tells_deletions=False)
SERVER_2: Final = Backend(
    "http-2.22.5",
    _server("2.22.5"),
    exact_stats=False,
    tells_deletions=False,
    has_models=False,
    release="2.22.5",
)

BACKENDS: Final = (SQLITE, TREE, POSTGRES, MARIADB, SERVER_3, SERVER_2)
"""Every backend, the one whose answers are taken for right first."""


def grouped(backends: Sequence[Backend]) -> list[Any]:
    """Parameters for a fixture; tests of one backend run in one process, which starts its server once.

    An older MLflow is not asked by default: its answers differ from the newest one's in few places, and take long.
    """
    return [
        pytest.param(
            one,
            id=one.name,
            marks=[pytest.mark.xdist_group(f"contract-{one.name}"), *([pytest.mark.long] if one is SERVER_2 else [])],
        )
        for one in backends
    ]
