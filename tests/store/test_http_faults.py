"""Whatever a server, a proxy or the network does, the answer is whole or an error that says what to do."""

from __future__ import annotations

import base64
import gzip
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from store.entities import RunParts, ViewType
from store.errors import (
    AccessDenied,
    Cancelled,
    FlowdeckError,
    NotAStore,
    PasswordWanted,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)
from store.http.limits import Limits
from store.http.store import HttpStore, open_http
from store.logins import Passwords, with_password
from store.protocols import ExperimentQuery, RunQuery
from store.uris import Address, parse, redact_address
from tests.support.certificates import self_signed
from tests.support.mlflow_client import PYTHON_VARIABLE
from tests.support.mlflow_servers import STORES, MlflowServer, free_port, mlflow_server, python_with, server_of
from tests.support.scripted import PAGE_404, Answer, Asked, Script, scripted
from tests.support.sshd import Answers
from tests.support.wire import relay

QUICK = Limits(connect=2.0, read=2.0, whole=3.0, probe=2.0, pause=0.01, patience=0.5, size=2**20)
PROMPT = 5.0
"""Seconds within which a call that was withdrawn must have ended: no measurement, only far below every time-out."""
SLOW = Limits(connect=60.0, read=60.0, whole=60.0, probe=60.0)

pytestmark = [pytest.mark.long, pytest.mark.timeout(500)]

EVERY = RunQuery(view=ViewType.ALL)


def opened(uri: str, limits: Limits = QUICK, **environ: str) -> HttpStore:
    return open_http(parse(uri), limits=limits, environ={"HOME": "/nonexistent", **environ})


def healthy(asked: Asked) -> Answer:
    """An MLflow server with one experiment and one run."""
    if asked.path == "/version":
        return Answer("3.17.2")
    if asked.path.endswith("/experiments/search"):
        return Answer({"experiments": [{"experiment_id": "0", "name": "Default", "lifecycle_stage": "active"}]})
    if asked.path.endswith("/runs/search"):
        return Answer({"runs": [{"info": {"run_id": "a" * 32, "experiment_id": "0", "status": "FINISHED"}}]})
    return PAGE_404


def after_opening(answer: Answer) -> Script:
    """Healthy until runs are searched."""
    return lambda asked: answer if asked.path.endswith("/runs/search") else healthy(asked)


def html(body: str, status: int = 200) -> Answer:
    return Answer(body, status, {"Content-Type": "text/html; charset=utf-8"})


LOGIN_PAGE = html("<!DOCTYPE html><html><body><form action='/login'>Password</form></body></html>")
HOST_CHECK = Answer("Invalid Host header - possible DNS rebinding attack detected", 403, {"Content-Type": "text/plain"})
NOT_AUTHENTICATED = Answer(
    "You are not authenticated. Please see https://www.mlflow.org/docs/latest/auth/index.html#authenticating-to-mlflow",
    401,
    {"Content-Type": "text/plain", "WWW-Authenticate": 'Basic realm="mlflow"'},
)

FOREIGN: dict[str, tuple[Answer, type[FlowdeckError], str, str]] = {
    "a login page": (LOGIN_PAGE, AccessDenied, "web page", "MLFLOW_TRACKING_USERNAME"),
    "a login page elsewhere": (
        Answer("", 302, {"Location": "https://sso.example.com/login?ticket=s3cret"}),
        AccessDenied,
        "sends to https://sso.example.com/login",
        "MLFLOW_TRACKING_TOKEN",
    ),
    "an address that moved": (
        Answer("", 308, {"Location": "/tracking/version"}),
        StoreUnreachable,
        "moved to http://127.0.0.1:",
        "that address",
    ),
    "the host check": (HOST_CHECK, AccessDenied, "does not answer to the name 127.0.0.1", "--allowed-hosts 127.0.0.1"),
    "no credentials": (NOT_AUTHENTICATED, AccessDenied, "who you are", "MLFLOW_TRACKING_USERNAME"),
    "no permission": (Answer("Permission denied", 403), AccessDenied, "refuses (403): Permission denied", "MLFLOW_"),
    "nothing at that path": (PAGE_404, NotAStore, "no MLflow server answers there (404)", "--static-prefix"),
    "something else that speaks JSON": (Answer({"status": "ok"}), NotAStore, "not what MLflow answers", "address"),
    "a list": (Answer([1, 2]), NotAStore, "not what MLflow answers", "address"),
    "text": (Answer("hello"), NotAStore, "not what MLflow answers", "address"),
    "half of an object": (Answer('{"experiments": [{"exp'), NotAStore, "not what MLflow answers", "address"),
    "nesting without end": (Answer("[" * 200_000), NotAStore, "not what MLflow answers", "address"),
    "a number without end": (Answer('{"experiments": ' + "9" * 9000 + "}"), NotAStore, "not what MLflow", "address"),
    "nothing": (Answer(""), NotAStore, "not what MLflow answers", "address"),
    "another encoding": (Answer("x", 200, {"Content-Encoding": "br"}), NotAStore, "was not asked for", "address"),
    "a damaged encoding": (Answer("x" * 99, 200, {"Content-Encoding": "gzip"}), NotAStore, "damaged", "try again"),
    "a bomb": (
        Answer(gzip.compress(b" " * 2**26), 200, {"Content-Encoding": "gzip"}),
        NotAStore,
        "larger than 1 MiB",
        "address",
    ),
    "a crash": (html("<h1>Internal Server Error</h1>", 500), StoreError, "failed (500)", "server's log"),
    "an unknown endpoint": (
        Answer({"error_code": "ENDPOINT_NOT_FOUND", "message": "No API found"}, 404),
        NotAStore,
        "no MLflow server answers there (404)",
        "--static-prefix",
    ),
    "a dead end behind a proxy": (html("<html>Bad Gateway</html>", 502), StoreUnreachable, "(502)", "server runs"),
    "a busy server": (Answer("come back later", 503), StoreBusy, "too busy (503): come back later", "later"),
    "a port of TLS": (
        html("<html>400 The plain HTTP request was sent to HTTPS port</html>", 400),
        StoreUnreachable,
        "speaks TLS",
        "https://",
    ),
    "control characters": (Answer("\x1b]0;owned\x07 no\nway", 418), NotAStore, "]0;owned no way", "address"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_mlflow_server_is_told(name: str) -> None:
    answer, kind, message, hint = FOREIGN[name]
    with scripted(lambda asked: answer) as (uri, _), pytest.raises(kind) as caught:
        opened(uri)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert uri in caught.value.message
    assert "s3cret" not in caught.value.message
    assert caught.value.message.isprintable()


# A server of MLflow's that answers {"status": "ok"} has found no runs.
@pytest.mark.parametrize("name", sorted(FOREIGN.keys() - {"something else that speaks JSON"}))
def test_the_same_in_the_middle_of_a_session_is_an_error_and_no_answer(name: str) -> None:
    answer = FOREIGN[name][0]
    with scripted(after_opening(answer)) as (uri, _):
        store = opened(uri)
        with pytest.raises(StoreError):
            store.run_ids(EVERY)
        store.close()


def test_nothing_listens() -> None:
    with pytest.raises(StoreUnreachable, match="connection refused") as caught:
        opened(f"http://127.0.0.1:{free_port()}")
    assert "check the port" in caught.value.hint


def test_an_unknown_host() -> None:
    with pytest.raises(StoreUnreachable, match=r"no host is called mlflow\.invalid"):
        opened("http://mlflow.invalid:5000")


def test_a_server_that_never_answers() -> None:
    done = threading.Event()
    silent = Answer(raw=lambda handler: (done.wait(30), None)[1])
    with scripted(lambda asked: silent) as (uri, _), pytest.raises(StoreBusy, match="did not answer in time"):
        opened(uri, Limits(read=0.3, probe=0.3))
    done.set()


def _endless(done: threading.Event) -> Callable[[BaseHTTPRequestHandler], None]:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")
        while not done.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    return write


def test_an_answer_that_never_ends() -> None:
    done = threading.Event()
    with scripted(after_opening(Answer(raw=_endless(done)))) as (uri, _):
        store = opened(uri, Limits(read=5, whole=0.5))
        with pytest.raises(StoreBusy, match=r"not complete after 0\.5 s"):
            store.run_ids(EVERY)
        done.set()
        store.close()


def _endless_head(done: threading.Event) -> Callable[[BaseHTTPRequestHandler], None]:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not done.wait(0.05):
            try:
                handler.wfile.write(b"x")
            except OSError:
                return

    return write


@pytest.mark.parametrize("cancel", [None, threading.Event()])
def test_a_head_that_never_ends(cancel: threading.Event | None) -> None:
    done = threading.Event()
    with scripted(after_opening(Answer(raw=_endless_head(done)))) as (uri, _):
        store = opened(uri, Limits(read=5, whole=0.3))
        with pytest.raises(StoreBusy, match=r"not complete after 0\.3 s"):
            store.run_ids(EVERY, cancel)
        done.set()
        store.close()


def test_an_answer_without_bounds() -> None:
    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            handler.wfile.write(b" " * 65536)

    with scripted(after_opening(Answer(raw=flood))) as (uri, _):
        store = opened(uri)
        with pytest.raises(NotAStore, match="larger than 1 MiB"):
            store.run_ids(EVERY)
        store.close()


def _cut(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"runs": [')


def test_an_answer_that_is_cut_is_asked_for_again() -> None:
    times = 0

    def script(asked: Asked) -> Answer:
        nonlocal times
        if asked.path.endswith("/runs/search"):
            times += 1
            if times <= 2:
                return Answer(raw=_cut)
        return healthy(asked)

    with scripted(script) as (uri, _):
        store = opened(uri)
        assert store.run_ids(EVERY).items == ("a" * 32,)
        store.close()
    assert times == 3


def test_answers_that_are_always_cut_are_an_error() -> None:
    with scripted(after_opening(Answer(raw=_cut))) as (uri, asked):
        store = opened(uri)
        with pytest.raises(StoreUnreachable, match="ended before the answer was complete"):
            store.run_ids(EVERY)
        store.close()
        assert sum(one.path.endswith("/runs/search") for one in asked) == QUICK.attempts


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int) -> None:
    times = 0

    def script(asked: Asked) -> Answer:
        nonlocal times
        times += asked.path.endswith("/runs/search")
        if asked.path.endswith("/runs/search") and times < 3:
            return Answer("busy", status, {"Retry-After": "0"})
        return healthy(asked)

    with scripted(script) as (uri, _):
        store = opened(uri)
        assert len(store.run_ids(EVERY).items) == 1
        store.close()
    assert times == 3


def test_a_defect_is_not_asked_for_again() -> None:
    with scripted(after_opening(html("<h1>Internal Server Error</h1>", 500))) as (uri, asked):
        store = opened(uri)
        with pytest.raises(StoreError, match="failed"):
            store.run_ids(EVERY)
        store.close()
        assert sum(one.path.endswith("/runs/search") for one in asked) == 1


def test_a_server_that_wants_too_long_a_pause_is_given_up() -> None:
    with scripted(after_opening(Answer("", 429, {"Retry-After": "3600"}))) as (uri, asked):
        store = opened(uri)
        with pytest.raises(StoreBusy, match="429"):
            store.run_ids(EVERY)
        store.close()
        assert sum(one.path.endswith("/runs/search") for one in asked) == 1


@pytest.mark.parametrize("runs", [True, False], ids=["the same runs", "no runs"])
@pytest.mark.parametrize("token", ["same", "new"])
def test_pages_that_go_in_circles_are_an_error(token: str, runs: bool) -> None:
    number = count()

    def script(asked: Asked) -> Answer:
        found = healthy(asked)
        if not asked.path.endswith("/runs/search"):
            return found
        following = token if token == "same" else f"page {next(number)}"
        return Answer({**(found.body if runs else {}), "next_page_token": following})

    with scripted(script) as (uri, _):
        store = opened(uri)
        with pytest.raises(StoreError, match="same page of runs/search again and again"):
            store.run_ids(EVERY)
        store.close()


HANGS: dict[str, Callable[[threading.Event], Answer]] = {
    "before it answers": lambda done: Answer(raw=lambda handler: (done.wait(30), None)[1]),
    "in the middle of an answer": lambda done: Answer(raw=_endless(done)),
    "between attempts": lambda done: Answer("", 503, {"Retry-After": "14"}),
}


@pytest.mark.parametrize("when", HANGS)
def test_a_call_that_is_withdrawn_ends_at_once_and_leaves_the_store_usable(when: str) -> None:
    done, cancel = threading.Event(), threading.Event()
    stuck = HANGS[when](done)
    reached = threading.Event()

    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/runs/search") and not done.is_set():
            reached.set()
            return stuck
        return healthy(asked)

    with scripted(script) as (uri, _):
        store = opened(uri, SLOW)
        for _ in range(6):  # more than there are connections
            cancel.clear()
            reached.clear()
            threading.Thread(target=lambda: (reached.wait(20), time.sleep(0.02), cancel.set()), daemon=True).start()
            begun = time.monotonic()
            with pytest.raises(Cancelled):
                store.run_ids(EVERY, cancel)
            assert time.monotonic() - begun < PROMPT
        done.set()
        assert len(store.run_ids(EVERY).items) == 1
        store.close()


def _threads_that_wait() -> list[threading.Thread]:
    """Threads of requests; they are given a moment to end."""
    for thread in threading.enumerate():
        if thread.name == "flowdeck-http":
            thread.join(PROMPT)
    return [thread for thread in threading.enumerate() if thread.name == "flowdeck-http"]


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_request_that_is_withdrawn_leaves_no_thread_behind(encrypted: bool, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    done, cancel = threading.Event(), threading.Event()
    silent = Answer(raw=lambda handler: (cancel.set(), done.wait(30), None)[2])
    with scripted(after_opening(silent)) as (uri, _):
        tls = certificate.server_context() if encrypted else None
        with relay(int(uri.rpartition(":")[2]), tls) as way:
            store = opened(
                f"{'https' if encrypted else 'http'}://127.0.0.1:{way.port}", SLOW,
                MLFLOW_TRACKING_SERVER_CERT_PATH=str(certificate.path),
            )  # fmt: skip
            with pytest.raises(Cancelled):
                store.run_ids(EVERY, cancel)
            assert _threads_that_wait() == []
            store.close()
        done.set()


def test_opening_can_be_withdrawn() -> None:
    done, cancel = threading.Event(), threading.Event()
    silent = Answer(raw=lambda handler: (cancel.set(), done.wait(30), None)[2])
    with scripted(lambda asked: silent) as (uri, _):
        with pytest.raises(Cancelled):
            open_http(parse(uri), cancel, limits=SLOW, environ={})
        done.set()


def test_closing_withdraws_what_is_under_way() -> None:
    done, reached = threading.Event(), threading.Event()
    silent = Answer(raw=lambda handler: (reached.set(), done.wait(30), None)[2])
    failures: list[BaseException] = []

    def search(store: HttpStore) -> None:
        try:
            store.run_ids(EVERY)
        except FlowdeckError as error:
            failures.append(error)

    with scripted(after_opening(silent)) as (uri, _):
        store = opened(uri, SLOW)
        thread = threading.Thread(target=search, args=(store,), daemon=True)
        thread.start()
        assert reached.wait(20)
        store.close()
        thread.join(PROMPT)
        done.set()
        with pytest.raises(StoreError, match="was closed"):
            store.run_ids(EVERY)
    assert [type(error) for error in failures] == [Cancelled]


# --------------------------------------------------------------------------------------------------------- real servers


@pytest.fixture
def port() -> int:
    return server_of("3.17.2").port


@pytest.fixture
def names(port: int) -> Iterator[list[str]]:
    store = opened(f"http://127.0.0.1:{port}", SLOW)
    yield [item.name for item in store.experiments(ExperimentQuery()).items]
    store.close()


@pytest.mark.xdist_group("http-3.17.2")
@pytest.mark.parametrize("round_trip", [0.05, 0.3])
def test_a_long_way(port: int, names: list[str], round_trip: float) -> None:
    with relay(port) as way:
        store = opened(f"http://127.0.0.1:{way.port}", SLOW)
        way.round_trip = round_trip
        page = store.run_ids(RunQuery(limit=3))
        assert len(store.runs(page.items, RunParts.TAGS)) == 3
        assert [item.name for item in store.experiments(ExperimentQuery()).items] == names
        assert way.connections == 1  # it is kept: another one costs a round trip, two with TLS
        store.close()


@pytest.mark.xdist_group("http-3.17.2")
def test_a_connection_that_is_cut_in_the_middle_of_a_page(port: int) -> None:
    with relay(port) as way:
        store = opened(f"http://127.0.0.1:{way.port}", SLOW)
        whole = store.run_ids(EVERY).items
        way.cut_after, way.cuts_at_most = 3000, 2
        assert store.run_ids(EVERY).items == whole
        assert way.cuts > 0
        way.cuts_at_most = None
        with pytest.raises(StoreUnreachable, match="ended before the answer was complete"):
            store.run_ids(EVERY)
        store.close()


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A server with a path before its API, which answers to one name only."""
    database = STORES / "3.17.2" / "mlflow.db"
    options = ("--allowed-hosts", "localhost:*")
    folder = tmp_path_factory.mktemp("strict")
    with mlflow_server(PYTHON_VARIABLE, database, folder, prefix="/tracking", options=options) as server:
        yield server


def named(server: MlflowServer) -> str:
    return server.uri.replace("127.0.0.1", "localhost")


@pytest.mark.xdist_group("http-strict")
def test_a_path_before_the_api(strict: MlflowServer) -> None:
    store = opened(f"{named(strict)}/", SLOW)
    assert store.info.schema == "MLflow 3.17.2 server"
    assert len(store.run_ids(EVERY).items) > 3
    store.close()
    with pytest.raises(NotAStore) as caught:
        opened(named(strict).removesuffix("/tracking"), SLOW)
    assert "--static-prefix" in caught.value.hint


@pytest.mark.xdist_group("http-strict")
def test_another_host_than_the_server_allows(strict: MlflowServer) -> None:
    with pytest.raises(AccessDenied, match="does not answer to the name") as caught:
        opened(strict.uri, SLOW)
    assert "--allowed-hosts 127.0.0.1" in caught.value.hint


@pytest.mark.xdist_group("http-strict")
def test_a_server_that_is_killed_and_comes_back(strict: MlflowServer) -> None:
    store = opened(named(strict), SLOW)
    whole = store.run_ids(EVERY).items
    strict.kill()
    with pytest.raises(StoreUnreachable, match="connection refused"):
        store.run_ids(EVERY)
    strict.start()
    assert store.run_ids(EVERY).items == whole
    store.close()


@pytest.mark.xdist_group("http-3.17.2")
def test_certificates(port: int, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with relay(port, certificate.server_context()) as way:
        uri = f"https://127.0.0.1:{way.port}"
        with pytest.raises(AccessDenied, match="not signed by an authority") as caught:
            opened(uri, SLOW)
        assert "MLFLOW_TRACKING_SERVER_CERT_PATH" in caught.value.hint
        for environ in (
            {"MLFLOW_TRACKING_SERVER_CERT_PATH": str(certificate.path)},
            {"REQUESTS_CA_BUNDLE": str(certificate.path)},
            {"MLFLOW_TRACKING_INSECURE_TLS": "true"},
        ):
            store = opened(uri, SLOW, **environ)
            assert len(store.run_ids(EVERY).items) > 3
            told = any("certificate is not checked" in notice for notice in store.info.notices)
            assert told == ("MLFLOW_TRACKING_INSECURE_TLS" in environ)
            store.close()


@pytest.mark.xdist_group("http-3.17.2")
def test_certificates_that_have_expired_or_are_for_others(port: int, tmp_path: Path) -> None:
    for certificate, what in (
        (self_signed(tmp_path, days=(-9, -1)), "has expired"),
        (self_signed(tmp_path, days=(1, 9)), "is not valid yet"),
        (self_signed(tmp_path, address="127.0.0.9"), "is made out to another"),
    ):
        with relay(port, certificate.server_context()) as way, pytest.raises(AccessDenied, match=what):
            opened(
                f"https://127.0.0.1:{way.port}", SLOW, MLFLOW_TRACKING_SERVER_CERT_PATH=str(certificate.path)
            )  # fmt: skip


@pytest.mark.xdist_group("http-3.17.2")
def test_tls_where_there_is_none_and_none_where_there_is(port: int, tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable) as caught:
        opened(f"https://127.0.0.1:{port}", QUICK)
    assert "http://" in caught.value.hint
    with relay(port, self_signed(tmp_path).server_context()) as way, pytest.raises(StoreUnreachable) as caught:
        opened(f"http://127.0.0.1:{way.port}", QUICK)
    assert "https://" in caught.value.hint


# -------------------------------------------------------------------------------------------------------------- secrets

SECRET = "hunter2-Pa55"


@pytest.mark.parametrize("proxy", ["socks9://ada:hunter2-Pa55@h:1", "http://ada:hunter2-Pa55@h:port", "socks5://h:1"])
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(StoreUnreachable, match="proxy") as caught:
        opened("http://mlflow.invalid:5000")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(healthy) as (uri, asked):
        for name, value in {"HTTP_PROXY": uri, "http_proxy": uri, "NO_PROXY": "", "no_proxy": ""}.items():
            monkeypatch.setenv(name, value)
        # The script sees whole addresses instead of paths, whose ends are the same.
        store = opened("http://mlflow.invalid:5000")
        assert store.run_ids(EVERY).items == ("a" * 32,)
        store.close()
        assert {one.headers["host"] for one in asked} == {"mlflow.invalid:5000"}


@pytest.mark.parametrize(
    ("userinfo", "environ"),
    [
        (f"ada:{SECRET}@", {}),
        (f"{SECRET}@", {}),
        ("", {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": SECRET}),
        ("", {"MLFLOW_TRACKING_TOKEN": SECRET}),
    ],
)
@pytest.mark.parametrize("name", ["no credentials", "a login page elsewhere", "a crash", "text", "a bomb"])
def test_secrets_are_in_no_message_log_or_traceback(
    userinfo: str, environ: dict[str, str], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), scripted(after_opening(FOREIGN[name][0])) as (uri, asked):
        store = opened(uri.replace("://", f"://{userinfo}"), **environ)
        with pytest.raises(StoreError) as caught:
            store.run_ids(EVERY)
        assert all("authorization" in one.headers for one in asked)
        shown = [
            *traceback.format_exception(caught.value), caught.value.hint, caplog.text, repr(store.info),
            repr(store.__dict__), repr(vars(store._wire)),
        ]  # fmt: skip
        store.close()
    encoded = base64.b64encode(f"ada:{SECRET}".encode()).decode()
    assert not [text for text in shown if SECRET in text or encoded in text]


def test_a_real_server_wants_to_know_who_asks(tmp_path: Path) -> None:
    python_with(PYTHON_VARIABLE, "flask_wtf")
    database = STORES / "3.17.2" / "mlflow.db"
    extra = {"MLFLOW_FLASK_SERVER_SECRET_KEY": "x" * 20, "MLFLOW_AUTH_ADMIN_PASSWORD": "c0rrect-horse-battery"}
    with mlflow_server(
        PYTHON_VARIABLE, database, tmp_path, options=("--app-name", "basic-auth"), extra=extra
    ) as server:
        with pytest.raises(AccessDenied, match="who you are"):
            opened(server.uri, SLOW)
        with pytest.raises(AccessDenied, match="does not accept these credentials"):
            opened(server.uri, SLOW, MLFLOW_TRACKING_USERNAME="admin", MLFLOW_TRACKING_PASSWORD="wrong")
        store = opened(
            server.uri, SLOW, MLFLOW_TRACKING_USERNAME="admin", MLFLOW_TRACKING_PASSWORD="c0rrect-horse-battery"
        )  # fmt: skip
        assert len(store.run_ids(EVERY).items) > 3
        store.close()
        store = opened(server.uri.replace("://", "://admin:c0rrect-horse-battery@"), SLOW)
        assert store.info.uri == server.uri.replace("://", "://admin:***@")
        store.close()
        asks_for_the_password_of(server.uri.replace("://", "://admin@"))
        asks_for_the_password_of(server.uri, MLFLOW_TRACKING_USERNAME="admin")


def asks_for_the_password_of(uri: str, **environ: str) -> None:
    """The server's user is known; the password is typed, wrong at first, and known from then on."""
    person, known = Answers(passwords=["wr0ng-horse", "c0rrect-horse-battery"]), Passwords()

    def backend(address: Address, cancel: Event | None = None) -> HttpStore:
        return open_http(address, cancel, limits=SLOW, environ={"HOME": "/nonexistent", **environ})

    with pytest.raises(PasswordWanted, match="wants a password, and none was given") as caught:
        with_password(backend, None, known)(parse(uri), None)
    assert "MLFLOW_TRACKING_PASSWORD" in caught.value.hint
    with closing(with_password(backend, person, known)(parse(uri), None)) as store:
        assert len(store.run_ids(EVERY).items) > 3
        assert "horse" not in repr(store.info) + repr(vars(store._wire))
    assert person.asked == [redact_address(uri), f"{redact_address(uri)} again"]
    with closing(with_password(backend, None, known)(parse(uri), None)) as store:
        assert len(store.run_ids(EVERY).items) > 3
