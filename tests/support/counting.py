"""A store that passes every call on to another one, and notes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event

from store.entities import (
    Aggregated,
    Axis,
    Bucket,
    Curve,
    Experiment,
    ExperimentStats,
    History,
    KeyCount,
    KeyKind,
    LoggedModel,
    MetricColumn,
    MetricSummary,
    Page,
    Run,
    RunParts,
    StoreInfo,
)
from store.errors import FlowdeckError
from store.key_values import Key, KeyValues
from store.protocols import ExperimentQuery, Progress, RunKeys, RunQuery, Store


@dataclass(frozen=True)
class Call:
    """One call."""

    at: float
    """In seconds of `time.monotonic`."""
    name: str
    arguments: tuple[object, ...]


@dataclass
class CountingStore:
    """See `store.protocols.Store`."""

    inner: Store
    calls: list[Call] = field(default_factory=list)
    fails: Callable[[str], FlowdeckError | None] = lambda call: None
    """The error of a call, by its name."""

    @property
    def info(self) -> StoreInfo:
        return self.inner.info

    def names(self) -> list[str]:
        """Of the calls, in their order."""
        return [call.name for call in self.calls]

    def _note(self, name: str, *arguments: object) -> None:
        self.calls.append(Call(time.monotonic(), name, arguments))
        if error := self.fails(name):
            raise error

    def experiments(self, query: ExperimentQuery, cancel: Event | None = None) -> Page[Experiment]:
        self._note("experiments", query)
        return self.inner.experiments(query, cancel)

    def experiment_stats(self, cancel: Event | None = None) -> dict[str, ExperimentStats]:
        self._note("experiment_stats")
        return self.inner.experiment_stats(cancel)

    def run_ids(self, query: RunQuery, cancel: Event | None = None, progress: Progress | None = None) -> Page[str]:
        self._note("run_ids", query)
        return self.inner.run_ids(query, cancel, progress)

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        self._note("runs", tuple(run_ids), parts)
        return self.inner.runs(run_ids, parts, cancel, keys)

    def matching_run_ids(self, text: str, limit: int, cancel: Event | None = None) -> list[str]:
        self._note("matching_run_ids", text, limit)
        return self.inner.matching_run_ids(text, limit, cancel)

    def metric_summaries(self, run_id: str, cancel: Event | None = None) -> list[MetricSummary]:
        self._note("metric_summaries", run_id)
        return self.inner.metric_summaries(run_id, cancel)

    def history(self, run_id: str, key: str, cancel: Event | None = None, since: int | None = None) -> History:
        self._note("history", run_id, key, since)
        return self.inner.history(run_id, key, cancel, since)

    def curve(self, run: Run, summary: MetricSummary, axis: Axis, buckets: int, cancel: Event | None = None) -> Curve:
        self._note("curve", run.run_id, summary.key, axis, buckets)
        return self.inner.curve(run, summary, axis, buckets, cancel)

    def metric_values(
        self, run_ids: Sequence[str], columns: Sequence[MetricColumn], cancel: Event | None = None
    ) -> dict[str, tuple[Aggregated | None, ...]]:
        self._note("metric_values", tuple(run_ids), tuple(columns))
        return self.inner.metric_values(run_ids, columns, cancel)

    def sparklines(
        self, run_ids: Sequence[str], key: str, buckets: int, cancel: Event | None = None
    ) -> dict[str, tuple[Bucket, ...]]:
        self._note("sparklines", tuple(run_ids), key, buckets)
        return self.inner.sparklines(run_ids, key, buckets, cancel)

    def keys(
        self,
        kind: KeyKind,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[KeyCount]:
        self._note("keys", kind, experiment_ids, text, limit)
        return self.inner.keys(kind, experiment_ids, text, limit, cancel)

    def values(
        self,
        kind: KeyKind,
        key: str,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[str]:
        self._note("values", kind, key, experiment_ids, text, limit)
        return self.inner.values(kind, key, experiment_ids, text, limit, cancel)

    def varying(self, run_ids: Sequence[str], cancel: Event | None = None) -> frozenset[tuple[KeyKind, str]]:
        self._note("varying", tuple(run_ids))
        return self.inner.varying(run_ids, cancel)

    def key_values(
        self,
        run_ids: Sequence[str],
        keys: Sequence[Key],
        cancel: Event | None = None,
        progress: Progress | None = None,
        most: int | None = None,
    ) -> KeyValues:
        self._note("key_values", tuple(run_ids), tuple(keys))
        return self.inner.key_values(run_ids, keys, cancel, progress, most)

    def logged_models(self, model_ids: Sequence[str], cancel: Event | None = None) -> list[LoggedModel]:
        self._note("logged_models", tuple(model_ids))
        return self.inner.logged_models(model_ids, cancel)

    def close(self) -> None:
        self.inner.close()
