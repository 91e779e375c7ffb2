"""A tracking store behind an MLflow server."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from threading import Event

from store.entities import (
    NO_COUNTS,
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
    ViewType,
)
from store.errors import Cancelled, StoreError
from store.http import columns as columns_of
from store.http.experiments import find_experiments
from store.http.failures import NoSuchRoute, Refused
from store.http.lane import Ask
from store.http.limits import Limits
from store.http.memory import Memory
from store.http.metrics import Metrics
from store.http.naming import matching_run_ids
from store.http.release import find_server
from store.http.rows import fields, logged_model
from store.http.runs import runs_by_id
from store.http.search import find_runs
from store.http.settings import settings_of
from store.http.wire import Wire
from store.key_counts import PARTS
from store.key_values import Key, KeyValues, key_values_of_runs
from store.protocols import ExperimentQuery, Progress, RunKeys, RunQuery
from store.uris import Address
from store.value_counts import keys_read, values_among
from store.varying import varying_among


def open_http(
    address: Address,
    cancel: Event | None = None,
    *,
    limits: Limits | None = None,
    environ: Mapping[str, str] | None = None,
) -> HttpStore:
    """The store behind the server at `address`. Raises `UriError`, `StoreError`s, and `Cancelled`.

    `environ` (by default the process's own) holds the credentials: see `store.http.settings`. Proxies and NO_PROXY
    are always those of the process.
    """
    settings = settings_of(address, os.environ if environ is None else environ)
    wire = Wire(settings, limits or Limits())
    try:
        return HttpStore(address, wire, cancel)
    except BaseException:
        wire.close()
        raise


class HttpStore:
    """See `store.protocols.Store`.

    Runs of several ids that the last search brought along are given as that search found them, for ten seconds.
    Pages of a long search are taken one after the other: runs that are deleted meanwhile can make it miss others.
    """

    def __init__(self, address: Address, wire: Wire, cancel: Event | None = None) -> None:
        self._wire = wire
        self._server = find_server(wire, cancel)
        self._memory = Memory(wire.limits)
        self._metrics = Metrics(wire, self._server)
        self._info = StoreInfo(
            kind=address.kind,
            uri=wire.settings.shown,
            schema=self._server.name,
            notices=(*wire.settings.notices, *self._server.notices, NO_COUNTS),
            counts_runs=False,
        )

    @property
    def info(self) -> StoreInfo:
        return self._info

    def experiments(self, query: ExperimentQuery, cancel: Event | None = None) -> Page[Experiment]:
        return find_experiments(self._wire, self._server, query, cancel)

    def experiment_stats(self, cancel: Event | None = None) -> dict[str, ExperimentStats]:
        """Always empty: the only way to count runs over REST is to read all of them."""
        if cancel is not None and cancel.is_set():
            raise Cancelled
        return {}

    def run_ids(self, query: RunQuery, cancel: Event | None = None, progress: Progress | None = None) -> Page[str]:
        return find_runs(self._wire, self._server, self._memory, query, cancel, progress)

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        return runs_by_id(self._wire, self._server, self._memory, run_ids, parts, cancel, keys or {})

    def matching_run_ids(self, text: str, limit: int, cancel: Event | None = None) -> list[str]:
        return matching_run_ids(self._wire, self._server, self._memory, text, limit, cancel)

    def metric_summaries(self, run_id: str, cancel: Event | None = None) -> list[MetricSummary]:
        return self._metrics.summaries(run_id, cancel)

    def history(self, run_id: str, key: str, cancel: Event | None = None, since: int | None = None) -> History:
        return self._metrics.history(run_id, key, cancel, since)

    def curve(self, run: Run, summary: MetricSummary, axis: Axis, buckets: int, cancel: Event | None = None) -> Curve:
        return self._metrics.curve(run, summary, axis, buckets, cancel)

    def metric_values(
        self, run_ids: Sequence[str], columns: Sequence[MetricColumn], cancel: Event | None = None
    ) -> dict[str, tuple[Aggregated | None, ...]]:
        asked = {RunParts.METRICS: {column.key for column in columns}}
        return columns_of.metric_values(
            self._wire, self.runs(run_ids, RunParts.METRICS, cancel, asked), columns, cancel
        )

    def sparklines(
        self, run_ids: Sequence[str], key: str, buckets: int, cancel: Event | None = None
    ) -> dict[str, tuple[Bucket, ...]]:
        runs = self.runs(run_ids, RunParts.METRICS, cancel, {RunParts.METRICS: {key}})
        return columns_of.sparklines(self._wire, runs, key, buckets, cancel)

    def keys(
        self,
        kind: KeyKind,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[KeyCount]:
        """Of the newest runs alone, which the notes say if there are more."""
        query = RunQuery(experiment_ids, view=ViewType.ALL, limit=columns_of.runs_for_keys(kind))
        page = self.run_ids(query, cancel)
        runs = self.runs(page.items, PARTS[kind], cancel)
        return columns_of.keys_among(kind, runs, text, limit, every=not page.more)

    def values(
        self,
        kind: KeyKind,
        key: str,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[str]:
        """Of no more runs than `keys` looks at."""
        query = RunQuery(experiment_ids, view=ViewType.ALL, limit=columns_of.runs_for_keys(kind))
        page = self.run_ids(query, cancel)
        runs = self.runs(page.items, PARTS[kind], cancel, keys_read(kind, key))
        return values_among(kind, key, runs, text, limit, every=not page.more)

    def varying(self, run_ids: Sequence[str], cancel: Event | None = None) -> frozenset[tuple[KeyKind, str]]:
        parts = RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS
        return varying_among(self.runs(list(dict.fromkeys(run_ids)), parts, cancel))

    def key_values(
        self,
        run_ids: Sequence[str],
        keys: Sequence[Key],
        cancel: Event | None = None,
        progress: Progress | None = None,
        most: int | None = None,
    ) -> KeyValues:
        return key_values_of_runs(self.runs, run_ids, keys, cancel, progress, most)

    def logged_models(self, model_ids: Sequence[str], cancel: Event | None = None) -> list[LoggedModel]:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        found = []
        for answer in self._wire.gather((Ask(f"logged-models/{text}") for text in _model_ids(model_ids)), cancel):
            if isinstance(answer, NoSuchRoute) or (isinstance(answer, Refused) and answer.absent):
                # Servers before MLflow 3.0 have none at all.
                continue
            if isinstance(answer, StoreError):
                raise answer
            found.append(logged_model(fields(answer.get("model"))))
        return found

    def close(self) -> None:
        self._wire.close()


def _model_ids(model_ids: Sequence[str]) -> list[str]:
    """Those that can be part of a path: MLflow's own are `m-` and 32 digits."""
    return [text for text in dict.fromkeys(model_ids) if text.isascii() and text.replace("-", "").isalnum()]
