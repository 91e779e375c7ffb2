"""Private keys in files, in every format that OpenSSH reads."""

from __future__ import annotations

import base64
import binascii
import io
import os
import re
import shlex
import stat
from pathlib import Path
from typing import Final

import paramiko  # type: ignore[import-untyped]
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from store.ssh.identity import Unusable
from store.ssh.keyblob import BadBlob, Fields, decoded

LARGEST: Final = 1 << 20
"""Bytes; a private key has a few thousand."""

_OPENSSH: Final = re.compile(rb"-----BEGIN OPENSSH PRIVATE KEY-----(.*?)-----END OPENSSH", re.DOTALL)

_MAGIC: Final = b"openssh-key-v1\0"


class WrongPassphrase(Exception):
    """The key cannot be decrypted with it."""


class KeyFile:
    """A private key's file as it was read; the private key is only decrypted when it is asked for."""

    def __init__(self, path: Path) -> None:
        """Raises `FileNotFoundError`, and `Unusable` for what ssh would not use either."""
        self.path = path
        self._content = _content(path)
        self._header = _openssh_header(self._content)

    @property
    def encrypted(self) -> bool:
        if self._header is not None:
            return self._header[0]
        return b"ENCRYPTED" in self._content

    @property
    def public(self) -> bytes | None:
        """The public key that the file itself shows without a passphrase."""
        if self._header is not None:
            return self._header[1]
        return None if self.encrypted else bytes(self.private(None).asbytes())

    def private(self, passphrase: str | None) -> paramiko.PKey:
        """Raises `WrongPassphrase` and `Unusable`."""
        secret = passphrase.encode() if passphrase is not None and self.encrypted else None
        load = serialization.load_ssh_private_key if self._header is not None else serialization.load_pem_private_key
        try:
            loaded = load(self._content, secret)
        except (ValueError, TypeError, UnsupportedAlgorithm, InvalidTag) as error:
            if self.encrypted and not isinstance(error, UnsupportedAlgorithm):
                raise WrongPassphrase from None
            raise Unusable(f"{self.path} is damaged or of a kind that is not known") from error
        # In memory, in the one form in which paramiko reads every type.
        return _as_paramiko(self.path, loaded)


def public_key_of(path: Path) -> bytes | None:
    """The public key beside a private one, or in its place; None if there is none."""
    return _public_key(path.with_name(path.name + ".pub")) or _public_key(path)


def load_certificate(path: Path) -> bytes | None:
    """The certificate in a file as `ssh-keygen -s` writes it; None if there is none."""
    return _public_key(path)


def _as_paramiko(path: Path, loaded: object) -> paramiko.PKey:
    if isinstance(loaded, RSAPrivateKey):
        kind = paramiko.RSAKey
    elif isinstance(loaded, EllipticCurvePrivateKey):
        kind = paramiko.ECDSAKey
    elif isinstance(loaded, Ed25519PrivateKey):
        kind = paramiko.Ed25519Key
    else:
        raise Unusable(f"{path} is of a kind that is not used", "make an Ed25519 key: ssh-keygen -t ed25519")
    try:
        text = loaded.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        ).decode("ascii")
        return kind.from_private_key(io.StringIO(text))
    except (ValueError, paramiko.SSHException) as error:
        raise Unusable(f"{path} is of a kind that is not used") from error


def _content(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            content = file.read(LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}", f"look at its permissions: ls -l {path}") from error
    if stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid() and status.st_mode & 0o077:
        raise Unusable(
            f"{path} can be read by others (mode {stat.S_IMODE(status.st_mode):04o}), so ssh does not use it",
            f"chmod 600 {shlex.quote(str(path))}",
        )
    if b"PRIVATE KEY-----" not in content:
        raise Unusable(f"{path} is no private key", "IdentityFile names the private key, not the .pub")
    return content


def _openssh_header(content: bytes) -> tuple[bool, bytes] | None:
    """Whether a key in OpenSSH's own format is encrypted, and its public part, which never is."""
    found = _OPENSSH.search(content)
    if found is None:
        return None
    try:
        raw = base64.b64decode(b"".join(found[1].split()), validate=True)
        fields = Fields(raw)
        if fields.take(len(_MAGIC)) != _MAGIC:
            return None
        cipher = fields.string()
        fields.string()  # how the passphrase becomes a key
        fields.string()
        return (cipher != b"none", fields.string()) if fields.number() == 1 else None
    except (BadBlob, binascii.Error):
        return None


def _public_key(path: Path) -> bytes | None:
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            words = file.read(LARGEST).decode("utf-8", "replace").split(None, 2)
        return decoded(words[1], words[0]) if len(words) > 1 else None
    except (OSError, BadBlob):
        # ssh does without as well: it is only there to save asking for a passphrase.
        return None
