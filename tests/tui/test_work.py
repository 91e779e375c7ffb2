"""Work in threads: what was superseded says nothing, every failure is told once, and nothing is forgotten."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable
from threading import Event

import pytest
from textual.app import App
from textual.message import Message
from textual.pilot import Pilot

from store.errors import Cancelled, StoreBusy
from tui.work import Jobs, WorkEnded, WorkFailed, WorkFault, deliver

SECONDS = 10.0
"""After which something that should have happened never will."""


class Result(Message):
    """What a piece of work found."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value


class Worker(App[None]):
    """Starts work and keeps what it hears of it."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs = Jobs(self)
        self.results: list[str] = []
        self.failures: list[WorkFailed] = []
        self.faults: list[WorkFault] = []
        self.endings: list[str] = []

    def on_result(self, message: Result) -> None:
        self.results.append(message.value)

    def on_work_failed(self, message: WorkFailed) -> None:
        self.failures.append(message)

    def on_work_fault(self, message: WorkFault) -> None:
        self.faults.append(message)

    def on_work_ended(self, message: WorkEnded) -> None:
        self.endings.append(message.group)
        self.jobs.ended(message)

    def deliver_when(self, go: Event, value: str, delivered: list[bool]) -> Callable[[Event], None]:
        """Work that goes on after it was cancelled, as a driver does that is in the middle of a call."""

        def work(cancel: Event) -> None:
            assert go.wait(SECONDS)
            delivered.append(deliver(self, Result(value)))

        return work


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        await pilot.pause(0.005)


async def settled(pilot: Pilot[None]) -> None:
    """No thread runs any more, and what they said was heard."""
    app = pilot.app
    await until(pilot, lambda: not any(worker.is_running for worker in app.workers))
    await pilot.pause()


async def test_work_delivers_its_results_and_ends() -> None:
    app = Worker()
    async with app.run_test() as pilot:
        app.jobs.run("runs", "reading the runs", lambda cancel: deliver(app, Result("found")))
        assert app.jobs.running == ["runs"]
        await until(pilot, lambda: app.endings)
        assert (app.results, app.endings, app.jobs.running) == (["found"], ["runs"], [])
        assert not app.jobs.cancel("runs")


async def test_what_was_worked_on_goes_with_the_end_of_the_work() -> None:
    class Large:
        """Something that takes much room."""

    def begin(app: Worker) -> weakref.ref[Large]:
        large = Large()

        def work(cancel: Event) -> None:
            deliver(app, Result(type(large).__name__))

        app.jobs.run("one", "reading", work)
        return weakref.ref(large)

    app = Worker()
    async with app.run_test() as pilot:
        # Whoever looks for garbage would find it; that may be minutes later.
        gc.disable()
        try:
            kept = begin(app)
            await until(pilot, lambda: app.endings == ["one"])
            assert app.results == ["Large"]
            assert kept() is None
        finally:
            gc.enable()


async def test_superseded_work_delivers_nothing() -> None:
    app = Worker()
    async with app.run_test() as pilot:
        go, delivered = Event(), list[bool]()
        cancels: list[Event] = []

        def slow(cancel: Event) -> None:
            cancels.append(cancel)
            app.deliver_when(go, "old", delivered)(cancel)

        app.jobs.run("runs", "reading the runs", slow)
        await until(pilot, lambda: cancels)
        app.jobs.run("runs", "reading the runs", app.deliver_when(go, "new", []))
        assert cancels[0].is_set()
        go.set()
        await until(pilot, lambda: app.endings)
        await until(pilot, lambda: delivered)
        await settled(pilot)
        assert delivered == [False]
        assert app.results == ["new"]
        # The end of the old work is not told either: it would be taken for the end of the new.
        assert app.endings == ["runs"]


async def test_the_end_of_superseded_work_does_not_end_what_superseded_it() -> None:
    app = Worker()
    async with app.run_test():
        app.jobs.run("runs", "reading", lambda cancel: cancel.wait(SECONDS))
        app.jobs.ended(WorkEnded("runs", Event()))
        assert app.jobs.running == ["runs"]
        assert app.jobs.cancel_all()


async def test_groups_do_not_supersede_each_other() -> None:
    app = Worker()
    async with app.run_test() as pilot:
        go = Event()
        for group in ("runs", "run", "chart"):
            app.jobs.run(group, f"reading {group}", app.deliver_when(go, group, []))
        assert sorted(app.jobs.running) == ["chart", "run", "runs"]
        go.set()
        await until(pilot, lambda: len(app.endings) == 3)
        assert sorted(app.results) == ["chart", "run", "runs"]
        assert app.jobs.running == []


async def test_a_failure_of_the_store_is_told_with_what_was_being_done() -> None:
    app = Worker()
    error = StoreBusy("the database is locked", "try again")

    def work(cancel: Event) -> None:
        raise error

    async with app.run_test() as pilot:
        app.jobs.run("runs", "reading the runs", work)
        await until(pilot, lambda: app.endings)
        assert [(failure.what, failure.error) for failure in app.failures] == [("reading the runs", error)]
        assert app.faults == []
        assert app.jobs.running == []


async def test_being_cancelled_is_no_failure() -> None:
    app = Worker()
    began, ended = Event(), Event()

    def work(cancel: Event) -> None:
        began.set()
        assert cancel.wait(SECONDS)
        ended.set()
        raise Cancelled("withdrawn")

    async with app.run_test() as pilot:
        app.jobs.run("runs", "reading the runs", work)
        await until(pilot, began.is_set)
        assert app.jobs.cancel("runs")
        await until(pilot, ended.is_set)
        await settled(pilot)
        assert (app.failures, app.faults) == ([], [])


async def test_work_that_somebody_it_asked_called_off_is_told() -> None:
    app = Worker()

    def work(cancel: Event) -> None:
        raise Cancelled

    async with app.run_test() as pilot:
        app.jobs.run("runs", "reading the runs", work)
        await until(pilot, lambda: app.endings)
        assert [(failed.what, type(failed.error)) for failed in app.failures] == [("reading the runs", Cancelled)]
        assert app.jobs.running == []


@pytest.mark.parametrize("error", [ZeroDivisionError("a fault"), KeyError("x"), RuntimeError("y")])
async def test_any_other_error_is_a_fault_of_the_program(error: Exception) -> None:
    app = Worker()

    def work(cancel: Event) -> None:
        raise error

    async with app.run_test() as pilot:
        app.jobs.run("runs", "reading the runs", work)
        await until(pilot, lambda: app.endings)
        assert [fault.error for fault in app.faults] == [error]
        assert app.failures == []


async def test_failures_of_superseded_work_are_not_told_but_faults_of_the_program_are() -> None:
    app = Worker()
    async with app.run_test() as pilot:
        for error in (StoreBusy("locked"), ZeroDivisionError()):
            started, go, ended = Event(), Event(), Event()

            def work(
                cancel: Event, error: Exception = error, started: Event = started, go: Event = go, ended: Event = ended
            ) -> None:
                started.set()
                try:
                    assert go.wait(SECONDS)
                    raise error
                finally:
                    ended.set()

            app.jobs.run("runs", "reading the runs", work)
            await until(pilot, started.is_set)
            assert app.jobs.cancel("runs")
            go.set()
            await until(pilot, ended.is_set)
        await settled(pilot)
        assert (app.failures, app.endings) == ([], [])
        assert [type(fault.error) for fault in app.faults] == [ZeroDivisionError]


async def test_cancelling_everything_sets_every_event_and_says_whether_there_was_any() -> None:
    app = Worker()
    async with app.run_test() as pilot:
        assert not app.jobs.cancel_all()
        seen: list[Event] = []

        def work(cancel: Event) -> None:
            seen.append(cancel)
            assert cancel.wait(SECONDS)
            raise Cancelled("withdrawn")

        app.jobs.run("runs", "reading", work)
        app.jobs.run("chart", "reading", work)
        await until(pilot, lambda: len(seen) == 2)
        assert app.jobs.cancel_all()
        assert app.jobs.running == []
        assert all(event.is_set() for event in seen)
        assert not app.jobs.cancel_all()
        await settled(pilot)
        assert (app.failures, app.faults, app.results) == ([], [], [])


async def test_a_group_can_be_used_again_after_it_was_cancelled() -> None:
    app = Worker()
    async with app.run_test() as pilot:
        app.jobs.run("runs", "reading", lambda cancel: cancel.wait(SECONDS))
        assert app.jobs.cancel("runs")
        app.jobs.run("runs", "reading", lambda cancel: deliver(app, Result("again")))
        await until(pilot, lambda: app.endings)
        assert app.results == ["again"]
