"""Addresses and credentials are understood as MLflow's own client understands them."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from store.errors import UriError
from store.http.settings import read_settings, settings_of
from store.uris import parse


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("uri", "base", "host"),
    [
        ("http://localhost:5000", "http://localhost:5000", "localhost"),
        ("HTTPS://Ml.Example.com/", "https://ml.example.com", "ml.example.com"),
        ("http://h:80/team/mlflow/", "http://h:80/team/mlflow", "h"),
        ("http://h:80/#/experiments/1?x=y", "http://h:80", "h"),
        ("http://u:p@h:80/p?token=x", "http://h:80/p", "h"),
        ("http://[::1]:5000", "http://[::1]:5000", "::1"),
        ("http://us@er:p@ss@h", "http://h", "h"),
    ],
)
def test_addresses(uri: str, base: str, host: str) -> None:
    settings = read_settings(uri, {"HOME": "/nonexistent"})
    assert (settings.base, settings.host) == (base, host)


@pytest.mark.parametrize("uri", ["http://h:port", "http://h:99999", "http://:80", "http://a b", "http://h/\x1b[1m"])
def test_addresses_that_are_none(uri: str) -> None:
    with pytest.raises(UriError):
        read_settings(uri, {"HOME": "/nonexistent"})


NAMED = {"MLFLOW_TRACKING_USERNAME": "env", "MLFLOW_TRACKING_PASSWORD": "epw"}
TOKEN = {"MLFLOW_TRACKING_TOKEN": "t0ken"}


@pytest.mark.parametrize(
    ("uri", "environ", "stored", "wanted"),
    [
        ("http://h", {}, "", None),
        ("http://h", TOKEN, "", "Bearer t0ken"),
        ("http://h", {**TOKEN, **NAMED}, "", basic("env", "epw")),
        ("http://uri:p%40w@h", {**TOKEN, **NAMED}, "", basic("uri", "p@w")),
        ("http://tok@h", {}, "", basic("tok", "")),
        ("http://h", {}, "mlflow_tracking_username = me\nmlflow_tracking_password = p%w", basic("me", "p%w")),
        ("http://h", NAMED, "mlflow_tracking_username = me\nmlflow_tracking_password = p", basic("env", "epw")),
        (
            "http://h",
            {"MLFLOW_TRACKING_USERNAME": "env"},
            "mlflow_tracking_password = filed",
            basic("env", "filed"),
        ),
        ("http://h", {"MLFLOW_TRACKING_USERNAME": "alone", **TOKEN}, "", "Bearer t0ken"),
        ("http://h", {"MLFLOW_TRACKING_USERNAME": "é", "MLFLOW_TRACKING_PASSWORD": "ü"}, "", basic("é", "ü")),
    ],
)
def test_credentials(tmp_path: Path, uri: str, environ: dict[str, str], stored: str, wanted: str | None) -> None:
    if stored:
        (tmp_path / ".mlflow").mkdir()
        (tmp_path / ".mlflow" / "credentials").write_text(f"[mlflow]\n{stored}\n")
    settings = read_settings(uri, {"HOME": str(tmp_path), **environ})
    assert settings.authorization == wanted
    assert wanted is None or wanted not in repr(settings)


@pytest.mark.parametrize(
    ("uri", "environ", "typed", "wanted", "lacks"),
    [
        ("http://ada@h", {}, None, basic("ada", ""), True),
        ("http://ada@h", {}, "p@w", basic("ada", "p@w"), False),
        ("http://ada:own@h", {}, "p@w", basic("ada", "own"), False),
        ("http://ada:@h", {}, "p@w", basic("ada", ""), False),
        ("http://h", {"MLFLOW_TRACKING_USERNAME": "env"}, None, None, True),
        ("http://h", {"MLFLOW_TRACKING_USERNAME": "env"}, "p@w", basic("env", "p@w"), False),
        ("http://h", {"MLFLOW_TRACKING_USERNAME": "env", **TOKEN}, None, "Bearer t0ken", False),
        ("http://h", {}, "p@w", None, False),
    ],
)
def test_a_user_without_a_password_can_be_given_one(
    uri: str, environ: dict[str, str], typed: str | None, wanted: str | None, lacks: bool
) -> None:
    settings = read_settings(uri, {"HOME": "/nonexistent", **environ}, password=typed)
    assert (settings.authorization, settings.lacks_password) == (wanted, lacks)
    assert "p@w" not in repr(settings)


def test_a_credentials_file_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / ".mlflow").mkdir()
    (tmp_path / ".mlflow" / "credentials").write_bytes(b"\xff\xfe no ini")
    assert read_settings("http://h", {"HOME": str(tmp_path)}).authorization is None


def test_a_token_that_cannot_be_sent_is_refused_without_being_repeated() -> None:
    with pytest.raises(UriError) as caught:
        read_settings("http://h", {"HOME": "/nonexistent", "MLFLOW_TRACKING_TOKEN": "s3cr\net"})
    assert "s3cr" not in caught.value.message


@pytest.mark.parametrize("name", ["équipe", "team\r\nX-Admin: 1", "a\x1b[2Jb", "a\udcffb"])
@pytest.mark.parametrize("saved", [True, False])
def test_a_workspace_that_cannot_be_sent_is_refused_by_name(name: str, saved: bool) -> None:
    address = replace(parse("http://h"), workspace=name if saved else None)
    with pytest.raises(UriError) as caught:
        settings_of(address, {"HOME": "/nonexistent", "MLFLOW_WORKSPACE": "fine" if saved else name})
    assert repr(name) in caught.value.message
    assert ("saved with the store" if saved else "MLFLOW_WORKSPACE") in caught.value.message
    assert caught.value.message.isprintable()


def test_the_workspace_that_is_saved_goes_before_that_of_the_environment() -> None:
    environ = {"HOME": "/nonexistent", "MLFLOW_WORKSPACE": " other\n"}
    for saved, wanted in (("team ", ("team", "saved with the store")), (None, ("other", "MLFLOW_WORKSPACE"))):
        settings = settings_of(replace(parse("http://h"), workspace=saved), environ)
        assert (settings.workspace, settings.workspace_from) == wanted


def test_credentials_over_plain_http_are_noticed() -> None:
    assert read_settings("http://ml.example.com", {"HOME": "/nonexistent", **TOKEN}).notices
    assert not read_settings("http://localhost", {"HOME": "/nonexistent", **TOKEN}).notices
    assert not read_settings("https://ml.example.com", {"HOME": "/nonexistent", **TOKEN}).notices


def test_the_time_out_of_mlflows_client_is_heeded() -> None:
    assert read_settings("http://h", {"HOME": "/x", "MLFLOW_HTTP_REQUEST_TIMEOUT": "7"}).read_timeout == 7
    assert read_settings("http://h", {"HOME": "/x", "MLFLOW_HTTP_REQUEST_TIMEOUT": "soon"}).read_timeout is None
