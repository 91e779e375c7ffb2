"""A session with an SSH host that is made when it is needed, and made again when it was lost."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from threading import Event, RLock
from typing import Final, TypeVar

import paramiko  # type: ignore[import-untyped]

from store.aside import Stop
from store.errors import AccessDenied, Cancelled, StoreUnreachable, UriError
from store.questions import Questions
from store.ssh.config import resolve, without_proxy
from store.ssh.connection import Circumstances, Connection, connect
from store.ssh.errors import mapped
from store.ssh.files import SshFiles
from store.ssh.secrets import KEPT, Secrets
from store.ssh.target import SshTarget
from store.ssh.waiting import POLL, Either, Patience
from store.ssh.wire import Refused, Wire

T = TypeVar("T")

OPEN_TIMEOUT: Final = 30.0
"""Seconds for the host to open a channel: it may itself have to connect to somewhere."""

DENIED_FOR: Final = 3.0
"""Seconds for which a login that was refused, or called off by whoever was asked, answers for the next ones too, so
that the connections of a pool do not each ask a person for the password that the first was not given.
`Session.connect` tries anew."""

MOST_JUMPS: Final = 8
"""Hosts in a row; more means that jump hosts name each other."""


class Session:
    """One SSH host, logged in to when it is first used; safe to use from several threads.

    Every method raises `StoreUnreachable`, `AccessDenied`, `UriError` (for an SSH configuration that makes no sense)
    and, once its cancel event is set, `Cancelled`.
    """

    def __init__(
        self,
        host: str | SshTarget,
        *,
        files: SshFiles | None = None,
        questions: Questions | None = None,
        secrets: Secrets | None = None,
        depth: int = 0,
        cancel: Stop | None = None,
    ) -> None:
        """`host` as `store.ssh.spec` has it. Without `questions`, whatever would have to be asked is an error.

        `cancel` is for looking up what the host's name stands for: the configuration may have a command run.
        """
        files = files if files is not None else SshFiles.of_user()
        self._target = host if isinstance(host, SshTarget) else resolve(host, files, cancel)
        self._circumstances = Circumstances(files, questions, secrets if secrets is not None else KEPT)
        self._depth = depth
        self._lock = RLock()
        self._link: Connection | None = None
        self._notices: tuple[str, ...] = ()
        self._closed = Event()
        self._denied: tuple[float, AccessDenied] | None = None

    def __repr__(self) -> str:
        return f"Session({self._target.shown})"

    @property
    def target(self) -> SshTarget:
        return self._target

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user should know of the last connection: a host key that was remembered, or has changed."""
        return self._notices

    @property
    def connected(self) -> bool:
        """Whether there is a connection that has not been seen to end."""
        link = self._link
        return link is not None and link.wire.is_active()

    def connect(self, cancel: Event | None = None) -> None:
        """Logs in unless that is done."""
        self._denied = None
        self._wire(cancel)

    def open_channel(self, host: str, port: int, cancel: Stop | None = None) -> paramiko.Channel:
        """A stream to `host` and `port` as they are seen from the SSH host."""

        def opened(wire: Wire) -> paramiko.Channel:
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            try:
                return wire.open("direct-tcpip", self._opening(cancel, f"connect to {place}"), (host, port))
            except Refused as refused:
                raise self._refused(refused, place) from refused

        return self._again_if_lost(opened, f"forwarding to {host}:{port} through {self._target.shown}", cancel)

    def open_sftp(self, cancel: Event | None = None) -> paramiko.SFTPClient:
        """A new SFTP client on a channel of its own; close it when done."""

        def opened(wire: Wire) -> paramiko.SFTPClient:
            patience = self._opening(cancel, "start SFTP")
            try:
                channel = wire.open("session", patience)
            except Refused as refused:
                raise StoreUnreachable(
                    f"{self._target.shown} opens no session ({refused.text or 'no reason given'})",
                    "its sshd may allow too few (MaxSessions)",
                ) from refused
            try:
                return patience.aside(lambda: self._sftp(channel), lambda client: client.close())
            except BaseException:
                channel.close()
                raise

        return self._again_if_lost(opened, f"starting SFTP on {self._target.shown}", cancel)

    def close(self) -> None:
        """Ends the connection and everything that goes through it. Using the session then raises."""
        self._closed.set()
        with self._lock:
            self._drop()

    def _sftp(self, channel: paramiko.Channel) -> paramiko.SFTPClient:
        try:
            channel.invoke_subsystem("sftp")
            return paramiko.SFTPClient(channel)
        except (paramiko.SSHException, paramiko.SFTPError, EOFError) as error:
            if not channel.transport.is_active():
                raise
            raise StoreUnreachable(
                f"{self._target.shown} has no SFTP", "its sshd needs “Subsystem sftp internal-sftp”"
            ) from error

    def _opening(self, cancel: Stop | None, what: str) -> Patience:
        return Patience(
            OPEN_TIMEOUT,
            cancel,
            lambda: StoreUnreachable(
                f"{self._target.shown} did not {what} within {OPEN_TIMEOUT:g} s", "see whether that works on the host"
            ),
        )

    def _refused(self, refused: Refused, place: str) -> StoreUnreachable:
        said = refused.text or "no reason given"
        via = self._target.shown
        if refused.code == paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED:
            return StoreUnreachable(
                f"{via} does not forward to {place} ({said})",
                "its sshd forbids it: AllowTcpForwarding or PermitOpen in sshd_config, or the key's options",
            )
        if "refused" in said.lower():
            hint = f"nothing listens there: see that the server runs and that {via} may reach it"
        elif "name" in said.lower() or "resolve" in said.lower():
            hint = f"{via} does not know that name: give it as that host calls it"
        else:
            hint = f"see on {via} whether {place} can be reached"
        return StoreUnreachable(f"{via} cannot connect to {place} ({said})", hint)

    def _again_if_lost(self, use: Callable[[Wire], T], doing: str, cancel: Stop | None) -> T:
        """Connections are found to be lost by using them: then a new one is made, once."""
        wire, fresh = self._wire(cancel)
        with mapped(doing):
            try:
                return use(wire)
            except (EOFError, OSError, paramiko.SSHException):
                if fresh or wire.is_active():
                    raise
            return use(self._wire(cancel)[0])

    def _wire(self, cancel: Stop | None) -> tuple[Wire, bool]:
        """The connection, and whether it was made just now."""
        while not self._lock.acquire(timeout=POLL):
            if Either(cancel, self._closed).is_set():
                raise Cancelled
        try:
            if self._closed.is_set():
                raise StoreUnreachable(f"the session with {self._target.shown} was closed", "open it again")
            if self._link is not None and self._link.wire.is_active():
                return self._link.wire, False
            self._drop()
            if self._denied is not None and time.monotonic() - self._denied[0] < DENIED_FOR:
                denied = self._denied[1]
                raise AccessDenied(denied.message, denied.hint)
            try:
                through = self._jumped if self._target.jumps else None
                self._link = connect(self._target, self._circumstances, through, Either(cancel, self._closed))
            except AccessDenied as error:
                self._denied = (time.monotonic(), error)
                raise
            except Cancelled:
                if not Either(cancel, self._closed).is_set():
                    # Whoever was asked called it off: that goes for all that wait for this login.
                    self._denied = (time.monotonic(), self._called_off())
                raise
            self._notices = self._link.notices
            return self._link.wire, True
        finally:
            self._lock.release()

    def _called_off(self) -> AccessDenied:
        return AccessDenied(f"logging in to {self._target.shown} was called off", "try again, and answer what is asked")

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _jumped(self, cancel: Stop, undo: contextlib.ExitStack) -> object:
        """A channel to the host from the last of its jump hosts, which is reached through those before it."""
        target, kept = self._target, self._circumstances
        if self._depth == MOST_JUMPS:
            raise UriError(
                f"{target.shown} is behind more than {MOST_JUMPS} jump hosts", "do two of them name each other?"
            )
        last = resolve(target.jumps[-1], kept.files, cancel)
        jump = Session(
            without_proxy(last, target.jumps[:-1]),
            files=kept.files,
            questions=kept.questions,
            secrets=kept.secrets,
            depth=self._depth + 1,
        )
        undo.callback(jump.close)
        return jump.open_channel(target.hostname, target.port, cancel)
