"""What tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.fake_store import FakeStore


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeStore], FakeStore]:
    """Makes every address name this store."""

    def use(store: FakeStore) -> FakeStore:
        monkeypatch.setattr("store.opening.open_address", lambda address, cancel=None, *, questions=None: store)
        monkeypatch.setenv("FLOWDECK_STORE", "http://mlflow.example:5000")
        return store

    return use
