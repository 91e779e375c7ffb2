"""Which kinds of store can be opened, and what is said of those that cannot."""

from __future__ import annotations

import pytest

from store import opening
from store.errors import Unsupported
from store.opening import check_kind
from store.uris import Address, Kind


def test_the_message_names_exactly_the_kinds_that_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_BACKENDS", {Kind.SQLITE: "a:b", Kind.TREE: "c:d"})
    check_kind(Address(Kind.TREE, "file:///x"))
    with pytest.raises(Unsupported) as caught:
        check_kind(Address(Kind.MSSQL, "mssql://ada:s3cret@host/x"))
    assert "mssql://ada:***@host/x" in caught.value.message
    assert "SQL Server" in caught.value.message
    assert caught.value.hint == (
        "this version opens SQLite (sqlite:///FILE, or the path of an mlflow.db),"
        " mlruns tree (file:///DIR, or the path of an mlruns folder)"
    )


def test_every_kind_has_an_example_of_its_address() -> None:
    assert set(opening._EXAMPLES) == set(Kind)
