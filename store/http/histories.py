"""Reading metric histories over REST."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from threading import Event
from typing import Any, Final

from store.entities import History, Metric
from store.errors import StoreError
from store.http.failures import Refused
from store.http.lane import Ask
from store.http.paging import pages
from store.http.release import Server
from store.http.rows import integer, listed, number
from store.http.wire import Wire
from store.series import ordered

PAGE: Final = 25_000
"""Points that are asked for at a time. A number must be given: MLflow 3.1 to 3.13 answer nothing without one."""

SAMPLE: Final = 2_500
"""Points of a sample: the most that a server gives."""

HISTORY: Final = "metrics/get-history"
"""Where histories are asked for."""


class Columns:
    """Points of a metric as they come, in columns."""

    def __init__(self) -> None:
        self.steps = array("q")
        self.timestamps = array("q")
        self.values = array("d")

    def add(self, answer: Mapping[str, Any]) -> None:
        for item in listed(answer.get("metrics")):
            self.steps.append(integer(item.get("step")))
            self.timestamps.append(integer(item.get("timestamp")))
            self.values.append(number(item.get("value")))

    def ordered(self, run_id: str, key: str) -> History:
        return ordered(run_id, key, self.steps, self.timestamps, self.values)


def history_of(answer: Mapping[str, Any], run_id: str, key: str) -> History:
    """The points of one answer."""
    points = Columns()
    points.add(answer)
    return points.ordered(run_id, key)


def single_point(run_id: str, one: Metric) -> History:
    """A history of nothing but the latest value."""
    return ordered(run_id, one.key, array("q", [one.step]), array("q", [one.timestamp]), array("d", [one.value]))


def whole_history(wire: Wire, run_id: str, key: str, cancel: Event | None) -> History:
    """Every point, however many there are; none if there is no such run or metric.

    Raises `StoreError`s, also for a run that is deleted while it is read: half a history is none.
    """
    points = Columns()
    try:
        for answer in pages(wire, HISTORY, named(run_id, key), PAGE, None, cancel, get=True):
            points.add(answer)
    except Refused as error:
        if not error.absent or len(points.values):
            raise
    return points.ordered(run_id, key)


def whole_histories(wire: Wire, wanted: Sequence[tuple[str, str]], cancel: Event | None) -> Iterator[History]:
    """The histories of these metrics, each named by its run and its key, several being asked for at a time.

    Those that are not there are empty. Raises what `whole_history` does.
    """
    asks = (first_page(run_id, key) for run_id, key in wanted)
    for (run_id, key), answer in zip(wanted, wire.gather(asks, cancel), strict=True):
        if isinstance(answer, Refused) and answer.absent:
            yield history_of({}, run_id, key)
        elif isinstance(answer, StoreError):
            raise answer
        elif is_last_page(answer):
            yield history_of(answer, run_id, key)
        else:
            yield whole_history(wire, run_id, key, cancel)


def first_page(run_id: str, key: str) -> Ask:
    """The request for the first page of a history."""
    return Ask(HISTORY, (*named(run_id, key).items(), ("max_results", str(PAGE))))


def is_last_page(answer: Mapping[str, Any]) -> bool:
    """True if the history ends with this page."""
    return not answer.get("next_page_token")


def pages_histories(server: Server) -> bool:
    """True if a history comes in pages; older servers give all of it at once, however long it is."""
    return server.since(3, 1)


def samples(server: Server) -> bool:
    """True if the server can give a sample of a history (MLflow 2.12 and newer)."""
    return server.since(2, 12)


def is_complete(sampled: History) -> bool:
    """True if a sample holds every point, because it is shorter than samples may be."""
    return len(sampled) < SAMPLE


def is_long(sampled: History) -> bool:
    """True if a history of which this is a sample is likely to take more than a page."""
    return not is_complete(sampled) and sampled.steps[-1] - sampled.steps[0] >= PAGE


def reaches(sampled: History, latest: Metric) -> bool:
    """True if a sample goes up to the end of the history.

    Where many points share a step, servers before MLflow 3.15 give the beginning of a history for a sample of it.
    """
    return len(sampled) > 0 and (sampled.steps[-1], sampled.timestamps[-1]) >= (latest.step, latest.timestamp)


def sample(server: Server, run_id: str, key: str) -> Ask:
    """The request for a sample of a long history, spread over it."""
    params: tuple[tuple[str, str], ...] = (("run_ids", run_id), ("metric_key", key), ("max_results", str(SAMPLE)))
    if not server.since(3, 15):
        # Without a range these leave out negative steps; a range is one of 32 bits.
        params = (*params, ("start_step", str(-(2**31))), ("end_step", str(2**31 - 1)))
    return Ask("metrics/get-history-bulk-interval", params)


def named(run_id: str, key: str) -> dict[str, str]:
    """Which history a request is about."""
    return {"run_id": run_id, "metric_key": key}
