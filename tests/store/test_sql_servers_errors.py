"""Every error that a driver documents becomes one of ours; a driver that is missing is told with its command."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import psycopg2
import psycopg2.errorcodes
import pymysql
import pytest

from store.errors import (
    AccessDenied,
    DriverMissing,
    FilterError,
    FlowdeckError,
    LoginRefused,
    PasswordWanted,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreNotFound,
    StoreUnreachable,
    Unsupported,
    UriError,
)
from store.opening import open_store
from store.sql import drivers
from store.sql.drivers import server_url
from store.sql.mssql import SqlServer
from store.sql.mysql import MySql
from store.sql.postgres import Postgres
from store.sql.server import ServerDatabase
from store.sql.server_errors import Meaning, as_flowdeck_error
from store.uris import Detour, parse

ROOT = Path(__file__).resolve().parents[2]

SHOWN = "postgresql://ada:***@host/db"

STATES: list[tuple[str, type[FlowdeckError]]] = [
    ("08006", StoreUnreachable),
    ("22021", FilterError),
    ("28000", AccessDenied),
    ("28P01", LoginRefused),
    ("3D000", StoreNotFound),
    ("40001", StoreBusy),
    ("42501", AccessDenied),
    ("42P01", StoreError),
    ("53100", StoreError),
    ("53300", StoreBusy),
    ("54001", FilterError),
    ("55P03", StoreBusy),
    ("57014", StoreBusy),
    ("57P01", StoreUnreachable),
    ("57P03", StoreUnreachable),
    ("XX001", StoreCorrupt),
    ("XX000", StoreError),
]

NUMBERS: list[tuple[int, type[FlowdeckError]]] = [
    (1040, StoreBusy),
    (1044, AccessDenied),
    (1045, LoginRefused),
    (1049, StoreNotFound),
    (1142, AccessDenied),
    (1146, StoreError),
    (1194, StoreCorrupt),
    (1205, StoreBusy),
    (1267, FilterError),
    (1969, StoreBusy),
    (2003, StoreUnreachable),
    (2013, StoreUnreachable),
    (3024, StoreBusy),
    (3159, AccessDenied),
    (9999, StoreError),
]

WORDS: list[tuple[str, type[FlowdeckError]]] = [
    ('connection failed: FATAL:  password authentication failed for user "ada"', LoginRefused),
    ("connection failed: fe_sendauth: no password supplied", PasswordWanted),
    ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "ada", database "db", no encryption', AccessDenied),
    ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "ada", database "db", SSL encryption', AccessDenied),
    ('FATAL:  database "db" does not exist', StoreNotFound),
    ("FATAL:  sorry, too many clients already", StoreBusy),
    ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", StoreBusy),
    ("FATAL:  the database system is starting up", StoreUnreachable),
    ('could not translate host name "nowhere" to address: Name or service not known', StoreUnreachable),
    ("[Errno -2] Name or service not known", StoreUnreachable),
    ("server does not support SSL, but SSL was required", AccessDenied),
    ('root certificate file "/x.crt" does not exist', AccessDenied),
    ("SSL error: certificate verify failed", AccessDenied),
    ("connection to server at 127.0.0.1, port 1 failed: Connection refused", StoreUnreachable),
    ("connection timeout expired", StoreUnreachable),
    ("server closed the connection unexpectedly", StoreUnreachable),
    ("the connection is closed", StoreUnreachable),
    ("something nobody has seen", StoreError),
]

ODBC: list[tuple[str, str, type[FlowdeckError]]] = [
    ("28000", "Login failed for user 'ada'. (18456) (SQLDriverConnect)", LoginRefused),
    ("42000", 'Cannot open database "db" requested by the login. (4060)', StoreNotFound),
    ("42000", "The SELECT permission was denied on the object 'params'. (229)", AccessDenied),
    ("HYT00", "Login timeout expired (0) (SQLDriverConnect)", StoreUnreachable),
    ("HYT00", "Query timeout expired (0) (SQLExecDirectW)", StoreBusy),
    ("08S01", "Communication link failure (0)", StoreUnreachable),
    ("08001", "Named Pipes Provider: Could not open a connection (2)", StoreUnreachable),
    ("42S02", "Invalid object name 'runs'. (208)", StoreError),
    ("40001", "Transaction was deadlocked. (1205)", StoreBusy),
    ("IM002", "Data source name not found and no default driver specified (0)", DriverMissing),
    ("XX999", "who knows", StoreError),
]


class Raised(Exception):
    """An error of a driver with an SQLSTATE."""

    def __init__(self, text: str, sqlstate: str | None = None, pgcode: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate
        self.pgcode = pgcode


def told(meaning: Meaning, words: str) -> FlowdeckError:
    error = as_flowdeck_error(meaning, SHOWN, words)
    assert error.hint
    assert error.message.startswith(SHOWN)
    return error


@pytest.mark.parametrize(("state", "kind"), STATES)
def test_states_of_postgresql(state: str, kind: type[FlowdeckError]) -> None:
    for error in (Raised("the words", sqlstate=state), Raised("the words", pgcode=state)):
        shown = told(Postgres().meaning(error), str(error))
        assert type(shown) is kind
        assert "the words" in shown.message


@pytest.mark.parametrize(("words", "kind"), WORDS)
def test_words_of_libpq(words: str, kind: type[FlowdeckError]) -> None:
    assert type(told(Postgres().meaning(Raised(words)), words)) is kind


@pytest.mark.parametrize(("number", "kind"), NUMBERS)
def test_numbers_of_mysql(number: int, kind: type[FlowdeckError]) -> None:
    error = pymysql.err.OperationalError(number, "the words")
    assert type(told(MySql().meaning(error), "the words")) is kind


@pytest.mark.parametrize(("state", "words", "kind"), ODBC)
def test_errors_of_odbc(state: str, words: str, kind: type[FlowdeckError]) -> None:
    error = Exception(state, f"[{state}] [Microsoft][ODBC Driver 18 for SQL Server] {words}")
    assert type(told(SqlServer().meaning(error), words)) is kind


def test_every_documented_state_has_a_meaning() -> None:
    states = {name for name in vars(psycopg2.errorcodes).values() if isinstance(name, str) and len(name) == 5}
    assert len(states) > 200
    for state in states:
        told(Postgres().meaning(Raised("", sqlstate=state)), "")


def test_every_documented_number_has_a_meaning() -> None:
    for group in (pymysql.constants.ER, pymysql.constants.CR):
        numbers = [value for value in vars(group).values() if isinstance(value, int)]
        assert len(numbers) > 30
        for number in numbers:
            told(MySql().meaning(pymysql.err.Error(number, "")), "")


def test_every_meaning_can_be_told() -> None:
    for meaning in Meaning:
        assert "words" in told(meaning, "words").message


@pytest.mark.parametrize(
    "error", [psycopg.OperationalError(), psycopg2.OperationalError(), pymysql.err.InterfaceError()]
)
def test_errors_without_any_word_are_told_too(error: Exception) -> None:
    dialect: Any = MySql() if isinstance(error, pymysql.err.Error) else Postgres()
    assert isinstance(told(dialect.meaning(error), str(error)), StoreError)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes modules look as if they were not installed."""

    def forget(*names: str) -> None:
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return forget


def chosen(uri: str) -> str:
    return server_url(parse(uri)).drivername


def test_a_bare_address_gets_the_first_driver_that_is_there(without: Any) -> None:
    for uri in ("postgresql://u:p@h/d", "postgres://u:p@h/d", "POSTGRES://u:p@h/d"):
        assert chosen(uri) == "postgresql+psycopg"
    without("psycopg")
    assert chosen("postgresql://u:p@h/d") == "postgresql+psycopg2"
    assert chosen("mysql://u:p@h/d") == "mysql+pymysql"
    assert chosen("mariadb://u:p@h/d") == "mysql+pymysql"


def test_a_driver_that_is_named_is_taken(without: Any) -> None:
    assert chosen("postgresql+psycopg2://u:p@h/d") == "postgresql+psycopg2"
    assert chosen("postgresql+psycopg://u:p@h/d") == "postgresql+psycopg"
    assert chosen("mariadb+pymysql://u:p@h/d") == "mysql+pymysql"
    without("psycopg2")
    with pytest.raises(DriverMissing) as caught:
        server_url(parse("postgresql+psycopg2://u:s3cret@h/d"))
    assert caught.value.hint == "pip install psycopg2-binary, or write postgresql://"
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    ("uri", "modules", "hint"),
    [
        ("postgresql://u:s3cret@h/d", ("psycopg", "psycopg2"), "pip install 'flowdeck[postgres]'"),
        ("mysql://u:s3cret@h/d", ("pymysql", "MySQLdb"), "pip install 'flowdeck[mysql]'"),
        ("mysql+pymysql://u:s3cret@h/d", ("pymysql",), "pip install 'flowdeck[mysql]', or write mysql://"),
        ("mysql+mysqldb://u:s3cret@h/d", ("MySQLdb",), "pip install mysqlclient, or write mysql://"),
        ("mssql+pyodbc://u:s3cret@h/d", ("pyodbc",), "pip install 'flowdeck[mssql]'"),
        ("mssql://u:s3cret@h/d", ("pyodbc",), "pip install 'flowdeck[mssql]'"),
    ],
)
def test_a_missing_driver_is_told_with_its_command(uri: str, modules: tuple[str, ...], hint: str, without: Any) -> None:
    without(*modules)
    with pytest.raises(DriverMissing) as caught:
        open_store(uri)
    assert caught.value.hint == hint
    assert "s3cret" not in caught.value.message
    assert "***" in caught.value.message


def test_an_unknown_driver_is_refused() -> None:
    with pytest.raises(Unsupported, match="asyncpg") as caught:
        open_store("postgresql+asyncpg://u:s3cret@h/d")
    assert "s3cret" not in caught.value.message
    assert "postgresql+psycopg://" in caught.value.hint


@pytest.mark.parametrize("uri", ["postgresql://u:s3cret@h:port/d", "mysql+pymysql://u:s3cret@h/d?connect_timeout=soon"])
def test_an_address_that_makes_no_sense_is_refused(uri: str) -> None:
    with pytest.raises(UriError) as caught:
        open_store(uri)
    assert "s3cret" not in caught.value.message + caught.value.hint


def test_every_driver_has_a_command() -> None:
    for family in drivers._FAMILIES.values():
        assert all(driver.install.startswith("pip install ") for driver in family.drivers)


def test_no_driver_is_loaded_for_sqlite(demo: Path) -> None:
    program = (
        "import sys; from store.opening import open_store; from store.protocols import RunQuery;"
        f"open_store({str(demo)!r}).run_ids(RunQuery());"
        "print([name for name in ('psycopg', 'psycopg2', 'pymysql', 'MySQLdb', 'pyodbc') if name in sys.modules],"
        " [name for name in sys.modules if name.startswith('store.sql.server')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[] []"


@pytest.mark.parametrize(
    "uri",
    [
        "mysql://ml:s3cret@127.0.0.1/d?bogus=1",
        "mysql://ml:s3cret@127.0.0.1/d?read_timeout=abc",
        "mysql://ml:s3cret@127.0.0.1/d?charset=no-such-charset",
    ],
)
def test_options_that_the_driver_does_not_take_are_blamed_on_the_address(uri: str) -> None:
    with pytest.raises(UriError) as caught:
        open_store(uri)
    assert "question mark" in caught.value.hint
    assert "s3cret" not in caught.value.message


def test_a_detour_that_is_gone_is_no_matter_of_encryption() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        address = parse(f"mysql+pymysql://ml:s3cret@db.example.com:{port}/d")
        database = ServerDatabase(server_url(address), MySql(Detour(port=port)), address.shown)
        with pytest.raises(StoreUnreachable, match=r"cannot be reached: .*refused") as caught:
            database.read(lambda connection: None)
    assert "port" in caught.value.hint


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_certificates_that_cannot_be_used_are_a_matter_of_encryption(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AccessDenied, match="encryption"):
        open_store(f"mysql+pymysql://ml:s3cret@127.0.0.1:1/d?ssl_ca={file}")
