"""Summing up the metrics of a run, and thinning them for charts, over REST.

A server adds up nothing: histories are read and added up here. One of more than a page is not read for that;
newer servers give a sample of it instead, and the summary and the curve say that they are made from one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from threading import Event
from typing import Final

from store import series
from store.entities import Axis, Curve, History, Metric, MetricSummary, Run
from store.errors import Cancelled, StoreError
from store.http import histories
from store.http.failures import Refused
from store.http.lane import Ask
from store.http.release import Server
from store.http.rows import fields, listed, metric, run_id_of
from store.http.tails import Tails
from store.http.wire import Wire

POINTS: Final = 1_000_000
"""Points of histories that are kept, 24 bytes each: the curve of a metric is drawn right after its summary."""


class Metrics:
    """The metrics of one server's runs."""

    def __init__(self, wire: Wire, server: Server) -> None:
        self._wire = wire
        self._server = server
        self._kept = _Kept()
        self._tails = Tails()

    def history(self, run_id: str, key: str, cancel: Event | None, since: int | None = None) -> History:
        """Every point (of `since` or later), read anew."""
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if since is not None:
            return self._tails.history(self._wire, self._server, run_id, key, since, cancel)
        return histories.whole_history(self._wire, run_id, key, cancel)

    def summaries(self, run_id: str, cancel: Event | None) -> list[MetricSummary]:
        """Of every metric of a run, ordered by key; none if there is no such run."""
        try:
            answer = self._wire.get("runs/get", cancel, run_id=run_id)
        except Refused as error:
            if error.absent:
                return []
            raise
        item = fields(answer.get("run"))
        if run_id_of(item) != run_id:
            return []
        latest = {one.key: one for one in map(metric, listed(fields(item.get("data")).get("metrics")))}
        found = []
        for one, history, sampled in self._read(run_id, [latest[key] for key in sorted(latest)], cancel):
            summary = series.summary(history, one, sampled=sampled)
            self._kept.put(history, summary)
            found.append(summary)
        return found

    def curve(self, run: Run, summary: MetricSummary, axis: Axis, buckets: int, cancel: Event | None) -> Curve:
        """The history that `summary` was made from, or the same read anew, in columns."""
        if cancel is not None and cancel.is_set():
            raise Cancelled
        history, sampled = self._kept.get(run.run_id, summary), summary.sampled
        if history is None:
            ((_, history, sampled),) = self._read(run.run_id, [summary.latest], cancel)
        return series.curve(history, axis, buckets, run.start_time, sampled=sampled)

    def _read(
        self, run_id: str, latest: Sequence[Metric], cancel: Event | None
    ) -> Iterator[tuple[Metric, History, bool]]:
        """For each metric its history, and whether that is a sample."""
        sampling = histories.samples(self._server)
        if histories.pages_histories(self._server) or not sampling:
            whole, long = self._first_pages(run_id, latest, cancel)
            sampled = self._samples(run_id, long, cancel) if sampling else {}
        else:
            # A server that gives a history at once or not at all: only a sample tells how long it is.
            found = self._samples(run_id, latest, cancel)
            ends = {one.key: one for one in latest}
            # Samples leave out the steps beyond 32 bits.
            whole = {
                key: history
                for key, history in found.items()
                if histories.is_complete(history) and histories.reaches(history, ends[key])
            }
            sampled = {key: history for key, history in found.items() if histories.is_long(history)}
        for one in latest:
            history = sampled.get(one.key)
            if history is not None and histories.reaches(history, one):
                yield one, history, True
                continue
            history = whole.get(one.key)
            if history is None:
                history = histories.whole_history(self._wire, run_id, one.key, cancel)
            # Against MLflow's rules: a latest value without a history is one point.
            yield one, history if len(history) else histories.single_point(run_id, one), False

    def _first_pages(
        self, run_id: str, latest: Sequence[Metric], cancel: Event | None
    ) -> tuple[dict[str, History], list[Metric]]:
        """The histories that are no longer than a page, by key, and the metrics that have longer ones."""
        asks = (histories.first_page(run_id, one.key) for one in latest)
        whole, long = {}, []
        for one, answer in zip(latest, self._answers(asks, cancel), strict=True):
            if histories.is_last_page(answer):
                whole[one.key] = histories.history_of(answer, run_id, one.key)
            else:
                long.append(one)
        return whole, long

    def _samples(self, run_id: str, metrics: Sequence[Metric], cancel: Event | None) -> dict[str, History]:
        asks = (histories.sample(self._server, run_id, one.key) for one in metrics)
        answers = zip(metrics, self._answers(asks, cancel), strict=True)
        return {one.key: histories.history_of(answer, run_id, one.key) for one, answer in answers}

    def _answers(self, asks: Iterable[Ask], cancel: Event | None) -> Iterator[dict[str, object]]:
        for answer in self._wire.gather(asks, cancel):
            if isinstance(answer, Refused) and answer.absent:
                # A file store says so of a metric that was deleted meanwhile.
                yield {}
            elif isinstance(answer, StoreError):
                raise answer
            else:
                yield answer


class _Kept:
    """Histories that were read last, with the summaries they were read for."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, str], tuple[MetricSummary, History]] = OrderedDict()
        self._points = 0
        self._lock = threading.Lock()

    def put(self, history: History, summary: MetricSummary) -> None:
        with self._lock:
            self._drop((history.run_id, history.key))
            self._entries[history.run_id, history.key] = (summary, history)
            self._points += len(history)
            while self._points > POINTS and self._entries:
                self._drop(next(iter(self._entries)))

    def get(self, run_id: str, summary: MetricSummary) -> History | None:
        """The history that this very summary was made from."""
        with self._lock:
            entry = self._entries.get((run_id, summary.key))
        return entry[1] if entry is not None and entry[0] is summary else None

    def _drop(self, name: tuple[str, str]) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self._points -= len(entry[1])
