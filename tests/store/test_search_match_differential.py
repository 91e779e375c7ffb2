"""Searching entities and searching by SQL give one answer, whatever is asked."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.search.like import like_test
from tests.support import nasty_store
from tests.support.examples import examples
from tests.support.fuzz_match import bundled, text_difference, tree_difference
from tests.support.fuzz_search import questions

pytestmark = pytest.mark.long

TEXTS = st.text(st.one_of(st.sampled_from("%_aAbB\\\n\0éÉKk\u212a😀"), st.characters(codec="utf-8")), max_size=12)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of awkward values."""
    database = tmp_path_factory.mktemp("nasty") / "mlflow.db"
    nasty_store.build(database)
    return database


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA case_sensitive_like = ON")
        yield connection


@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_syntax_trees_about_awkward_values(nasty: Path, chance: random.Random) -> None:
    difference, _ = tree_difference(nasty, chance)
    assert not difference


def test_what_is_asked_about_awkward_values_finds_something(nasty: Path) -> None:
    chance = random.Random(5)
    asked = [tree_difference(nasty, chance) for _ in range(300)]
    assert not [difference for difference, _ in asked if difference]
    assert sum(found for _, found in asked) > 60


def test_texts_in_the_language_of_mlflow() -> None:
    asked = [text_difference(bundled(), question) for question in questions(1000, seed=11)]
    assert not [difference for difference, _ in asked if difference]
    assert sum(understood for _, understood in asked) > 100


@settings(max_examples=examples(200), deadline=None)
@given(text=TEXTS, pattern=TEXTS)
def test_patterns_match_as_in_sqlite(sqlite: sqlite3.Connection, text: str, pattern: str) -> None:
    statement = "SELECT ?1 LIKE ?2, lower(?1) LIKE lower(?2)"
    expected = tuple(bool(found) for found in sqlite.execute(statement, (text, pattern)).fetchone())
    assert (like_test(pattern, ignore_case=False)(text), like_test(pattern, ignore_case=True)(text)) == expected


@settings(max_examples=examples(100), deadline=None)
@given(text=st.text("ab", max_size=30), pattern=st.text("ab%_", max_size=12))
def test_patterns_with_many_wildcards_match_as_in_sqlite(sqlite: sqlite3.Connection, text: str, pattern: str) -> None:
    (expected,) = sqlite.execute("SELECT ? LIKE ?", (text, pattern)).fetchone()
    assert like_test(pattern, ignore_case=False)(text) == bool(expected)
