"""A host as people name it: `[user@]host[:port]`, `ssh://[user@]host[:port]`, or an alias."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from store.errors import UriError

# Both end up in commands (ProxyCommand, Match exec): what a shell might take for its own is refused, as by ssh.
_HOST: Final = re.compile(r"(?!-)[^\s\x00-\x20\x7f'`\"$\\;&<>|(){}]+")
_USER: Final = re.compile(r"(?!-)[^\x00-\x1f\x7f'`\";&<>|(){}$]*[^\x00-\x1f\x7f'`\";&<>|(){}$\\]")


@dataclass(frozen=True, slots=True)
class HostSpec:
    """What was said; None is left to the configuration."""

    host: str
    user: str | None = None
    port: int | None = None

    @property
    def account(self) -> str:
        return self.host if self.user is None else f"{self.user}@{self.host}"


def parse_spec(text: str) -> HostSpec:
    """Raises `UriError`, whose message never repeats a password."""
    given = text.strip()
    uri = given.lower().startswith("ssh://")
    if uri:
        given = given[len("ssh://") :].partition("/")[0]
    account, at, place = given.rpartition("@")
    if uri and ":" in account:
        raise UriError(
            f"ssh://…@{place} holds a password, which SSH does not take from an address",
            "leave it out: it is asked for, or use a key",
        )
    user = (unquote(account) if uri else account) if at else None
    host, port = _split(place)
    if _HOST.fullmatch(host) is None:
        raise UriError("the name of the SSH host is empty or cannot be one", "for example: ada@train.example.org:2222")
    if user is not None and _USER.fullmatch(user) is None:
        raise UriError(f"the user name for the SSH host {host} cannot be one", "for example: ada@train.example.org")
    return HostSpec(host, user, port)


def valid_host(name: str, where: str) -> str:
    """`name`, if it can be a host's. Raises `UriError`."""
    if _HOST.fullmatch(name) is None:
        raise UriError(f"{where}: HostName cannot be a host's name", "correct it")
    return name


def valid_user(name: str, where: str) -> str:
    """`name`, if it can be a user's. Raises `UriError`."""
    if _USER.fullmatch(name) is None:
        raise UriError(f"{where}: User cannot be a user's name", "correct it")
    return name


def valid_port(text: str, where: str) -> int:
    """Raises `UriError`."""
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 65536:
        raise UriError(f"{where}: a port is a number from 1 to 65535", "for example: 22")
    return int(text)


def _split(place: str) -> tuple[str, int | None]:
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", place, re.DOTALL)
    if bracketed is not None:
        host, port = bracketed[1], bracketed[2]
    elif place.count(":") == 1:
        host, _, port = place.partition(":")
    else:
        host, port = place, None
    return host, None if port is None else valid_port(port, "the address of the SSH host")
