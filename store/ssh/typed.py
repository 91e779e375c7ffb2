"""Ways to log in by what a person types: a password, and answers to a server's questions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from store.errors import AccessDenied
from store.questions import Prompt, Questions
from store.ssh.secrets import Secrets
from store.ssh.target import SshTarget
from store.ssh.userauth import PasswordExpired, Reply, UserAuth
from store.ssh.waiting import Patience

T = TypeVar("T")

_ABOUT_PASSWORD: Final = re.compile(r"passw", re.IGNORECASE)
"""A question that is about the account's password, which is good for another time. Codes are not."""

PASSWORD: Final = "password"
INTERACTIVE: Final = "keyboard-interactive"


class Typed:
    """One login's attempts; each method gives None when it has none left."""

    def __init__(self, auth: UserAuth, target: SshTarget, questions: Questions | None, secrets: Secrets) -> None:
        self._auth = auth
        self._target = target
        self._questions = questions
        self._secrets = secrets
        self._attempts = {PASSWORD: 0, INTERACTIVE: 0}
        self._kept_tried: set[str] = set()
        self.unasked = False
        """Whether nobody was there for something that had to be asked."""

    def password(self, patience: Patience) -> Reply | None:
        """Raises `AccessDenied` for a password that has to be changed."""
        password = self._kept(PASSWORD)
        if password is None:
            if not self._another(PASSWORD):
                return None
            again = self._again(PASSWORD)
            password = self._ask(lambda who: who.password(self._target.user, self._target.known_as, again=again))
        if password is None:
            return None
        try:
            reply = self._auth.password(password, self._auth.patience(patience))
        except PasswordExpired:
            raise AccessDenied(
                f"the password of {self._target.shown} has expired", f"change it: {self._target.command}"
            ) from None
        self._keep(password, reply)
        return reply

    def interactive(self, patience: Patience) -> Reply | None:
        """One conversation counts as one attempt, however much is asked in it."""
        kept = self._kept(INTERACTIVE)
        if kept is None and not self._another(INTERACTIVE):
            return None
        asked = False
        typed: str | None = None

        def answer(about: str, prompts: list[Prompt]) -> Sequence[str] | None:
            nonlocal asked, kept, typed
            asked = True
            password_wanted = len(prompts) == 1 and not prompts[0].shown and _ABOUT_PASSWORD.search(prompts[0].text)
            if password_wanted and kept is not None:
                typed, kept = kept, None
                return [typed]
            answers = self._ask(lambda who: who.answers(self._target.user, self._target.known_as, about, prompts))
            if password_wanted and answers:
                typed = answers[0]
            return answers

        reply = self._auth.interactive(answer, self._auth.patience(patience))
        if reply is not None and typed is not None:
            self._keep(typed, reply)
        if not asked:
            # It would ask nothing another time either.
            self._attempts[INTERACTIVE] = self._target.prompts
        return reply

    def _kept(self, way: str) -> str | None:
        """The password that was good before, once."""
        if way in self._kept_tried:
            return None
        kept = self._secrets.password(self._target.account)
        if kept is not None:
            self._kept_tried.add(way)
        return kept

    def _keep(self, password: str, reply: Reply) -> None:
        right = reply.success or reply.partial
        if right or self._secrets.password(self._target.account) == password:
            self._secrets.keep_password(self._target.account, password if right else None)

    def _another(self, way: str) -> bool:
        if self._attempts[way] >= max(1, self._target.prompts):
            return False
        self._attempts[way] += 1
        return True

    def _again(self, way: str) -> bool:
        return self._attempts[way] > 1 or way in self._kept_tried

    def _ask(self, question: Callable[[Questions], T]) -> T | None:
        if self._questions is None or self._target.prompts == 0:
            self.unasked = True
            return None
        return question(self._questions)
