"""Public keys as SSH writes them: a length before each field, the type first."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import Final

CERTIFICATE: Final = "-cert-v01@openssh.com"
"""How the types of certificates end."""


class BadBlob(ValueError):
    """Bytes that are no key."""


class Fields:
    """The fields of a blob, one after the other. Every method raises `BadBlob` where the blob ends too soon."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob
        self.position = 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self._blob):
            raise BadBlob("the key is cut short")
        taken = self._blob[self.position : end]
        self.position = end
        return taken

    def number(self) -> int:
        return int(struct.unpack(">I", self.take(4))[0])

    def long_number(self) -> int:
        return int(struct.unpack(">Q", self.take(8))[0])

    def string(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            return self.string().decode("ascii")
        except UnicodeDecodeError:
            raise BadBlob("the key holds no text where there should be some") from None

    @property
    def left(self) -> bool:
        return self.position < len(self._blob)


def decoded(text: str, key_type: str) -> bytes:
    """The blob that `text` is in base64. Raises `BadBlob` unless it is a key of that type."""
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadBlob("the key is not base64") from None
    if Fields(blob).text() != key_type:
        raise BadBlob("the key is of another type than it says")
    return blob


def encoded(blob: bytes) -> str:
    return base64.b64encode(blob).decode("ascii")


def fingerprint(blob: bytes) -> str:
    """As `ssh-keygen -lf` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def type_of(blob: bytes) -> str:
    """The type of a key; raises `BadBlob`."""
    return Fields(blob).text()


def shown_type(key_type: str) -> str:
    """As `ssh-keygen -l` names a type of key: ED25519, ECDSA, RSA, ED25519-SK."""
    name = key_type.removesuffix(CERTIFICATE).removesuffix("@openssh.com")
    security_key = name.startswith("sk-")
    name = name.removeprefix("sk-").removeprefix("ssh-")
    name = name.partition("-")[0].upper()
    return name + ("-SK" if security_key else "")
