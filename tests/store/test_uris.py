"""Addresses of stores: what they name, where one is found, and that no secret is ever shown."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.errors import FlowdeckError, StoreNotFound, UriError
from store.opening import open_store
from store.uris import Kind, discover, looks_like_tree, parse, redact, redact_address
from tests.support.examples import examples

QUICK: Final = settings(max_examples=examples(100), deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("postgresql://u:p@h/db", Kind.POSTGRESQL),
        ("postgres://h/db", Kind.POSTGRESQL),
        ("postgresql+psycopg2://h:5432/db", Kind.POSTGRESQL),
        ("postgresql:///db?host=/run/postgresql", Kind.POSTGRESQL),
        ("postgresql://u:pa[ss@h/db", Kind.POSTGRESQL),
        ("mysql+pymysql://u:p@h/db", Kind.MYSQL),
        ("mysql+pymysql:///db?unix_socket=/run/mysqld.sock", Kind.MYSQL),
        ("mariadb://h/db", Kind.MYSQL),
        ("mssql+pyodbc://dsn", Kind.MSSQL),
        ("mssql+pyodbc:///?odbc_connect=Driver%3DX", Kind.MSSQL),
        ("http://localhost:5000", Kind.HTTP),
        ("HTTPS://user:pw@mlflow.example.org/prefix", Kind.HTTP),
    ],
)
def test_uris_of_servers(uri: str, kind: Kind) -> None:
    address = parse(f"  {uri}\n")
    assert (address.kind, address.uri, address.path) == (kind, uri, None)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("sqlite:///mlflow.db", "{here}/mlflow.db"),
        ("sqlite:///./a/../mlflow.db", "{here}/mlflow.db"),
        ("sqlite:////data/mlflow.db", "/data/mlflow.db"),
        ("SQLite:////data/my runs#1 100%.db", "/data/my runs#1 100%.db"),
        ("sqlite+pysqlite:////data/mlflow.db?timeout=5", "/data/mlflow.db"),
        ("sqlite:///file:mlflow.db?mode=ro&uri=true", "{here}/mlflow.db"),
        ("sqlite:///file:/data/a%20b.db?uri=true", "/data/a b.db"),
        ("sqlite:///file:///data/x.db?uri=true", "/data/x.db"),
        ("sqlite:///file:x.db", "{here}/file:x.db"),
    ],
)
def test_uris_of_sqlite_files(uri: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    address = parse(uri)
    assert address.kind is Kind.SQLITE
    assert str(address.path) == address.shown == path.format(here=tmp_path)


def test_uris_of_trees() -> None:
    for uri in ("file:///data/ml%20runs", "file:/data/ml%20runs", "file://localhost/data/ml%20runs"):
        address = parse(uri)
        assert (address.kind, address.path) == (Kind.TREE, Path("/data/ml runs"))


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("sqlite:///a\0b", "NUL"),
        ("sqlite://mlflow.db", "names no database file"),
        ("sqlite:/mlflow.db", "names no database file"),
        ("sqlite:///", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file::memory:?cache=shared&uri=true", "in memory"),
        ("oracle://u:p@h/db", "oracle:// is not a kind of store"),
        ("file://elsewhere/data", "not elsewhere"),
        ("file://[x/data", "cannot be understood"),
        ("http://", "names no host"),
        ("http://:5000", "names no host"),
        ("http:/localhost", "lacks a slash"),
    ],
)
def test_addresses_that_cannot_be_understood(uri: str, said: str) -> None:
    with pytest.raises(UriError) as caught:
        parse(uri)
    assert said in caught.value.message
    assert caught.value.hint


def test_plain_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my.db").touch()
    (tmp_path / "project" / "mlruns" / "0").mkdir(parents=True)
    for given_path in ("my.db", "./my.db", "~/my.db", str(tmp_path / "my.db"), "project/../my.db"):
        address = parse(given_path)
        assert (address.kind, address.path) == (Kind.SQLITE, tmp_path / "my.db")
    address = parse("project")
    assert (address.kind, address.path) == (Kind.TREE, tmp_path / "project" / "mlruns")
    (tmp_path / "project" / "mlflow.db").touch()
    address = parse("project")
    assert (address.kind, address.path) == (Kind.SQLITE, tmp_path / "project" / "mlflow.db")


def test_a_tree_is_known_by_its_experiments(tmp_path: Path) -> None:
    tree = tmp_path / "mlruns"
    (tree / "0").mkdir(parents=True)
    assert not looks_like_tree(tree)
    (tree / "0" / "meta.yaml").touch()
    assert looks_like_tree(tree)
    assert not looks_like_tree(tmp_path / "none")
    (tree / "mlruns").mkdir()
    assert parse(str(tree)).path == tree


def test_a_path_at_which_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFound) as caught:
        parse(str(tmp_path / "none.db"))
    assert f"nothing is at {tmp_path}/none.db" in caught.value.message
    assert "sqlite:///mlflow.db" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_the_store_of_a_shell(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFound) as caught:
        discover({}, tmp_path)
    for looked_for in ("FLOWDECK_STORE", "MLFLOW_TRACKING_URI", "mlflow.db", "mlruns", str(tmp_path)):
        assert looked_for in caught.value.message
    assert "flowdeck demo" in caught.value.hint
    (tmp_path / "mlruns").mkdir()
    assert discover({}, tmp_path).source == "./mlruns"
    (tmp_path / "mlflow.db").touch()
    assert discover({}, tmp_path).source == "./mlflow.db"
    assert discover({"MLFLOW_TRACKING_URI": " http://h "}, tmp_path).uri == "http://h"
    both = {"MLFLOW_TRACKING_URI": "http://h", "FLOWDECK_STORE": "x.db"}
    assert (discover(both, tmp_path).uri, discover(both, tmp_path).source) == ("x.db", "FLOWDECK_STORE")
    assert discover({"FLOWDECK_STORE": "  "}, tmp_path).source == "./mlflow.db"


# ------------------------------------------------------------------------------------------ secrets


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("postgresql://u:secret@h:5432/db", "postgresql://u:***@h:5432/db"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgresql://:secret@h/db", "postgresql://:***@h/db"),
        ("postgresql://user@tenant:secret@h/db", "postgresql://user@tenant:***@h/db"),
        ("mssql://DOMAIN/user:secret@h/db", "mssql://DOMAIN/user:***@h/db"),
        ("postgresql:/u:secret@h/db", "postgresql:/u:***@h/db"),
        ("https://token@h/x", "https://***@h/x"),
        ("http://h:5000/x?a=1", "http://h:5000/x?a=1"),
        (
            "postgresql://h/db?user=u&password=secret&sslmode=require",
            "postgresql://h/db?user=u&password=***&sslmode=require",
        ),
        ("s3://b/k?X-Amz-Signature=secret&X-Amz-Date=1", "s3://b/k?X-Amz-Signature=***&X-Amz-Date=1"),
        ("mssql+pyodbc:///?odbc_connect=UID%3Du%3BPWD%3Dsecret%3B", "mssql+pyodbc:///?odbc_connect=***"),
        ("Server=h;UID=u;PWD={se;cret};X=1", "Server=h;UID=u;PWD=***;X=1"),
        ("/data/mlflow.db", "/data/mlflow.db"),
    ],
)
def test_what_is_hidden_and_what_is_not(given_text: str, shown: str) -> None:
    assert redact(given_text) == shown
    assert redact(f"reading {given_text} failed") == f"reading {shown} failed"
    assert redact_address(given_text) == shown


def test_redacting_again_changes_nothing() -> None:
    once = redact("see postgresql://u:p@h/db?password=x and https://t@h")
    assert redact(once) == once


@pytest.mark.parametrize("text", ["a:", "a.", "a:/@", "http://", "?sig-", "sig-", "@", "http://a:b@c ", "a=", ";pwd="])
def test_long_texts_do_not_take_long(text: str) -> None:
    """Messages hold names that other people wrote."""
    start = time.process_time()
    redact(text * (20_000 // len(text)))
    redact_address(text * (20_000 // len(text)))
    assert time.process_time() - start < 1


SECRET: Final = "Tr0ub4dor"
"""Appears in each password below, whatever surrounds it."""

# Every character that a shell lets through in an argument; NUL cannot be passed.
NOISE: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
PUNCTUATION: Final = st.text("@:/%?#&=[]{}\\;,+$!'\"^~ ", max_size=6)
PASSWORDS: Final = st.builds(lambda left, right: left + SECRET + right, PUNCTUATION | NOISE, PUNCTUATION | NOISE)
SCHEMES: Final = st.sampled_from(
    [
        *("postgresql", "postgres", "postgresql+psycopg2", "mysql+pymysql", "mssql+pyodbc", "http", "https", "oracle"),
        *("file", "sqlite", "sqlite+pysqlcipher", "ftp", "mongodb+srv"),
    ]
)
USERS: Final = st.sampled_from(["u", "", "user@tenant", "DOM\\user", "a.b-c", "u%40x", "été"])
TAILS: Final = st.sampled_from(["h/db", "h:5432/db?sslmode=require", "[::1]:5432/db", "", "h", "h/a@b", "h/x.db#f"])


@QUICK
@given(scheme=SCHEMES, slashes=st.sampled_from(["://", ":///", ":/", ":"]), user=USERS, password=PASSWORDS, tail=TAILS)
@example(scheme="postgresql", slashes="://", user="u", password=f"p@:/%{SECRET}@:/%", tail="h/db")
@example(scheme="postgresql", slashes="://", user="u", password=f"a b\n{SECRET}", tail="h/db")
@example(scheme="http", slashes="://", user="u", password=f"[{SECRET}]", tail="h")
@example(scheme="mysql+pymysql", slashes=":///", user="u", password=f"?{SECRET}=", tail="h/db")
@example(scheme="postgresql", slashes=":///", user="u", password=f"?{SECRET}=", tail="h/db")
@example(scheme="postgresql+psycopg2", slashes=":///", user="u", password=f"?{SECRET}=x&{SECRET}=", tail="h/db")
def test_no_password_before_a_host_is_ever_shown(
    scheme: str, slashes: str, user: str, password: str, tail: str
) -> None:
    uri = f"{scheme}{slashes}{user}:{password}@{tail}"
    assert SECRET not in redact_address(uri)
    if not any(character.isspace() for character in uri):
        assert SECRET not in redact(uri)
        assert SECRET not in redact(f"cannot open “{uri}”: refused ({uri})")
    assert_nothing_is_told(uri)


ARGUMENTS: Final = st.sampled_from(
    [
        *(
            "password",
            "PASSWORD",
            "passwd",
            "pwd",
            "sslpassword",
            "token",
            "access_token",
            "api_key",
            "apikey",
            "secret",
        ),
        *(
            "aws_secret_access_key",
            "AccountKey",
            "sig",
            "X-Amz-Signature",
            "client-secret",
            "odbc_connect",
            "passphrase",
        ),
    ]
)


@QUICK
@given(
    scheme=SCHEMES,
    name=ARGUMENTS,
    password=st.text("@:/%?#=[]\\,+$!'\"^~", max_size=4).map(lambda noise: noise + SECRET),
    separator=st.sampled_from(["?", "?user=u&", "?a=1;", "#"]),
)
def test_no_secret_argument_is_ever_shown(scheme: str, name: str, password: str, separator: str) -> None:
    uri = f"{scheme}://h/db{separator}{name}={password}&b=2"
    assert SECRET not in redact(uri)
    assert SECRET not in redact_address(uri)
    if scheme not in ("sqlite", "file"):  # these name a path, and a path is shown
        assert_nothing_is_told(uri)


def assert_nothing_is_told(uri: str) -> None:
    """Neither by the address nor by an error on the way to a store."""
    with contextlib.suppress(FlowdeckError):
        if (address := parse(uri)).path is None:
            assert SECRET not in address.shown
            assert SECRET not in str(address.kind)
        else:
            return  # a file of that name, which is what was asked for
    try:
        open_store(uri).close()
    except FlowdeckError as error:
        shown = f"{error.message} {error.hint} {error}"
        assert SECRET not in shown
