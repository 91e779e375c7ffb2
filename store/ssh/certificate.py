"""Host certificates, as PROTOCOL.certkeys of OpenSSH lays them out.

paramiko negotiates them and checks that the host holds the certified key. That the certificate is good (its
authority, signature, names and dates) is checked here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import paramiko  # type: ignore[import-untyped]

from store.ssh.keyblob import CERTIFICATE, BadBlob, Fields
from store.ssh.pattern import matches

HOST: Final = 2
"""The kind of certificate that is for hosts; 1 is for users."""

_KEY_FIELDS: Final = {"ssh-rsa": 2, "ssh-ed25519": 1, "ecdsa-sha2": 2}
"""How many fields make up the public key, by the beginning of its type."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, not yet believed."""

    kind: int
    key_id: str
    principals: tuple[str, ...]
    """Names that it is for; none means every name."""
    valid_after: int
    """Seconds since the epoch."""
    valid_before: int
    critical: bool
    """Whether it holds critical options; none are known for hosts."""
    authority: bytes
    """The public key of whoever signed it."""
    signed: bytes
    signature: bytes

    def fault(self, name: str, now: float | None = None) -> str | None:
        """Why it does not speak for the host `name`, apart from who signed it; None if it does."""
        moment = time.time() if now is None else now
        if self.kind != HOST:
            return "it is for users, not for hosts"
        if moment < self.valid_after:
            return "it is not valid yet"
        if moment >= self.valid_before:
            return "it has expired"
        if self.critical:
            return "it holds an option that is not known and must not be ignored"
        if self.principals and not any(matches(name.lower(), pattern.lower()) for pattern in self.principals):
            return f"it is for {', '.join(self.principals)}"
        if not self._well_signed():
            return "its signature is wrong"
        return None

    def _well_signed(self) -> bool:
        try:
            key = paramiko.PKey.from_type_string(Fields(self.authority).text(), self.authority)
            return bool(key.verify_ssh_sig(self.signed, paramiko.Message(self.signature)))
        except (paramiko.SSHException, paramiko.pkey.UnknownKeyType, ValueError, IndexError):
            # An authority of a type that is not understood, or bytes that are no key or signature.
            return False


def parse_certificate(blob: bytes) -> Certificate:
    """Raises `BadBlob` for what is no certificate of a known type."""
    fields = Fields(blob)
    key_type = fields.text()
    if not key_type.endswith(CERTIFICATE):
        raise BadBlob(f"{key_type} is no certificate")
    base = key_type.removesuffix(CERTIFICATE)
    count = next((count for start, count in _KEY_FIELDS.items() if base.startswith(start)), None)
    if count is None:
        raise BadBlob(f"certificates of the type {key_type} are not known")
    fields.string()  # nonce
    for _ in range(count):
        fields.string()
    fields.long_number()  # serial
    kind = fields.number()
    key_id = fields.string().decode("utf-8", "replace")
    principals = Fields(fields.string())
    names = []
    while principals.left:
        names.append(principals.string().decode("utf-8", "replace"))
    valid_after, valid_before = fields.long_number(), fields.long_number()
    critical = fields.string()
    fields.string()  # extensions
    fields.string()  # reserved
    authority = fields.string()
    end = fields.position
    signature = fields.string()
    if fields.left:
        raise BadBlob("the certificate goes on after its signature")
    return Certificate(
        kind, key_id, tuple(names), valid_after, valid_before, bool(critical), authority, blob[:end], signature
    )
