"""An SSH host with everything that the configuration says about reaching it."""

from __future__ import annotations

import enum
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SSH_PORT: Final = 22


class Strictness(enum.Enum):
    """What StrictHostKeyChecking says about a host whose key is not known."""

    YES = "yes"
    """It is refused."""
    ASK = "ask"
    """A person is asked."""
    ACCEPT_NEW = "accept-new"
    """It is remembered."""
    NO = "no"
    """It is remembered, and a changed key is put up with as long as no secret has to be typed."""


@dataclass(frozen=True, slots=True)
class SshTarget:
    """Where to log in, as whom, and by which rules; times are seconds."""

    alias: str
    """The host as it was named."""
    hostname: str
    port: int
    user: str
    command: str
    """The command by which the user reaches the same host, for hints."""

    identity_files: tuple[Path, ...] = ()
    identities_given: bool = False
    """Whether the configuration names them; else they are ssh's own guesses, which need not exist."""
    certificate_files: tuple[Path, ...] = ()
    identities_only: bool = False
    identity_agent: str | None = None
    """The agent's socket."""

    jumps: tuple[str, ...] = ()
    """ProxyJump: each as `[user@]host[:port]`, in the order in which they are passed."""
    proxy_command: str | None = None
    """With its tokens expanded."""

    user_known_hosts: tuple[Path, ...] = ()
    """A key that is accepted is added to the first."""
    global_known_hosts: tuple[Path, ...] = ()
    host_key_alias: str | None = None
    strictness: Strictness = Strictness.ASK
    hash_known_hosts: bool = False

    address_family: str = "any"
    """`any`, `inet` or `inet6`."""
    connect_timeout: float = 0.0
    alive_interval: float = 0.0
    """0: never asked."""
    alive_count_max: int = 3

    methods: tuple[str, ...] = ()
    """Ways to log in, best first: publickey, keyboard-interactive, password."""
    prompts: int = 3
    """How often a passphrase or a password is asked for."""

    @property
    def shown(self) -> str:
        """For people: `user@host`, with the port where it is not 22."""
        return f"{self.user}@{_bracketed(self.hostname, self.port)}"

    @property
    def known_as(self) -> str:
        """The name in known_hosts: `host`, or `[host]:port` where the port is not 22."""
        if self.host_key_alias is not None:
            return self.host_key_alias
        name = self.hostname.lower()
        return name if self.port == SSH_PORT else f"[{name}]:{self.port}"

    @property
    def quoted_known_as(self) -> str:
        """`known_as` as a word of a shell command."""
        return shlex.quote(self.known_as)

    @property
    def account(self) -> tuple[str, str, int]:
        return (self.user, self.hostname.lower(), self.port)


def _bracketed(host: str, port: int) -> str:
    if port == SSH_PORT:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
