"""A real OpenSSH: servers on ports of this machine, keys, agents, and a user's SSH files in a folder of their own."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from store.questions import HostQuestion, Prompt
from store.ssh.files import SshFiles

REQUIRE_VARIABLE: Final = "FLOWDECK_REQUIRE_SERVERS"

START_TIMEOUT_S: Final = 20.0

KEY_TYPES: Final = ("ed25519", "ecdsa", "rsa")


def missing(reason: str) -> None:
    """Skips the test, or fails it if servers are required."""
    if os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def program(name: str) -> str:
    """The path of one of OpenSSH's programs; see `missing`."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        missing(f"{name} is not installed (Debian: apt-get install openssh-server openssh-client)")
    return str(found)


def me() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def keygen(path: Path, kind: str = "ed25519", passphrase: str = "", *options: str) -> Path:
    """A new private key, with its public one beside it."""
    bits = ("-b", "2048") if kind == "rsa" else ()
    run("ssh-keygen", "-q", "-t", kind, *bits, "-N", passphrase, "-C", f"{kind} of a test", "-f", str(path), *options)
    return path


def run(name: str, *arguments: str, **environ: str) -> str:
    """What a program printed; it has to succeed."""
    done = subprocess.run(
        [program(name), *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environ},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def public(key: Path) -> str:
    """Type and base64 of the public key beside a private one."""
    return " ".join(key.with_name(key.name + ".pub").read_text().split()[:2])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class User:
    """SSH files of somebody whose home is a folder of the test."""

    home: Path
    name: str = field(default_factory=me)
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def folder(self) -> Path:
        return self.home / ".ssh"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def files(self) -> SshFiles:
        return SshFiles(self.home, self.name, self.config, None, (), {"PATH": os.environ["PATH"], **self.environ})

    def configure(self, *lines: str) -> None:
        self.config.write_text("".join(f"{line}\n" for line in lines))
        self.config.chmod(0o600)

    def knows(self, *lines: str) -> None:
        self.known_hosts.write_text("".join(f"{line}\n" for line in lines))


class Server:
    """An sshd on a port of 127.0.0.1."""

    def __init__(self, folder: Path, port: int, host_keys: Sequence[Path], process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.port = port
        self.host_keys = list(host_keys)
        self._process = process

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @property
    def address(self) -> str:
        return f"{me()}@127.0.0.1:{self.port}"

    @property
    def known_line(self) -> str:
        """A line of known_hosts for the first host key."""
        return f"[127.0.0.1]:{self.port} {public(self.host_keys[0])}"

    def sessions(self) -> list[int]:
        """The processes that serve connections, below the one that listens."""
        found, parents = [], [self._process.pid]
        while parents:
            children = _children(parents.pop())
            found += children
            parents += children
        return found

    def drop_sessions(self) -> None:
        """Kills what serves the connections that there are; the server goes on."""
        self._signal(signal.SIGKILL)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Its sessions say nothing meanwhile."""
        self.freeze_sessions()
        try:
            yield
        finally:
            self.thaw_sessions()

    def freeze_sessions(self) -> None:
        """Until `thaw_sessions`."""
        self._signal(signal.SIGSTOP)

    def thaw_sessions(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self.sessions():
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.kill(process, number)


def _children(parent: int) -> list[int]:
    try:
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


@contextlib.contextmanager
def ssh_server(
    folder: Path,
    host_keys: Sequence[Path],
    authorized: Sequence[str] = (),
    options: Mapping[str, str] | Sequence[str] = (),
    *,
    port: int | None = None,
) -> Iterator[Server]:
    """An sshd that lets in who runs the tests, with one of the `authorized` public keys; `options` come first."""
    sshd = program("sshd")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port() if port is None else port
    (folder / "authorized_keys").write_text("".join(f"{line}\n" for line in authorized))
    given = [f"{name} {value}" for name, value in options.items()] if isinstance(options, Mapping) else list(options)
    config = folder / "sshd_config"
    lines = [
        *given,
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        *(f"HostKey {key}" for key in host_keys),
        f"AuthorizedKeysFile {folder}/authorized_keys",
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        *([] if any(line.startswith("Subsystem") for line in given) else ["Subsystem sftp internal-sftp"]),
        "LogLevel VERBOSE",
        "MaxStartups 100",
        "MaxSessions 100",
    ]
    config.write_text("\n".join(lines) + "\n")
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sshd, "-f", str(config), "-D", "-e"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_us,
        )
    server = Server(folder, port, host_keys, process)
    try:
        _wait_for_port(server, process)
        yield server
    finally:
        server.drop_sessions()
        process.terminate()
        process.wait(10)


def _end_with_us() -> None:
    """The kernel ends the server if the tests' process dies."""
    ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))


def _wait_for_port(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            missing(f"sshd does not start here: {server.log[-500:]}")
        if f"Server listening on 127.0.0.1 port {server.port}" in server.log:
            return
        time.sleep(0.02)
    missing(f"sshd does not listen: {server.log[-500:]}")


@contextlib.contextmanager
def ssh_agent(folder: Path, *keys: Path, passphrase: str = "") -> Iterator[str]:
    """The socket of an agent that holds these keys."""
    ask = folder / "askpass"
    ask.write_text(f"#!/bin/sh\necho '{passphrase}'\n")
    ask.chmod(0o700)
    # A folder of its own, because the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="flowdeck-agent-") as short:
        path = Path(short) / "agent"
        process = subprocess.Popen(
            [program("ssh-agent"), "-D", "-a", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_us,
        )
        try:
            wait_for(lambda: _listens(path), "the agent")
            for key in keys:
                run(
                    "ssh-add",
                    "-q",
                    str(key),
                    SSH_AUTH_SOCK=str(path),
                    SSH_ASKPASS=str(ask),
                    SSH_ASKPASS_REQUIRE="force",
                )
            yield str(path)
        finally:
            process.terminate()
            process.wait(10)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


@dataclass
class Answers:
    """Answers questions as a person would, and remembers which were asked."""

    passphrases: list[str | None] = field(default_factory=list)
    passwords: list[str | None] = field(default_factory=list)
    replies: list[list[str] | None] = field(default_factory=list)
    trusted: bool = True
    asked: list[str] = field(default_factory=list)
    hosts: list[HostQuestion] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)

    def until(self, stop: object) -> Answers:
        return self

    def passphrase(self, path: str, *, again: bool) -> str | None:
        self.asked.append(f"passphrase {Path(path).name}{' again' if again else ''}")
        return self.passphrases.pop(0)

    def password(self, user: str, host: str, *, again: bool) -> str | None:
        self.asked.append(f"password{' again' if again else ''}")
        return self.passwords.pop(0)

    def server_password(self, address: str, *, again: bool) -> str | None:
        self.asked.append(f"{address}{' again' if again else ''}")
        return self.passwords.pop(0)

    def answers(self, user: str, host: str, about: str, prompts: Sequence[Prompt]) -> Sequence[str] | None:
        self.asked.append("answers")
        self.prompts += prompts
        return self.replies.pop(0)

    def confirm_host(self, question: HostQuestion) -> bool:
        self.asked.append("host")
        self.hosts.append(question)
        return self.trusted


@contextlib.contextmanager
def account() -> Iterator[tuple[str, str]]:
    """A user of this machine who has a password, made for the test and removed after it. Only root can."""
    if os.geteuid() != 0 or shutil.which("useradd") is None:
        missing("logging in with a password needs an account of its own, which only root can make")
    name, password = f"fd{secrets.token_hex(4)}", f"pw-{secrets.token_hex(8)}"
    hashed = subprocess.run(
        [program("openssl"), "passwd", "-6", "-stdin"], input=password, capture_output=True, text=True, check=True
    ).stdout.strip()
    with _alone():
        subprocess.run(["useradd", "-M", "-N", "-s", "/bin/sh", "-d", "/nonexistent", "-p", hashed, name], check=True)
    try:
        yield name, password
    finally:
        # By force: a session that was just left may still be ending.
        with _alone():
            subprocess.run(["userdel", "-f", name], check=True, capture_output=True)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process at a time: two that change the system's accounts at once fail."""
    with (Path(tempfile.gettempdir()) / "flowdeck-test-accounts").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # some clients break off
            while data := self.request.recv(1 << 16):
                self.request.sendall(data)
            self.request.sendall(b"[end]")


class _Threading(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


@contextlib.contextmanager
def echo_server() -> Iterator[int]:
    """A port of 127.0.0.1 that sends back what it gets, and `[end]` after the sender has said that it is done."""
    with _Threading(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """A port of 127.0.0.1 that accepts connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield int(listener.getsockname()[1])


def wait_for(condition: Callable[[], object], what: str, timeout: float = START_TIMEOUT_S) -> None:
    """Returns once `condition()` is true; fails with `what` if it does not become so."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)
