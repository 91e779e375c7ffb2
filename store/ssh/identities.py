"""The keys to try for one host, in ssh's order."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import paramiko  # type: ignore[import-untyped]

from store.questions import Questions
from store.ssh.agent import Agent, AgentFailed, AgentIdentity
from store.ssh.identity import Identity, Unusable
from store.ssh.keyblob import CERTIFICATE, BadBlob, Fields, type_of
from store.ssh.keyfile import KeyFile, WrongPassphrase, load_certificate, public_key_of
from store.ssh.secrets import Secrets
from store.ssh.target import SshTarget
from store.ssh.waiting import Patience


@dataclass(frozen=True, slots=True)
class Asking:
    """How passphrases are come by."""

    questions: Questions | None
    secrets: Secrets
    attempts: int


@dataclass(slots=True)
class Found:
    """Keys to try, and what was left out."""

    identities: list[Identity] = field(default_factory=list)
    left_out: list[Unusable] = field(default_factory=list)


class FileIdentity(Identity):
    """A key in a file, perhaps with a certificate."""

    def __init__(self, file: KeyFile, public: bytes, asking: Asking, certificate: bytes | None = None) -> None:
        self._file = file
        self._asking = asking
        self.blob = public if certificate is None else certificate
        self.key_type = type_of(self.blob)
        self.description = str(file.path) if certificate is None else f"the certificate for {file.path}"

    def sign(self, data: bytes, algorithm: str, patience: Patience) -> bytes:
        key = unlocked(self._file, self._asking)
        return bytes(key.sign_ssh_data(data, algorithm).asbytes())


def identities(target: SshTarget, asking: Asking, patience: Patience) -> Found:
    """As ssh orders them: certificates, keys of the agent that the configuration names, the agent's others, files.

    Files that are only guessed at and are not there are left out without a word. One that holds no more than a public
    key names a key of the agent.
    """
    found = Found()
    held = _held(target, found, patience)
    files, named = _files(target, asking, found, {identity.blob for identity in held})
    listed = [identity for key in named for identity in held if _plain(identity.blob) == key]
    others = [] if target.identities_only else [identity for identity in held if _plain(identity.blob) not in named]
    in_agent = {_plain(identity.blob) for identity in listed}
    found.identities = [
        *_certificates(target, files, held),
        *listed,
        *others,
        *(identity for identity in files if identity.blob not in in_agent),
    ]
    return found


def unlocked(file: KeyFile, asking: Asking) -> paramiko.PKey:
    """The private key, asking for its passphrase if need be. Raises `Unusable`."""
    if not file.encrypted:
        return file.private(None)
    path = str(file.path)
    kept = asking.secrets.passphrase(path)
    if kept is not None:
        with contextlib.suppress(WrongPassphrase):
            return file.private(kept)
        asking.secrets.keep_passphrase(path, None)
    hint = f"give it to the agent: ssh-add {shlex.quote(path)}"
    if asking.questions is None:
        raise Unusable(f"{path} is encrypted, and nobody can be asked for its passphrase", hint)
    for attempt in range(asking.attempts):
        passphrase = asking.questions.passphrase(path, again=attempt > 0)
        if not passphrase:
            raise Unusable(f"{path} is encrypted, and its passphrase was not given", hint)
        with contextlib.suppress(WrongPassphrase):
            key = file.private(passphrase)
            asking.secrets.keep_passphrase(path, passphrase)
            return key
    raise Unusable(f"{path} is encrypted, and the passphrase was wrong", hint)


def _files(target: SshTarget, asking: Asking, found: Found, held: set[bytes]) -> tuple[list[FileIdentity], list[bytes]]:
    """Those whose private key is there, and the public keys of all."""
    files: list[FileIdentity] = []
    named: list[bytes] = []
    for path in target.identity_files:
        # The private key may be in the agent alone: then it need not be here, nor be asked about.
        public = public_key_of(path)
        if public is not None:
            named.append(public)
        try:
            file = KeyFile(path)
            public = public or file.public or bytes(unlocked(file, asking).asbytes())
            files.append(FileIdentity(file, public, asking))
            named.append(public)
        except FileNotFoundError:
            if target.identities_given and public not in held:
                found.left_out.append(Unusable(f"{path} does not exist", "look at IdentityFile in ~/.ssh/config"))
        except Unusable as error:
            if public not in held:
                found.left_out.append(error)
    return files, list(dict.fromkeys(named))


def _held(target: SshTarget, found: Found, patience: Patience) -> list[AgentIdentity]:
    if target.identity_agent is None:
        return []
    try:
        return Agent(target.identity_agent).identities(patience)
    except AgentFailed as error:
        found.left_out.append(error)
        return []


def _certificates(target: SshTarget, files: list[FileIdentity], held: list[AgentIdentity]) -> list[Identity]:
    """Those that the configuration names or that lie beside a key, each with whoever has its private key."""
    paths = [*target.certificate_files, *(Path(f"{path}-cert.pub") for path in target.identity_files)]
    certificates: list[Identity] = []
    for blob in dict.fromkeys(blob for path in paths if (blob := load_certificate(path)) is not None):
        key = certified_key(blob)
        for file in files:
            if file.blob == key:
                certificates.append(FileIdentity(file._file, key, file._asking, blob))
                break
        else:
            certificates += [_Certified(identity, blob) for identity in held if identity.blob == key]
    return certificates


class _Certified(Identity):
    def __init__(self, inner: AgentIdentity, certificate: bytes) -> None:
        self._inner = inner
        self.blob = certificate
        self.key_type = type_of(certificate)
        self.description = f"the certificate for {inner.description}"

    def sign(self, data: bytes, algorithm: str, patience: Patience) -> bytes:
        return self._inner.sign(data, algorithm, patience)


def _plain(blob: bytes) -> bytes:
    return certified_key(blob) or blob


def certified_key(certificate: bytes) -> bytes | None:
    """The plain public key that a user's certificate is for; None if it is of no known type."""
    try:
        fields = Fields(certificate)
        key_type = fields.text()
        if not key_type.endswith(CERTIFICATE):
            return None
        base = key_type.removesuffix(CERTIFICATE)
        fields.string()  # nonce
        count = 1 if base == "ssh-ed25519" else 2
        parts = [base.encode(), *(fields.string() for _ in range(count))]
    except BadBlob:
        return None
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
