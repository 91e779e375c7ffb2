"""Which run and which experiment a name means."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.entities import RunParts
from store.errors import Ambiguous, NotFound
from store.lookup import alternatives, experiment_names, find_experiment, find_run, similar
from store.opening import open_store
from store.protocols import Store
from tests.support.crafted import Crafted


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    crafted = Crafted(tmp_path_factory.mktemp("lookup") / "mlflow.db")
    crafted.experiment(1, "churn")
    crafted.experiment(2, "churn-deep")
    crafted.experiment(3, "Fraude été")  # é as one character
    crafted.experiment(4, "old", stage="deleted")
    crafted.experiment(5, "older", stage="deleted")
    crafted.run("a" * 32, "alpha", params={"depth": "3"})
    crafted.run("abcd" + "0" * 28, "beta")
    crafted.run("abcd" + "1" * 28, "twice", start=1_700_000_000_000)
    crafted.run("b" * 32, "twice", start=1_700_000_100_000, experiment=1)
    crafted.run("c" * 32, "again", stage="deleted")
    crafted.run("d" * 32, "again")
    crafted.run("e" * 32, "bbbb")  # its name begins another run's id
    crafted.run("f" * 32, "f")
    crafted.run("9" * 32, "gone", stage="deleted")
    for number in range(15):
        crafted.run(f"7777{number:028d}", f"many {number}")
    opened = open_store(str(crafted.database))
    yield opened
    opened.close()


def test_an_id_names_its_run(store: Store) -> None:
    run = find_run(store, "a" * 32, RunParts.PARAMS)
    assert run.run_name == "alpha"
    assert run.params == {"depth": "3"}


def test_a_name_names_its_run(store: Store) -> None:
    run = find_run(store, "alpha", RunParts.PARAMS)
    assert run.run_id == "a" * 32
    assert run.params == {"depth": "3"}


def test_four_characters_may_begin_an_id(store: Store) -> None:
    assert find_run(store, "aaaa").run_name == "alpha"
    assert find_run(store, "abcd0").run_name == "beta"
    with pytest.raises(NotFound, match="aaa") as caught:
        find_run(store, "aaa")
    assert "at least 4" in caught.value.hint


def test_a_name_counts_before_the_beginning_of_an_id(store: Store) -> None:
    assert find_run(store, "bbbb").run_id == "e" * 32


def test_a_name_as_short_as_the_ids_that_begin_with_it_is_found(store: Store) -> None:
    assert find_run(store, "f").run_id == "f" * 32


def test_the_run_that_is_not_deleted_is_meant(store: Store) -> None:
    assert find_run(store, "again").run_id == "d" * 32
    assert find_run(store, "gone").lifecycle_stage == "deleted"


def test_several_runs_of_one_name_are_listed(store: Store) -> None:
    with pytest.raises(Ambiguous, match="2 runs are called “twice”") as caught:
        find_run(store, "twice")
    lines = caught.value.hint.split("\n")
    assert lines[1].startswith(f"{'b' * 32}  twice  in churn  started 2023-11-14 22:15")
    assert lines[2].startswith(f"abcd{'1' * 28}  twice  in Default")


def test_at_most_ten_candidates_are_listed(store: Store) -> None:
    with pytest.raises(Ambiguous, match="15 runs have an id that begins with “7777”") as caught:
        find_run(store, "7777")
    assert len(caught.value.hint.split("\n")) == 12
    assert caught.value.hint.endswith("and 5 more")


@pytest.mark.parametrize("text", ["", "nothing like it", "%", "zzzzzz", "'", "aaaa\0"])
def test_what_no_run_is_called_is_said(store: Store, text: str) -> None:
    with pytest.raises(NotFound):
        find_run(store, text)


def test_a_slip_of_the_finger_is_understood(store: Store) -> None:
    with pytest.raises(NotFound) as caught:
        find_run(store, "alhpa")
    assert caught.value.hint == "did you mean “alpha”?"


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("1", "1"),
        ("churn", "1"),
        ("churn-d", "2"),
        ("CHURN", "1"),
        ("Fraude e\u0301te\u0301", "3"),  # é as a letter and an accent
        ("Frau", "3"),
        ("old", "4"),
        ("olde", "5"),
    ],
)
def test_experiments(store: Store, text: str, identity: str) -> None:
    assert find_experiment(store, text).experiment_id == identity


def test_names_of_all_experiments_by_id(store: Store) -> None:
    names = experiment_names(store)
    assert names["1"] == "churn"
    assert names["4"] == "old"


def test_an_experiment_that_is_not_there(store: Store) -> None:
    with pytest.raises(NotFound) as caught:
        find_experiment(store, "chrun")
    assert "“churn”" in caught.value.hint
    with pytest.raises(NotFound):
        find_experiment(store, "")
    with pytest.raises(Ambiguous) as ambiguous:
        find_experiment(store, "chur")
    assert ambiguous.value.hint == "name one by its id:\n1  churn\n2  churn-deep"


def test_words_that_could_be_meant() -> None:
    assert similar("los", ["loss", "acc", "val/loss"]) == ["loss", "val/loss"]
    assert similar("x", []) == []
    assert alternatives(["a"]) == "“a”"
    assert alternatives(["a", "b", "c"]) == "“a”, “b” or “c”"
