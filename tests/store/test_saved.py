"""Saved stores: what the configuration may say, how it is changed, and where secrets come from."""

from __future__ import annotations

import os
import stat
import sys
from base64 import b64encode
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from store import secrets
from store.errors import AccessDenied, Cancelled, DriverMissing, StoreNotFound, UriError, UsageError
from store.http.settings import settings_of
from store.opening import open_named, open_named_changes
from store.saved import SavedStore, address_of, make_saved
from store.saved_reading import find_store, read_stores
from store.saved_writing import remove_store, save_store
from store.secrets import SecretRef, parse_secret, read_secret
from store.uris import Kind, has_secret, with_password

PG = "postgresql://ml@db.example:5433/mlflow?sslmode=require"
ENV = SecretRef("env", "DB_PASSWORD")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "config.toml"


def test_without_a_file_there_are_none(config: Path) -> None:
    assert read_stores(config) == {}


def test_what_was_saved_is_read(config: Path) -> None:
    saved = [
        make_saved("prod", PG, ssh="gpu-3", password=ENV),
        make_saved("lab", "http://127.0.0.1:5000", token=SecretRef("keyring", "mlflow/ada"), workspace="team"),
        make_saved("local", "/data/mlflow.db"),
    ]
    for one in saved:
        save_store(config, one)
    assert list(read_stores(config).values()) == saved
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert sorted(os.listdir(config.parent)) == ["config.toml"]


def test_the_rest_of_the_file_stays_as_it_is(config: Path) -> None:
    text = '# mine\ntheme = "flowdeck-dark"  # dark\n\n[keys]\nquit = "ctrl+q"\n\n[stores.old]\nuri = "/data"  # disk\n'
    config.parent.mkdir()
    config.write_text(text)
    config.chmod(0o644)
    save_store(config, make_saved("new", PG))
    assert config.read_text().startswith(text)
    assert stat.S_IMODE(config.stat().st_mode) == 0o644
    remove_store(config, "new")
    assert config.read_text().strip() == text.strip()
    remove_store(config, "old")
    assert "stores" not in config.read_text()
    assert "# mine" in config.read_text()


def test_a_link_to_the_file_stays_a_link(config: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text('theme = "x"\n')
    config.parent.mkdir()
    config.symlink_to(real)
    save_store(config, make_saved("a", PG))
    assert config.is_symlink()
    assert read_stores(real).keys() == {"a"}


def test_a_name_is_taken_once(config: Path) -> None:
    save_store(config, make_saved("a", PG))
    with pytest.raises(UsageError, match="already"):
        save_store(config, make_saved("a", "/data"))
    save_store(config, make_saved("a", "/data"), replace=True)
    assert read_stores(config)["a"] == SavedStore("a", "/data")


def test_a_name_that_is_not_there_is_told_with_a_likely_one(config: Path) -> None:
    save_store(config, make_saved("production", PG))
    with pytest.raises(UsageError, match="prodution") as caught:
        remove_store(config, "prodution")
    assert "production" in caught.value.hint


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be"):
        save_store(tmp_path / "file" / "config.toml", make_saved("a", PG))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[stores", "cannot be read"),
        ("stores = 3", "stores: not a table"),
        ("[stores]\na = 'x'", "[stores.a]: not a table"),
        ("[stores.a]\nssh = 'x'", "[stores.a]: lacks its uri"),
        ("[stores.a]\nuri = 3", "[stores.a] uri: not a text"),
        ("[stores.a]\nuri = '/data'\npasword = 'env:A'", "[stores.a] pasword: no such setting"),
        ("[stores.'a b']\nuri = '/data'", "[stores.a b]: not a name"),
        ("[stores.a]\nuri = 'gopher://x'", "[stores.a]: gopher://x"),
        ("[stores.a]\nuri = 'postgresql://u@h/d'\npassword = 'hunter2'", "[stores.a]: a secret is named by"),
        ("[stores.a]\nuri = 'postgresql://u:hunter2@h/d'", "[stores.a]: the address holds a password"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_without_secrets(config: Path, text: str, told: str) -> None:
    config.parent.mkdir()
    config.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_stores(config)
    assert told in caught.value.message
    assert str(config) in caught.value.message
    assert caught.value.hint
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(UriError, match="password"):
        make_saved("a", "postgresql://u:p@h/d")
    with pytest.raises(UriError, match="password"):
        make_saved("a", "https://token@h/")
    with pytest.raises(UsageError, match="takes no password"):
        make_saved("a", "/data/mlflow.db", password=ENV)
    with pytest.raises(UsageError, match="through gpu-3"):
        make_saved("a", "sqlite:////data/mlflow.db", ssh="gpu-3")
    with pytest.raises(UsageError, match="only MLflow servers"):
        make_saved("a", PG, token=ENV)
    for name in ("", "-x", "a b", "a/b", "a.b", "x" * 41):
        with pytest.raises(UsageError):
            make_saved(name, PG)


def test_a_disk_that_is_not_there_spoils_only_its_own_store(config: Path) -> None:
    save_store(config, make_saved("gone", "/no/such/disk/mlflow.db"))
    save_store(config, make_saved("prod", PG))
    stores = read_stores(config)
    assert address_of(stores["prod"], {}).kind is Kind.POSTGRESQL
    with pytest.raises(StoreNotFound):
        address_of(stores["gone"], {})


def test_an_address_gets_its_secrets_and_shows_none() -> None:
    address = address_of(make_saved("a", PG, ssh="gpu-3", password=ENV), {"DB_PASSWORD": "p@:/ s%?#w"})
    assert address.uri == "postgresql://ml:p%40%3A%2F%20s%25%3F%23w@db.example:5433/mlflow?sslmode=require"
    assert address.ssh == "gpu-3"
    assert address.shown == "postgresql://ml:***@db.example:5433/mlflow?sslmode=require via gpu-3"
    served = address_of(make_saved("b", "http://h:5000/x", token=SecretRef("env", "T"), workspace="w"), {"T": "s3cret"})
    assert (served.token, served.workspace) == ("s3cret", "w")
    for one in (address, served):
        assert "s3cret" not in repr(one)
        assert "p%40" not in repr(one)


def test_a_password_needs_a_user() -> None:
    with pytest.raises(UriError, match="names no user"):
        with_password("postgresql://h/d", "p")
    with pytest.raises(UriError, match="names no user"):
        with_password("postgresql://h/d@x", "p")
    assert with_password("mysql+pymysql://u@h", "p") == "mysql+pymysql://u:p@h"
    assert has_secret("mysql+pymysql://u:p@h")
    assert not has_secret("mysql+pymysql://u@h")


@pytest.mark.parametrize(
    "text", ["", "hunter2", "env:", "env:A B", "env:1A", "keyring:", "keyring:a", "keyring:/b", "file:x"]
)
def test_what_names_no_place_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_secret(text)
    assert not text or text not in str(caught.value)


def test_secrets_come_from_the_environment() -> None:
    assert read_secret(parse_secret("env:DB_PASSWORD"), {"DB_PASSWORD": "x"}) == "x"
    for environ in ({}, {"DB_PASSWORD": ""}):
        with pytest.raises(AccessDenied, match="DB_PASSWORD"):
            read_secret(ENV, environ)


def test_a_keyring_that_waits_for_a_dialogue_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Event()
    monkeypatch.setattr(secrets, "PATIENCE", 0.05)
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=lambda service, user: done.wait(30)))
    with pytest.raises(AccessDenied, match=r"did not give keyring:lab/ada within 0\.05 s"):
        read_secret(parse_secret("keyring:lab/ada"), {})
    done.set()


def test_opening_a_store_is_not_kept_by_a_keyring_that_waits(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_store(config, make_saved("oracle", PG, password=parse_secret("keyring:lab/ada")))
    asked, done, cancel = Event(), Event(), Event()

    def get_password(service: str, user: str) -> str:
        asked.set()
        done.wait(30)
        return "too late"

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    leaving = Thread(target=lambda: asked.wait(30) and cancel.set())
    leaving.start()
    for opening in (open_named, open_named_changes):
        with pytest.raises(Cancelled):
            opening("oracle", {"FLOWDECK_CONFIG": str(config)}, cancel)
    leaving.join()
    done.set()


def test_secrets_come_from_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    ref = parse_secret("keyring:my/service/ada")
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(DriverMissing) as caught:
        read_secret(ref, {})
    assert caught.value.hint == "pip install keyring"
    held = {("my/service", "ada"): "x"}
    keyring = SimpleNamespace(get_password=lambda service, user: held.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert read_secret(ref, {}) == "x"
    with pytest.raises(AccessDenied, match="holds no keyring:my/service/bob"):
        read_secret(parse_secret("keyring:my/service/bob"), {})

    def locked(service: str, user: str) -> str:
        raise RuntimeError("locked")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=locked))
    with pytest.raises(AccessDenied, match="RuntimeError"):
        read_secret(ref, {})


def test_a_name_that_is_nearly_one_is_told(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_store(config, make_saved("oracle", PG))
    environ = {"FLOWDECK_CONFIG": str(config)}
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="oracl") as caught:
        find_store("oracl", environ)
    assert caught.value.hint == "did you mean “oracle”?"
    assert find_store("something-else", environ) is None
    (tmp_path / "oracl").mkdir()
    assert find_store("oracl", environ) is None


@pytest.mark.parametrize("text", ['stores = {a = {uri = "/data"}}\n', "[stores\n"])
def test_a_file_to_which_nothing_can_be_added_stays_as_it_is(config: Path, text: str) -> None:
    config.parent.mkdir()
    config.write_text(text)
    with pytest.raises(UsageError) as caught:
        save_store(config, make_saved("b", PG))
    assert str(config) in caught.value.message
    assert config.read_text() == text


def test_a_web_server_is_saved_with_its_user_and_where_the_password_is() -> None:
    saved = make_saved("auth", "http://ada@ml:5000/team", password=parse_secret("env:ML"))
    address = address_of(saved, {"ML": "hunter2"})
    assert (address.uri, address.password) == ("http://ada@ml:5000/team", "hunter2")
    settings = settings_of(address, {"HOME": "/nonexistent"})
    assert settings.authorization == "Basic " + b64encode(b"ada:hunter2").decode()
    # The user may be the environment's.
    address = address_of(make_saved("auth", "http://ml:5000", password=parse_secret("env:ML")), {"ML": "hunter2"})
    settings = settings_of(address, {"HOME": "/nonexistent", "MLFLOW_TRACKING_USERNAME": "ada"})
    assert settings.authorization == "Basic " + b64encode(b"ada:hunter2").decode()


@pytest.mark.parametrize("uri", ["http://dapi123@ml", "http://ada:hunter2@ml"])
def test_what_may_be_a_token_is_not_saved(uri: str) -> None:
    with pytest.raises(UriError, match="perhaps a token") as caught:
        make_saved("auth", uri, password=parse_secret("env:ML") if "hunter2" in uri else None)
    assert "--password-from" in caught.value.hint
