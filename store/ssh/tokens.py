"""The %-tokens, tildes and variables of ssh_config's values."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from store.errors import UriError
from store.ssh.files import SshFiles

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the tokens stand for with one host; see TOKENS in ssh_config(5)."""

    files: SshFiles
    alias: str
    hostname: str
    port: int
    user: str
    host_key_alias: str | None = None
    jumps: str = ""

    def command(self, text: str, where: str) -> str:
        """`text` as ProxyCommand and ProxyJump take it."""
        return self._expanded(text, "hnpr", where)

    def any(self, text: str, where: str) -> str:
        """`text` as Match exec takes it."""
        return self._expanded(text, "CdhijkLlnpru", where)

    def path(self, text: str, where: str) -> Path:
        """`text` as the options take it that name a file: with `~` and `${VARIABLE}` too."""
        return Path(self._home(self._expanded(self._variables(text, where), "CdhijkLlnpru", where), where))

    def _expanded(self, text: str, allowed: str, where: str) -> str:
        def value(match: re.Match[str]) -> str:
            letter = match[1]
            if letter == "%":
                return "%"
            if letter == "" or letter not in allowed:
                raise UriError(f"{where}: %{letter} means nothing in “{text}”", "see TOKENS in man ssh_config")
            return self._value(letter)

        return re.sub(r"%(.?)", value, text)

    def _value(self, letter: str) -> str:
        match letter:
            case "C":
                text = socket.gethostname() + self.hostname + str(self.port) + self.user + self.jumps
                return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            case "d":
                return str(self.files.home)
            case "h":
                return self.hostname
            case "i":
                return str(os.getuid())
            case "j":
                return self.jumps
            case "k":
                return self.host_key_alias or self.hostname
            case "L":
                return socket.gethostname().partition(".")[0]
            case "l":
                return socket.gethostname()
            case "n":
                return self.alias
            case "p":
                return str(self.port)
            case "r":
                return self.user
            case _:
                return self.files.user

    def _variables(self, text: str, where: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] not in self.files.environ:
                raise UriError(f"{where}: the environment has no {match[1]}", "set it, or name the file in full")
            return self.files.environ[match[1]]

        return _VARIABLE.sub(value, text)

    def _home(self, text: str, where: str) -> str:
        if not text.startswith("~"):
            return text
        name, _, rest = text[1:].partition("/")
        if name == "":
            return str(self.files.home / rest)
        try:
            return str(Path(pwd.getpwnam(name).pw_dir) / rest)
        except KeyError:
            raise UriError(f"{where}: there is no user {name}", "name the file in full") from None


def hostname_of(template: str, alias: str, where: str) -> str:
    """What HostName names: `%h` is the host as it was given."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in ("%", "h"):
            raise UriError(f"{where}: %{match[1]} means nothing in HostName", "%h is the host as it was given")
        return "%" if match[1] == "%" else alias

    return re.sub(r"%(.?)", value, template)
