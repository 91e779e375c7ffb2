"""What ssh_config says about one host, before any of it is given a meaning."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from store.aside import Stop
from store.errors import UriError
from store.ssh.config_file import Line, lines
from store.ssh.config_match import Subject, host_matches, match_matches
from store.ssh.files import SshFiles
from store.ssh.target import SSH_PORT
from store.ssh.tokens import Tokens, hostname_of

DEEPEST_INCLUDE: Final = 16
"""As in ssh: deeper means that files include each other."""

_ADDING: Final = {"identityfile", "certificatefile"}
"""Keywords of which every line counts; of the others the first."""

_PROXIES: Final = {"proxyjump", "proxycommand"}
"""Keywords of which only one counts, whichever is first."""


@dataclass(slots=True)
class Options:
    """The lines that count, by keyword in lower case."""

    found: dict[str, list[Line]] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        if line.keyword in _PROXIES and not _PROXIES.isdisjoint(self.found):
            return
        earlier = self.found.setdefault(line.keyword, [])
        if not earlier or (line.keyword in _ADDING and all(line.words != other.words for other in earlier)):
            earlier.append(line)

    def first(self, keyword: str) -> Line | None:
        given = self.found.get(keyword)
        return given[0] if given else None

    def word(self, keyword: str, default: str) -> str:
        """The first word of an option. Raises `UriError` if it has none."""
        line = self.first(keyword)
        if line is None:
            return default
        if not line.words or line.words[0] == "":
            raise UriError(f"{line.where}: {line.keyword} needs a value", "ssh would refuse it too: correct it")
        return line.words[0]

    def where(self, keyword: str) -> str:
        line = self.first(keyword)
        return line.where if line is not None else "the SSH configuration"


def look_up(alias: str, files: SshFiles, *, user: str | None, port: int | None, cancel: Stop | None = None) -> Options:
    """The options for a host; `user` and `port` as given with it. Raises as `lines` and `match_matches` do."""
    reader = _Reader(alias, files, user, port, cancel)
    reader.read_all()
    if reader.final_wanted:
        reader.final = True
        reader.read_all()
    return reader.options


class _Reader:
    def __init__(self, alias: str, files: SshFiles, user: str | None, port: int | None, cancel: Stop | None) -> None:
        self.options = Options()
        self.final = False
        self.final_wanted = False
        self._alias, self._files, self._user, self._port, self._cancel = alias, files, user, port, cancel

    def read_all(self) -> None:
        if self._files.config is not None:
            self._read(self._files.config, self._files.folder, True, True, 0)
        if self._files.system_config is not None:
            self._read(self._files.system_config, self._files.system_config.parent, False, True, 0)

    def _read(self, path: Path, folder: Path, private: bool, wanted: bool, depth: int) -> None:
        """`folder` is where included names start; nothing counts unless `wanted`."""
        active = wanted
        for line in lines(path, private=private):
            if line.keyword == "host":
                active = wanted and host_matches(line, self._alias)
            elif line.keyword == "match":
                self.final_wanted |= any(word.lower() == "final" for word in line.words)
                active = wanted and match_matches(line, self._subject())
            elif line.keyword == "include":
                if depth == DEEPEST_INCLUDE:
                    raise UriError(f"{line.where}: files include each other", "remove an Include")
                for name in line.words:
                    self._include(name, folder, private, active, depth + 1)
            elif active:
                self.options.add(line)

    def _include(self, name: str, folder: Path, private: bool, wanted: bool, depth: int) -> None:
        if private and (name == "~" or name.startswith("~/")):
            name = str(self._files.home) + name[1:]
        for found in sorted(glob.glob(os.path.join(folder, name))):
            self._read(Path(found), folder, private, wanted, depth)

    def _subject(self) -> Subject:
        name = self.options.first("hostname")
        user = self.options.first("user")
        return Subject(
            alias=self._alias,
            hostname=hostname_of(name.words[0], self._alias, name.where) if name and name.words else self._alias,
            user=self._user or (user.words[0] if user and user.words else self._files.user),
            tag=self.options.word("tag", ""),
            files=self._files,
            final=self.final,
            expand=lambda text, where: self._tokens().any(text, where),
            cancel=self._cancel,
        )

    def _tokens(self) -> Tokens:
        subject = self._subject()
        port = self.options.word("port", str(SSH_PORT))
        return Tokens(
            self._files,
            self._alias,
            subject.hostname,
            self._port or (int(port) if port.isdecimal() else SSH_PORT),
            subject.user,
        )
