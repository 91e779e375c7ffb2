"""Sessions with real servers: jump hosts, proxy commands, lost connections, time-outs, calling off."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.errors import Cancelled, FlowdeckError, StoreUnreachable, UriError
from store.ssh.secrets import Secrets
from store.ssh.session import Session
from tests.support.sshd import (
    Answers,
    Server,
    User,
    echo_server,
    free_port,
    keygen,
    public,
    silent_server,
    ssh_server,
    wait_for,
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ssh")


@pytest.fixture(scope="module")
def key(folder: Path) -> Path:
    return keygen(folder / "user")


@pytest.fixture(scope="module")
def host_key(folder: Path) -> Path:
    return keygen(folder / "host")


@pytest.fixture(scope="module")
def server(folder: Path, host_key: Path, key: Path) -> Iterator[Server]:
    with ssh_server(folder / "server", [host_key], [public(key)]) as server:
        yield server


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    with echo_server() as port:
        yield port


@pytest.fixture
def user(tmp_path: Path, server: Server, key: Path) -> User:
    user = User(tmp_path / "home")
    user.knows(server.known_line)
    user.configure(f"IdentityFile {key}")
    return user


@pytest.fixture
def session(user: User, server: Server) -> Iterator[Session]:
    session = opened(user, server.address)
    yield session
    session.close()


def opened(user: User, host: str, answers: Answers | None = None) -> Session:
    return Session(host, files=user.files, questions=answers, secrets=Secrets())


def says_hello(session: Session, port: int) -> None:
    channel = session.open_channel("127.0.0.1", port)
    channel.settimeout(10)
    channel.sendall(b"hello")
    assert channel.recv(100) == b"hello"
    channel.close()


def ssh_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "ssh" in thread.name or "Transport" in type(thread).__name__]


def test_a_session_connects_when_it_is_first_used(session: Session, echo: int) -> None:
    assert not session.connected
    says_hello(session, echo)
    assert session.connected


def test_sftp_reads_files_of_the_host(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(b"content" * 1000)
    with session.open_sftp() as sftp:
        assert "a file" in sftp.listdir(str(tmp_path))
        with sftp.open(str(tmp_path / "a file")) as file:
            assert file.read() == b"content" * 1000


@pytest.mark.parametrize("subsystem", ["other internal-sftp", "sftp /bin/false"], ids=["none", "broken"])
def test_a_host_without_sftp_says_what_it_needs(
    user: User, host_key: Path, key: Path, tmp_path: Path, subsystem: str, echo: int
) -> None:
    with ssh_server(tmp_path / "s", [host_key], [public(key)], {"Subsystem": subsystem}) as server:
        user.knows(server.known_line)
        session = opened(user, server.address)
        with pytest.raises(StoreUnreachable, match="has no SFTP"):
            session.open_sftp()
        says_hello(session, echo)
        session.close()


def test_a_closed_session_leaves_no_thread_and_no_process(user: User, server: Server, echo: int) -> None:
    before = set(server.sessions())
    threads = len(ssh_threads())
    session = opened(user, server.address)
    says_hello(session, echo)
    assert len(ssh_threads()) > threads
    session.close()
    assert len(ssh_threads()) == threads
    wait_for(lambda: set(server.sessions()) <= before, "the server's process to end")
    with pytest.raises(StoreUnreachable, match="was closed"):
        session.connect()


def test_a_lost_session_is_made_again_by_its_next_use(session: Session, server: Server, echo: int) -> None:
    before = server.log.count("Accepted publickey")
    says_hello(session, echo)
    server.drop_sessions()
    wait_for(lambda: not session.connected, "the end of the connection")
    says_hello(session, echo)
    assert server.log.count("Accepted publickey") == before + 2


def test_a_session_that_is_lost_while_it_is_used_is_made_again(session: Session, server: Server, echo: int) -> None:
    before = server.log.count("Accepted publickey")
    for _ in range(5):
        says_hello(session, echo)
        server.drop_sessions()  # and at once, before its end is noticed
    assert server.log.count("Accepted publickey") == before + 5


def test_a_session_whose_server_is_gone_says_so(user: User, host_key: Path, key: Path, tmp_path: Path) -> None:
    with ssh_server(tmp_path / "s", [host_key], [public(key)]) as server:
        user.knows(server.known_line)
        session = opened(user, server.address)
        session.connect()
    with pytest.raises(StoreUnreachable, match="nothing listens there"):
        session.open_channel("127.0.0.1", 1)
    session.close()


def test_many_threads_share_one_connection(session: Session, server: Server, echo: int) -> None:
    before = server.log.count("Accepted publickey")
    failures: list[BaseException] = []

    def use() -> None:
        try:
            says_hello(session, echo)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert server.log.count("Accepted publickey") == before + 1


# Ways there.


def test_a_host_is_reached_through_a_chain_of_jump_hosts(
    user: User, server: Server, host_key: Path, key: Path, tmp_path: Path, echo: int
) -> None:
    with (
        ssh_server(tmp_path / "one", [host_key], [public(key)]) as one,
        ssh_server(tmp_path / "two", [host_key], [public(key)]) as two,
    ):
        user.knows(server.known_line, one.known_line, two.known_line)
        user.configure(
            *("Host one", "HostName 127.0.0.1", f"Port {one.port}"),
            *("Host far", "HostName 127.0.0.1", f"Port {server.port}", f"ProxyJump one,127.0.0.1:{two.port}"),
            *("Host *", f"IdentityFile {key}"),
        )
        session = opened(user, "far")
        says_hello(session, echo)
        assert one.log.count("Accepted publickey") == two.log.count("Accepted publickey") == 1
        # A lost jump host loses the session too; both are made again.
        one.drop_sessions()
        wait_for(lambda: not session.connected, "the end of the connection")
        says_hello(session, echo)
        threads = len(ssh_threads())
        session.close()
        assert len(ssh_threads()) < threads
        wait_for(lambda: not one.sessions() and not two.sessions(), "the jump hosts' processes to end")


def test_a_jump_host_whose_key_is_not_known_is_asked_about_too(
    user: User, server: Server, host_key: Path, key: Path, tmp_path: Path, echo: int
) -> None:
    with ssh_server(tmp_path / "one", [host_key], [public(key)]) as one:
        user.configure(f"IdentityFile {key}", f"Match host 127.0.0.1 exec \"test %p = {server.port}\"",
                       f"ProxyJump 127.0.0.1:{one.port}")  # fmt: skip
        answers = Answers()
        session = opened(user, server.address, answers)
        says_hello(session, echo)
        session.close()
        assert [question.host for question in answers.hosts] == [f"[127.0.0.1]:{one.port}"]


def test_a_jump_host_that_fails_is_the_one_that_is_named(user: User, server: Server, key: Path) -> None:
    port = free_port()
    user.configure("Host far", f"ProxyJump 127.0.0.1:{port}", "Host *", f"IdentityFile {key}")
    with pytest.raises(StoreUnreachable) as caught:
        opened(user, "far").connect()
    assert f"127.0.0.1:{port}" in caught.value.message
    user.configure("Host far", f"Port {port}", f"ProxyJump {server.address}", "Host *", f"IdentityFile {key}")
    session = opened(user, "far")
    with pytest.raises(StoreUnreachable) as caught:
        session.connect()
    assert server.address in caught.value.message
    assert f"far:{port}" in caught.value.message


def test_jump_hosts_that_name_each_other_are_an_error(user: User, server: Server, key: Path) -> None:
    user.configure(f"IdentityFile {key}", "Host a", "ProxyJump b", "Host b", "ProxyJump a")
    with pytest.raises(UriError, match="jump hosts"):
        opened(user, "a").connect()


PROXY = """import os, socket, sys, threading
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def up():
    while data := os.read(0, 65536):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while data := connection.recv(65536):
    os.write(1, data)
"""


def test_a_host_is_reached_through_a_program(user: User, server: Server, key: Path, tmp_path: Path, echo: int) -> None:
    (tmp_path / "proxy.py").write_text(PROXY)
    user.configure(
        *("Host far", "HostName 127.0.0.1", f"Port {server.port}"),
        f"ProxyCommand {sys.executable} '{tmp_path}/proxy.py' %h %p # %%r",
        *("Host *", f"IdentityFile {key}"),
    )
    session = opened(user, "far")
    says_hello(session, echo)
    server.drop_sessions()
    wait_for(lambda: not session.connected, "the end of the connection")
    says_hello(session, echo)
    running = [pid for pid in children() if str(tmp_path).encode() in command_of(pid)]
    assert len(running) == 1
    session.close()
    assert [pid for pid in children() if str(tmp_path).encode() in command_of(pid)] == []


def children() -> list[int]:
    found = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread ended just now
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_program_that_fails_is_told_in_its_own_words(user: User) -> None:
    user.configure("ProxyCommand sh -c 'echo no way \033[31mtoday >&2; exit 1'")
    with pytest.raises(StoreUnreachable) as caught:
        opened(user, "far").connect()
    assert "no way  [31mtoday" in caught.value.message


# Failing in time.


def test_a_port_that_accepts_and_says_nothing_is_given_up(user: User) -> None:
    user.configure("ConnectTimeout 1")
    with silent_server() as port, pytest.raises(StoreUnreachable) as caught:
        opened(user, f"127.0.0.1:{port}").connect()
    assert "said nothing for 1 s" in caught.value.message
    assert "ConnectTimeout" in caught.value.hint


def test_what_is_not_an_ssh_server_is_told_apart(user: User) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 \x1b[31mBad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(StoreUnreachable) as caught:
            opened(user, f"127.0.0.1:{listener.getsockname()[1]}").connect()
        thread.join()
    assert "\x1b" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("host", "said"),
    [("127.0.0.1:PORT", "nothing listens there"), ("no-such-host.invalid", "the name is not known")],
)
def test_a_host_that_cannot_be_reached_says_why(user: User, host: str, said: str) -> None:
    with pytest.raises(StoreUnreachable) as caught:
        opened(user, host.replace("PORT", str(free_port()))).connect()
    assert said in caught.value.message
    assert caught.value.hint


def test_a_host_that_falls_silent_is_noticed(user: User, host_key: Path, key: Path, tmp_path: Path, echo: int) -> None:
    with ssh_server(tmp_path / "s", [host_key], [public(key)]) as server:
        user.knows(server.known_line)
        user.configure(f"IdentityFile {key}", "ServerAliveInterval 1", "ServerAliveCountMax 1")
        session = opened(user, server.address)
        says_hello(session, echo)
        with server.frozen():
            wait_for(lambda: not session.connected, "the silence to be noticed")
        says_hello(session, echo)
        session.close()


def test_a_host_that_answers_is_not_given_up(user: User, server: Server, key: Path, echo: int) -> None:
    user.configure(f"IdentityFile {key}", "ServerAliveInterval 1", "ServerAliveCountMax 1")
    session = opened(user, server.address)
    session.connect()
    link = session._link
    time.sleep(3.5)
    assert session.connected
    assert session._link is link
    session.close()


# Calling off.


def called_off(work: Callable[[threading.Event], object]) -> float:
    """Seconds from setting the event to `Cancelled`; the work is under way by then."""
    cancel = threading.Event()
    caught: list[BaseException] = []

    def run() -> None:
        try:
            work(cancel)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.3)
    assert thread.is_alive()
    start = time.monotonic()
    cancel.set()
    thread.join(20)
    took = time.monotonic() - start
    assert [type(error) for error in caught] == [Cancelled]
    return took


def test_connecting_can_be_called_off_while_the_host_is_silent(user: User) -> None:
    with silent_server() as port:
        session = opened(user, f"127.0.0.1:{port}")
        assert called_off(session.connect) < 5
        session.close()


def test_waiting_for_somebody_else_s_connecting_can_be_called_off(user: User) -> None:
    with silent_server() as port:
        session = opened(user, f"127.0.0.1:{port}")
        other = threading.Thread(target=failing, args=(session,))
        other.start()
        time.sleep(0.1)
        assert called_off(session.connect) < 5
        start = time.monotonic()
        session.close()
        other.join()
        assert time.monotonic() - start < 10


def failing(session: Session) -> None:
    with pytest.raises(FlowdeckError):
        session.connect()


def test_opening_a_channel_can_be_called_off_and_leaves_none_behind(
    session: Session, server: Server, echo: int
) -> None:
    session.connect()
    with server.frozen():
        assert called_off(lambda cancel: session.open_channel("127.0.0.1", echo, cancel)) < 5
    assert session._link is not None
    wire = session._link.wire
    wait_for(lambda: not wire._given_up, "the late channel to be closed")
    says_hello(session, echo)


def test_logging_in_can_be_called_off(user: User, host_key: Path, key: Path, tmp_path: Path) -> None:
    with ssh_server(tmp_path / "s", [host_key], [public(key)]) as server:
        user.knows(server.known_line)
        session = opened(user, server.address, Freezing(server))
        user.known_hosts.unlink()
        assert called_off(session.connect) < 5
        server.thaw_sessions()
        session.close()


class Freezing(Answers):
    """Stops the server when it is asked about the host, which is right before logging in."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server

    def confirm_host(self, question: object) -> bool:
        self.server.freeze_sessions()
        return True
