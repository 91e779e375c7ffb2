"""Stores that only an SSH host can reach: real MLflow servers and databases on the loopback behind real SSH servers."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from store import route
from store.entities import RunParts
from store.errors import AccessDenied, FlowdeckError, StoreUnreachable, UriError
from store.opening import open_address, open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from store.questions import Questions
from store.saved import address_of, make_saved
from store.secrets import SecretRef
from store.sql.passwords import my_cnf, pgpass
from store.sql.reach import driver_url
from store.ssh.files import SshFiles
from store.ssh.forward import Forward
from store.ssh.session import Session
from store.uris import Address, Detour, Kind, parse
from tests.support.backends import reference_server
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.servers import READER_PASSWORD
from tests.support.sshd import (
    Answers,
    Server,
    User,
    account,
    free_port,
    keygen,
    public,
    silent_server,
    ssh_agent,
    ssh_server,
)

pytestmark = pytest.mark.long

DATABASE = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"


@dataclass(frozen=True)
class Behind:
    """A server on the loopback, and what it holds."""

    uri: str
    """Without a password."""
    password: str | None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ssh")


@pytest.fixture(scope="module")
def key(folder: Path) -> Path:
    return keygen(folder / "user")


@pytest.fixture(scope="module")
def server(folder: Path, key: Path) -> Iterator[Server]:
    with ssh_server(folder / "server", [keygen(folder / "host")], [public(key)]) as server:
        yield server


@pytest.fixture
def user(tmp_path: Path, server: Server, key: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    """Whoever opens stores: an SSH configuration of their own, in which the host is known and the key is right."""
    user = User(tmp_path / "home")
    user.knows(server.known_line)
    user.configure(f"IdentityFile {key}")
    monkeypatch.setattr(SshFiles, "of_user", classmethod(lambda cls, environ=None: user.files))
    monkeypatch.setenv("HOME", str(user.home))
    monkeypatch.delenv("PGPASSWORD", raising=False)
    return user


def _postgres() -> Behind:
    return _without_password(postgres_copy(DATABASE))


def _mariadb() -> Behind:
    return _without_password(mariadb_copy(DATABASE))


def _mlflow() -> Behind:
    return Behind(reference_server().uri, None)


def _without_password(uri: str) -> Behind:
    parts = urlsplit(uri)
    return Behind(f"{parts.scheme}://{parts.username}@{parts.hostname}:{parts.port}{parts.path}", READER_PASSWORD)


BEHIND: dict[str, Callable[[], Behind]] = {"postgres": _postgres, "mariadb": _mariadb, "mlflow": _mlflow}


GROUPS = {"postgres": "contract-postgresql", "mariadb": "contract-mariadb", "mlflow": "contract-http-3.17.2"}
"""In which processes these servers run anyway."""


@pytest.fixture(
    params=[pytest.param(one, marks=pytest.mark.xdist_group(GROUPS[one])) for one in BEHIND], scope="module"
)
def behind(request: pytest.FixtureRequest) -> Behind:
    return BEHIND[request.param]()


def opened(behind: Behind, ssh: str, questions: Questions | None = None) -> Store:
    """The store behind an SSH host, opened as its saved form says."""
    password = None if behind.password is None else SecretRef("env", "PASSWORD")
    saved = make_saved("test", behind.uri, ssh=ssh, password=password)
    return open_address(address_of(saved, {"PASSWORD": behind.password or ""}), questions=questions)


def contents(store: Store) -> list[tuple[str, int]]:
    """Every run's name, and how many params it has."""
    ids = store.run_ids(RunQuery()).items
    return [(run.run_name, len(run.params)) for run in store.runs(ids, RunParts.PARAMS)]


def ours() -> set[str]:
    """What of ours still runs."""
    return {
        thread.name for thread in threading.enumerate() if thread.name.startswith(("flowdeck-ssh", "flowdeck-aside"))
    }


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> Iterator[None]:
    yield
    assert not ours()
    assert not route._SESSIONS._users


def test_what_is_behind_an_ssh_host_is_read_as_if_it_were_here(user: User, server: Server, behind: Behind) -> None:
    direct = behind.uri
    if behind.password is not None:
        direct = address_of(make_saved("x", direct, password=SecretRef("env", "P")), {"P": behind.password}).uri
    with closing(open_store(direct)) as here, closing(opened(behind, server.address)) as store:
        assert contents(store) == contents(here)
        assert len(contents(store)) >= 5
        assert store.info.kind == here.info.kind
        assert store.info.uri == f"{here.info.uri} via {server.address}"
        assert store.info.schema == here.info.schema


def test_a_lost_session_is_made_again(user: User, server: Server, behind: Behind) -> None:
    with closing(opened(behind, server.address)) as store:
        before = contents(store)
        for _ in range(3):
            server.drop_sessions()
            assert contents(store) == before


def test_several_stores_share_one_session(user: User, server: Server, behind: Behind) -> None:
    logins = server.log.count("Accepted publickey")
    with closing(opened(behind, server.address)) as first, closing(opened(behind, server.address)) as second:
        assert contents(first) == contents(second)
        assert server.log.count("Accepted publickey") == logins + 1
        first.close()
        assert contents(second)


def test_an_ssh_host_that_went_away_is_told_and_comes_back(
    user: User, key: Path, tmp_path: Path, server: Server, behind: Behind
) -> None:
    port = free_port()
    with contextlib.ExitStack() as undo:
        first = undo.enter_context(ssh_server(tmp_path / "a", server.host_keys, [public(key)], port=port))
        user.knows(first.known_line)
        store = opened(behind, first.address)
        try:
            before = contents(store)
            undo.close()
            with pytest.raises(StoreUnreachable, match="nothing listens there") as caught:
                contents(store)
            assert str(port) in caught.value.message
            with ssh_server(tmp_path / "b", server.host_keys, [public(key)], port=port):
                assert contents(store) == before
        finally:
            store.close()


def test_what_fails_later_is_not_told_as_what_failed_on_the_way_before(user: User, server: Server) -> None:
    session = Session(server.address, files=user.files)
    with closing(session), closing(Forward(session, "127.0.0.1", free_port())) as forward:
        with pytest.raises(StoreUnreachable, match="cannot connect"), route._told_by(forward):
            _used_in_vain(forward)
        with pytest.raises(StoreUnreachable, match="certificate"), route._told_by(forward):
            raise StoreUnreachable("certificate")


def _used_in_vain(forward: Forward) -> None:
    """As a driver that sees no more than that its connection is closed."""
    with (
        socket.create_connection(("127.0.0.1", forward.port or 0), timeout=20) as connection,
        contextlib.suppress(ConnectionResetError),
    ):
        assert connection.recv(100) == b""
    raise StoreUnreachable("closed")


@pytest.mark.parametrize("kind", ["http", "postgresql", "mysql"])
def test_a_forward_that_leads_nowhere_is_told(user: User, server: Server, kind: str) -> None:
    port = free_port()
    with pytest.raises(StoreUnreachable, match=r"nothing listens|refused") as caught:
        open_address(Address(Kind(KINDS[kind]), f"{kind}://ml@127.0.0.1:{port}/x", ssh=server.address))
    assert f"127.0.0.1:{port}" in caught.value.message


KINDS = {"http": "MLflow server", "postgresql": "PostgreSQL", "mysql": "MySQL"}


def test_a_host_that_forbids_forwarding_is_told(
    user: User, server: Server, key: Path, tmp_path: Path, behind: Behind
) -> None:
    with ssh_server(tmp_path / "s", server.host_keys, [public(key)], {"AllowTcpForwarding": "no"}) as other:
        user.knows(other.known_line)
        with pytest.raises(StoreUnreachable, match="does not forward") as caught:
            opened(behind, other.address)
        assert "AllowTcpForwarding" in caught.value.hint


# Logging in


@pytest.fixture(scope="module")
def web() -> Behind:
    return _mlflow()


def test_an_encrypted_key_asks_for_its_passphrase_once(user: User, server: Server, tmp_path: Path, web: Behind) -> None:
    own = keygen(tmp_path / "own", passphrase="correct horse")
    with ssh_server(tmp_path / "s", server.host_keys, [public(own)]) as other:
        user.knows(other.known_line)
        user.configure(f"IdentityFile {own}")
        person = Answers(passphrases=["wrong", "correct horse"])
        with closing(opened(web, other.address, person)) as store:
            assert person.asked == ["passphrase own", "passphrase own again"]
            other.drop_sessions()
            assert contents(store)
            assert len(person.asked) == 2


def test_without_anybody_to_ask_the_command_to_run_is_told(
    user: User, server: Server, tmp_path: Path, web: Behind
) -> None:
    own = keygen(tmp_path / "own", passphrase="correct horse")
    with ssh_server(tmp_path / "s", server.host_keys, [public(own)]) as other:
        user.knows(other.known_line)
        user.configure(f"IdentityFile {own}")
        with pytest.raises(AccessDenied) as caught:
            opened(web, other.address)
        assert "ssh-add" in caught.value.hint


def test_an_agent_logs_in(user: User, server: Server, tmp_path: Path, web: Behind) -> None:
    own = keygen(tmp_path / "own", passphrase="correct horse")
    with (
        ssh_server(tmp_path / "s", server.host_keys, [public(own)]) as other,
        ssh_agent(tmp_path, own, passphrase="correct horse") as agent,
    ):
        user.knows(other.known_line)
        user.configure()
        user.environ["SSH_AUTH_SOCK"] = agent
        with closing(opened(web, other.address)) as store:
            assert contents(store)


def test_a_password_logs_in_and_is_told_to_nobody(user: User, server: Server, tmp_path: Path, behind: Behind) -> None:
    options = {"PasswordAuthentication": "yes", "PubkeyAuthentication": "no"}
    with account() as (name, password), ssh_server(tmp_path / "s", server.host_keys, [], options) as other:
        user.knows(other.known_line)
        person = Answers(passwords=["wr0ng-one", password])
        with closing(opened(behind, f"{name}@127.0.0.1:{other.port}", person)) as store:
            assert person.asked == ["password", "password again"]
            assert contents(store)
            assert not _seen_by_others((password, READER_PASSWORD))
            other.drop_sessions()
            assert contents(store)
            assert len(person.asked) == 2


def _seen_by_others(secrets: Sequence[str]) -> list[str]:
    """Our processes whose arguments or environment hold one of these secrets."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                text = (process / name).read_bytes().decode(errors="replace")
                found += [str(process / name) for secret in secrets if secret in text]
    return found


def test_a_jump_host_is_passed(user: User, server: Server, key: Path, tmp_path: Path, behind: Behind) -> None:
    with ssh_server(tmp_path / "s", server.host_keys, [public(key)]) as last:
        user.knows(server.known_line, last.known_line)
        user.configure(
            f"IdentityFile {key}",
            "Host trainer",
            "HostName 127.0.0.1",
            f"Port {last.port}",
            f"ProxyJump 127.0.0.1:{server.port}",
        )
        jumps = server.log.count("Accepted publickey")
        with closing(opened(behind, "trainer")) as store:
            assert contents(store)
            assert store.info.uri.endswith(" via trainer")
            assert server.log.count("Accepted publickey") == jumps + 1
            server.drop_sessions()
            assert contents(store)


# Host keys


def test_an_unknown_host_key_is_asked_about_with_its_fingerprint(user: User, server: Server, web: Behind) -> None:
    user.knows()
    doubtful = Answers(trusted=False)
    with pytest.raises(FlowdeckError):
        opened(web, server.address, doubtful)
    (question,) = doubtful.hosts
    assert question.fingerprint.startswith("SHA256:")
    assert question.key_type == "ED25519"
    assert user.known_hosts.read_text() == ""
    with closing(opened(web, server.address, Answers())) as store:
        assert contents(store)
    assert user.known_hosts.read_text()
    with closing(opened(web, server.address)) as store:
        assert contents(store)


def test_an_unknown_host_key_is_refused_where_nobody_can_be_asked(user: User, server: Server, web: Behind) -> None:
    user.knows()
    user.environ["NOBODY"] = "1"
    fresh = server.address.replace("127.0.0.1", "localhost")
    with pytest.raises(AccessDenied) as caught:
        opened(web, fresh)
    assert "SHA256:" in caught.value.message + caught.value.hint
    assert "ssh" in caught.value.hint


@pytest.mark.parametrize("how", ["changed", "revoked"])
def test_a_wrong_host_key_is_refused_whatever_is_answered(
    user: User, server: Server, tmp_path: Path, web: Behind, how: str
) -> None:
    other = public(keygen(tmp_path / "other"))
    place = f"[127.0.0.1]:{server.port}"
    if how == "changed":
        user.knows(f"{place} {other}")
    else:
        user.knows(f"@revoked {server.known_line}", server.known_line)
    person = Answers()
    with pytest.raises(AccessDenied, match=how):
        opened(web, server.address, person)
    assert person.asked == []


# Addresses and clients' own files


def test_databases_keep_their_name_for_certificates_and_are_reached_on_the_loopback() -> None:
    detour = Detour(port=4711)
    postgres = Address(Kind.POSTGRESQL, "postgresql://ml@db.example/mlflow", ssh="gpu-3", detour=detour)
    url = driver_url(postgres, {"HOME": "/nonexistent"})
    assert (url.host, url.port, url.query["hostaddr"]) == ("db.example", 4711, "127.0.0.1")
    mysql = Address(Kind.MYSQL, "mysql+pymysql://ml@db.example/mlflow", ssh="gpu-3", detour=detour)
    url = driver_url(mysql, {"HOME": "/nonexistent"})
    assert (url.host, url.port) == ("db.example", 4711)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("postgresql://ml@db.example/mlflow", ("db.example", 5432)),
        ("postgresql:///mlflow", ("localhost", 5432)),
        ("mysql+pymysql://ml@db.example:3307/mlflow", ("db.example", 3307)),
        ("mysql://ml@db.example/mlflow", ("db.example", 3306)),
        ("http://127.0.0.1/x", ("127.0.0.1", 80)),
        ("https://ml.example", ("ml.example", 443)),
        ("http://[::1]:5000", ("::1", 5000)),
    ],
)
def test_where_the_ssh_host_is_asked_to_connect(uri: str, expected: tuple[str, int]) -> None:
    assert route.destination(parse(uri)) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://ml@/mlflow?host=/var/run/postgresql",
        "postgresql://ml@db/mlflow?hostaddr=10.0.0.1",
        "postgresql://ml@db/mlflow?service=prod",
        "mysql+pymysql://ml@db/mlflow?unix_socket=/run/mysqld.sock",
        "mysql+pymysql://ml@db/mlflow?read_default_file=/etc/my.cnf",
    ],
)
def test_what_would_lead_past_the_forward_is_refused(uri: str) -> None:
    with pytest.raises(UriError, match="cannot be forwarded"):
        route.destination(parse(uri))


def test_pgpass_is_asked_for_the_servers_port_not_for_that_of_the_forward(user: User, server: Server) -> None:
    behind = _postgres()
    parts = urlsplit(behind.uri)
    escaped = READER_PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    file = user.home / ".pgpass"
    file.write_text(f"# mine\n{parts.hostname}:{parts.port}:*:{parts.username}:{escaped}\n")
    bare = Behind(behind.uri, None)
    file.chmod(0o644)
    with pytest.raises(AccessDenied):
        opened(bare, server.address)
    file.chmod(0o600)
    for ssh in (None, server.address):
        with closing(open_address(Address(Kind.POSTGRESQL, bare.uri, ssh=ssh))) as store:
            assert store.experiments(ExperimentQuery()).items


@pytest.mark.parametrize("through", [False, True], ids=["directly", "through ssh"])
def test_my_cnf_has_the_password_and_nothing_else_of_it_counts(user: User, server: Server, through: bool) -> None:
    behind = _mariadb()
    (user.home / ".my.cnf").write_text(
        f"!includedir /nonexistent\n[mysql]\npassword=other\n[client]\npassword='{READER_PASSWORD}'\n"
        "host=nowhere.invalid\nport=1\nsocket=/nonexistent\n"
    )
    address = Address(Kind.MYSQL, behind.uri, ssh=server.address if through else None)
    with closing(open_address(address)) as store:
        assert store.experiments(ExperimentQuery()).items
        assert READER_PASSWORD not in repr(store.info)


def test_lines_of_pgpass(tmp_path: Path) -> None:
    file = tmp_path / "pass"
    file.write_text("short:line\nh\\:x:5432:d:u:colon\\:back\\\\slash\n*:*:*:u:any\n*:*:*:*:\n")
    file.chmod(0o600)
    environ = {"PGPASSFILE": str(file), "HOME": str(tmp_path)}
    assert pgpass(environ, "h:x", 5432, "d", "u") == "colon:back\\slash"
    assert pgpass(environ, "h", 5432, "d", "u") == "any"
    assert pgpass(environ, "h", 5432, "d", "v") is None
    assert pgpass({"HOME": str(tmp_path)}, "h", 5432, "d", "u") is None


def test_a_my_cnf_that_others_may_write_or_nobody_can_read_counts_for_nothing(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    assert my_cnf(environ).password is None
    file = tmp_path / ".my.cnf"
    file.write_text('[client]\nuser = ada\npassword = "a b"\nno-value\n')
    assert (my_cnf(environ).user, my_cnf(environ).password) == ("ada", "a b")
    assert "a b" not in repr(my_cnf(environ))
    file.chmod(0o666)
    assert my_cnf(environ).password is None
    file.chmod(0o600)
    file.write_text("no section\n")
    assert my_cnf(environ).password is None


def test_a_host_that_accepts_and_says_nothing_can_be_left(user: User) -> None:
    with silent_server() as port:
        cancel = threading.Event()
        timer = threading.Timer(0.2, cancel.set)
        timer.start()
        with pytest.raises(FlowdeckError):
            open_address(Address(Kind.HTTP, "http://127.0.0.1:5000", ssh=f"127.0.0.1:{port}"), cancel)
        timer.join()


def test_the_environment_of_this_process_is_left_alone(user: User, server: Server, web: Behind) -> None:
    before = dict(os.environ)
    with closing(opened(web, server.address)) as store:
        assert contents(store)
    assert dict(os.environ) == before
