"""What the columns of a table ask of a store, of runs that a test made: a history is its latest value alone."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from threading import Event

from store.aggregates import sparkline, values_of
from store.entities import Aggregated, Bucket, History, KeyCount, KeyKind, MetricColumn, Page, Run, RunParts
from store.key_counts import count_keys, page_of
from store.key_values import Key, KeyValues, key_values_of_runs
from store.protocols import Progress, RunKeys
from store.value_counts import values_among
from store.varying import varying_among


class FakeColumns:
    """A part of `store.protocols.Store`."""

    all_runs: Sequence[Run]

    def metric_values(
        self, run_ids: Sequence[str], columns: Sequence[MetricColumn], cancel: Event | None = None
    ) -> dict[str, tuple[Aggregated | None, ...]]:
        return {
            run.run_id: values_of(run, columns, {key: _history(run, key) for key in run.metrics}.__getitem__)
            for run in self._named(run_ids)
        }

    def sparklines(
        self, run_ids: Sequence[str], key: str, buckets: int, cancel: Event | None = None
    ) -> dict[str, tuple[Bucket, ...]]:
        runs = [run for run in self._named(run_ids) if key in run.metrics]
        return {run.run_id: sparkline(_history(run, key), buckets) for run in runs}

    def keys(
        self,
        kind: KeyKind,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[KeyCount]:
        runs = [run for run in self.all_runs if experiment_ids is None or run.experiment_id in experiment_ids]
        return page_of(kind, count_keys(kind, runs, text), limit)

    def values(
        self,
        kind: KeyKind,
        key: str,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[str]:
        runs = [run for run in self.all_runs if experiment_ids is None or run.experiment_id in experiment_ids]
        return values_among(kind, key, runs, text, limit, every=True)

    def varying(self, run_ids: Sequence[str], cancel: Event | None = None) -> frozenset[tuple[KeyKind, str]]:
        return varying_among(self._named(run_ids))

    def key_values(
        self,
        run_ids: Sequence[str],
        keys: Sequence[Key],
        cancel: Event | None = None,
        progress: Progress | None = None,
        most: int | None = None,
    ) -> KeyValues:
        return key_values_of_runs(self.runs, run_ids, keys, cancel, progress, most)

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        raise NotImplementedError

    def _named(self, run_ids: Sequence[str]) -> list[Run]:
        return [run for run in self.all_runs if run.run_id in run_ids]


def _history(run: Run, key: str) -> History:
    one = run.metrics[key]
    return History(run.run_id, key, array("q", [one.step]), array("q", [one.timestamp]), array("d", [one.value]))
