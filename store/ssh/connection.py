"""Making a connection with an SSH host: the way there, its key, the login."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import paramiko  # type: ignore[import-untyped]

from store.aside import Stop
from store.errors import FlowdeckError, StoreUnreachable
from store.questions import Questions
from store.ssh.dial import dial
from store.ssh.errors import as_store_error, mapped
from store.ssh.files import SshFiles
from store.ssh.keeper import Keeper
from store.ssh.login import Login
from store.ssh.proxy_command import ProxyCommand
from store.ssh.secrets import Secrets
from store.ssh.target import SshTarget
from store.ssh.trust import HostKeys
from store.ssh.userauth import ANSWER_TIMEOUT, UserAuth
from store.ssh.waiting import Patience
from store.ssh.wire import Wire

END_TIMEOUT: Final = 2.0
"""Seconds for the thread of a connection to end once it is closed; it looks every tenth of one."""

Through = Callable[[Stop, contextlib.ExitStack], object]
"""Leads to a host in another way than by its address: gives something like a socket, and says what to close later."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Whose SSH it is, who can be asked, and what they have answered already."""

    files: SshFiles
    questions: Questions | None
    secrets: Secrets


class Connection:
    """One that is logged in."""

    def __init__(self, wire: Wire, notices: tuple[str, ...], undo: contextlib.ExitStack) -> None:
        self.wire = wire
        self.notices = notices
        """What a user should know of it: a key that was remembered, or has changed."""
        self._undo = undo

    def close(self) -> None:
        """Ends it and everything that only it needs."""
        self._undo.close()


def connect(target: SshTarget, circumstances: Circumstances, through: Through | None, cancel: Stop) -> Connection:
    """Raises `StoreUnreachable`, `AccessDenied` and `Cancelled`; then nothing is left behind."""
    doing = f"connecting to {target.shown}"
    with contextlib.ExitStack() as undo, mapped(doing):
        proxy = None
        if through is not None:
            stream = through(cancel, undo)
        elif target.proxy_command is not None:
            proxy = ProxyCommand(target.proxy_command, circumstances.files.environ)
            undo.callback(proxy.close)
            stream = proxy.socket
        else:
            stream = _dialled(target, cancel, undo, doing)
        keys = HostKeys(target)
        wire = Wire(stream, keys.algorithms())
        undo.callback(_end, wire)
        with _explained(wire, proxy, doing):
            wire.shake_hands(Patience(target.connect_timeout, cancel, lambda: _silent(target, doing)))
            notices = _logged_in(wire, keys, target, circumstances, cancel)
        if target.alive_interval > 0:
            undo.callback(Keeper(wire, target.alive_interval, target.alive_count_max).close)
        return Connection(wire, notices, undo.pop_all())


def _logged_in(
    wire: Wire, keys: HostKeys, target: SshTarget, circumstances: Circumstances, cancel: Stop
) -> tuple[str, ...]:
    secrets = circumstances.secrets
    questions = None if circumstances.questions is None else circumstances.questions.until(cancel)
    verdict = keys.judge(bytes(wire.host_key.asbytes()), wire.certificate, questions, secrets)
    auth = UserAuth(wire, target.user)
    login = Login(auth, target, questions, secrets, secrets_allowed=verdict.secrets_allowed)
    login.run(auth.patience(Patience(ANSWER_TIMEOUT, cancel, lambda: _silent(target, "logging in"))))
    return verdict.notices


def _dialled(target: SshTarget, cancel: Stop, undo: contextlib.ExitStack, doing: str) -> socket.socket:
    stream = dial(
        target.hostname,
        target.port,
        family=target.address_family,
        timeout=target.connect_timeout,
        cancel=cancel,
        doing=doing,
    )
    undo.callback(stream.close)
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and target.alive_interval > 0:
        # What was sent and is never confirmed ends the connection too: `Keeper` could not send past it.
        silence = target.alive_interval * (target.alive_count_max + 1)
        stream.setsockopt(socket.IPPROTO_TCP, option, int(silence * 1000))
    return stream


def _silent(target: SshTarget, doing: str) -> StoreUnreachable:
    return StoreUnreachable(
        f"{doing}: it accepted the connection and then said nothing for {target.connect_timeout:g} s",
        "is that really an SSH server? If it is slow, raise ConnectTimeout in ~/.ssh/config",
    )


def _end(wire: Wire) -> None:
    wire.close()
    if wire.ident is not None:
        wire.join(END_TIMEOUT)


@contextlib.contextmanager
def _explained(wire: Wire, proxy: ProxyCommand | None, doing: str) -> Iterator[None]:
    """A connection that ends before one is in, in the words of whoever ended it."""
    try:
        yield
    except FlowdeckError:
        raise
    except (EOFError, OSError, paramiko.SSHException) as error:
        if proxy is not None and (words := proxy.last_words()):
            raise StoreUnreachable(f"{doing}: its ProxyCommand ended: {words}", "try the command by hand") from error
        if not wire.farewell:
            raise as_store_error(error, doing) from error
        if "too many authentication failures" in wire.farewell.lower():
            hint = "too many keys were offered: name the right one with IdentityFile, and set IdentitiesOnly yes"
        else:
            hint = "its log may say more"
        raise StoreUnreachable(f"{doing}: the host closed the connection ({wire.farewell})", hint) from error
