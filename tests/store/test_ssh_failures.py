"""No error of paramiko's or of a socket's gets out, and no secret does either."""

from __future__ import annotations

import contextlib
import errno
import inspect
import io
import logging
import os
import pickle
import re
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko  # type: ignore[import-untyped]
import pytest

from store.errors import AccessDenied, FlowdeckError, StoreError, StoreUnreachable
from store.ssh import secrets as kept
from store.ssh.errors import mapped
from store.ssh.forward import Forward
from store.ssh.secrets import Secrets
from store.ssh.session import Session
from store.ssh.wire import LOG
from tests.support.sshd import Answers, Server, User, account, echo_server, keygen, public, ssh_server

pytestmark = pytest.mark.long

PASSPHRASE = "passphrase-secret-7c1"


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
def user(tmp_path: Path, server: Server, key: Path) -> User:
    return configured(tmp_path / "home", key)


def configured(home: Path, key: Path) -> User:
    user = User(home)
    user.configure(f"IdentityFile {key}", "StrictHostKeyChecking accept-new", "UserKnownHostsFile none",
                   "ConnectTimeout 5")  # fmt: skip
    return user


def made(kind: type[BaseException]) -> BaseException:
    """An error of that kind, whatever it is made of."""
    needed = {
        paramiko.BadHostKeyException: ("host", paramiko.RSAKey.generate(1024), paramiko.RSAKey.generate(1024)),
        paramiko.ssh_exception.NoValidConnectionsError: ({("127.0.0.1", 22): OSError("x")},),
    }
    if kind in needed:
        return kind(*needed[kind])
    try:
        count = len(inspect.signature(kind).parameters)
    except ValueError:
        count = 1
    return kind(*["a \x1b[31mtext"] * min(count, 2))


KINDS = [
    kind
    for _, kind in inspect.getmembers(paramiko.ssh_exception, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == "paramiko.ssh_exception"
]

TOLD = {
    paramiko.BadHostKeyException: "does not match",
    paramiko.ssh_exception.NoValidConnectionsError: "Unable to connect to port 22",
    paramiko.IncompatiblePeer: "no algorithm in common (a  [31mtext)",
    paramiko.ssh_exception.PartialAuthentication: "Partial authentication",
}
"""What is said of errors that are not made of a text alone."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_of_paramiko_becomes_one_of_ours(kind: type[BaseException]) -> None:
    becomes_ours(made(kind), TOLD.get(kind, "text"))


MEANING = {
    **dict.fromkeys((errno.EPIPE, errno.ECONNRESET, errno.ECONNABORTED, errno.ESHUTDOWN), "closed the connection"),
    errno.ECONNREFUSED: "nothing listens there",
    errno.ETIMEDOUT: "no answer in time",
}
"""What is said of errors whose number alone tells what happened."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        *((OSError(number, os.strerror(number)), MEANING.get(number)) for number in sorted(errno.errorcode)),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "the name is not known (Name or service"),
        (socket.herror(1, "Unknown host"), "Unknown host"),
        (TimeoutError(), "no answer in time"),
        (EOFError(), "closed the connection"),
        (paramiko.SFTPError("Garbage packet received"), "(Garbage packet received)"),
        (paramiko.SSHException("Error reading SSH protocol banner"), "not an SSH server"),
        (struct.error("unpack requires"), "(unpack requires)"),
        (IndexError(), "(IndexError)"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "x"), "'utf-8' codec"),
        (ValueError("x"), "(x)"),
    ],
    ids=lambda value: f"{type(value).__name__} {getattr(value, 'errno', '')}" if isinstance(value, Exception) else "",
)
def test_every_error_of_a_socket_or_a_packet_becomes_one_of_ours(error: BaseException, said: str | None) -> None:
    becomes_ours(error, said or str(getattr(error, "strerror", "")))


def becomes_ours(error: BaseException, said: str) -> None:
    """It is told what was tried and what went wrong, and what to do."""
    with pytest.raises(StoreUnreachable) as caught, mapped("connecting to ada@train"):
        raise error
    assert type(caught.value) is StoreUnreachable
    assert caught.value.message.startswith("connecting to ada@train: ")
    assert said in caught.value.message
    assert caught.value.hint
    assert "\x1b" not in caught.value.message
    assert caught.value.__cause__ is error


def test_our_own_errors_pass_as_they_are() -> None:
    with pytest.raises(AccessDenied, match="mine"), mapped("x"):
        raise AccessDenied("mine")


@contextlib.contextmanager
def between(port: int, change: Callable[[int, bytes], bytes | None]) -> Iterator[int]:
    """A port that passes on what a server sends as `change` has it, given how many bytes came before; None ends it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            client, _ = listener.accept()
            with client, socket.create_connection(("127.0.0.1", port)) as there:
                threading.Thread(target=pump, args=(client, there, lambda _, data: data), daemon=True).start()
                pump(there, client, change)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(20)


def pump(source: socket.socket, sink: socket.socket, change: Callable[[int, bytes], bytes | None]) -> None:
    passed = 0
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            changed = change(passed, data)
            if changed is None:
                break
            sink.sendall(changed)
            passed += len(data)
            if len(changed) < len(data):
                break
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


PLACES = [0, 3, 20, 40, 45, 60, 200, 900, 1100, 1300, 1500, 1700, 1900, 2100, 2300, 2500]
"""Bytes that a server has sent: in its banner, its offer, its keys, its answers to the login."""

LATER = 500
"""Bytes that are no part of a login: its server's keys come after it unasked, and packets are filled up at random."""


@pytest.fixture(scope="module")
def needed(folder: Path, server: Server, key: Path) -> int:
    """Bytes of the server's that a login takes at least."""
    counted = [0]

    def count(passed: int, data: bytes) -> bytes:
        counted[0] = passed + len(data)
        return data

    user = configured(folder / "home", key)
    assert outcome(user, server, count) is None
    assert counted[0] - LATER > PLACES[10]
    return counted[0] - LATER


@pytest.mark.parametrize("place", PLACES)
def test_a_connection_that_is_cut_anywhere_is_told_as_such(user: User, server: Server, needed: int, place: int) -> None:
    def cut(passed: int, data: bytes) -> bytes | None:
        return data[: max(0, place - passed)] or None

    failure = outcome(user, server, cut)
    if place < needed:
        assert isinstance(failure, StoreUnreachable)
        assert re.search("closed the connection|not an SSH server|SSH connection failed", failure.message)


@pytest.mark.parametrize("place", PLACES)
def test_a_byte_that_is_changed_anywhere_lets_no_other_error_out(
    user: User, server: Server, needed: int, place: int
) -> None:
    def flip(passed: int, data: bytes) -> bytes:
        index = place - passed
        return data if not 0 <= index < len(data) else data[:index] + bytes([data[index] ^ 0xFF]) + data[index + 1 :]

    failure = outcome(user, server, flip)
    if place < needed:
        assert isinstance(failure, StoreError)


def outcome(user: User, server: Server, change: Callable[[int, bytes], bytes | None]) -> StoreError | None:
    """What comes of a login through `between`: None if it succeeds, which only it may that is cut or changed later."""
    with between(server.port, change) as port:
        session = Session(f"127.0.0.1:{port}", files=user.files, secrets=Secrets())
        failure = None
        try:
            session.connect()
        except StoreError as error:
            failure = error
        session.close()
    if failure is not None:
        assert f"127.0.0.1:{port}" in failure.message
        assert failure.hint
        assert "\x1b" not in failure.message
    return failure


@pytest.mark.parametrize(
    "sent",
    [b"\n" * 300, b"SSH-1.5-old\r\n", b"SSH-2.0-x\r\n" + b"\xff" * 100, b"SSH-2.0-x\r\n" + b"\0" * 5000,
     b"SSH-2.0\r\n", b"\xff\xfe\r\n" * 3, b"SSH-2.0-x\r\n\0\0\0\x0c\x0a\x14" + b"\0" * 60, b"x" * 100_000],
)  # fmt: skip
def test_a_server_that_talks_nonsense_is_told_as_such(user: User, sent: bytes) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        session = Session(f"127.0.0.1:{listener.getsockname()[1]}", files=user.files, secrets=Secrets())
        with pytest.raises(StoreUnreachable) as caught:
            session.connect()
        session.close()
        thread.join(20)
    assert caught.value.hint


@pytest.mark.parametrize("answer", [b"", b"\0\0\0\0", b"\xff" * 8, b"\0\0\0\1\5", b"\0\0\0\x09\x0c\0\0\0\1\0\0\0\xff"])
def test_an_agent_that_talks_nonsense_holds_nothing_up(
    user: User, server: Server, tmp_path: Path, answer: bytes
) -> None:
    path = tmp_path / "agent"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        asked = []

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                asked.append(connection.recv(100))
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        user.environ["SSH_AUTH_SOCK"] = str(path)
        session = Session(server.address, files=user.files, secrets=Secrets())
        session.connect()
        assert session.connected  # with the key file
        session.close()
        thread.join(20)
    assert asked == [b"\0\0\0\1\x0b"]  # which keys it has


# Secrets.


class Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += self.format(record) + repr(record.__dict__)


@pytest.fixture
def logged() -> Iterator[Everything]:
    """Everything that is logged, even by a logger that is usually silent."""
    handler = Everything()
    loggers = [logging.getLogger(), logging.getLogger(LOG), logging.getLogger("paramiko")]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield handler
    for logger, level in before:
        logger.removeHandler(handler)
        logger.setLevel(level)


def test_paramiko_says_nothing_by_itself(
    user: User, server: Server, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session = Session(server.address, files=user.files, secrets=Secrets())
    session.connect()
    with pytest.raises(StoreUnreachable):
        session.open_channel("127.0.0.1", 1)
    server.drop_sessions()
    session.close()
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


def test_no_secret_is_logged_shown_or_in_any_command(
    user: User, server: Server, tmp_path: Path, logged: Everything
) -> None:
    with account() as (name, password), echo_server() as echo:
        host_keys, wrong = server.host_keys, "wrong-secret-9f2"
        encrypted = keygen(user.folder / "encrypted", passphrase=PASSPHRASE)
        options = {"PasswordAuthentication": "yes"}
        text = io.StringIO()
        with ssh_server(tmp_path / "s", host_keys, [public(encrypted)], options) as typed:
            user.configure(f"IdentityFile {encrypted}", "StrictHostKeyChecking accept-new")
            for answers in (
                Answers(passphrases=[wrong, PASSPHRASE]),
                Answers(passphrases=[wrong] * 3, passwords=[wrong] * 3),
                Answers(passwords=[wrong, password]),
            ):
                secrets = Secrets()
                login = name if password in answers.passwords else user.name
                session = Session(
                    f"{login}@127.0.0.1:{typed.port}", files=user.files, questions=answers, secrets=secrets
                )
                try:
                    forward = Forward(session, "127.0.0.1", echo)
                    with contextlib.closing(forward):
                        forward.check()
                        print(repr(forward), repr(session), repr(session.target), session.notices, file=text)
                        print(repr(session._link and session._link.wire), repr(secrets), vars(forward), file=text)
                        print(commands(), file=text)
                except FlowdeckError as error:
                    print(error.message, error.hint, repr(error), traceback.format_exc(), file=text)
                session.close()
                assert (answers.passphrases, answers.passwords) == ([], [])
            told = text.getvalue() + logged.text + typed.log
    assert "does not let us in" in told
    assert "Secrets(...)" in told
    assert "kex" in logged.text  # what is silent otherwise was heard
    for secret in (PASSPHRASE, password, wrong):
        assert secret not in told
    written = [path for path in (tmp_path, user.home) for path in path.rglob("*") if path.is_file()]
    for secret in (PASSPHRASE, password, wrong):
        assert [path for path in written if secret.encode() in path.read_bytes()] == []


def commands() -> str:
    """The command lines and environments of every process of this user."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            for name in ("cmdline", "environ"):
                with contextlib.suppress(OSError):
                    found.append((process / name).read_bytes().decode(errors="replace"))
    return "\n".join(found)


def test_secrets_are_not_written_down() -> None:
    secrets = Secrets()
    secrets.keep_passphrase("/key", PASSPHRASE)
    with pytest.raises(TypeError):
        pickle.dumps(secrets)
    assert PASSPHRASE not in repr(secrets) + str(secrets)


def test_sessions_share_what_was_answered_in_this_process(
    user: User, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.ssh.session.KEPT", Secrets())
    assert isinstance(kept.KEPT, Secrets)
    encrypted = keygen(user.folder / "encrypted", passphrase=PASSPHRASE)
    with ssh_server(tmp_path / "s", server.host_keys, [public(encrypted)]) as other:
        user.configure(f"IdentityFile {encrypted}", "StrictHostKeyChecking accept-new")
        answers = Answers(passphrases=[PASSPHRASE])
        for _ in range(2):
            session = Session(other.address, files=user.files, questions=answers)
            session.connect()
            session.close()
        assert answers.asked == ["passphrase encrypted"]
