"""Passwords that the files of database clients keep: ~/.pgpass and ~/.my.cnf."""

from __future__ import annotations

import configparser
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_FIELD: Final = re.compile(r"((?:[^:\\]|\\.)*)(?::|$)")
"""Of a line of .pgpass; a backslash takes its meaning from a colon or a backslash."""

_FIELDS: Final = 5
"""host:port:database:user:password"""

_SECTION: Final = "client"


@dataclass(frozen=True, slots=True)
class Login:
    """What ~/.my.cnf says about whoever connects."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)


def pgpass(environ: Mapping[str, str], host: str, port: int, database: str, user: str) -> str | None:
    """The password that libpq would take from its password file; None if it has none.

    libpq looks for it itself; this is for connections whose port is not that of the server.
    """
    named = environ.get("PGPASSFILE")
    path = Path(named) if named else _home(environ) / ".pgpass"
    text = _private_text(path, stat.S_IRWXG | stat.S_IRWXO)
    wanted = (host, str(port), database, user)
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        fields = _FIELD.findall(line)[:_FIELDS]
        if len(fields) < _FIELDS:
            continue
        *there, password = (re.sub(r"\\(.)", r"\1", field) for field in fields)
        if all(field == "*" or plain == value for field, plain, value in zip(fields, there, wanted, strict=False)):
            return password or None
    return None


def my_cnf(environ: Mapping[str, str]) -> Login:
    """What the section `client` of ~/.my.cnf says, as MySQL's own programs read it; nothing of other files."""
    text = _private_text(_home(environ) / ".my.cnf", stat.S_IWOTH)
    parser = configparser.RawConfigParser(allow_no_value=True, strict=False, comment_prefixes=("#", ";", "!"))
    try:
        parser.read_string(text)
    except configparser.Error:
        # As for a file that is not there, the server says what it misses.
        return Login()
    return Login(_unquoted(parser, "user"), _unquoted(parser, "password"))


def _unquoted(parser: configparser.RawConfigParser, key: str) -> str | None:
    value = parser.get(_SECTION, key, fallback=None)
    if value is None:
        return None
    quoted = re.fullmatch(r"""(['"])(.*)\1""", value, re.DOTALL)
    return quoted[2] if quoted else value


def _private_text(path: Path, forbidden: int) -> str:
    """The text of a file; empty if there is none, or if others have a right to it that the client forbids."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_mode & forbidden:
            return ""
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or os.path.expanduser("~"))
