"""A key by which a user can prove who they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from store.ssh.keyblob import CERTIFICATE
from store.ssh.waiting import Patience

RSA_ALGORITHMS: Final = ("rsa-sha2-512", "rsa-sha2-256")
"""How RSA keys may sign, best first; SHA-1 is not among them."""


class Identity(Protocol):
    """A public key, and somebody who can sign with the private one."""

    blob: bytes
    """What the server is shown: the public key, or a certificate."""
    key_type: str
    description: str
    """For messages: where it comes from."""

    def sign(self, data: bytes, algorithm: str, patience: Patience) -> bytes:
        """An SSH signature. Raises `Unusable` if the private key cannot be had."""
        ...


class Unusable(Exception):
    """This key cannot be used now; the next one is tried. The text says why, `hint` what to do."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


def algorithm_for(key_type: str, accepted: Sequence[str]) -> str | None:
    """How to sign with a key of this type; `accepted` is what the server says it takes, or empty.

    None if the server takes nothing of it.
    """
    if not key_type.startswith("ssh-rsa"):
        return key_type
    suffix = CERTIFICATE if key_type.endswith(CERTIFICATE) else ""
    for algorithm in RSA_ALGORITHMS:
        if not accepted or algorithm in accepted or algorithm + CERTIFICATE in accepted:
            return algorithm + suffix
    return None
