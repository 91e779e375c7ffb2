"""Questions that a server may ask, against one that asks whatever a test wants."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import paramiko  # type: ignore[import-untyped]
import pytest

from store.errors import AccessDenied, StoreError
from store.ssh.secrets import Secrets
from store.ssh.session import Session
from tests.support.sshd import Answers, User, keygen

Conversation = list[tuple[Sequence[tuple[str, bool]], Sequence[str]]]
"""Rounds of prompts (text, shown), each with the right answers."""


class Asking(paramiko.ServerInterface):
    """Takes what a test says, in the order that it says."""

    def __init__(self, wanted: Sequence[str], rounds: Conversation, password: str) -> None:
        self.wanted = list(wanted)
        self.rounds = rounds
        self.password = password
        self.at = 0
        self.tries: list[str] = []

    def get_allowed_auths(self, username: str) -> str:
        return self.wanted[0] if self.wanted else "none"

    def _done(self, way: str, right: bool) -> int:
        self.tries.append(way)
        if not right or self.wanted[:1] != [way]:
            return int(paramiko.AUTH_FAILED)
        self.wanted.pop(0)
        return int(paramiko.AUTH_PARTIALLY_SUCCESSFUL if self.wanted else paramiko.AUTH_SUCCESSFUL)

    def check_auth_password(self, username: str, password: str) -> int:
        return self._done("password", password == self.password)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return self._done("publickey", True)

    def check_auth_interactive(self, username: str, submethods: str) -> object:
        if self.wanted[:1] != ["keyboard-interactive"]:
            return paramiko.AUTH_FAILED
        self.at = 0
        return self._query()

    def check_auth_interactive_response(self, responses: Sequence[str]) -> object:
        right = list(responses) == list(self.rounds[self.at][1])
        self.at += 1
        if not right or self.at == len(self.rounds):
            return self._done("keyboard-interactive", right)
        return self._query()

    def _query(self) -> object:
        return paramiko.InteractiveQuery("Two \x1b[31mfactors", "see your phone", *self.rounds[self.at][0])


@contextlib.contextmanager
def asking(folder: Path, *wanted: str, rounds: Conversation = [], password: str = "") -> Iterator[tuple[str, Asking]]:  # noqa: B006
    """The address of a server that wants these ways in turn, anew for each connection, and the last one's questions."""
    key = paramiko.Ed25519Key(filename=str(keygen(folder / "host")))
    asking = Asking(wanted, rounds, password)
    transports: list[paramiko.Transport] = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    asking.wanted = list(wanted)
                    transport = paramiko.Transport(connection)
                    transport.set_log_channel("store.ssh.wire.tests")
                    transport.add_server_key(key)
                    transport.start_server(event=threading.Event(), server=asking)
                    transports.append(transport)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"ada@127.0.0.1:{listener.getsockname()[1]}", asking
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    for transport in transports:
        transport.close()


@pytest.fixture
def user(tmp_path: Path) -> User:
    user = User(tmp_path / "home")
    user.configure("StrictHostKeyChecking accept-new")
    return user


def log_in(user: User, address: str, answers: Answers | None, secrets: Secrets | None = None) -> None:
    session = Session(address, files=user.files, questions=answers, secrets=secrets or Secrets())
    try:
        session.connect()
    finally:
        session.close()


def test_every_prompt_of_a_round_is_asked_with_whether_it_may_be_seen(user: User, tmp_path: Path) -> None:
    rounds: Conversation = [([("PIN:\x07 ", False), ("Code: ", True)], ["pin", "code"])]
    with asking(tmp_path, "keyboard-interactive", rounds=rounds) as (address, _):
        answers = Answers(replies=[["pin", "code"]])
        log_in(user, address, answers)
    assert [(prompt.text, prompt.shown) for prompt in answers.prompts] == [("PIN:", False), ("Code:", True)]


def test_a_password_is_kept_for_the_next_time_and_a_code_is_not(user: User, tmp_path: Path) -> None:
    rounds: Conversation = [([("Password: ", False)], ["secret"]), ([("Code: ", False)], ["123"])]
    with asking(tmp_path, "keyboard-interactive", rounds=rounds) as (address, _):
        answers, secrets = Answers(replies=[["secret"], ["123"], ["123"]]), Secrets()
        log_in(user, address, answers, secrets)
        log_in(user, address, answers, secrets)
    assert [prompt.text for prompt in answers.prompts] == ["Password:", "Code:", "Code:"]


def test_a_conversation_of_several_rounds_is_one_attempt(user: User, tmp_path: Path) -> None:
    rounds: Conversation = [([("Password: ", False)], ["secret"]), ([("Code: ", False)], ["123"])]
    with asking(tmp_path, "keyboard-interactive", rounds=rounds) as (address, server):
        answers = Answers(replies=[["secret"], ["1"], ["secret"], ["2"], ["secret"], ["123"]])
        log_in(user, address, answers)
    assert len(server.tries) == 3


def test_a_conversation_that_asks_nothing_is_had_once(user: User, tmp_path: Path) -> None:
    with asking(tmp_path, "keyboard-interactive", rounds=[([], ["never right"])]) as (address, server):
        with pytest.raises(AccessDenied):
            log_in(user, address, Answers())
        assert len(server.tries) == 1


def test_ways_that_are_all_wanted_are_gone_in_turn(user: User, tmp_path: Path) -> None:
    keygen(user.folder / "id_ed25519")
    rounds: Conversation = [([("Code: ", True)], ["123"])]
    ways = ("publickey", "password", "keyboard-interactive")
    with asking(tmp_path, *ways, rounds=rounds, password="secret") as (address, server):
        answers = Answers(passwords=["wrong", "secret"], replies=[["123"]])
        log_in(user, address, answers)
    assert server.tries == ["publickey", "publickey", "password", "password", "keyboard-interactive"]
    assert answers.asked == ["password", "password again", "answers"]


@pytest.mark.parametrize("reply", [None, [], ["too", "many"]])
def test_answers_that_do_not_fit_are_none(user: User, tmp_path: Path, reply: list[str] | None) -> None:
    rounds: Conversation = [([("Code: ", True)], ["123"])]
    with asking(tmp_path, "keyboard-interactive", rounds=rounds) as (address, _), pytest.raises(StoreError) as caught:
        log_in(user, address, Answers(replies=[reply]))
    assert isinstance(caught.value, AccessDenied)


def test_with_nobody_to_ask_the_way_that_is_wanted_is_named(user: User, tmp_path: Path) -> None:
    rounds: Conversation = [([("Code: ", True)], ["123"])]
    with (
        asking(tmp_path, "keyboard-interactive", rounds=rounds) as (address, _),
        pytest.raises(AccessDenied, match="it takes keyboard-interactive") as caught,
    ):
        log_in(user, address, None)
    assert "nobody can be asked" in caught.value.hint
