"""Connections that are carried through real SSH servers."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pymysql
import pytest

from store.errors import StoreError, StoreUnreachable
from store.ssh.forward import Forward
from store.ssh.listener import TcpListener, _owner
from store.ssh.secrets import Secrets
from store.ssh.session import Session
from tests.support.servers import OWNER, OWNER_PASSWORD, mariadb, postgres
from tests.support.sshd import Server, User, echo_server, free_port, keygen, missing, public, ssh_server, wait_for

pytestmark = pytest.mark.long


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
    session = Session(server.address, files=user.files, secrets=Secrets())
    yield session
    session.close()


@pytest.fixture(params=["port", "socket"])
def forward(request: pytest.FixtureRequest, session: Session, echo: int) -> Iterator[Forward]:
    name = "echo" if request.param == "socket" else None
    with contextlib.closing(Forward(session, "127.0.0.1", echo, socket_name=name)) as forward:
        yield forward


def connected(forward: Forward) -> socket.socket:
    if forward.path is not None:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        connection.connect(str(forward.path))
        return connection
    assert forward.port is not None
    return socket.create_connection(("127.0.0.1", forward.port), timeout=20)


def fill(connection: socket.socket) -> None:
    """Sends until nothing more is taken."""
    connection.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while True:
            connection.sendall(b"x" * (1 << 20))


def ours() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith(("flowdeck-ssh", "flowdeck-aside"))}


def received(connection: socket.socket) -> bytes:
    """Everything until the other side says that it is done."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def test_bytes_go_both_ways_and_each_side_may_be_done_first(forward: Forward) -> None:
    with connected(forward) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
        connection.shutdown(socket.SHUT_WR)
        assert received(connection) == b"[end]"


def test_much_data_arrives_whole(forward: Forward) -> None:
    data = os.urandom(8 << 20)
    with connected(forward) as connection:
        sender = threading.Thread(target=lambda: (connection.sendall(data), connection.shutdown(socket.SHUT_WR)))
        sender.start()
        assert received(connection) == data + b"[end]"
        sender.join()


def test_much_data_arrives_whole_while_keys_are_made_anew(
    user: User, key: Path, tmp_path: Path, server: Server, echo: int
) -> None:
    with ssh_server(tmp_path / "s", server.host_keys, [public(key)], {"RekeyLimit": "1M"}) as other:
        user.knows(other.known_line)
        with (
            contextlib.closing(Session(other.address, files=user.files, secrets=Secrets())) as session,
            contextlib.closing(Forward(session, "127.0.0.1", echo)) as forward,
        ):
            test_much_data_arrives_whole(forward)
            assert forward.failure_since(0.0) is None


def test_many_connections_at_once_do_not_mix(forward: Forward, server: Server) -> None:
    before = server.log.count("Accepted publickey")
    wrong: list[object] = []

    def use(number: int) -> None:
        data = str(number).encode() * 50_000
        try:
            with connected(forward) as connection:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                if received(connection) != data + b"[end]":
                    wrong.append(number)
        except OSError as error:
            wrong.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert server.log.count("Accepted publickey") == before + 1


def test_the_first_connection_takes_the_one_that_was_tried(session: Session, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(20)
        with contextlib.closing(Forward(session, "127.0.0.1", listener.getsockname()[1])) as forward:
            forward.check()
            arrived, _ = listener.accept()
            with connected(forward) as connection, arrived:
                connection.sendall(b"first")
                assert arrived.recv(100) == b"first"
            listener.settimeout(0.3)
            with pytest.raises(TimeoutError):
                listener.accept()


def test_a_lost_session_ends_its_connections_and_the_next_one_makes_it_again(forward: Forward, server: Server) -> None:
    with connected(forward) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
        server.drop_sessions()
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
    with connected(forward) as connection:
        connection.sendall(b"again")
        assert connection.recv(100) == b"again"
    assert forward.failure_since(0.0) is None


def test_a_server_that_breaks_off_ends_the_connection(session: Session) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(20)
        with (
            contextlib.closing(Forward(session, "127.0.0.1", listener.getsockname()[1])) as forward,
            connected(forward) as connection,
        ):
            arrived, _ = listener.accept()
            arrived.sendall(b"bye")
            arrived.close()
            assert received(connection) == b"bye"


def test_a_client_that_breaks_off_ends_the_server_s_connection(session: Session) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(20)
        with contextlib.closing(Forward(session, "127.0.0.1", listener.getsockname()[1])) as forward:
            connection = connected(forward)
            arrived, _ = listener.accept()
            arrived.settimeout(20)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
            with arrived, contextlib.suppress(ConnectionResetError):
                assert arrived.recv(100) == b""


def test_closing_ends_every_connection_and_thread_and_leaves_no_listener(
    session: Session, echo: int, tmp_path: Path
) -> None:
    session.connect()
    threads = ours()
    forwards = [Forward(session, "127.0.0.1", echo), Forward(session, "127.0.0.1", echo, socket_name="s")]
    connections = [connected(forward) for forward in forwards for _ in range(3)]
    for connection in connections:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
    for forward in forwards:
        forward.check()
        forward.close()
    for connection in connections:
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
        connection.close()
    assert ours() == threads
    with pytest.raises(ConnectionRefusedError):
        connected(forwards[0])
    path = forwards[1].path
    assert path is not None
    assert not path.parent.exists()
    assert session.connected


def test_closing_does_not_wait_for_a_host_that_has_fallen_silent(
    user: User, key: Path, tmp_path: Path, server: Server, echo: int
) -> None:
    with ssh_server(tmp_path / "s", server.host_keys, [public(key)]) as other:
        user.knows(other.known_line)
        user.configure(f"IdentityFile {key}", "ServerAliveInterval 0")
        session = Session(other.address, files=user.files, secrets=Secrets())
        before = ours()
        forward = Forward(session, "127.0.0.1", echo)
        with connected(forward) as connection:
            connection.sendall(b"hello")
            assert connection.recv(100) == b"hello"
            with other.frozen():
                fill(connection)
                forward.close()
                session.close()
        wait_for(lambda: ours() <= before, "every thread to end")


def test_closing_does_not_wait_for_a_connection_that_is_being_made(user: User, echo: int) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        user.configure("ConnectTimeout 100")
        session = Session(f"127.0.0.1:{silent.getsockname()[1]}", files=user.files, secrets=Secrets())
        before = ours()
        forward = Forward(session, "127.0.0.1", echo)
        connection = connected(forward)
        wait_for(lambda: "flowdeck-ssh-relay" in {thread.name for thread in ours()}, "the connection to be taken")
        close = threading.Thread(target=lambda: (forward.close(), session.close()))
        close.start()
        close.join(50)
        assert not close.is_alive()
        assert connection.recv(1) == b""
        connection.close()
        wait_for(lambda: ours() <= before, "every thread to end")


def test_the_socket_is_in_a_folder_that_nobody_else_may_enter(session: Session, echo: int) -> None:
    with contextlib.closing(Forward(session, "127.0.0.1", echo, socket_name=".s.PGSQL.5432")) as forward:
        assert forward.path is not None
        assert forward.path.name == ".s.PGSQL.5432"
        assert stat.S_IMODE(forward.path.parent.stat().st_mode) == 0o700
        assert len(str(forward.path)) < 100
        assert forward.port is None


def test_the_port_is_for_this_machine_alone(session: Session, echo: int) -> None:
    with contextlib.closing(Forward(session, "127.0.0.1", echo)) as forward:
        assert forward.path is None
        other = socket.socket()
        other.settimeout(5)
        with other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", forward.port))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells who connects")
def test_the_port_turns_other_users_away(session: Session, echo: int) -> None:
    if os.geteuid() != 0:
        missing("connecting as another user takes root")
    with contextlib.closing(Forward(session, "127.0.0.1", echo)) as forward:
        program = (
            f"import os, socket; os.setuid(65534); c = socket.create_connection(('127.0.0.1', {forward.port}));"
            "c.settimeout(20); c.sendall(b'x'); print(c.recv(10))"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
        assert "b'x'" not in done.stdout
        with connected(forward) as connection:
            connection.sendall(b"mine")
            assert connection.recv(100) == b"mine"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells who connects")
def test_a_connection_that_is_closed_already_is_nobody_s() -> None:
    with contextlib.closing(TcpListener()) as listener:
        connection = socket.create_connection(("127.0.0.1", listener.port))
        wait_for(lambda: _accepting(listener), "the connection")
        accepted, _ = listener.socket.accept()
        client, here = accepted.getpeername(), accepted.getsockname()
        assert _owner(client, here) == os.geteuid()
        connection.close()
        assert _owner(client, here) is None
        assert not listener.trusts(accepted)
        accepted.close()


def _accepting(listener: TcpListener) -> bool:
    import select

    return bool(select.select([listener.socket], [], [], 0)[0])


# Refused.


def test_a_port_at_which_nothing_listens_is_told(session: Session) -> None:
    port = free_port()
    with contextlib.closing(Forward(session, "127.0.0.1", port)) as forward:
        with pytest.raises(StoreUnreachable) as caught:
            forward.check()
        assert f"127.0.0.1:{port}" in caught.value.message
        assert "nothing listens there" in caught.value.hint
        with connected(forward) as connection, contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
        failure = forward.failure_since(0.0)
        assert isinstance(failure, StoreUnreachable)
        assert failure.message == caught.value.message


def test_a_name_that_the_host_does_not_know_is_told(session: Session) -> None:
    with pytest.raises(StoreUnreachable) as caught:
        session.open_channel("no-such-host.invalid", 5432)
    assert "no-such-host.invalid:5432" in caught.value.message
    assert "name" in caught.value.hint


@pytest.mark.parametrize("option", ["AllowTcpForwarding no", "PermitOpen 127.0.0.1:1", "DisableForwarding yes"])
def test_a_host_that_forwards_nothing_is_told(
    user: User, key: Path, tmp_path: Path, server: Server, echo: int, option: str
) -> None:
    with ssh_server(tmp_path / "s", server.host_keys, [public(key)], [option]) as strict:
        user.knows(strict.known_line)
        with contextlib.closing(Session(strict.address, files=user.files, secrets=Secrets())) as session:
            with pytest.raises(StoreUnreachable) as caught:
                session.open_channel("127.0.0.1", echo)
            assert "does not forward" in caught.value.message
            assert "AllowTcpForwarding" in caught.value.hint
            assert session.connected


def test_a_session_that_cannot_be_made_is_the_failure(user: User, echo: int) -> None:
    session = Session(f"127.0.0.1:{free_port()}", files=user.files, secrets=Secrets())
    with contextlib.closing(Forward(session, "127.0.0.1", echo)) as forward:
        with connected(forward) as connection, contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
        assert isinstance(forward.failure_since(0.0), StoreError)
    session.close()


def refused(forward: Forward) -> None:
    """Makes a connection, and waits until it is closed."""
    with connected(forward) as connection, contextlib.suppress(ConnectionResetError):
        assert connection.recv(100) == b""


def test_a_connection_that_is_carried_takes_no_other_s_failure_away(session: Session) -> None:
    port = free_port()
    with contextlib.closing(Forward(session, "127.0.0.1", port)) as forward:
        began = time.monotonic()
        refused(forward)
        with socket.create_server(("127.0.0.1", port)) as listener, connected(forward) as connection:
            listener.settimeout(20)
            arrived, _ = listener.accept()
            with arrived:
                arrived.sendall(b"hello")
                assert connection.recv(100) == b"hello"
        failure = forward.failure_since(began)
        assert failure is not None
        assert f"127.0.0.1:{port}" in failure.message


def test_a_failure_is_never_told_to_who_began_after_its_connection(
    user: User, key: Path, tmp_path: Path, server: Server
) -> None:
    with ssh_server(tmp_path / "s", server.host_keys, [public(key)]) as other:
        user.knows(other.known_line)
        session = Session(other.address, files=user.files, secrets=Secrets())
        session.connect()
        with contextlib.closing(session), contextlib.closing(Forward(session, "127.0.0.1", free_port())) as forward:
            refused(forward)
            began = time.monotonic()
            assert forward.failure_since(began) is None

            def carries() -> bool:
                return "flowdeck-ssh-relay" in {thread.name for thread in ours()}

            wait_for(lambda: not carries(), "the end of the connection that was refused")
            with other.frozen():
                connection = connected(forward)
                wait_for(carries, "it to be taken")
                later = time.monotonic()
            with connection:
                wait_for(lambda: forward.failure_since(began) is not None, "the failure that came too late")
            assert forward.failure_since(later) is None


# What it is for.


def test_an_http_client_goes_through_the_socket(session: Session, tmp_path: Path) -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = f"{self.headers['Host']} {self.path}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        with contextlib.closing(Forward(session, "127.0.0.1", http.server_address[1], socket_name="http")) as forward:
            transport = httpx.HTTPTransport(uds=str(forward.path))
            with httpx.Client(transport=transport, base_url="http://mlflow.example.org:5000") as client:
                for _ in range(3):
                    assert client.get("/api").text == "mlflow.example.org:5000 /api"
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("way", ["port", "socket"])
def test_postgresql_goes_through_it_and_survives_a_lost_session(session: Session, server: Server, way: str) -> None:
    database = postgres()
    name = f".s.PGSQL.{database.port}" if way == "socket" else None
    with contextlib.closing(Forward(session, "127.0.0.1", database.port, socket_name=name)) as forward:
        forward.check()
        place: dict[str, Any] = (
            {"host": str(forward.path.parent), "port": database.port}
            if forward.path is not None
            else {"host": "db.example.org", "hostaddr": "127.0.0.1", "port": forward.port}
        )

        def connect() -> psycopg.Connection[Any]:
            return psycopg.connect(**place, dbname="postgres", user=OWNER, password=OWNER_PASSWORD, connect_timeout=20)

        with connect() as connection:
            numbers = connection.execute("SELECT g FROM generate_series(1, 200000) g").fetchall()
            assert len(numbers) == 200_000
            server.drop_sessions()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        with connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert forward.failure_since(0.0) is None


def test_mariadb_goes_through_it(session: Session) -> None:
    database = mariadb()
    with contextlib.closing(Forward(session, "127.0.0.1", database.port)) as forward:
        for _ in range(3):
            forward.check()
            connection = pymysql.connect(
                host="127.0.0.1", port=forward.port or 0, user=OWNER, password=OWNER_PASSWORD, connect_timeout=20
            )
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT REPEAT('x', 100000)")
                assert cursor.fetchone() == ("x" * 100_000,)
