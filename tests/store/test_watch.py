"""Reads are ended from outside when they are withdrawn or overdue, whatever happens to other reads."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from store.sql import watch
from store.sql.watch import Watched, Watcher

FAR = 3600.0


def test_a_read_that_cannot_be_cut_takes_no_others_watch_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "STOP_GRACE", 0.0)
    told: list[Any] = []
    failed, stopped, again = threading.Event(), threading.Event(), threading.Event()

    def note(failure: Any) -> None:
        told.append(failure.exc_value)
        failed.set()

    def broken() -> None:
        raise LookupError("no descriptor")

    monkeypatch.setattr(threading, "excepthook", note)
    watcher = Watcher()
    withdrawn, later = threading.Event(), threading.Event()
    withdrawn.set()
    end = time.monotonic() + FAR
    one = Watched(withdrawn, end, stop=lambda: None, cut=broken)
    other = Watched(later, end, stop=stopped.set, cut=lambda: None)
    with watcher.watching(other):
        with watcher.watching(one):
            assert failed.wait(20)
        later.set()
        assert stopped.wait(20)
    assert other.cancelled
    with watcher.watching(Watched(withdrawn, end, stop=again.set, cut=lambda: None)):
        assert again.wait(20)
    assert {str(error) for error in told} == {"no descriptor"}


def test_an_overdue_read_is_stopped() -> None:
    stopped = threading.Event()
    watched = Watched(None, time.monotonic(), stop=stopped.set, cut=lambda: None)
    with Watcher().watching(watched):
        assert stopped.wait(20)
    assert (watched.overdue, watched.cancelled) == (True, False)
