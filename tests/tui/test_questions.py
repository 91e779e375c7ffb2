"""Questions of threads that connect: answered, left unanswered, called off, and taken back when nobody waits."""

from __future__ import annotations

import threading
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from store.errors import Cancelled
from store.questions import HostQuestion, Prompt
from store.saved import make_saved
from store.saved_writing import save_store
from tests.tui.conftest import wait_for
from tests.tui.fakes import FakeStore, run
from tests.tui.test_stores import at, browser, seen, shown, told
from tui.app import FlowdeckApp
from tui.asking import Asked, Field, Question, Reply, ScreenQuestions, Withdrawn
from tui.screens.browser import Browser
from tui.screens.modals.question import Ask
from tui.view.stores import Which


class _Thread:
    """Asks something in a thread, as one that connects does."""

    def __init__(self, ask: object) -> None:
        self.answers: list[object] = []

        def work() -> None:
            assert callable(ask)
            try:
                self.answers.append(ask())
            except Cancelled:
                self.answers.append("cancelled")

        self._thread = threading.Thread(target=work)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()


async def asked(pilot: Pilot[int]) -> Ask:
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Ask), what="a question")
    screen = pilot.app.screen
    assert isinstance(screen, Ask)
    await wait_for(pilot, lambda: screen.focused is not None, what="its focus")
    return screen


def questions(pilot: Pilot[int]) -> ScreenQuestions:
    assert isinstance(pilot.app, FlowdeckApp)
    return pilot.app._questions


async def test_secrets_are_typed_unseen_and_reach_who_asked(demo: Path) -> None:
    async with shown(FlowdeckApp(str(demo), "x")) as pilot:
        await seen(pilot, "resnet-cifar10")
        thread = _Thread(lambda: questions(pilot).passphrase("/keys/id", again=False))
        await asked(pilot)
        await seen(pilot, "/keys/id")
        await pilot.press(*"s3cret q")
        assert "s3cret" not in told(pilot)
        await pilot.press("enter")
        await wait_for(pilot, lambda: thread.done, what="the answer")
        assert thread.answers == ["s3cret q"]
        thread = _Thread(lambda: questions(pilot).password("ada", "gpu-3\x1b[31m", again=True))
        await asked(pilot)
        await seen(pilot, "That was refused.")
        assert "\x1b" not in told(pilot)
        await pilot.press("escape")
        await wait_for(pilot, lambda: thread.done, what="no answer")
        assert thread.answers == [None]


async def test_several_answers_are_typed_one_after_the_other(demo: Path) -> None:
    async with shown(FlowdeckApp(str(demo), "x")) as pilot:
        await seen(pilot, "resnet-cifar10")
        prompts = (Prompt("Password:", shown=False), Prompt("Code:", shown=True))
        thread = _Thread(lambda: questions(pilot).answers("ada", "gpu-3", "two factors", prompts))
        screen = await asked(pilot)
        assert [field.password for field in screen.query(Input)] == [True, False]
        await pilot.press(*"pw", "enter", *"123", "enter")
        await wait_for(pilot, lambda: thread.done, what="the answers")
        assert thread.answers == [["pw", "123"]]


@pytest.mark.parametrize(("keys", "trusted"), [(("enter",), False), (("tab", "enter"), True), (("escape",), False)])
async def test_an_unknown_host_key_is_trusted_only_on_purpose(demo: Path, keys: tuple[str, ...], trusted: bool) -> None:
    async with shown(FlowdeckApp(str(demo), "x")) as pilot:
        await seen(pilot, "resnet-cifar10")
        question = HostQuestion("[gpu-3]:2222", "ED25519", "SHA256:abcdef", "known as another name, too")
        thread = _Thread(lambda: questions(pilot).confirm_host(question))
        screen = await asked(pilot)
        assert screen.focused is screen.query_one("#no", Button)
        for text in ("[gpu-3]:2222", "ED25519", "SHA256:abcdef", "known as another name, too"):
            await seen(pilot, text)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await wait_for(pilot, lambda: thread.done, what="the answer")
        assert thread.answers == [trusted]


async def test_quitting_does_not_wait_for_an_answer(demo: Path) -> None:
    async with shown(FlowdeckApp(str(demo), "x")) as pilot:
        await seen(pilot, "resnet-cifar10")
        thread = _Thread(lambda: questions(pilot).password("ada", "gpu-3", again=False))
        await asked(pilot)
        pilot.app.exit()
        await wait_for(pilot, lambda: thread.done, what="the end of the thread")
        assert thread.answers == ["cancelled"]


# Calling it off, and taking it back


class _Asking:
    """Opens the store `first`; for any other it asks for a password, and opens it with the right one."""

    def __init__(self) -> None:
        self.app = FlowdeckApp("first", "first", key="first", opener=self)
        self.ended: list[str] = []
        """How each opening that asked went."""
        self.asks_always = False

    def __call__(self, text: str, cancel: Event) -> FakeStore:
        if text == "first" and not self.asks_always:
            return FakeStore((run(1),))
        try:
            answer = self.app._questions.until(cancel).password("ada", text, again=False)
        except Cancelled:
            self.ended.append("cancelled")
            raise
        self.ended.append(f"answered {answer}")
        return FakeStore((run(2),))


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Asking:
    config = tmp_path / "config.toml"
    monkeypatch.setenv("FLOWDECK_CONFIG", str(config))
    for name in ("first", "second", "third"):
        save_store(config, make_saved(name, f"http://{name}.invalid"))
    return _Asking()


def no_thread_works(pilot: Pilot[int]) -> bool:
    return not any(worker.is_running for worker in pilot.app.workers)


async def go_to_asked(pilot: Pilot[int], name: str) -> Ask:
    """Picks a store whose opening asks."""
    await pilot.press("t")
    await seen(pilot, "Enter picks")
    await pilot.press(*name, "enter")
    return await asked(pilot)


def browser_below(pilot: Pilot[int]) -> Browser:
    """The browser, whatever lies above it."""
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, Browser)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_line_of_hints_tells_both_ways_out(demo: Path, size: tuple[int, int]) -> None:
    async with shown(FlowdeckApp(str(demo), "x"), size=size) as pilot:
        await seen(pilot, "resnet-cifar10")
        thread = _Thread(lambda: questions(pilot).passphrase("/keys/id", again=False))
        await asked(pilot)
        await seen(pilot, "Enter answers, Esc tries the next way, ^c cancels")
        await pilot.press("escape")
        await wait_for(pilot, lambda: thread.done, what="no answer")
        question = HostQuestion("gpu-3", "ED25519", "SHA256:abcdef")
        thread = _Thread(lambda: questions(pilot).confirm_host(question))
        await asked(pilot)
        await seen(pilot, "Enter on one, Tab the other, Esc: no, ^c cancels")
        await pilot.press("ctrl+c")
        await wait_for(pilot, lambda: thread.done, what="the end of the thread")
        assert thread.answers == ["cancelled"]


async def test_calling_it_off_ends_the_opening_and_leaves_what_was_on_screen(asking: _Asking) -> None:
    async with shown(asking.app) as pilot:
        await at(pilot, "first")
        await go_to_asked(pilot, "second")
        await pilot.press(*"half of it", "ctrl+c")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Browser), what="no question")
        await seen(pilot, "cancelled: opening second")
        await wait_for(pilot, lambda: no_thread_works(pilot), what="the end of the thread")
        assert asking.ended == ["cancelled"]
        assert browser(pilot).which.key == "first"
        assert not browser(pilot).busy
        assert "iris" in told(pilot)
        await go_to_asked(pilot, "second")
        await pilot.press(*"pw", "enter")
        await at(pilot, "second")
        assert asking.ended == ["cancelled", "answered pw"]


async def test_calling_off_the_first_opening_leaves_a_screen_that_can_try_again(asking: _Asking) -> None:
    asking.asks_always = True
    async with shown(asking.app) as pilot:
        await asked(pilot)
        await pilot.press("ctrl+c")
        await seen(pilot, "cancelled: opening first")
        await seen(pilot, "the experiments were not read")
        await wait_for(pilot, lambda: no_thread_works(pilot), what="the end of the thread")
        await pilot.press("r")
        await asked(pilot)
        await pilot.press(*"pw", "enter")
        await at(pilot, "first")


async def test_calling_off_twice_does_not_quit(asking: _Asking) -> None:
    async with shown(asking.app) as pilot:
        await at(pilot, "first")
        await go_to_asked(pilot, "second")
        await pilot.press("ctrl+c", "ctrl+c")
        await seen(pilot, "cancelled: opening second")
        await pilot.press("r")
        await at(pilot, "first")
        assert pilot.app.is_running


async def test_a_question_whose_job_was_cancelled_goes_away(asking: _Asking) -> None:
    async with shown(asking.app) as pilot:
        await at(pilot, "first")
        await go_to_asked(pilot, "second")
        assert browser_below(pilot)._session.cancel("store")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Browser), what="no question")
        await wait_for(pilot, lambda: no_thread_works(pilot), what="the end of the thread")
        assert asking.ended == ["cancelled"]
        assert "cancelled:" not in told(pilot)


async def test_a_question_whose_job_was_superseded_makes_room_for_the_next(asking: _Asking) -> None:
    async with shown(asking.app) as pilot:
        await at(pilot, "first")
        first = await go_to_asked(pilot, "second")
        browser_below(pilot)._open_other(Which("third", "third", "third"))
        await wait_for(pilot, lambda: asking.ended == ["cancelled"], what="the end of the first opening")
        await seen(pilot, "ada on third")
        await wait_for(pilot, lambda: not first.is_attached or not first.query_one(".box").display, what="it is hidden")
        await pilot.press(*"pw", "enter")
        await at(pilot, "third")
        assert asking.ended == ["cancelled", "answered pw"]


async def test_a_question_below_another_goes_away_once_that_is_answered(demo: Path) -> None:
    over = Event()
    async with shown(FlowdeckApp(str(demo), "x")) as pilot:
        await seen(pilot, "resnet-cifar10")
        lower = _Thread(lambda: questions(pilot).until(over).password("ada", "gpu-3", again=False))
        first = await asked(pilot)
        upper = _Thread(lambda: questions(pilot).password("bob", "gpu-4", again=False))
        await seen(pilot, "bob on gpu-4")
        over.set()
        await wait_for(pilot, lambda: lower.done, what="the end of the first thread")
        assert lower.answers == ["cancelled"]
        await wait_for(pilot, lambda: not first.query_one(".box").display, what="the first question is hidden")
        assert "bob on gpu-4" in told(pilot)
        await pilot.press(*"pw", "enter")
        await wait_for(pilot, lambda: upper.done, what="the answer")
        assert upper.answers == ["pw"]
        await wait_for(pilot, lambda: first not in pilot.app.screen_stack, what="the first question is gone")
        assert isinstance(pilot.app.screen, Browser)


async def test_nothing_is_asked_for_an_attempt_that_is_over(demo: Path) -> None:
    over = Event()
    over.set()
    async with shown(FlowdeckApp(str(demo), "x")) as pilot:
        await seen(pilot, "resnet-cifar10")
        thread = _Thread(lambda: questions(pilot).until(over).password("ada", "gpu-3", again=False))
        await wait_for(pilot, lambda: thread.done, what="the end of the thread")
        assert thread.answers == ["cancelled"]
        assert isinstance(pilot.app.screen, Browser)


async def test_the_password_of_a_database_is_asked_for_by_its_address(demo: Path) -> None:
    async with shown(FlowdeckApp(str(demo), "x"), size=(80, 24)) as pilot:
        await seen(pilot, "resnet-cifar10")
        address = "postgresql://ml@127.0.0.1:5432/mlflow via gpu-3"
        thread = _Thread(lambda: questions(pilot).server_password(address, again=True))
        await asked(pilot)
        await seen(pilot, address)
        assert "That was refused." in told(pilot)
        assert "Password of the server · Enter answers, Esc does not, ^c cancels" in told(pilot)
        await pilot.press(*"s3cret q")
        assert "s3cret" not in told(pilot)
        await pilot.press("enter")
        await wait_for(pilot, lambda: thread.done, what="the answer")
        assert thread.answers == ["s3cret q"]


DUO = (
    "Duo two-factor login for ada\n\nEnter a passcode or select one of the following options:\n\n"
    " 1. Duo Push to XXX-XXX-1234\n 2. Phone call to XXX-XXX-1234\n\nPasscode or option (1-2): "
)


@pytest.mark.parametrize(
    ("prompt", "seen_all"),
    [
        (DUO, ("Duo two-factor login", "2. Phone call to", "Passcode or option (1-2): 7")),
        ("What is the name of the street of your first school, in small letters?", ("in small letters?", "7")),
    ],
)
async def test_paragraphs_that_a_server_asks_are_read_and_there_is_room_to_answer(
    demo: Path, prompt: str, seen_all: tuple[str, ...]
) -> None:
    async with shown(FlowdeckApp(str(demo), "x"), size=(60, 24)) as pilot:
        await seen(pilot, "resnet-cifar10")
        thread = _Thread(lambda: questions(pilot).answers("ada", "gpu", "", (Prompt(prompt, shown=True),)))
        screen = await asked(pilot)
        assert screen.query_one(Input).size.width > 10
        await pilot.press("7")
        for text in seen_all:
            await seen(pilot, text)
        await pilot.press("enter")
        await wait_for(pilot, lambda: thread.done, what="the answer")
        assert thread.answers == [["7"]]


async def test_what_is_typed_unseen_is_not_copied(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown(FlowdeckApp(str(demo), "x")) as pilot:
        await seen(pilot, "resnet-cifar10")
        copied: list[str] = []
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        thread = _Thread(lambda: questions(pilot).password("ada", "gpu-3", again=False))
        await asked(pilot)
        await pilot.press(*"s3cret", "shift+home", "super+c", "ctrl+x", *"ok", "enter")
        await wait_for(pilot, lambda: thread.done, what="the answer")
        assert (copied, thread.answers) == ([], ["ok"])


async def test_questions_that_are_over_before_they_are_there_go_away(demo: Path) -> None:
    async with shown(FlowdeckApp(str(demo), "x")) as pilot:
        await seen(pilot, "resnet-cifar10")
        app = pilot.app
        assert isinstance(app, FlowdeckApp)
        replies = [Reply(), Reply()]
        for reply in replies:
            app.on_asked(Asked(Question("Password", (), (Field("password"),)), reply))
        for reply in replies:
            reply.withdrawn = True
            app.on_withdrawn(Withdrawn(reply))
        await wait_for(pilot, lambda: len(app.screen_stack) == 1, what="no question")
