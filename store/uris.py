"""Addresses of tracking stores: what kind they name, and how to show them without secrets."""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from store.errors import StoreNotFound, UriError


class Kind(enum.StrEnum):
    """The kinds of store that MLflow has."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"
    MYSQL = "MySQL"
    MSSQL = "SQL Server"
    TREE = "mlruns tree"
    HTTP = "MLflow server"


_SCHEMES: Final = {
    "sqlite": Kind.SQLITE,
    "postgresql": Kind.POSTGRESQL,
    "postgres": Kind.POSTGRESQL,
    "mysql": Kind.MYSQL,
    "mariadb": Kind.MYSQL,
    "mssql": Kind.MSSQL,
    "http": Kind.HTTP,
    "https": Kind.HTTP,
    "file": Kind.TREE,
}

_WORD: Final = re.compile(r"\S+")

_CREDENTIALS: Final = re.compile(r"\b[A-Za-z][\w+.-]{0,40}:/{0,3}[^\s:]{0,200}:")
"""`scheme://user:` before a password, which ends at the word's last `@`: it may hold any character, a user name `@`
and `/`, and slashes are forgotten. Rather too much is hidden than too little."""

_TOKEN: Final = re.compile(r"\bhttps?://(?P<secret>[^\s/:@]+)@", re.IGNORECASE)
"""A user name without a password: over HTTP often a token."""

_RESOLVED: Final = re.compile(r"\bhost(?:name)?:? [\"'](?P<secret>[^\"'\n]*)@")
"""What a driver took for a part of a host's name: the end of a password that has an `@`."""

_ADDRESS: Final = re.compile(r"^(?:[A-Za-z][\w+.-]*:/{0,3}[^:]*:|[^:]*:(?!/))(?P<secret>.*)@", re.DOTALL)
"""The same in a text that is nothing but an address: there a password may hold blanks, the scheme may lack."""

_SECRET_NAME: Final = (
    r"[\w-]{0,60}(?:password|passwd|passphrase|pwd|secret|token|credential|signature|sig|odbc_connect|jwt|auth|"
    r"(?:api|access|account|private|shared|cipher|encryption)[_-]?key)[\w-]{0,60}"
)

_SECRET_ARGUMENT: Final = re.compile(
    rf"(?:[?&;#]|%3B)\s*{_SECRET_NAME}\s*=(?P<secret>\{{[^}}]*\}}|[^&\s;]*)", re.IGNORECASE
)
"""In the query of a URI, or in what ODBC calls a connection string."""

_DATABASE_NAME: Final = "mlflow.db"
"""The database that MLflow 3.7 and newer makes in the working directory."""

_TREE_NAME: Final = "mlruns"
"""The tree that MLflow before 3.7 makes in the working directory."""


@dataclass(frozen=True, slots=True)
class Detour:
    """Where a server that is reached through an SSH host seems to be: the near end of what is forwarded to it."""

    path: Path | None = None
    """A Unix socket."""
    port: int | None = None
    """A port of 127.0.0.1."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is."""

    kind: Kind
    uri: str = field(repr=False)
    """As given, secrets included: never shown."""
    path: Path | None = None
    """Absolute; only for SQLite databases and trees."""
    ssh: str | None = None
    """The host through which it is reached: `[user@]host[:port]`, or an alias of ~/.ssh/config."""
    password: str | None = field(default=None, repr=False)
    """For a database or MLflow server, if a person typed it: the address has none."""
    token: str | None = field(default=None, repr=False)
    """For an MLflow server, instead of the one that the environment names."""
    workspace: str | None = None
    """On an MLflow server, instead of the one that the environment names."""
    detour: Detour | None = None
    """Where connections are made instead of to the host of the URI."""

    @property
    def shown(self) -> str:
        """For people: a path, or the URI without its secrets, and the SSH host through which it is reached."""
        if self.path is not None:
            return str(self.path)
        return redact_address(self.uri) + (f" via {self.ssh}" if self.ssh is not None else "")


def redact(text: str) -> str:
    """`text` with the password of every URI in it, and every secret query argument, replaced by `***`."""
    return _hidden(text, _secrets(text))


def redact_address(address: str) -> str:
    """`address`, which is nothing but an address and perhaps a mistyped one, without its secrets."""
    whole = [match.span("secret") for match in _ADDRESS.finditer(address)]
    return _hidden(address, [*whole, *_secrets(address)])


def has_secret(address: str) -> bool:
    """True if `address` holds a password, a token or another secret."""
    return redact_address(address) != address


def with_password(uri: str, password: str) -> str:
    """`uri`, which names a user or none, with a password. Raises `UriError` for one that takes none."""
    scheme, separator, rest = uri.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, at, _ = host.rpartition("@")
    if not separator or not at or not user:
        raise UriError(
            f"{redact_address(uri)} names no user that a password could belong to",
            "write the user into the address: postgresql://USER@HOST/DATABASE",
        )
    return f"{scheme}://{user}:{quote(password, safe='')}{rest[len(user) :]}"


def _secrets(text: str) -> Iterator[tuple[int, int]]:
    """Where secrets begin and end. All are looked for in the text as it is: hiding one must not spoil another."""
    for word in _WORD.finditer(text):
        end = text.rfind("@", *word.span())
        if end >= 0 and (found := _CREDENTIALS.search(text, word.start(), end)) is not None:
            yield found.end(), end
    for pattern in (_TOKEN, _SECRET_ARGUMENT, _RESOLVED):
        for match in pattern.finditer(text):
            yield match.span("secret")


def _hidden(text: str, secrets: Iterable[tuple[int, int]]) -> str:
    parts, end = [], 0
    for start, stop in sorted(secrets):
        if start >= end:
            parts += [text[end:start], "***"]
        end = max(end, stop)
    return "".join([*parts, text[end:]])


def parse(text: str) -> Address:
    """The address that `text` names: a URI as MLflow takes it, or the path of a database or a tree.

    A folder that holds `mlflow.db` names that database. Raises `UriError`, and `StoreNotFound` for a
    plain path at which nothing is.
    """
    given = text.strip()
    if not given:
        raise UriError("the address of the store is empty", "give a path or a URI, for example sqlite:///mlflow.db")
    if "\0" in given:
        raise UriError("the address of the store holds a NUL character", "look where it was copied from")
    scheme, separator, rest = given.partition(":")
    if not separator or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]+", scheme) or not rest.startswith("/"):
        return _parse_path(given)
    base = scheme.lower().partition("+")[0]
    kind = _SCHEMES.get(base)
    if kind is None:
        raise UriError(
            f"{redact_address(given)}: {scheme}:// is not a kind of store",
            "use sqlite:///FILE, postgresql://, mysql+pymysql://, mssql+pyodbc://, http(s)://, file:///DIR, or a path",
        )
    if kind is Kind.SQLITE:
        return Address(kind, given, _sqlite_path(given))
    if kind is Kind.TREE:
        return Address(kind, given, _file_path(given))
    if not rest.startswith("//"):
        raise UriError(f"{redact_address(given)} lacks a slash", f"two follow the scheme: {scheme}://...")
    # Not by urlsplit, which refuses brackets in a password and quotes them. Databases may do without a host.
    host = re.split(r"[/?#]", rest[2:], maxsplit=1)[0].rpartition("@")[2]
    if kind is Kind.HTTP and host.partition(":")[0] == "":
        raise UriError(f"{redact_address(given)} names no host", f"for example {scheme}://localhost:5000")
    return Address(kind, given)


def _sqlite_path(uri: str) -> Path:
    rest, _, query = uri.split(":", 1)[1].partition("?")
    if not rest.startswith("///"):
        raise UriError(
            f"{redact_address(uri)} names no database file",
            "a relative path takes three slashes (sqlite:///mlflow.db), an absolute one four (sqlite:////data/mlflow.db)",
        )
    name = rest[3:]
    if name.startswith("file:") and "uri=true" in query.lower().split("&"):
        # SQLite's own form inside of SQLAlchemy's; the first is percent-encoded, the second is not.
        name = unquote(re.sub(r"^file:(//[^/]*(?=/))?", "", name))
    if name == "" or name.startswith(":memory:"):
        raise UriError(
            f"{redact_address(uri)} is a database in memory: there is nothing to read",
            "name a file: sqlite:///mlflow.db",
        )
    return Path(os.path.abspath(name))


def _file_path(uri: str) -> Path:
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise UriError(
            f"{redact_address(uri)} cannot be understood", "a file URI looks like file:///data/mlruns"
        ) from None
    if parts.netloc not in ("", "localhost"):
        raise UriError(
            f"{redact_address(uri)}: a file URI can only name this machine, not {parts.netloc.rpartition('@')[2]}",
            "give the path without a host: file:///data/mlruns",
        )
    return Path(unquote(parts.path))


def _parse_path(given: str) -> Address:
    path = Path(os.path.abspath(os.path.expanduser(given)))
    try:
        is_folder = path.is_dir()
    except OSError as error:
        # Its name is too long, or it may not be looked at.
        raise StoreNotFound(
            f"nothing can be at {redact_address(str(path))[:200]}: {error.strerror}", "check the path"
        ) from error
    if is_folder:
        if (path / _DATABASE_NAME).is_file():
            return Address(Kind.SQLITE, given, path / _DATABASE_NAME)
        if looks_like_tree(path) or path.name == _TREE_NAME:
            return Address(Kind.TREE, given, path)
        if (path / _TREE_NAME).is_dir():
            return Address(Kind.TREE, given, path / _TREE_NAME)
        raise StoreNotFound(
            f"the folder {path} has neither {_DATABASE_NAME} nor {_TREE_NAME}",
            "name a database file, or a folder that holds one",
        )
    if not os.path.lexists(path):
        # What is no path may be a URI that lost its slashes, password included.
        raise StoreNotFound(
            f"nothing is at {redact_address(str(path))}",
            "give the path of an mlflow.db or an mlruns folder, or a URI such as sqlite:///mlflow.db",
        )
    return Address(Kind.SQLITE, given, path)


def looks_like_tree(path: Path) -> bool:
    """True if `path` is laid out as MLflow's file store: a folder of experiments, each with a meta.yaml."""
    try:
        with os.scandir(path) as entries:
            return any(entry.is_dir() and os.path.isfile(os.path.join(entry.path, "meta.yaml")) for entry in entries)
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Discovery:
    """Which store is meant when none was named, and why."""

    uri: str
    source: str
    """`FLOWDECK_STORE`, `MLFLOW_TRACKING_URI`, `./mlflow.db` or `./mlruns`."""


def discover(environ: dict[str, str] | os._Environ[str], folder: Path) -> Discovery:
    """The store of this shell: from the environment, else a database or a tree in `folder`.

    A bare word in MLFLOW_TRACKING_URI is a path, as it is for MLflow; in FLOWDECK_STORE it may name a saved store.
    Raises `StoreNotFound` with everything that was looked for.
    """
    for name in ("FLOWDECK_STORE", "MLFLOW_TRACKING_URI"):
        if value := environ.get(name, "").strip():
            bare = name == "MLFLOW_TRACKING_URI" and "/" not in value and ":" not in value
            return Discovery(os.path.join(".", value) if bare else value, name)
    if (folder / _DATABASE_NAME).is_file():
        return Discovery(str(folder / _DATABASE_NAME), f"./{_DATABASE_NAME}")
    if (folder / _TREE_NAME).is_dir():
        return Discovery(str(folder / _TREE_NAME), f"./{_TREE_NAME}")
    raise StoreNotFound(
        f"no store was named and none was found: FLOWDECK_STORE and MLFLOW_TRACKING_URI are not set, "
        f"and {folder} has neither {_DATABASE_NAME} nor {_TREE_NAME}",
        "name one (flowdeck sqlite:///path/to/mlflow.db), or see the demo: flowdeck demo",
    )
