"""What logging in may have to ask a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from store.aside import Stop


@dataclass(frozen=True, slots=True)
class Prompt:
    """One line that a server asks for; the text is the server's, without control characters."""

    text: str
    shown: bool
    """Whether what is typed may be seen."""


@dataclass(frozen=True, slots=True)
class HostQuestion:
    """A host whose key nobody has vouched for yet."""

    host: str
    """As it will be remembered: `host` or `[host]:port`."""
    key_type: str
    """As ssh-keygen says it: ED25519, RSA, ECDSA."""
    fingerprint: str
    """`SHA256:...`, as `ssh-keygen -lf` prints it."""
    note: str = ""
    """What else is known of it; may be empty."""


class Questions(Protocol):
    """Whoever can be asked. Called from the thread that connects, one question at a time; may block,
    and then so does closing the session: whoever closes it answers None first.

    None for an answer means that the person would rather not: the next way to log in is tried. Every question raises
    `Cancelled` if the person calls the whole attempt off. Nothing that is answered is ever stored outside of memory.
    """

    def until(self, stop: Stop) -> Questions:
        """The same for one attempt: once `stop` is set nothing is asked any more, what is being asked is taken back
        where that can be done, and `Cancelled` is raised.
        """
        ...

    def passphrase(self, path: str, *, again: bool) -> str | None:
        """The passphrase of the private key at `path`; `again` if the last one was wrong."""
        ...

    def password(self, user: str, host: str, *, again: bool) -> str | None:
        """The password of `user` on `host`; `again` if the last one was refused."""
        ...

    def server_password(self, address: str, *, again: bool) -> str | None:
        """The password that the database or MLflow server at `address` wants of its user; `again` if the last one was
        refused. `address` names the user, the SSH host if there is one, and no secret.
        """
        ...

    def answers(self, user: str, host: str, about: str, prompts: Sequence[Prompt]) -> Sequence[str] | None:
        """One answer for each prompt, which a server asks for; `about` is what it says about them."""
        ...

    def confirm_host(self, question: HostQuestion) -> bool:
        """Whether the key is that of the host, which only comparing the fingerprint can tell."""
        ...
