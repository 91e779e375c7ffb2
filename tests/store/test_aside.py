"""Work that nothing can interrupt is waited for, given up or called off, and what it still returns is not lost."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from threading import Event

import pytest

from store.aside import Overdue, run_aside
from store.errors import Cancelled
from tests.support.sshd import wait_for

FAR = 3600.0


class Work:
    """Goes on until it is let go, however long nobody waits for it any more."""

    def __init__(self) -> None:
        self.begun, self.go, self.dropped = Event(), Event(), Event()
        self.discarded: list[object] = []
        self.threads: list[threading.Thread] = []

    def __call__(self) -> str:
        self.threads.append(threading.current_thread())
        self.begun.set()
        assert self.go.wait(20)
        return "late"

    def discard(self, result: object) -> None:
        self.discarded.append(result)
        self.dropped.set()

    def ended(self) -> bool:
        """Whether it has, after a while at the most."""
        assert self.begun.wait(20)
        self.threads[0].join(20)
        return not self.threads[0].is_alive()


def test_what_the_work_returns_comes_back_and_is_not_discarded() -> None:
    work = Work()
    work.go.set()
    assert run_aside(work, 20, Event(), work.discard) == "late"
    assert work.ended()
    assert work.discarded == []


def test_nothing_is_a_result_too() -> None:
    assert run_aside(lambda: None, 20) is None


def test_what_the_work_raises_passes_through_as_it_is() -> None:
    error = TimeoutError("its own")

    def fail() -> None:
        raise error

    with pytest.raises(TimeoutError) as caught:
        run_aside(fail, 20)
    assert caught.value is error
    assert not isinstance(caught.value, Overdue)


def test_an_end_of_the_program_that_the_work_asks_for_passes_through() -> None:
    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit) as caught:
        run_aside(leave, 20)
    assert caught.value.code == 3


def test_work_that_takes_too_long_is_given_up_and_its_late_result_discarded_once() -> None:
    work = Work()
    with pytest.raises(Overdue):
        run_aside(work, 0.05, None, work.discard)
    assert work.discarded == []
    work.go.set()
    assert work.dropped.wait(20)
    assert work.ended()
    assert work.discarded == ["late"]


def test_work_that_is_called_off_is_left_and_its_late_result_discarded_once() -> None:
    work, cancel = Work(), Event()
    calling_off = threading.Thread(target=lambda: (work.begun.wait(20), cancel.set()))
    calling_off.start()
    with pytest.raises(Cancelled):
        run_aside(work, FAR, cancel, work.discard)
    calling_off.join()
    work.go.set()
    assert work.dropped.wait(20)
    assert work.ended()
    assert work.discarded == ["late"]


def test_what_was_called_off_before_is_not_begun() -> None:
    work, cancel = Work(), Event()
    cancel.set()
    with pytest.raises(Cancelled):
        run_aside(work, 20, cancel, work.discard)
    assert not work.begun.is_set()


def test_a_late_failure_concerns_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    work = Work()

    def fail() -> str:
        work()
        raise OSError

    with pytest.raises(Overdue):
        run_aside(fail, 0.05, None, work.discard)
    work.go.set()
    assert work.ended()
    assert (told, work.discarded) == ([], [])


def test_a_late_result_that_cannot_be_discarded_concerns_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    work = Work()

    def discard(result: str) -> None:
        work.discard(result)
        raise OSError

    with pytest.raises(Overdue):
        run_aside(work, 0.05, None, discard)
    work.go.set()
    assert work.ended()
    assert (told, work.discarded) == ([], ["late"])


def test_an_interrupt_of_the_keyboard_leaves_the_work() -> None:
    work = Work()
    main = threading.main_thread().ident
    assert main is not None
    pressing = threading.Thread(target=lambda: (work.begun.wait(20), signal.pthread_kill(main, signal.SIGINT)))
    pressing.start()
    with pytest.raises(KeyboardInterrupt):
        run_aside(work, FAR, None, work.discard)
    pressing.join()
    work.go.set()
    assert work.dropped.wait(20)
    assert work.discarded == ["late"]


def test_every_result_is_either_returned_or_discarded_once_however_close_it_was() -> None:
    """The work ends at about the moment at which it is given up: now before, now after."""
    moment = 0.002
    for turn in range(300):
        own: list[threading.Thread] = []
        discarded: list[int] = []
        returned: list[int] = []
        with contextlib.suppress(Overdue):
            returned.append(run_aside(_after(turn % 5 * moment / 2, turn, own), moment, None, discarded.append))
        wait_for(partial(bool, own), "the work to begin")
        own[0].join(20)
        assert returned + discarded == [turn]


def _after(seconds: float, result: int, own: list[threading.Thread]) -> Callable[[], int]:
    """Work that returns `result` after so many seconds, and says in which thread."""

    def work() -> int:
        own.append(threading.current_thread())
        time.sleep(seconds)
        return result

    return work
