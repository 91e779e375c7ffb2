"""Files of known hosts, in every form that sshd(8) describes."""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from store.errors import AccessDenied
from store.ssh.keyblob import BadBlob, decoded, encoded, type_of
from store.ssh.pattern import any_matches

LARGEST: Final = 64 << 20
"""Bytes of one file that are read: hundreds of thousands of hosts. A larger one is an error, not cut."""

_HASH: Final = "|1|"


class Marker(enum.StrEnum):
    """What a line says about its key."""

    NONE = ""
    AUTHORITY = "@cert-authority"
    REVOKED = "@revoked"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line about a host that was asked for."""

    where: str
    """`file:line`."""
    path: Path
    marker: Marker
    key_type: str
    blob: bytes


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """What the files say about one host."""

    keys: tuple[KnownKey, ...]
    """In the order of the files and lines."""
    unread: tuple[str, ...] = ()
    """Files that are there and could not be read, with the reason."""

    def marked(self, marker: Marker) -> list[KnownKey]:
        return [key for key in self.keys if key.marker is marker]


def known_keys(paths: Iterable[Path], name: str) -> KnownHosts:
    """Every key in the files for `name` (`host` or `[host]:port`). Malformed lines are passed over, as by ssh."""
    keys: list[KnownKey] = []
    unread: list[str] = []
    for path in paths:
        try:
            text = _text(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            unread.append(f"{path}: {error.strerror or error}")
            continue
        keys += _keys_in(path, text, name.lower())
    return KnownHosts(tuple(keys), tuple(unread))


def _text(path: Path) -> str:
    # Not to be held up by a pipe.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(None, f"it is larger than {LARGEST >> 20} MiB")
    return content.decode("utf-8", "surrogateescape")


def _keys_in(path: Path, text: str, name: str) -> Iterator[KnownKey]:
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        marker = Marker.NONE
        if fields[0].startswith("@"):
            try:
                marker = Marker(fields.pop(0))
            except ValueError:
                continue
        if len(fields) < 3 or not _is_about(fields[0], name):
            continue
        try:
            yield KnownKey(f"{path}:{number}", path, marker, fields[1], decoded(fields[2], fields[1]))
        except BadBlob:
            continue


def _is_about(hosts: str, name: str) -> bool:
    if not hosts.startswith(_HASH):
        return any_matches(name, hosts.lower().split(","))
    salt, _, digest = hosts.removeprefix(_HASH).partition("|")
    try:
        wanted = base64.b64decode(digest, validate=True)
        return hmac.compare_digest(_digest(base64.b64decode(salt, validate=True), name), wanted)
    except (binascii.Error, ValueError):
        return False


def _digest(salt: bytes, name: str) -> bytes:
    return hmac.new(salt, name.encode("utf-8", "surrogateescape"), hashlib.sha1).digest()


def hashed(name: str) -> str:
    """`name` so that the file does not tell it."""
    salt = secrets.token_bytes(hashlib.sha1().digest_size)
    return f"{_HASH}{base64.b64encode(salt).decode()}|{base64.b64encode(_digest(salt, name)).decode()}"


def remember(path: Path, name: str, blob: bytes, *, hide: bool) -> None:
    """Adds one line to a file, which is made for its owner alone if need be. Raises `AccessDenied`."""
    line = f"{hashed(name) if hide else name} {type_of(blob)} {encoded(blob)}\n".encode("utf-8", "surrogateescape")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line
            # One write, so that two processes that add a host at once do not mix their lines.
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise AccessDenied(
            f"the host key of {name} could not be written to {path}: {error.strerror}",
            "look at its permissions; until then the host is asked about each time",
        ) from error
