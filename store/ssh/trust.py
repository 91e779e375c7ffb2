"""Whether a host is who it says it is."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import dataclass
from typing import Final

from store.errors import AccessDenied
from store.questions import HostQuestion, Questions
from store.ssh.certificate import Certificate, parse_certificate
from store.ssh.keyblob import CERTIFICATE, BadBlob, fingerprint, shown_type, type_of
from store.ssh.known_hosts import KnownHosts, KnownKey, Marker, known_keys, remember
from store.ssh.secrets import Secrets
from store.ssh.target import SSH_PORT, SshTarget, Strictness

ALGORITHMS: Final = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Types of host keys, best first, and the algorithms by which each may sign."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A host that may be talked to."""

    secrets_allowed: bool = True
    """False where its key has changed and StrictHostKeyChecking is no: then nothing is typed for it."""
    notices: tuple[str, ...] = ()


class HostKeys:
    """What is known of the keys of one target; read anew for every connection."""

    def __init__(self, target: SshTarget) -> None:
        self._target = target
        self._paths = (*target.user_known_hosts, *target.global_known_hosts)
        self._known = known_keys(self._paths, target.known_as)
        # A key that is known for the host as such is good on its other ports too.
        plain = target.host_key_alias is None and target.port != SSH_PORT
        self._any_port = known_keys(self._paths, target.hostname) if plain else KnownHosts(())

    def algorithms(self) -> tuple[str, ...]:
        """What to ask the host for, best first: certificates of known authorities, then keys of types that are known.

        Certificates are asked for only where an authority is known, because they are of no use elsewhere.
        """
        types = {key.key_type for key in self._known.marked(Marker.NONE)}
        ordered = sorted(ALGORITHMS, key=lambda key_type: key_type not in types)
        algorithms = tuple(algorithm for key_type in ordered for algorithm in ALGORITHMS[key_type])
        if self._known.marked(Marker.AUTHORITY) or self._any_port.marked(Marker.AUTHORITY):
            certified = tuple(algorithm + CERTIFICATE for names in ALGORITHMS.values() for algorithm in names)
            return certified + algorithms
        return algorithms

    def judge(self, key: bytes, certificate: bytes | None, questions: Questions | None, secrets: Secrets) -> Verdict:
        """Raises `AccessDenied` unless the key is known, certified, or accepted now (and then it is remembered)."""
        offered = _parsed(certificate, self._target)
        for revoked in (*self._known.marked(Marker.REVOKED), *self._any_port.marked(Marker.REVOKED)):
            if revoked.blob == key or (offered is not None and revoked.blob == offered.authority):
                raise AccessDenied(
                    f"the {_shown(key)} of {self._target.known_as} was revoked in {revoked.where}",
                    "do not connect; ask whoever runs the host",
                )
        if offered is not None and self._certified(offered):
            return Verdict()
        known = self._known.marked(Marker.NONE)
        if any(entry.blob == key for entry in known):
            return Verdict()
        if known:
            return self._changed(key, known)
        if any(entry.blob == key for entry in self._any_port.marked(Marker.NONE)):
            return Verdict()
        return self._unknown(key, questions, secrets)

    def _certified(self, offered: Certificate) -> bool:
        authorities = [*self._known.marked(Marker.AUTHORITY), *self._any_port.marked(Marker.AUTHORITY)]
        signer = next((entry for entry in authorities if entry.blob == offered.authority), None)
        if signer is None:
            return False
        fault = offered.fault(self._target.host_key_alias or self._target.hostname)
        if fault is None:
            return True
        raise AccessDenied(
            f"{self._target.known_as} shows a host certificate of the authority in {signer.where}, but {fault}",
            "ask whoever runs the host for a new certificate",
        )

    def _changed(self, key: bytes, known: list[KnownKey]) -> Verdict:
        entry = next((entry for entry in known if entry.key_type == type_of(key)), known[0])
        message = (
            f"the host key of {self._target.known_as} has changed: it shows an {_shown(key)}, but {entry.where} has"
        )
        message += f" {fingerprint(entry.blob)}"
        if self._target.strictness is Strictness.NO:
            return Verdict(False, (f"{message}; StrictHostKeyChecking no lets it pass, passwords are not sent",))
        raise AccessDenied(
            f"{message}. Somebody may be in between",
            "if the change is right, forget the old key: "
            f"ssh-keygen -R {self._target.quoted_known_as} -f {shlex.quote(str(entry.path))}",
        )

    def _unknown(self, key: bytes, questions: Questions | None, secrets: Secrets) -> Verdict:
        name = self._target.known_as
        if secrets.trusts(name, key):
            return Verdict()
        refused = f"the host key of {name} is not known: it shows an {_shown(key)}"
        if self._known.unread:
            refused += f" (not read: {'; '.join(self._known.unread)})"
        compare = f"connect once with {self._target.command}, compare the fingerprint with the host's, and accept it"
        strictness = self._target.strictness
        if strictness is Strictness.YES:
            raise AccessDenied(
                f"{refused}, and StrictHostKeyChecking is yes",
                f"add it to {self._file_for_it}, once you have compared it",
            )
        if strictness is Strictness.ASK:
            if questions is None:
                raise AccessDenied(refused, compare)
            question = HostQuestion(name, shown_type(type_of(key)), fingerprint(key), "; ".join(self._known.unread))
            if not questions.confirm_host(question):
                raise AccessDenied(f"{refused}, and it was not accepted", compare)
        return Verdict(notices=self._remembered(name, key, secrets))

    def _remembered(self, name: str, key: bytes, secrets: Secrets) -> tuple[str, ...]:
        if not self._target.user_known_hosts:
            secrets.trust(name, key)
            return ()
        path = self._target.user_known_hosts[0]
        try:
            remember(path, name, key, hide=self._target.hash_known_hosts)
        except AccessDenied as error:
            # As with ssh: the host was accepted all the same, and stays so while this process lives.
            secrets.trust(name, key)
            return (error.message,)
        return (f"the {_shown(key)} of {name} was added to {path}",)

    @property
    def _file_for_it(self) -> str:
        return str(self._target.user_known_hosts[0]) if self._target.user_known_hosts else "the known hosts"


def _shown(key: bytes) -> str:
    return f"{shown_type(type_of(key))} key {fingerprint(key)}"


def _parsed(certificate: bytes | None, target: SshTarget) -> Certificate | None:
    if certificate is None:
        return None
    with contextlib.suppress(BadBlob):
        return parse_certificate(certificate)
    raise AccessDenied(f"{target.known_as} shows a host certificate that is damaged", "ask whoever runs the host")
