"""What logging in has to ask, asked on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from getpass import getpass
from typing import TYPE_CHECKING

from tui.cli import diagnostics, output

if TYPE_CHECKING:
    from store.aside import Stop
from store.questions import HostQuestion, Prompt, Questions


def terminal_questions() -> Questions | None:
    """Whoever sits before the terminal; None if nobody does, because stdin, stdout or stderr is something else."""
    if sys.stdin.isatty() and output.is_terminal() and sys.stderr.isatty():
        return TerminalQuestions()
    return None


class TerminalQuestions:
    """See `store.questions.Questions`. An empty answer means that there is none, as with ssh."""

    def until(self, stop: Stop) -> TerminalQuestions:
        """Nothing but an interrupt ends what waits for a line."""
        return self

    def passphrase(self, path: str, *, again: bool) -> str | None:
        wrong = "that was not it; " if again else ""
        return self._secret(f"{wrong}passphrase of {path}: ")

    def password(self, user: str, host: str, *, again: bool) -> str | None:
        wrong = "that was refused; " if again else ""
        return self._secret(f"{wrong}password of {user} on {host}: ")

    def server_password(self, address: str, *, again: bool) -> str | None:
        wrong = "that was refused; " if again else ""
        return self._secret(f"{wrong}password for {address}: ")

    def answers(self, user: str, host: str, about: str, prompts: Sequence[Prompt]) -> Sequence[str] | None:
        from tui.view.text import clean_lines

        for line in clean_lines(about) if about else ():
            diagnostics.narrate(line)
        answers = []
        for prompt in prompts:
            *above, asked = clean_lines(prompt.text.strip())
            for line in above:
                diagnostics.narrate(line)
            text = f"{user} on {host}: {asked} "
            answer = self._shown(text) if prompt.shown else self._secret(text)
            if answer is None:
                return None
            answers.append(answer)
        return answers

    def confirm_host(self, question: HostQuestion) -> bool:
        diagnostics.narrate(f"nobody has vouched for the {question.key_type} key of {question.host} yet:")
        diagnostics.narrate(f"  {question.fingerprint}")
        if question.note:
            diagnostics.narrate(f"  {question.note}")
        return self._shown("is that the host's fingerprint? [yes/no] ") == "yes"

    def _secret(self, text: str) -> str | None:
        from tui.view.text import clean

        try:
            return getpass(f"{clean(text)}") or None
        except EOFError:
            return None

    def _shown(self, text: str) -> str | None:
        from tui.view.text import clean

        diagnostics.ask(clean(text))
        line = sys.stdin.readline()
        return line.rstrip("\n") if line else None
