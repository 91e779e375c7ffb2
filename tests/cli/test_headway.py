"""A long reading tells on a terminal how far it has come, and leaves nothing of that behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from store.entities import Run
from store.errors import StoreUnreachable
from store.protocols import Headway, Progress, RunQuery
from tests.support.cli import invoke
from tests.support.fake_store import FakeStore
from tui.cli import headway

Served = Callable[[FakeStore], FakeStore]

RUN = Run("1" * 32, "one", "0", "FINISHED", 1, 2, "active", None, None)
STEPS = (Headway("runs", 5, None), Headway("runs", 12_340, 20_000), Headway("runs", 20_000, 20_000))


@pytest.fixture(autouse=True)
def _every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headway, "PAUSE_S", 0.0)


def seen(err: str) -> list[str]:
    """What stood on the line, one after the other."""
    return [text.rstrip() for text in err.split("\r") if text.strip()]


@pytest.mark.parametrize("command", ["runs", "doctor"])
def test_a_terminal_shows_one_line_that_is_gone_at_the_end(served: Served, command: str) -> None:
    served(FakeStore(all_runs=(RUN,), told=STEPS))
    result = invoke(command, terminal=True)
    assert result.code == 0
    assert seen(result.err) == ["reading runs: 5", "reading runs: 12 340 of 20 000", "reading runs: 20 000 of 20 000"]
    assert result.err.endswith("\r" + " " * len("reading runs: 20 000 of 20 000") + "\r")
    assert "\n" not in result.err


def test_a_shorter_text_leaves_nothing_of_a_longer_one(served: Served) -> None:
    served(FakeStore(told=(STEPS[1], STEPS[0])))
    long, short = "reading runs: 12 340 of 20 000", "reading runs: 5"
    assert f"\r{long}\r{short.ljust(len(long))}\r" in invoke("runs", terminal=True).err


def test_no_line_is_wider_than_the_terminal(served: Served) -> None:
    served(FakeStore(told=STEPS))
    told = invoke("runs", terminal=True, environ={"COLUMNS": "20"}).err
    assert seen(told)[:3] == ["reading runs: 5", "reading runs: 12 3…", "reading runs: 20 0…"]


def test_without_a_terminal_nothing_is_told(served: Served) -> None:
    served(FakeStore(all_runs=(RUN,), told=STEPS))
    assert invoke("runs").err == ""
    assert invoke("doctor").err == ""


def test_steps_that_nobody_could_read_are_left_out(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headway, "PAUSE_S", 3600.0)
    served(FakeStore(told=STEPS))
    assert seen(invoke("runs", terminal=True).err) == ["reading runs: 5"]


def test_a_failure_erases_the_line_before_it_is_told(served: Served) -> None:
    class Failing(FakeStore):
        def run_ids(self, query: RunQuery, cancel: object = None, progress: Progress | None = None) -> object:
            assert progress is not None
            progress(STEPS[0])
            raise StoreUnreachable("the server went away")

    served(Failing())
    result = invoke("runs", terminal=True, environ={"NO_COLOR": "1"})
    assert result.code == 3
    assert result.err == "\rreading runs: 5\r               \rflowdeck: the server went away\n"
