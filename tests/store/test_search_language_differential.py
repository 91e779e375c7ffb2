"""Random questions in the whole language have one answer on every kind of store."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.protocols import Store
from tests.support.examples import examples
from tests.support.fuzz_language import difference, random_query, stores

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("contract-language")]


@pytest.fixture(scope="module", params=[1, 2])
def among(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Store]]:
    with stores(request.param, servers=True) as found:
        yield found


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_random_questions_have_one_answer(among: Mapping[str, Store], chance: random.Random) -> None:
    different, _ = difference(among, random_query(chance))
    assert not different


def test_what_is_asked_finds_something(among: Mapping[str, Store]) -> None:
    chance = random.Random(3)
    asked = [difference(among, random_query(chance)) for _ in range(100)]
    assert not [different for different, _ in asked if different]
    assert sum(found for _, found in asked) > 40
