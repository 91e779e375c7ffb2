"""On a database server a store reads as it does in SQLite, item by item and in the same order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg
import pymysql
import pytest
import sqlalchemy as sa

from store.entities import Axis, Curve, History, MetricSummary, RunParts, ViewType
from store.errors import FilterError, Unsupported
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from tests.support import oracle
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.servers import OWNER, OWNER_PASSWORD, mariadb, postgres

pytestmark = pytest.mark.long

STORES: Final = Path(__file__).resolve().parents[1] / "data" / "stores"
OLD: Final = "1.8.0"
"""Without datasets, times of experiments, logged models."""
NAMES: Final = (OLD, "1.30.1", "2.9.2", "3.1.4", "3.17.2")
BUCKETS: Final = (1, 3, 50)
CYRILLIC: Final = "Ошибка"


def _psycopg2_copy(database: Path) -> str:
    return postgres_copy(database).replace("postgresql://", "postgresql+psycopg2://")


COPIES: Final[dict[str, Callable[[Path], str]]] = {
    "postgres": postgres_copy,
    "postgres-psycopg2": _psycopg2_copy,
    "mariadb": mariadb_copy,
}


@cache
def copied(kind: str, database: Path) -> str:
    """The address of the one copy that all tests read."""
    return COPIES[kind](database)


GROUPS: Final = {"postgres": "contract-postgresql", "mariadb": "contract-mariadb"}
"""In which processes these servers run anyway."""


@pytest.fixture(
    params=[pytest.param(one, marks=pytest.mark.xdist_group(GROUPS[one.partition("-")[0]])) for one in COPIES]
)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=NAMES)
def pair(request: pytest.FixtureRequest, kind: str) -> Iterator[tuple[Store, Store]]:
    """The same store in SQLite and on a server."""
    yield from _opened(STORES / request.param / "mlflow.db", kind)


@pytest.fixture
def corpus(kind: str) -> Iterator[tuple[Store, Store]]:
    """The searched store in SQLite and on a server."""
    yield from _opened(oracle.BUNDLED / "mlflow.db", kind)


def _opened(database: Path, kind: str) -> Iterator[tuple[Store, Store]]:
    stores = open_store(str(database)), open_store(copied(kind, database))
    yield stores
    for store in stores:
        store.close()


def every_run(store: Store) -> tuple[str, ...]:
    return store.run_ids(RunQuery(view=ViewType.ALL)).items


def test_the_schema_is_known(pair: tuple[Store, Store]) -> None:
    here, there = (store.info for store in pair)
    assert (there.schema, there.revision, there.notices) == (here.schema, here.revision, here.notices)


def test_experiments(pair: tuple[Store, Store]) -> None:
    here, there = pair
    for order in ((), ("name",), ("name DESC",), ("last_update_time",), ("creation_time DESC", "name ASC")):
        if order and "time" in order[0] and "1.29" in str(here.info.notices):
            continue
        query = ExperimentQuery(view=ViewType.ALL, order_by=order)
        assert there.experiments(query) == here.experiments(query)
    assert there.experiment_stats() == here.experiment_stats()


def test_runs_with_everything_in_the_same_order(pair: tuple[Store, Store]) -> None:
    here, there = pair
    ids = every_run(here)
    assert every_run(there) == ids
    # As text, because NaN differs from itself and the order of keys counts.
    assert repr(there.runs(ids, RunParts.ALL)) == repr(here.runs(ids, RunParts.ALL))


def test_logged_models(pair: tuple[Store, Store]) -> None:
    here, there = pair
    ids = [item.model_id for run in here.runs(every_run(here), RunParts.INPUTS) for item in run.model_outputs]
    assert there.logged_models(ids) == here.logged_models(ids)


def test_metrics(pair: tuple[Store, Store]) -> None:
    here, there = pair
    for run in here.runs(every_run(here), RunParts.ATTRIBUTES):
        summaries = here.metric_summaries(run.run_id)
        assert repr(there.metric_summaries(run.run_id)) == repr(summaries)
        for summary in summaries:
            wanted = here.history(run.run_id, summary.key)
            assert _points(there.history(run.run_id, summary.key)) == _points(wanted)
            for axis in Axis:
                for buckets in BUCKETS:
                    have = there.curve(run, summary, axis, buckets)
                    assert _same_curve(have, here.curve(run, summary, axis, buckets)), (summary.key, axis, buckets)


def _points(history: History) -> list[tuple[int, int, str]]:
    return [(point.step, point.timestamp, repr(point.value)) for point in history]


def _same_curve(one: Curve, other: Curve) -> bool:
    return repr(one) == repr(other)


def test_searches_of_the_corpus(corpus: tuple[Store, Store]) -> None:
    there = corpus[1]
    cases = [case for case in oracle.run_cases((oracle.BUNDLED,)) if case.expected is not None]
    cases += oracle.page_cases((oracle.BUNDLED,))
    assert len(cases) > 50
    for case in cases:
        assert there.run_ids(case.query).items == case.expected, case.name


def test_searches_for_experiments_of_the_corpus(corpus: tuple[Store, Store]) -> None:
    there = corpus[1]
    cases = [case for case in oracle.experiment_cases((oracle.BUNDLED,)) if case.expected is not None]
    assert len(cases) > 15
    for case in cases:
        found = tuple(item.experiment_id for item in there.experiments(case.query).items)
        assert found == case.expected, case.name


def test_what_an_old_schema_cannot_hold_is_said(kind: str) -> None:
    store = open_store(copied(kind, STORES / OLD / "mlflow.db"))
    with pytest.raises(Unsupported, match=r"MLflow 2\.4"):
        store.run_ids(RunQuery(filter="dataset.name = 'x'"))
    store.close()


NASTY_VALUES: Final = (
    *("Adam", "adam", "ADAM", "ädam", "Ädam", "a_dam", "aXdam", "100%", "100", "a\\b", "a\\", "a|b", "[a]", "a[b]c"),
    *("", " ", "x ", "x", "O'Brien", 'a"b', "été", "ete", "日本", "\U0001f600", CYRILLIC, "z", "Z", "_", "-1", "Zebra"),
)
NASTY_PATTERNS: Final = (
    *(
        "a_am",
        "a\\_dam",
        "100\\%",
        "100%",
        "%\\%",
        "%\\",
        "\\",
        "a\\\\b",
        "%|%",
        "a|_",
        "[a]",
        "[ab]%",
        "%[%",
        "_",
        "__",
    ),
    *("%", "", "_t_", "%é%", "É%", "ADAM", "x", "x_", "日_", f"{CYRILLIC[:3]}%", "a^b", "%'%", "%\uffff%"),
)


@pytest.fixture(scope="module")
def nasty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of MLflow 3.17.2 whose runs have one nasty param, tag and name each."""
    import shutil
    import sqlite3

    path = tmp_path_factory.mktemp("nasty") / "mlflow.db"
    shutil.copy(STORES / "3.17.2" / "mlflow.db", path)
    path.chmod(0o600)
    with sqlite3.connect(path) as connection:
        for number, value in enumerate(NASTY_VALUES):
            run = f"{number:032x}"
            connection.execute(
                "INSERT INTO runs (run_uuid, name, status, start_time, lifecycle_stage, experiment_id) "
                "VALUES (?, ?, 'FINISHED', 1, 'active', 0)",
                (run, value),
            )
            connection.execute("INSERT INTO params (run_uuid, key, value) VALUES (?, 'p', ?)", (run, value))
            connection.execute("INSERT INTO tags (run_uuid, key, value) VALUES (?, 'mlflow.runName', ?)", (run, value))
            for step, (key, number_) in enumerate((("Loss", 1.0), ("loss", 2.0), ("loss ", 3.0), ("lóss", math.inf))):
                stored = min(number_, 1.7976931348623157e308)
                for at in range(3):
                    connection.execute(
                        "INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)",
                        (run, key, stored, 1000 + step, at),
                    )
    connection.close()
    return path


@pytest.fixture
def nasty(nasty_database: Path, kind: str) -> Iterator[tuple[Store, Store]]:
    yield from _opened(nasty_database, kind)


def test_texts_compare_alike(nasty: tuple[Store, Store]) -> None:
    here, there = nasty
    for operator in ("=", "!=", "LIKE"):
        for text in {*NASTY_VALUES, *NASTY_PATTERNS}:
            for subject in ("params.p", "run_name"):
                quote = '"' if "'" in text else "'"
                if quote in text:
                    continue
                query = RunQuery(filter=f"{subject} {operator} {quote}{text}{quote}")
                assert _answer(there, query) == _answer(here, query), query.filter


def test_ilike_differs_only_in_letters_beyond_ascii(nasty: tuple[Store, Store]) -> None:
    here, there = nasty
    for text in {*NASTY_VALUES, *NASTY_PATTERNS}:
        if text.isascii() and "'" not in text:
            query = RunQuery(filter=f"params.p ILIKE '{text}'")
            assert _answer(there, query) == _answer(here, query), query.filter


def test_a_character_that_no_database_holds_matches_nothing(kind: str, nasty_database: Path) -> None:
    store = open_store(copied(kind, nasty_database))
    for text in ("%\0%", "\0", "a\0"):
        for subject in ("params.p", "run_name", "attributes.user_id", f"params.`{text}`"):
            for operator in ("=", "LIKE", "ILIKE"):
                assert store.run_ids(RunQuery(filter=f"{subject} {operator} '{text}'")).items == ()
    assert store.history("a\0", "b\0").values.tolist() == []
    assert store.runs(["a\0"], RunParts.ALL) == []
    store.close()


def _answer(store: Store, query: RunQuery) -> object:
    try:
        return store.run_ids(query).items
    except FilterError as error:
        return error.message


def test_texts_are_sorted_by_their_bytes(nasty: tuple[Store, Store]) -> None:
    here, there = nasty
    for order in ("params.p", "params.p DESC", "run_name", "run_name DESC", "run_id DESC", "tags.`mlflow.runName`"):
        query = RunQuery(order_by=(order,))
        assert there.run_ids(query) == here.run_ids(query), order


def test_names_are_looked_up_exactly(nasty: tuple[Store, Store]) -> None:
    here, there = nasty
    for text in (*NASTY_VALUES, "0", "00", f"{1:032x}", "F" * 4, "nowhere", "a\0b", "\ud800"):
        if text not in ("\ud800",):
            assert there.matching_run_ids(text, 100) == here.matching_run_ids(text, 100), text
        else:
            assert there.matching_run_ids(text, 100) == []


def test_keys_that_differ_in_case_only_are_different_metrics(nasty: tuple[Store, Store]) -> None:
    here, there = nasty
    run = f"{0:032x}"

    def summed(store: Store) -> list[tuple[object, ...]]:
        return [_sums(item) for item in store.metric_summaries(run)]

    for key in ("Loss", "loss", "lóss", "LOSS"):
        assert _points(there.history(run, key)) == _points(here.history(run, key)), key
    # MySQL pads texts that it groups: a key with a blank at its end falls together with the one without.
    wanted = [item for item in summed(here) if item[0] in ("Loss", "lóss")]
    assert [item for item in summed(there) if item[0] in ("Loss", "lóss")] == wanted


def _sums(summary: MetricSummary) -> tuple[object, ...]:
    return (summary.key, summary.count, summary.nans, summary.infinities, repr(summary.minimum), repr(summary.maximum))


def test_many_threads_read_at_once(corpus: tuple[Store, Store]) -> None:
    here, there = corpus
    cases = [case for case in oracle.run_cases((oracle.BUNDLED,)) if case.expected is not None][:60]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda case: there.run_ids(case.query).items, cases))
    assert found == [case.expected for case in cases]
    assert here.experiment_stats() == there.experiment_stats()


def test_many_ids_are_read(corpus: tuple[Store, Store]) -> None:
    here, there = corpus
    ids = [*every_run(here), *(f"{number:032x}" for number in range(3_000))]
    assert len(there.runs(ids, RunParts.ALL)) == len(every_run(here))
    experiments = tuple(str(number) for number in range(70_000))
    query = RunQuery(experiments, view=ViewType.ALL)
    assert there.run_ids(query).items == every_run(here)


@pytest.mark.parametrize("number", [1, 400])
def test_long_filters_work(corpus: tuple[Store, Store], number: int) -> None:
    here, there = corpus
    query = RunQuery(filter=" AND ".join(["params.lr != 'nowhere'"] * number))
    assert there.run_ids(query) == here.run_ids(query)


def test_too_long_filters_are_refused(corpus: tuple[Store, Store]) -> None:
    for store in corpus:
        with pytest.raises(FilterError, match=r"too long|too many conditions|at most 400 conditions"):
            store.run_ids(RunQuery(filter=" AND ".join(["params.lr != 'nowhere'"] * 1_500)))
        with pytest.raises(FilterError, match="100 keys"):
            store.run_ids(RunQuery(order_by=tuple(f"metrics.m{number}" for number in range(100))))


@pytest.mark.parametrize("value", [10**30, -(10**30), 2**63, 1e300])
def test_numbers_beyond_64_bits_are_compared(corpus: tuple[Store, Store], value: float) -> None:
    here, there = corpus
    for filter_ in (f"start_time < {value}", f"start_time > {value}", f"metrics.acc < {value}"):
        query = RunQuery(filter=filter_)
        assert _answer(there, query) == _answer(here, query), filter_


def test_tables_are_found_in_every_schema_of_the_search_path() -> None:
    uri = copied("postgres", STORES / "3.17.2" / "mlflow.db")
    database = sa.make_url(uri).database
    with postgres().admin(postgres_clone(str(database))) as connection:
        name = connection.info.dbname
        connection.execute("CREATE SCHEMA moved; CREATE SCHEMA other; GRANT USAGE ON SCHEMA moved, other TO reader")
        for table in ("runs", "params", "metrics", "alembic_version"):
            connection.execute(f"ALTER TABLE {table} SET SCHEMA moved")
        # Of the same name, and not in the path: never to be read.
        connection.execute("CREATE TABLE other.runs (run_uuid text)")
    for driver in ("postgresql", "postgresql+psycopg2"):
        address = postgres().uri(name, query="?options=-csearch_path%3Dmoved,public").replace("postgresql", driver)
        store, same = open_store(address), open_store(uri)
        assert store.info.schema == same.info.schema
        ids = every_run(same)
        assert repr(store.runs(ids, RunParts.ALL)) == repr(same.runs(ids, RunParts.ALL))
        store.close()
        same.close()


def postgres_clone(database: str) -> str:
    """The name of a copy of a database that the test may change."""
    with postgres().admin() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,))
        connection.execute(f"DROP DATABASE IF EXISTS {database}_clone")
        connection.execute(f"CREATE DATABASE {database}_clone TEMPLATE {database}")
    return f"{database}_clone"


def test_sockets_and_options_are_taken_as_sqlalchemy_takes_them() -> None:
    uri = copied("postgres", STORES / "3.17.2" / "mlflow.db")
    server, database = postgres(), sa.make_url(uri).database
    for address in (
        f"postgresql:///{database}?host={server.folder}&port={server.port}&user={OWNER}",
        f"postgres://{OWNER}@/{database}?host={server.folder}&port={server.port}&sslmode=disable",
        f"postgresql+psycopg2://{OWNER}@/{database}?host={server.folder}&port={server.port}&connect_timeout=3",
    ):
        store = open_store(address)
        assert every_run(store)
        store.close()


def test_mysql_addresses_are_taken_as_sqlalchemy_takes_them() -> None:
    uri = copied("mariadb", STORES / "3.17.2" / "mlflow.db")
    server, database = mariadb(), sa.make_url(uri).database
    for address in (
        uri.replace("mysql+pymysql", "mysql"),
        uri.replace("mysql+pymysql", "mariadb"),
        uri.replace("mysql+pymysql", "mariadb+pymysql"),
        f"{uri}?charset=utf8mb4&connect_timeout=3",
        f"mysql+pymysql://root@localhost/{database}?unix_socket={server.folder / 'sock'}",
    ):
        store = open_store(address)
        assert every_run(store)
        store.close()


def test_a_latin1_column_is_searched_and_read() -> None:
    """MariaDB up to 11 makes such tables unless it is told otherwise."""
    uri = mariadb_copy(STORES / "3.17.2" / "mlflow.db", writable=True)
    connection: pymysql.Connection[Any] = mariadb().admin(sa.make_url(uri).database)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute("DELETE FROM params")
        cursor.execute("ALTER TABLE params MODIFY value varchar(5000) CHARACTER SET latin1")
        cursor.execute("INSERT INTO params (`key`, value, run_uuid) SELECT 'p', 'Crème', run_uuid FROM runs")
    store = open_store(uri)
    every = every_run(store)
    assert store.run_ids(RunQuery(filter="params.p = 'Crème'", view=ViewType.ALL)).items == every
    assert store.run_ids(RunQuery(filter="params.p LIKE 'Cr_me'", view=ViewType.ALL)).items == every
    assert store.run_ids(RunQuery(filter="params.p ILIKE 'crÈme'", view=ViewType.ALL)).items == every
    for other in ("crème", "Creme", CYRILLIC):
        assert store.run_ids(RunQuery(filter=f"params.p = '{other}'", view=ViewType.ALL)).items == ()
    assert store.runs(every[:1], RunParts.PARAMS)[0].params["p"] == "Crème"
    store.close()


def test_the_owner_may_read_too() -> None:
    uri = copied("postgres", STORES / "3.17.2" / "mlflow.db")
    address = postgres().uri(str(sa.make_url(uri).database), OWNER, OWNER_PASSWORD)
    store = open_store(address)
    assert every_run(store)
    assert "***" in store.info.uri
    assert OWNER_PASSWORD not in store.info.uri
    store.close()


def test_a_text_that_cannot_be_encoded_is_found_nowhere() -> None:
    """In a database of another encoding than UTF-8."""
    with postgres().admin() as connection:
        connection.execute("DROP DATABASE IF EXISTS western")
        connection.execute("CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    uri = copied("postgres", STORES / "3.17.2" / "mlflow.db")
    with postgres().admin("western") as connection:
        connection.execute((STORES.parent / "ddl" / "postgresql.sql").read_text())
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    store = open_store(postgres().uri("western"))
    with pytest.raises(FilterError, match="cannot hold a text"):
        store.run_ids(RunQuery(filter=f"params.p = '{CYRILLIC}'"))
    assert store.run_ids(RunQuery(filter="params.p = 'Crème'")).items == ()
    store.close()
    assert psycopg.conninfo.conninfo_to_dict(uri)["dbname"] == sa.make_url(uri).database
