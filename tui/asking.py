"""Questions of threads that connect, handed over to the screen and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Final

from textual.message import Message
from textual.message_pump import MessagePump

from store.errors import Cancelled

if TYPE_CHECKING:
    from store.aside import Stop
    from store.questions import HostQuestion, Prompt

POLL: Final = 0.05
"""Seconds between two looks whether anybody still waits for the answer."""

NEXT_WAY: Final = "tries the next way"
"""What Esc does where there may be another way to log in."""


@dataclass(frozen=True, slots=True)
class Field:
    """One line that is to be typed."""

    label: str
    shown: bool = False
    """Whether what is typed may be seen."""
    text: str = ""
    """What it begins with."""
    replaced: bool = False
    """True if the first key takes the place of that."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: either lines to type or, without any, whether to go on."""

    title: str
    lines: tuple[str, ...] = ()
    """What there is to know; not cleaned."""
    fields: tuple[Field, ...] = ()
    yes: str = ""
    """What going on means, for the button."""
    no: str = "No, do not connect"
    """What not going on means."""
    unanswered: str = "does not"
    """What Esc does, where there are lines to type."""


@dataclass
class Reply:
    """Where the answer is put, and awaited."""

    done: Event = field(default_factory=Event)
    answers: Sequence[str] | None = field(default=None, repr=False)
    """None: no answer, or no."""
    called_off: bool = False
    """Whoever was asked wants none of it any more."""
    withdrawn: bool = False
    """Nobody waits for the answer any more."""

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.withdrawn or self.done.is_set()

    def give(self, answers: Sequence[str] | None) -> None:
        self.answers = answers
        self.done.set()

    def call_off(self) -> None:
        self.called_off = True
        self.done.set()


@dataclass
class Asked(Message):
    """A thread waits for an answer."""

    question: Question
    reply: Reply


@dataclass
class Withdrawn(Message):
    """The thread that asked does not wait any more."""

    reply: Reply


class ScreenQuestions:
    """See `store.questions.Questions`; the threads that ask wait until somebody answers, their attempt is over or the
    program ends.
    """

    def __init__(self, target: MessagePump, closed: Event | None = None, stop: Stop | None = None) -> None:
        """`target` is told `Asked` and `Withdrawn`; `closed` is set when the program ends, `stop` with the attempt."""
        self._target = target
        self._closed = Event() if closed is None else closed
        self._stop = stop

    def until(self, stop: Stop) -> ScreenQuestions:
        return ScreenQuestions(self._target, self._closed, stop)

    def close(self) -> None:
        """Nobody answers any more."""
        self._closed.set()

    def passphrase(self, path: str, *, again: bool) -> str | None:
        lines = ("That was not it.",) if again else ()
        return self._one(Question("Passphrase", (*lines, path), (Field("passphrase"),), unanswered=NEXT_WAY))

    def password(self, user: str, host: str, *, again: bool) -> str | None:
        lines = ("That was refused.",) if again else ()
        return self._one(Question("Password", (*lines, f"{user} on {host}"), (Field("password"),), unanswered=NEXT_WAY))

    def server_password(self, address: str, *, again: bool) -> str | None:
        lines = ("That was refused.",) if again else ()
        return self._one(Question("Password of the server", (*lines, address), (Field("password"),)))

    def answers(self, user: str, host: str, about: str, prompts: Sequence[Prompt]) -> Sequence[str] | None:
        lines = (f"{user} on {host}", *about.splitlines())
        fields = tuple(Field(item.text, item.shown) for item in prompts)
        return self._ask(Question("Logging in", lines, fields, unanswered=NEXT_WAY))

    def confirm_host(self, question: HostQuestion) -> bool:
        lines = (
            f"Nobody has vouched for the {question.key_type} key of {question.host} yet:",
            question.fingerprint,
            *([question.note] if question.note else []),
            "Compare it with what the host's administrator says.",
        )
        return self._ask(Question("Unknown host", lines, yes="Yes, that is its fingerprint")) is not None

    def _one(self, question: Question) -> str | None:
        answers = self._ask(question)
        return answers[0] if answers and answers[0] else None

    def _ask(self, question: Question) -> Sequence[str] | None:
        reply = Reply()
        if self._over or not self._target.post_message(Asked(question, reply)):
            raise Cancelled
        while not reply.done.wait(POLL):
            if self._over:
                reply.withdrawn = True
                self._target.post_message(Withdrawn(reply))
                raise Cancelled
        if reply.called_off:
            raise Cancelled
        return reply.answers

    @property
    def _over(self) -> bool:
        """Whether an answer would be of no use."""
        return self._closed.is_set() or (self._stop is not None and self._stop.is_set())
