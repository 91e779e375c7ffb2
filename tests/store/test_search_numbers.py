"""Every kind of database takes the same texts for numbers, and for the same numbers, as Python does."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.opening import open_store
from store.protocols import RunQuery, Store
from store.search.numbers import text_number
from tests.support import searchable
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.crafted import Crafted
from tests.support.examples import examples
from tests.support.servers import MariaDbServer, PostgresServer, mariadb, postgres

NUMBERS = st.builds(
    lambda sign, digits, point, fraction, exponent: f"{sign}{digits}{point}{fraction}{exponent}",
    st.sampled_from(["", "-", "+"]),
    st.text("0123456789", max_size=25),
    st.sampled_from(["", "."]),
    st.text("0123456789", max_size=25),
    st.one_of(st.just(""), st.builds("{}{}".format, st.sampled_from(["e", "E", "e+", "e-"]), st.integers(0, 2000))),
)
TEXTS = st.one_of(
    NUMBERS,
    st.sampled_from(searchable.NUMBERS),
    st.floats().map(repr),
    st.floats().map(lambda value: f"{value:.25e}"),
    st.text("0123456789+-.eE \n\tx", max_size=12),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10", 10.0),
        ("-.5", -0.5),
        ("+3.", 3.0),
        ("1e-05", 1e-5),
        ("1E+5", 1e5),
        ("0e999", 0.0),
        ("1e-999", 0.0),
        ("9" * 308, float("9" * 308)),
        ("1.796e308", 1.796e308),
    ],
)
def test_numbers(text: str, number: float) -> None:
    assert text_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " 1",
            "1 ",
            "1\n",
            "1_0",
            "0x1",
            "nan",
            "inf",
            "-Infinity",
            "1e",
            "e1",
            ".",
            "-",
            "1e1000",
            "1e309",
            "1,5",
        ),
        *("\u0661", f"{1.797e308:.25e}"),
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert text_number(text) is None


@given(TEXTS)
def test_what_is_a_number_is_the_one_that_python_reads(text: str) -> None:
    found = text_number(text)
    assert found is None or (found == float(text) and abs(found) < sys.float_info.max)


class Texts:
    """Stores whose runs each have one text as a param, written anew for each question."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "mlflow.db"
        crafted = Crafted(self.database)
        self.ids = [f"{place:02x}" * 16 for place in range(12)]
        for run_id in self.ids:
            crafted.run(run_id, "r", params={"x": "0"})
        self.stores: dict[str, Store] = {"sqlite": open_store(str(self.database))}
        self._servers: list[tuple[PostgresServer | MariaDbServer, str]] = []
        for name, copy, server in (("postgresql", postgres_copy, postgres), ("mariadb", mariadb_copy, mariadb)):
            uri = copy(self.database, writable=True)
            self.stores[name] = open_store(uri)
            self._servers.append((server(), uri.rpartition("/")[2]))

    def write(self, texts: list[str]) -> None:
        pairs = list(zip(texts, self.ids, strict=False))
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.executemany("UPDATE params SET value = ? WHERE run_uuid = ?", pairs)
        for server, name in self._servers:
            with server.admin(name) as connection, connection.cursor() as cursor:
                cursor.executemany("UPDATE params SET value = %s WHERE run_uuid = %s", pairs)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Texts]:
    made = Texts(tmp_path_factory.mktemp("texts"))
    yield made
    for store in made.stores.values():
        store.close()


@pytest.mark.xdist_group("contract-numbers")
@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(TEXTS, min_size=12, max_size=12))
def test_databases_take_the_same_texts_for_the_same_numbers(texts: Texts, found: list[str]) -> None:
    texts.write(found)
    numbers = {run_id: text_number(text) for run_id, text in zip(texts.ids, found, strict=True)}
    for name, store in texts.stores.items():
        for number in sorted({value for value in numbers.values() if value is not None})[:4]:
            page = store.run_ids(RunQuery(filter=f"params.x = {number!r} or number(params.x) in ({number!r}, 0.1)"))
            wanted = {run_id for run_id, value in numbers.items() if value is not None and value in (number, 0.1)}
            assert set(page.items) == wanted, (name, number)
        page = store.run_ids(RunQuery(filter="not params.x >= -1e308", order_by=("run_id",)))
        assert list(page.items) == [run_id for run_id in texts.ids if not _at_least(numbers[run_id], -1e308)], name
        ordered = store.run_ids(RunQuery(order_by=("number(params.x)", "run_id"))).items
        places = {run_id: _place(numbers[run_id], text, run_id) for run_id, text in zip(texts.ids, found, strict=True)}
        assert list(ordered) == sorted(texts.ids, key=places.__getitem__), name


def _at_least(value: float | None, least: float) -> bool:
    return value is not None and value >= least


def _place(number: float | None, text: str, run_id: str) -> tuple[bool, float, str, str]:
    return (True, 0.0, text, run_id) if number is None else (False, number, "", run_id)
