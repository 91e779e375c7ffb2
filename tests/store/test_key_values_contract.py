"""What runs have under a key is what the runs themselves say, whatever is behind the store and however it is read."""

from __future__ import annotations

import sqlite3
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.entities import KeyKind, Run, RunParts, ViewType
from store.errors import Cancelled, UsageError
from store.key_values import Key, KeyValues
from store.protocols import Headway, RunQuery, Store
from store.sql import portions
from store.sql.key_values import key_values
from tests.support.backends import BACKENDS, Backend, grouped, opened, served
from tests.support.copies import postgres_copy
from tests.support.crafted import Crafted
from tests.support.reference import FULL
from tests.support.servers import postgres

ABSENT = "0" * 32
DATASETS: Key = (KeyKind.DATASET, "")

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture(scope="module", params=grouped(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    found: Backend = request.param
    return found


@pytest.fixture(scope="module")
def store(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with served(backend, tmp_path_factory.mktemp("reference")) as uri, opened(uri) as store:
        yield store


@pytest.fixture(scope="module")
def every(store: Store) -> list[Run]:
    return store.runs(store.run_ids(RunQuery(view=ViewType.ALL)).items, RunParts.ALL)


def keys_of(runs: list[Run]) -> list[Key]:
    found = {(KeyKind.PARAM, key) for run in runs for key in run.params}
    found |= {(KeyKind.TAG, key) for run in runs for key in run.tags}
    found |= {(KeyKind.METRIC, key) for run in runs for key in run.metrics}
    return [*sorted(found), (KeyKind.PARAM, "no run has this"), (KeyKind.METRIC, "nor this"), DATASETS]


def had(run: Run, key: Key) -> object:
    kind, name = key
    match kind:
        case KeyKind.METRIC:
            return repr(run.metrics[name].value if name in run.metrics else float("nan"))
        case KeyKind.DATASET:
            return tuple(sorted({(one.dataset.name, one.dataset.digest) for one in run.dataset_inputs})) or None
    return (run.params if kind is KeyKind.PARAM else run.tags).get(name)


def said(found: KeyValues, place: int, key: Key) -> object:
    if key[0] is KeyKind.METRIC:
        return repr(found.numbers[key[1]][place])
    code = found.coded[key].codes[place]
    return found.coded[key].values[code] if code >= 0 else None


def check(store: Store, every: list[Run]) -> None:
    """Asks for everything that these runs have, and for a run that is not there."""
    keys = keys_of(every)
    told: list[Headway] = []
    found = store.key_values([*(run.run_id for run in every), ABSENT], keys, progress=told.append)
    assert list(found.there) == [*(1 for _ in every), 0]
    for place, run in enumerate(every):
        for key in keys:
            assert said(found, place, key) == had(run, key), (run.run_id, key)
    assert all(said(found, len(every), key) in (None, "nan") for key in keys)
    assert (told[-1].done, told[-1].total) == (len(every) + 1, len(every) + 1)
    assert all(len(set(column.values)) == len(column.values) for column in found.coded.values())


def test_columns_say_what_the_runs_say(store: Store, every: list[Run]) -> None:
    check(store, every)


@pytest.mark.parametrize("looked_up", [7, 10**6])
@pytest.mark.parametrize("width", [1, 8, 10**6])
def test_it_does_not_matter_how_they_are_read(
    store: Store, every: list[Run], monkeypatch: pytest.MonkeyPatch, looked_up: int, width: int
) -> None:
    monkeypatch.setattr(portions, "LOOKED_UP", looked_up)
    monkeypatch.setattr(portions, "RANGE", width)
    monkeypatch.setattr(portions, "SHARE", 10**6)
    monkeypatch.setattr("store.sql.key_values.LOOKED_UP", looked_up)
    monkeypatch.setattr("store.sql.key_values.KEYS_TOGETHER", 2)
    check(store, every)
    check(store, every[:9])


def test_too_many_different_values_are_refused(store: Store, every: list[Run]) -> None:
    ids = [run.run_id for run in every]
    key = (KeyKind.TAG, "mlflow.runName")
    different = {run.tags[key[1]] for run in every if key[1] in run.tags}
    assert len(store.key_values(ids, [key], most=len(different)).coded[key].values) == len(different)
    with pytest.raises(UsageError, match=r"different values of tags\.mlflow\.runName"):
        store.key_values(ids, [key], most=len(different) - 1)


def test_it_can_be_withdrawn(store: Store) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        store.key_values([FULL], [DATASETS], cancel)


def test_nothing_is_asked_of_no_runs(store: Store) -> None:
    found = store.key_values([], [DATASETS, (KeyKind.METRIC, "one")])
    assert (len(found.there), len(found.coded[DATASETS].codes), len(found.numbers["one"])) == (0, 0, 0)


@pytest.fixture
def crafted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crafted:
    """Thirty-two runs, which are read by two ranges, and one with another kind of id."""
    monkeypatch.setattr(portions, "LOOKED_UP", 4)
    monkeypatch.setattr("store.sql.key_values.LOOKED_UP", 4)
    monkeypatch.setattr(portions, "RANGE", 20)
    made = Crafted(tmp_path / "mlflow.db")
    for number in range(32):
        made.run(f"{number * 8:02x}" * 16, "a run", params={"p": str(number)})
    made.run("odd", "a run", params={"p": "odd"})
    return made


def test_a_run_that_is_deleted_meanwhile_is_left_out_and_shifts_nothing(crafted: Crafted) -> None:
    with opened(str(crafted.database)) as store:
        ids = store.run_ids(RunQuery()).items
        gone = ["f8" * 16, "odd"]

        def delete(headway: Headway) -> None:
            with closing(sqlite3.connect(crafted.database)) as connection, connection:
                for run_id in gone:
                    connection.execute("DELETE FROM params WHERE run_uuid = ?", (run_id,))
                    connection.execute("DELETE FROM runs WHERE run_uuid = ?", (run_id,))

        found = store.key_values(ids, [(KeyKind.PARAM, "p")], progress=delete)
        for place, run_id in enumerate(ids):
            wanted = None if run_id in gone else str(int(run_id[:2], 16) // 8)
            assert found.there[place] == (wanted is not None)
            assert said(found, place, (KeyKind.PARAM, "p")) == wanted


def test_runs_are_found_where_the_database_sorts_their_ids_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Danish has `aa` after all other letters, so that no range of ids that seems to hold it does."""
    monkeypatch.setattr(portions, "LOOKED_UP", 4)
    monkeypatch.setattr("store.sql.key_values.LOOKED_UP", 4)
    monkeypatch.setattr(portions, "RANGE", 4)
    made = Crafted(tmp_path / "mlflow.db")
    for number in range(64):
        run_id = f"{number * 4 + 2:02x}" * 16
        made.run(run_id, "a run", params={"p": run_id}, metrics={"m": number})
    uri = postgres_copy(made.database)
    with postgres().admin(uri.rpartition("/")[2]) as connection:
        for table in ("runs", "params", "tags", "latest_metrics"):
            connection.execute(f'ALTER TABLE {table} ALTER COLUMN run_uuid TYPE varchar(32) COLLATE "da-x-icu"')
    with opened(uri) as store:
        ids = store.run_ids(RunQuery()).items
        found = store.key_values(ids, [(KeyKind.PARAM, "p"), (KeyKind.METRIC, "m")])
        assert "aa" * 16 in ids
        assert list(found.there) == [1] * 64
        assert [said(found, place, (KeyKind.PARAM, "p")) for place in range(64)] == list(ids)
        assert list(found.numbers["m"]) == [int(run_id[:2], 16) // 4 for run_id in ids]


def test_too_many_long_values_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    made = Crafted(tmp_path / "mlflow.db")
    ids = [f"{number:032x}" for number in range(20_000)]
    with closing(sqlite3.connect(made.database)) as connection, connection:
        connection.executemany(
            "INSERT INTO runs (run_uuid, status, lifecycle_stage, experiment_id, start_time)"
            " VALUES (?, 'FINISHED', 'active', 0, 0)",
            [(run_id,) for run_id in ids],
        )
        connection.executemany(
            "INSERT INTO tags (key, value, run_uuid) VALUES ('note', ?, ?)", [(f"{i:>4000}", i) for i in ids]
        )
    with opened(str(made.database)) as store:
        tracemalloc.start()
        try:
            with pytest.raises(UsageError, match=r"more than 100 different values of tags\.note"):
                store.key_values(ids, [(KeyKind.TAG, "note")], most=100)
            assert tracemalloc.get_traced_memory()[1] < 40 * 10**6
        finally:
            tracemalloc.stop()


def test_it_ends_between_two_portions_when_it_is_cancelled(crafted: Crafted) -> None:
    cancel = threading.Event()
    told: list[int] = []

    def stop(headway: Headway) -> None:
        told.append(headway.done)
        cancel.set()

    with opened(str(crafted.database)) as store, pytest.raises(Cancelled):
        store.key_values(store.run_ids(RunQuery()).items, [], cancel, stop)
    assert told == [16]


def test_what_a_read_said_that_is_made_again_is_void(crafted: Crafted) -> None:
    from store.sql.catalog import read_catalog
    from store.sql.sqlite import SqliteDatabase

    database, run_id = SqliteDatabase(crafted.database), "00" * 16
    schema = database.read(read_catalog)

    def twice(work: object) -> object:
        assert callable(work)
        first = database.read(lambda connection: work(connection, schema))
        with closing(sqlite3.connect(crafted.database)) as connection, connection:
            connection.execute("DELETE FROM params WHERE run_uuid = ?", (run_id,))
        again = database.read(lambda connection: work(connection, schema))
        return again if again is not None else first

    found = key_values(twice, [run_id, "08" * 16], [(KeyKind.PARAM, "p")])
    assert [said(found, place, (KeyKind.PARAM, "p")) for place in range(2)] == [None, "1"]
    database.close()
