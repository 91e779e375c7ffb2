"""Proving who one is, message by message, as RFC 4252 and RFC 4256 have it.

paramiko's own never asks whether a key would do before it is decrypted, and answers questions on the thread that
receives. Here everything happens on the thread that logs in.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import paramiko  # type: ignore[import-untyped]
from paramiko.common import byte_chr  # type: ignore[import-untyped]

from store.errors import StoreUnreachable
from store.questions import Prompt
from store.ssh.identity import Identity
from store.ssh.text import printable
from store.ssh.waiting import POLL, Patience
from store.ssh.wire import Wire

ANSWER_TIMEOUT: Final = 60.0
"""Seconds that a host may take over one step: some look the account up elsewhere, or slow down after a failure."""

MOST_PROMPTS: Final = 32
"""Lines that a server may ask for at once."""

MOST_BANNER: Final = 2_000
"""Characters that are kept of what a server says before one is in."""

_REQUEST, _FAILURE, _SUCCESS, _BANNER = 50, 51, 52, 53
_SPECIFIC: Final = 60
"""A key would do; a new password is wanted; questions: depends on the request."""
_INFO_RESPONSE, _SERVICE_REQUEST, _SERVICE_ACCEPT = 61, 5, 6

Ask = Callable[[str, list[Prompt]], Sequence[str] | None]
"""Answers what a server asks; is given what the server says about it."""


class PasswordExpired(Exception):
    """The host wants a new password."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one attempt."""

    success: bool
    methods: tuple[str, ...] = ()
    """Ways that can go on."""
    partial: bool = False
    """The attempt was right, and more is wanted."""


class UserAuth:
    """The client's side. Takes the place of paramiko's own handler in a transport."""

    def __init__(self, wire: Wire, user: str) -> None:
        self._wire = wire
        self._user = user
        self._authenticated = False
        self._messages: queue.SimpleQueue[tuple[int, Any] | None] = queue.SimpleQueue()
        self.banner = ""
        """What the host says to everybody, without control characters."""
        self._handler_table = {
            kind: self._receiver(kind) for kind in (_SERVICE_ACCEPT, _FAILURE, _SUCCESS, _BANNER, _SPECIFIC)
        }
        wire.auth_handler = self

    # What a transport asks of its handler, on its own thread.

    def is_authenticated(self) -> bool:
        return self._authenticated

    def get_username(self) -> str:
        return self._user

    def abort(self) -> None:
        self._messages.put(None)

    def _receiver(self, kind: int) -> Callable[[Any], None]:
        def receive(message: Any) -> None:
            if self._authenticated:
                return
            if kind == _BANNER:
                if len(self.banner) < MOST_BANNER:
                    self.banner += printable(message.get_string(), MOST_BANNER) + "\n"
                return
            if kind == _SUCCESS:
                self._authenticated = True
                self._wire._auth_trigger()
            self._messages.put((kind, message))

        return receive

    # The requests; each raises what paramiko raises when the connection ends, and as the patience does.

    def begin(self, patience: Patience) -> None:
        message = paramiko.Message()
        message.add_byte(byte_chr(_SERVICE_REQUEST))
        message.add_string("ssh-userauth")
        self._wire._send_message(message)
        self._next(patience, _SERVICE_ACCEPT)

    def none(self, patience: Patience) -> Reply:
        """Which ways there are; rarely one is in at once."""
        self._send(self._request("none"))
        return self._reply(patience)

    def would_do(self, identity: Identity, algorithm: str, patience: Patience) -> Reply | None:
        """None if the host takes that key, once it is proved."""
        self._send(self._key_request(identity, algorithm, False))
        kind, message = self._next(patience, _SPECIFIC, _FAILURE, _SUCCESS)
        return None if kind == _SPECIFIC else self._as_reply(kind, message)

    def prove(self, identity: Identity, algorithm: str, patience: Patience) -> Reply:
        """Raises `Unusable` too."""
        signed = paramiko.Message()
        signed.add_string(self._wire.session_id)
        request = self._key_request(identity, algorithm, True)
        signature = identity.sign(signed.asbytes() + request.asbytes(), algorithm, patience)
        request.add_string(signature)
        self._send(request)
        return self._reply(self.patience(patience))

    def password(self, password: str, patience: Patience) -> Reply:
        """Raises `PasswordExpired` too."""
        request = self._request("password")
        request.add_boolean(False)
        request.add_string(password)
        self._send(request)
        kind, message = self._next(patience, _SPECIFIC, _FAILURE, _SUCCESS)
        if kind == _SPECIFIC:
            raise PasswordExpired
        return self._as_reply(kind, message)

    def interactive(self, ask: Ask, patience: Patience) -> Reply | None:
        """None if `ask` would not answer."""
        request = self._request("keyboard-interactive")
        request.add_string("")
        request.add_string("")
        self._send(request)
        while True:
            kind, message = self._next(patience, _SPECIFIC, _FAILURE, _SUCCESS)
            if kind != _SPECIFIC:
                return self._as_reply(kind, message)
            about, prompts = _questions(message)
            answers = ask(about, prompts) if prompts else ()
            if answers is None or len(answers) != len(prompts):
                return None
            response = paramiko.Message()
            response.add_byte(byte_chr(_INFO_RESPONSE))
            response.add_int(len(answers))
            for answer in answers:
                response.add_string(answer)
            self._send(response)
            patience = self.patience(patience)

    def patience(self, patience: Patience) -> Patience:
        """For the next step: a person's time does not count."""
        return patience.longer(
            ANSWER_TIMEOUT,
            lambda: StoreUnreachable(
                f"{self._user}: the host did not say within {ANSWER_TIMEOUT:g} s whether the login is good",
                "try again, or look at the host's log",
            ),
        )

    @property
    def accepted_algorithms(self) -> tuple[str, ...]:
        """By which the host says that keys may sign; empty if it has not said."""
        said = self._wire.server_extensions.get("server-sig-algs", b"")
        return tuple(said.decode("ascii", "replace").split(",")) if said else ()

    def _request(self, method: str) -> Any:
        message = paramiko.Message()
        message.add_byte(byte_chr(_REQUEST))
        message.add_string(self._user)
        message.add_string("ssh-connection")
        message.add_string(method)
        return message

    def _key_request(self, identity: Identity, algorithm: str, signed: bool) -> Any:
        message = self._request("publickey")
        message.add_boolean(signed)
        message.add_string(algorithm)
        message.add_string(identity.blob)
        return message

    def _send(self, message: Any) -> None:
        self._wire._send_user_message(message)

    def _reply(self, patience: Patience) -> Reply:
        return self._as_reply(*self._next(patience, _FAILURE, _SUCCESS))

    def _as_reply(self, kind: int, message: Any) -> Reply:
        if kind == _SUCCESS:
            return Reply(True)
        methods = printable(message.get_string()).split(",")
        return Reply(False, tuple(methods), bool(message.get_boolean()))

    def _next(self, patience: Patience, *kinds: int) -> tuple[int, Any]:
        while True:
            try:
                arrived = self._messages.get(timeout=POLL)
            except queue.Empty:
                patience.check()
                if not self._wire.is_active():
                    raise self._wire.failure() from None
                continue
            if arrived is None:
                raise self._wire.failure()
            if arrived[0] not in kinds:
                raise paramiko.SSHException(f"an answer (message {arrived[0]}) to what nobody asked")
            return arrived


def _questions(message: Any) -> tuple[str, list[Prompt]]:
    name, instruction = printable(message.get_string(), MOST_BANNER), printable(message.get_string(), MOST_BANNER)
    message.get_string()  # a language
    count = message.get_int()
    if count > MOST_PROMPTS:
        raise paramiko.SSHException(f"the host asks {count} questions at once")
    prompts = [Prompt(printable(message.get_string()), bool(message.get_boolean())) for _ in range(count)]
    return "\n".join(text for text in (name, instruction) if text), prompts
