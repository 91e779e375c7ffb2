"""Keys that an SSH agent holds."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from store.errors import StoreUnreachable
from store.ssh.identity import Identity, Unusable
from store.ssh.keyblob import BadBlob, Fields, type_of
from store.ssh.text import printable
from store.ssh.waiting import Patience

ASK_TIMEOUT: Final = 10.0
"""Seconds for an agent to list its keys."""

SIGN_TIMEOUT: Final = 90.0
"""Seconds for an agent to sign: a person may have to confirm, or to touch a security key."""

LARGEST: Final = 256 << 10
"""Bytes of an answer; OpenSSH's agent never sends more."""

_LIST, _LISTED, _SIGN, _SIGNED = 11, 12, 13, 14

_SHA2_FLAGS: Final = {"rsa-sha2-256": 2, "rsa-sha2-512": 4}


class AgentFailed(Unusable):
    """The agent is not there, or would not."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the SSH agent: {why}", "ssh-add -l shows whether it is there and what it holds")


class Agent:
    """The agent behind a socket; every call is a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path

    def identities(self, patience: Patience) -> list[AgentIdentity]:
        """Raises `AgentFailed`."""
        kind, fields = patience.aside(lambda: self._ask(bytes([_LIST]), ASK_TIMEOUT))
        if kind != _LISTED:
            raise AgentFailed("it does not list its keys; it may be locked")
        with _understood():
            found = []
            for _ in range(fields.number()):
                blob, comment = fields.string(), fields.string()
                found.append(AgentIdentity(self, blob, printable(comment)))
        return found

    def sign(self, blob: bytes, data: bytes, algorithm: str, patience: Patience) -> bytes:
        """Raises `AgentFailed`."""
        flags = _SHA2_FLAGS.get(algorithm.partition("-cert-")[0], 0)
        request = bytes([_SIGN]) + _string(blob) + _string(data) + struct.pack(">I", flags)
        # A touch takes longer than a server's answer.
        patience = patience.longer(
            SIGN_TIMEOUT + 1,
            lambda: StoreUnreachable("the SSH agent did not sign in time", "confirm it, or touch the security key"),
        )
        kind, fields = patience.aside(lambda: self._ask(request, SIGN_TIMEOUT))
        if kind != _SIGNED:
            raise AgentFailed("it refused to sign")
        with _understood():
            return fields.string()

    def _ask(self, request: bytes, timeout: float) -> tuple[int, Fields]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(timeout)
                connection.connect(self._path)
                connection.sendall(_string(request))
                (length,) = struct.unpack(">I", _received(connection, 4))
                if not 0 < length <= LARGEST:
                    raise AgentFailed("its answer makes no sense")
                answer = _received(connection, length)
        except OSError as error:
            raise AgentFailed(f"{self._path}: {error.strerror or error}") from error
        return answer[0], Fields(answer[1:])


class AgentIdentity(Identity):
    """A key in an agent, or a certificate for one."""

    def __init__(self, agent: Agent, blob: bytes, comment: str) -> None:
        self._agent = agent
        self.blob = blob
        self.key_type = type_of(blob)
        self.description = f"the agent's key {comment}".strip()

    def sign(self, data: bytes, algorithm: str, patience: Patience) -> bytes:
        return self._agent.sign(self.blob, data, algorithm, patience)


def _received(connection: socket.socket, count: int) -> bytes:
    parts = b""
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise AgentFailed("it closed the connection")
        parts += part
    return parts


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except BadBlob as error:
        raise AgentFailed("its answer makes no sense") from error
