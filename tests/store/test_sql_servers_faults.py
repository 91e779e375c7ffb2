"""What goes wrong with a database server: each failure has a class, says what was found, and leaves nothing behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from store.entities import RunParts, ViewType
from store.errors import (
    AccessDenied,
    Cancelled,
    FlowdeckError,
    LoginRefused,
    NotAStore,
    StoreBusy,
    StoreError,
    StoreNotFound,
    StoreUnreachable,
    UriError,
)
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from store.sql.drivers import server_url
from store.sql.mysql import MySql
from store.sql.postgres import Postgres
from store.sql.server import ServerDatabase
from store.sql.server_failures import _spellings
from store.sql.server_pool import POOL_SIZE
from store.uris import parse
from tests.support.copies import mariadb_copy, new_postgres_database, postgres_copy
from tests.support.servers import (
    OWNER,
    OWNER_PASSWORD,
    READER,
    READER_PASSWORD,
    MariaDbServer,
    PostgresServer,
    Server,
    mariadb,
    postgres,
)

pytestmark = pytest.mark.long

DATABASE: Final = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"
KINDS: Final = ("psycopg", "psycopg2", "pymysql")
SLOW: Final = {"postgresql": "SELECT pg_sleep(30)", "mysql": "SELECT SLEEP(30)"}


class Served:
    """A copy of a store on a server, as one driver reaches it."""

    def __init__(self, driver: str, server: Server | None = None) -> None:
        self.driver = driver
        self.mysql = driver == "pymysql"
        self.server: Any = server or (mariadb() if self.mysql else postgres())
        copy: Callable[..., str] = mariadb_copy if self.mysql else postgres_copy
        self.uri = self.with_driver(copy(DATABASE, server=self.server))
        self.database = str(sa.make_url(self.uri).database)

    def with_driver(self, uri: str) -> str:
        return uri if self.mysql else uri.replace("postgresql:", f"postgresql+{self.driver}:")

    def address(self, **parts: Any) -> str:
        return sa.make_url(self.uri).set(**parts).render_as_string(hide_password=False)

    def database_reader(self, **limits: Any) -> ServerDatabase:
        address = parse(self.uri)
        return ServerDatabase(server_url(address), MySql() if self.mysql else Postgres(), address.shown, **limits)

    def admin(self, statement: str) -> list[Any]:
        with self.server.admin(self.database) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def connections(self) -> list[Any]:
        """(number, is in a transaction or runs a statement) of every connection of the reader's."""
        if self.mysql:
            return self.admin(
                "SELECT p.id, t.trx_id IS NOT NULL OR p.command = 'Query' FROM information_schema.processlist p "
                f"LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id WHERE p.user = '{READER}' "
                f"AND p.db = '{self.database}'"
            )
        return self.admin(
            "SELECT pid, state <> 'idle' OR xact_start IS NOT NULL FROM pg_stat_activity "
            f"WHERE usename = '{READER}' AND datname = '{self.database}'"
        )

    def kill_connections(self) -> None:
        for number, _ in self.connections():
            self.admin(f"KILL {number}" if self.mysql else f"SELECT pg_terminate_backend({number})")
        wait_until(lambda: not self.connections())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def group(driver: str) -> pytest.MarkDecorator:
    """The tests of one kind of server run in one process, which starts it once."""
    return pytest.mark.xdist_group("contract-mariadb" if driver == "pymysql" else "contract-postgresql")


@pytest.fixture(scope="module", params=[pytest.param(one, marks=group(one)) for one in KINDS])
def served(request: pytest.FixtureRequest) -> Served:
    return Served(request.param)


@pytest.fixture
def store(served: Served) -> Iterator[Store]:
    found = open_store(served.uri)
    yield found
    found.close()


def every_call(store: Store) -> None:
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    runs = store.runs(ids, RunParts.ALL)
    store.experiments(ExperimentQuery(view=ViewType.ALL))
    store.experiment_stats()
    store.matching_run_ids("a", 10)
    store.logged_models([item.model_id for run in runs for item in run.model_outputs])
    for run in runs:
        for summary in store.metric_summaries(run.run_id):
            store.history(run.run_id, summary.key)


def refused(
    uri: str, kind: type[FlowdeckError], *words: str, secrets: tuple[str, ...] = (READER_PASSWORD,)
) -> FlowdeckError:
    """The error of opening `uri`: of exactly that kind, with these words, a cause and a hint, and without secrets."""
    with pytest.raises(kind) as caught:
        open_store(uri)
    error = caught.value
    assert type(error) is kind
    assert error.hint
    assert error.__cause__ is not None
    for word in words:
        assert word in error.message
    for secret in (*secrets, *(_spellings(secret)[0] for secret in secrets)):
        assert secret not in error.message + error.hint
    return error


def test_nothing_stays_open_and_nothing_is_written(served: Served) -> None:
    def written() -> Any:
        if served.mysql:
            return served.admin(
                "SELECT table_name, checksum FROM (SELECT table_name, table_rows AS checksum "
                f"FROM information_schema.tables WHERE table_schema = '{served.database}') AS tables"
            ) and served.admin("CHECKSUM TABLE runs, params, tags, metrics, latest_metrics, experiments, inputs")
        served.admin("SELECT pg_stat_force_next_flush()")
        return served.admin("SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY 1")

    before = written()
    assert before
    store = open_store(served.uri)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(every_call, [store] * 8))
    assert 1 <= len(served.connections()) <= POOL_SIZE
    assert not any(busy for _, busy in served.connections())
    assert written() == before
    store.close()
    wait_until(lambda: not served.connections())


def test_a_read_cannot_write(served: Served) -> None:
    """Not even as somebody who may."""
    address = parse(served.with_driver(served.server.uri(served.database, OWNER, OWNER_PASSWORD)))
    database = ServerDatabase(server_url(address), MySql() if served.mysql else Postgres(), address.shown)
    for statement in ("DELETE FROM params", "CREATE TABLE made (x int)", "UPDATE runs SET name = 'x'"):
        with pytest.raises(StoreError, match=r"(?i)read.only"):
            database.read(lambda connection, sql=statement: connection.execute(sa.text(sql)))
    assert database.read(lambda connection: connection.scalar(sa.text("SELECT count(*) FROM runs"))) > 0
    database.close()


def test_one_read_sees_one_moment(served: Served) -> None:
    database = served.database_reader()
    count = sa.text("SELECT count(*) FROM tags WHERE value = 'moment'")

    def work(connection: sa.Connection) -> tuple[Any, Any]:
        before = connection.scalar(count)
        served.admin(
            "INSERT INTO tags (run_uuid, value, " + ("`key`" if served.mysql else "key") + ") "
            f"SELECT run_uuid, 'moment', '{time.monotonic_ns()}' FROM runs"
        )
        return before, connection.scalar(count)

    before, after = database.read(work)
    assert before == after
    assert database.read(lambda connection: connection.scalar(count)) > before
    database.close()


def test_a_connection_that_was_cut_is_made_anew(served: Served, store: Store) -> None:
    wanted = store.run_ids(RunQuery())
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(every_call, [store] * 3))
    served.kill_connections()
    assert store.run_ids(RunQuery()) == wanted
    served.kill_connections()
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda _: store.run_ids(RunQuery()), range(6))) == [wanted] * 6


def test_a_connection_that_is_cut_in_the_middle_is_made_anew_once(served: Served) -> None:
    database = served.database_reader()
    tries: list[int] = []

    def work(connection: sa.Connection, cuts: int) -> Any:
        tries.append(1)
        connection.execute(sa.text("SELECT 1"))
        if len(tries) <= cuts:
            served.kill_connections()
        return connection.scalar(sa.text("SELECT 2"))

    assert database.read(lambda connection: work(connection, 1)) == 2
    assert len(tries) == 2
    tries.clear()
    with pytest.raises(StoreUnreachable, match="closed the connection"):
        database.read(lambda connection: work(connection, 9))
    assert len(tries) == 2
    database.close()


@pytest.mark.parametrize("driver", ["psycopg", "pymysql"])
def test_a_server_that_restarts_is_found_again(driver: str) -> None:
    server = MariaDbServer() if driver == "pymysql" else PostgresServer()
    try:
        served = Served(driver, server)
        store = open_store(served.uri)
        wanted = store.run_ids(RunQuery())
        server.restart()
        assert store.run_ids(RunQuery()) == wanted
        server.stop()
        with pytest.raises(StoreUnreachable) as caught:
            store.run_ids(RunQuery())
        assert READER_PASSWORD not in caught.value.message
        server.start()
        assert store.run_ids(RunQuery()) == wanted
        store.close()
    finally:
        server.remove()


def test_cancelling_ends_a_running_statement(served: Served) -> None:
    database = served.database_reader()
    cancel = threading.Event()
    slow = sa.text(SLOW["mysql" if served.mysql else "postgresql"])
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(database.read, lambda connection: connection.execute(slow), cancel)
        wait_until(lambda: any(busy for _, busy in served.connections()))
        cancel.set()
        with pytest.raises(Cancelled):
            reading.result(timeout=15)
    # The server works no more for nobody.
    wait_until(lambda: not any(busy for _, busy in served.connections()))
    assert database.read(lambda connection: connection.scalar(sa.text("SELECT 1")), threading.Event()) == 1
    database.close()


def test_what_was_cancelled_before_is_not_even_asked(served: Served, store: Store) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        store.run_ids(RunQuery(), cancel)
    with pytest.raises(Cancelled):
        open_store(served.uri, cancel)


def test_waiting_for_a_connection_can_be_cancelled(served: Served) -> None:
    database = served.database_reader()
    slow = sa.text(SLOW["mysql" if served.mysql else "postgresql"])
    first, second = threading.Event(), threading.Event()
    with ThreadPoolExecutor(8) as pool:
        reading = [
            pool.submit(database.read, lambda connection: connection.execute(slow), first) for _ in range(POOL_SIZE)
        ]
        wait_until(lambda: sum(busy for _, busy in served.connections()) == POOL_SIZE)
        waiting = pool.submit(database.read, lambda connection: connection.execute(slow), second)
        second.set()
        with pytest.raises(Cancelled):
            waiting.result(timeout=15)
        first.set()
        for one in reading:
            with pytest.raises(Cancelled):
                one.result(timeout=15)
    database.close()


def test_a_statement_that_takes_too_long_is_given_up(served: Served) -> None:
    slow = sa.text(SLOW["mysql" if served.mysql else "postgresql"])
    for limits in ({"statement_timeout": 1}, {"read_timeout": 0.5}):
        database = served.database_reader(**limits)
        with pytest.raises(StoreBusy, match="took too long") as caught:
            database.read(lambda connection: connection.execute(slow))
        assert "ask for less" in caught.value.hint
        assert database.read(lambda connection: connection.scalar(sa.text("SELECT 1"))) == 1
        database.close()


def test_a_table_that_may_not_be_read(served: Served) -> None:
    private = Served(served.driver)
    name = f"{private.database}.params" if private.mysql else "params"
    if private.mysql:
        tables = [row[0] for row in private.admin("SHOW TABLES")]
        private.admin(f"REVOKE SELECT ON {private.database}.* FROM {READER}@'127.0.0.1'")
        for table in tables:
            if table != "params":
                private.admin(f"GRANT SELECT ON {private.database}.{table} TO {READER}@'127.0.0.1'")
        # MySQL does not show such a table at all.
        with pytest.raises(NotAStore, match="params") as hidden:
            open_store(private.uri)
        assert "SELECT" in hidden.value.hint
        return
    private.admin(f"REVOKE SELECT ON {name} FROM {READER}")
    store = open_store(private.uri)
    assert store.run_ids(RunQuery()).items
    with pytest.raises(AccessDenied, match="permission denied for table params") as caught:
        store.runs(store.run_ids(RunQuery()).items, RunParts.PARAMS)
    assert "GRANT SELECT" in caught.value.hint
    store.close()


def test_a_wrong_password(served: Served) -> None:
    said = "does not accept this user and password"
    for uri, user, secret in (
        (served.address(password="wr0ng/pass@word"), READER, "wr0ng/pass@word"),
        (served.address(username="nobody-here"), "nobody-here", READER_PASSWORD),
    ):
        error = refused(uri, LoginRefused, said, f"{user}:***@", secrets=(secret,))
        assert "@ is written %40" in error.hint


def test_an_unknown_database(served: Served) -> None:
    if served.mysql:
        # A user without rights on it is told nothing about it.
        refused(served.address(database="missing"), AccessDenied, "does not admit this user", "database 'missing'")
        uri, secret = served.server.uri("missing", OWNER, OWNER_PASSWORD), OWNER_PASSWORD
    else:
        uri, secret = served.address(database="missing"), READER_PASSWORD
    error = refused(uri, StoreNotFound, "/missing has no database of that name", secrets=(secret,))
    assert "behind the last slash" in error.hint


def test_an_unknown_host(served: Served) -> None:
    error = refused(
        served.address(host="nowhere.invalid"), StoreUnreachable, "nowhere.invalid", "host that is not known"
    )
    assert "spelling of the host" in error.hint


def test_a_refused_connection(served: Served) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        error = refused(served.address(port=port), StoreUnreachable, f"127.0.0.1:{port}", "Connection refused")
    assert "that the server runs" in error.hint


def test_a_connection_that_is_closed_already_needs_no_cut(served: Served) -> None:
    reader = served.database_reader()
    proxy = reader._pool.engine.raw_connection()
    driver_connection = proxy.dbapi_connection
    assert driver_connection is not None
    proxy.detach()
    driver_connection.close()
    reader._pool.cut(driver_connection)
    assert reader.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar()) == 1
    reader.close()


def test_a_server_that_says_nothing(served: Served) -> None:
    """A port on which something else listens, or a firewall that swallows."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        address = parse(served.address(port=sock.getsockname()[1]))
        dialect = MySql() if served.mysql else Postgres()
        database = ServerDatabase(server_url(address), dialect, address.shown, connect_timeout=1)
        with pytest.raises(StoreUnreachable):
            database.read(lambda connection: None)
        cancel = threading.Event()
        patient = ServerDatabase(server_url(address), dialect, address.shown)
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(patient.read, lambda connection: None, cancel)
            cancel.set()
            with pytest.raises(Cancelled):
                reading.result(timeout=5)


def test_encryption_that_the_server_does_not_have(served: Served) -> None:
    if served.mysql:
        error = refused(
            f"{served.uri}?ssl_ca=/nowhere/ca.pem", AccessDenied, "No such file", "encryption that one side"
        )
        assert "?ssl_ca=FILE" in error.hint
    else:
        error = refused(
            f"{served.uri}?sslmode=require", AccessDenied, "does not support SSL", "encryption that one side"
        )
        assert "?sslmode=require" in error.hint


def test_a_database_of_something_else(served: Served) -> None:
    if served.mysql:
        served.admin("CREATE DATABASE IF NOT EXISTS empty_one")
        served.admin(f"GRANT SELECT ON empty_one.* TO {READER}@'127.0.0.1'")
        uri = served.server.uri("empty_one")
    else:
        uri = served.with_driver(served.server.uri(new_postgres_database(served.server)))
    with pytest.raises(NotAStore, match="no table of MLflow's"):
        open_store(uri)


def test_too_many_connections(served: Served) -> None:
    if served.mysql:
        served.admin("CREATE USER IF NOT EXISTS one@'127.0.0.1' IDENTIFIED BY 'pw' WITH MAX_USER_CONNECTIONS 1")
        served.admin(f"GRANT SELECT ON {served.database}.* TO one@'127.0.0.1'")
    else:
        served.admin("DROP ROLE IF EXISTS one")
        served.admin("CREATE ROLE one LOGIN PASSWORD 'pw' CONNECTION LIMIT 1")
        served.admin("GRANT pg_read_all_data TO one")
    uri = served.address(username="one", password="pw")
    store = open_store(uri)
    error = refused(uri, StoreBusy, "has no connection left", secrets=(":pw@",))
    assert "try again" in error.hint
    store.close()
    # The one that was given back can be had again.
    again = open_store(uri)
    assert again.run_ids(RunQuery()).items
    again.close()
    if not served.mysql:
        served.admin("DROP ROLE one")


def test_a_schema_that_changes_meanwhile_is_read_anew(served: Served) -> None:
    private = Served(served.driver)
    store = open_store(private.uri)
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    for table in ("input_tags", "logged_model_params", "logged_model_tags", "logged_model_metrics"):
        private.admin(f"DROP TABLE {table}" + ("" if private.mysql else " CASCADE"))
    private.admin("ALTER TABLE inputs DROP COLUMN step")
    assert len(store.runs(ids, RunParts.ALL)) == len(ids)
    if private.mysql:
        private.admin("SET FOREIGN_KEY_CHECKS = 0")
    private.admin("DROP TABLE metrics")
    with pytest.raises(NotAStore, match="metrics"):
        store.metric_summaries(ids[0])
    store.close()


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://u:s3cret@host:port/db",
        "postgresql://u:s3cret@host:99999999/db",
        "mysql+pymysql://u:s3cret@host:x/db",
        "mysql+pymysql://u:s3cret@127.0.0.1:1/db?no_such_option=1",
        "mysql+pymysql://u:s3cret@127.0.0.1:1/db?connect_timeout=soon",
    ],
)
def test_an_address_that_cannot_be_understood(uri: str) -> None:
    with pytest.raises((UriError, StoreUnreachable)) as caught:
        open_store(uri)
    assert "s3cret" not in caught.value.message + caught.value.hint


def test_a_lost_network_is_noticed(served: Served) -> None:
    """The server's answer never comes, and it cannot be told to stop either."""
    with Relay(served.server.port) as relay:
        address = parse(served.address(port=relay.port))
        dialect = MySql() if served.mysql else Postgres()
        database = ServerDatabase(server_url(address), dialect, address.shown)
        assert database.read(lambda connection: connection.scalar(sa.text("SELECT 1"))) == 1
        relay.swallow = True
        cancel = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(database.read, lambda c: c.scalar(sa.text("SELECT 1")), cancel)
            time.sleep(0.1)
            cancel.set()
            with pytest.raises(Cancelled):
                reading.result(timeout=30)
        relay.swallow = False
        assert database.read(lambda connection: connection.scalar(sa.text("SELECT 1"))) == 1
        database.close()


class Relay:
    """Passes bytes on between a port of its own and another one, until it is told to swallow them."""

    def __init__(self, target: int) -> None:
        self.swallow = False
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = [self._listener]

    def __enter__(self) -> Relay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in self._sockets:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [here, there]
            for source, target in ((here, there), (there, here)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        while True:
            try:
                data = source.recv(65536)
                if not data:
                    if not self.swallow:
                        target.shutdown(socket.SHUT_WR)
                    return
                if not self.swallow:
                    target.sendall(data)
            except OSError:
                return
