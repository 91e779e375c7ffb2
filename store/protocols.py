"""The seam between what reaches a tracking store and what shows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Protocol

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
    ViewType,
)

if TYPE_CHECKING:
    from datetime import datetime

    from store.changes import Change, Outcome
    from store.key_values import Key, KeyValues


@dataclass(frozen=True, slots=True)
class ExperimentQuery:
    """Which experiments, in which order, as MLflow's search_experiments takes it."""

    filter: str = ""
    order_by: tuple[str, ...] = ()
    view: ViewType = ViewType.ACTIVE_ONLY
    limit: int | None = None
    """None: all."""


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs, in which order, as MLflow's search_runs takes it, and in more words: see `store.search`."""

    experiment_ids: tuple[str, ...] | None = None
    """None: every experiment that is not deleted (with `view` ALL or DELETED_ONLY: every experiment)."""
    filter: str = ""
    order_by: tuple[str, ...] = ()
    """MLflow's strings (`metrics.rmse DESC`); newest first if empty."""
    view: ViewType = ViewType.ACTIVE_ONLY
    limit: int | None = None
    """None: all."""
    now: datetime | None = None
    """What times such as `2 days ago` start from, with the zone of those that name none; without a zone, in this
    machine's time. None: when the store is asked."""


@dataclass(frozen=True, slots=True)
class Headway:
    """How far a long answer has come."""

    what: str
    """What is being read: `runs`."""
    done: int
    total: int | None
    """None if that is not known yet."""
    found: tuple[str, ...] = ()
    """Ids that belong to the answer as far as it goes, in its order; more may come between them."""


Progress = Callable[[Headway], object]
"""Told now and then, from the thread that asked, while an answer takes long; it returns soon."""


RunKeys = Mapping[RunParts, Collection[str]]
"""Keys of single parts (PARAMS, METRICS, TAGS): a run may have ten thousand, of which a table shows some."""


class Changes(Protocol):
    """The runs of a store, opened to be changed: apart from `Store`, which cannot."""

    def apply(self, change: Change, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[Outcome, ...]:
        """Makes a change of runs, and tells of each what became of it, in their order.

        Databases change all of them in one transaction or, if one is refused, none. Raises `UsageError` for a
        change that no run of this store can take, `StoreError`s, and `Cancelled`; nothing is changed then.
        """
        ...

    def preview(self, change: Change, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[Outcome, ...]:
        """What `apply` would tell now; nothing is changed."""
        ...

    def close(self) -> None: ...


class Store(Protocol):
    """An MLflow tracking store that is being read.

    Every call may block and may be made from any thread; each takes an event that, once set, ends the call
    with `Cancelled`. Failures are `FlowdeckError`s. No call leaves a lock or a transaction behind.
    """

    @property
    def info(self) -> StoreInfo: ...

    def experiments(self, query: ExperimentQuery, cancel: Event | None = None) -> Page[Experiment]: ...

    def experiment_stats(self, cancel: Event | None = None) -> dict[str, ExperimentStats]:
        """By experiment id; experiments without runs are left out."""
        ...

    def run_ids(self, query: RunQuery, cancel: Event | None = None, progress: Progress | None = None) -> Page[str]:
        """The ids of the runs that match, in order."""
        ...

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        """The runs with these ids, in their order; ids that do not exist are left out.

        Of the params, metrics and tags that `keys` names a part of, only these are read; of the others all.
        """
        ...

    def matching_run_ids(self, text: str, limit: int, cancel: Event | None = None) -> list[str]:
        """Ids of runs (of any lifecycle stage) whose id starts with `text` or whose name is `text`."""
        ...

    def metric_summaries(self, run_id: str, cancel: Event | None = None) -> list[MetricSummary]:
        """Of every metric of a run, ordered by key."""
        ...

    def history(self, run_id: str, key: str, cancel: Event | None = None, since: int | None = None) -> History:
        """Empty if the run has no such metric; with `since` (ms since the epoch) only points of that time or later."""
        ...

    def curve(self, run: Run, summary: MetricSummary, axis: Axis, buckets: int, cancel: Event | None = None) -> Curve:
        """The history of one metric, thinned to at most `buckets` columns of equal width in x."""
        ...

    def metric_values(
        self, run_ids: Sequence[str], columns: Sequence[MetricColumn], cancel: Event | None = None
    ) -> dict[str, tuple[Aggregated | None, ...]]:
        """What the metrics of these runs come to: for each run that exists, by its id, one value for each column.

        As in filters and orders: NaN and infinities take no part in a minimum, a maximum and a mean; a first value, one
        at a step and the latest one, which `runs` gives, are what was logged. Of equal extremes that of the smallest
        step counts, of several values at the first step the earliest, of several at an asked step the last one by
        (timestamp, value). None where a run lacks the metric or nothing that counts was logged.
        """
        ...

    def sparklines(
        self, run_ids: Sequence[str], key: str, buckets: int, cancel: Event | None = None
    ) -> dict[str, tuple[Bucket, ...]]:
        """The histories of a metric of these runs, by run id, thinned as `curve` does it to at most `buckets` each.

        By step, or by order where all of several points share one step. Runs without the metric are left out.
        """
        ...

    def keys(
        self,
        kind: KeyKind,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[KeyCount]:
        """The keys (of datasets: the names) that runs of these experiments have, deleted runs among them.

        None: of all experiments. `text` is a part of the key, in whatever case. Those that most runs have come first,
        then by key, or by key alone where runs were not counted because there are too many; system metrics and
        MLflow's own tags come last. The notes say if not every run was looked at.
        """
        ...

    def values(
        self,
        kind: KeyKind,
        key: str,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[str]:
        """The values that the newest runs of these experiments have under a param or a tag, deleted runs among them.

        Of datasets (`key` is name, digest or context) those of the datasets that they read; metrics have none.
        `text` is a part of the value, in whatever case. Those that most runs have come first, then by value. The notes
        say if not every run was looked at.
        """
        ...

    def varying(self, run_ids: Sequence[str], cancel: Event | None = None) -> frozenset[tuple[KeyKind, str]]:
        """The params, metrics (by their latest values) and tags in which these runs differ.

        A key that some of them lack is one. Two NaN are alike. Ids that do not exist are left out.
        """
        ...

    def key_values(
        self,
        run_ids: Sequence[str],
        keys: Sequence[Key],
        cancel: Event | None = None,
        progress: Progress | None = None,
        most: int | None = None,
    ) -> KeyValues:
        """What these runs, each of which is listed once, have under a few keys: for lists of any length.

        All that is said of a run was so at one moment; of different runs it may be another one. Raises `UsageError` for
        a param, a tag or datasets of which these runs have more than `most` different values.
        """
        ...

    def logged_models(self, model_ids: Sequence[str], cancel: Event | None = None) -> list[LoggedModel]: ...

    def close(self) -> None: ...
