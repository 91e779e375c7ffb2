"""Logging in: the ways that a host takes, in ssh's order, until one is good."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from store.errors import AccessDenied
from store.questions import Questions
from store.ssh.identities import Asking, identities
from store.ssh.identity import Identity, Unusable, algorithm_for
from store.ssh.secrets import Secrets
from store.ssh.target import SshTarget
from store.ssh.text import printable
from store.ssh.typed import INTERACTIVE, PASSWORD, Typed
from store.ssh.userauth import Reply, UserAuth
from store.ssh.waiting import Patience


class Login:
    """One login on one connection."""

    def __init__(
        self, auth: UserAuth, target: SshTarget, questions: Questions | None, secrets: Secrets, *, secrets_allowed: bool
    ) -> None:
        """`secrets_allowed` is False where nothing may be typed, because the host may not be who it says it is."""
        self._auth = auth
        self._target = target
        self._asking = Asking(questions, secrets, target.prompts)
        self._typed = Typed(auth, target, questions, secrets)
        self._ways: dict[str, Callable[[Patience], Reply | None]] = {"publickey": self._next_key}
        if secrets_allowed:
            self._ways |= {INTERACTIVE: self._typed.interactive, PASSWORD: self._typed.password}
        self._keys: list[Identity] | None = None
        self._tried: list[Identity] = []
        self._left_out: list[Unusable] = []

    def run(self, patience: Patience) -> None:
        """Raises `AccessDenied` if nothing is good enough, and what `UserAuth` raises."""
        self._auth.begin(patience)
        reply = self._auth.none(self._auth.patience(patience))
        spent: set[str] = set()
        while not reply.success:
            method = next(
                (
                    way
                    for way in self._target.methods
                    if way in reply.methods and way in self._ways and way not in spent
                ),
                None,
            )
            if method is None:
                raise self._denied(reply.methods)
            answer = self._ways[method](self._auth.patience(patience))
            if answer is None:
                spent.add(method)
                continue
            reply = answer
            if reply.partial:
                # What is asked for next may be answered in a way that failed before.
                spent.clear()
                self._keys = None

    def _next_key(self, patience: Patience) -> Reply | None:
        """Tries the next key that the host says would do; None when there are no more."""
        if self._keys is None:
            found = identities(self._target, self._asking, patience)
            tried = {identity.blob for identity in self._tried}
            self._keys = [identity for identity in found.identities if identity.blob not in tried]
            self._left_out = found.left_out
        while self._keys:
            identity = self._keys.pop(0)
            algorithm = algorithm_for(identity.key_type, self._auth.accepted_algorithms)
            if algorithm is None:
                self._left_out.append(Unusable(f"the host takes no signatures of {identity.description}"))
                continue
            self._tried.append(identity)
            refused = self._auth.would_do(identity, algorithm, self._auth.patience(patience))
            if refused is not None:
                return refused
            try:
                return self._auth.prove(identity, algorithm, self._auth.patience(patience))
            except Unusable as error:
                # The host would have taken this one: before all others.
                self._left_out.insert(0, error)
        return None

    def _denied(self, methods: Sequence[str]) -> AccessDenied:
        taken = printable(", ".join(methods)) or "nothing"
        message = f"{self._target.shown} does not let us in: it takes {taken}"
        if self._tried:
            message += f"; tried {', '.join(identity.description for identity in self._tried)}"
        elif "publickey" in methods:
            message += "; there was no key to try"
        if self._left_out:
            message += f"; {'; '.join(error.why for error in self._left_out)}"
        if self._auth.banner:
            message += f"; it says: {printable(self._auth.banner)}"
        return AccessDenied(message, self._hint(methods))

    def _hint(self, methods: Sequence[str]) -> str:
        hints = [error.hint for error in self._left_out if error.hint]
        if hints:
            return hints[0]
        if self._typed.unasked:
            return (
                "nobody can be asked for a password here: use a key that the host knows "
                f"(ssh-copy-id {self._target.command.removeprefix('ssh ')}), or an agent"
            )
        if "publickey" in methods:
            return f"see whether {self._target.command} gets in, and by which key (-v tells)"
        return f"see whether {self._target.command} gets in"
