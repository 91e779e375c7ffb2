"""Whether a Host or Match line of ssh_config is about the host that is looked up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from store.aside import Stop
from store.errors import StoreUnreachable, Unsupported, UriError
from store.ssh.config_file import Line
from store.ssh.files import SshFiles
from store.ssh.pattern import any_matches
from store.ssh.waiting import Patience

EXEC_TIMEOUT: Final = 10.0
"""Seconds that the command of a `Match exec` may take."""

_BARE: Final = {"all", "canonical", "final"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of the host while the configuration is read."""

    alias: str
    hostname: str
    """As far as it is known on this line."""
    user: str
    tag: str
    files: SshFiles
    final: bool
    """Whether this is the second pass, which `Match final` asks for."""
    expand: Callable[[str, str], str]
    """Tokens of a command, given where it stands."""
    cancel: Stop | None = None


def host_matches(line: Line, alias: str) -> bool:
    """Whether a Host line lists `alias`."""
    return any_matches(alias, line.words)


def match_matches(line: Line, subject: Subject) -> bool:
    """Whether every criterion of a Match line holds. Those after the first that does not are not looked at."""
    rest = list(line.words)
    if not rest:
        raise UriError(f"{line.where}: Match needs criteria", "Match all is for every host")
    holds = True
    while rest:
        name, given, value = rest.pop(0).partition("=")
        negated = name.startswith("!")
        name = name[negated:].lower()
        if name not in _BARE and not given:
            if not rest:
                raise UriError(f"{line.where}: Match {name} needs a value", "see man ssh_config")
            value = rest.pop(0)
        if holds:
            holds = _criterion(name, value, line.where, subject) != negated
    return holds


def _criterion(name: str, value: str, where: str, subject: Subject) -> bool:
    patterns = value.split(",")
    match name:
        case "all":
            return True
        case "final" | "canonical":
            return subject.final
        case "host":
            return any_matches(subject.hostname.lower(), [pattern.lower() for pattern in patterns])
        case "originalhost":
            return any_matches(subject.alias, patterns)
        case "user":
            return any_matches(subject.user, patterns)
        case "localuser":
            return any_matches(subject.files.user, patterns)
        case "tagged":
            return any_matches(subject.tag, patterns)
        case "sessiontype":
            return any_matches("none", patterns)
        case "command":
            return any_matches("", patterns)
        case "exec":
            return _succeeds(subject.expand(value, where), where, subject)
    raise Unsupported(
        f"{where}: flowdeck does not know “Match {name}”", "put what this host needs into a Host block above it"
    )


def _succeeds(command: str, where: str, subject: Subject) -> bool:
    patience = Patience(
        EXEC_TIMEOUT,
        subject.cancel,
        lambda: StoreUnreachable(
            f"{where}: the command of Match exec did not end within {EXEC_TIMEOUT:g} s", "run it by hand"
        ),
    )
    shell = subject.files.environ.get("SHELL") or "/bin/sh"
    try:
        process = subprocess.Popen(
            [shell, "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **subject.files.environ},
            start_new_session=True,
        )
    except OSError as error:
        raise StoreUnreachable(f"{where}: {shell} cannot be run: {error.strerror}", "look at SHELL") from error
    try:
        while True:
            patience.check()
            try:
                return process.wait(patience.step) == 0
            except subprocess.TimeoutExpired:
                continue
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
