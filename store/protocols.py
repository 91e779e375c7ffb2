"""The seam between what reaches a tracking store and what shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Protocol

from store.entities import (
    Axis,
    Curve,
    Experiment,
    ExperimentStats,
    History,
    LoggedModel,
    MetricSummary,
    Page,
    Run,
    RunParts,
    StoreInfo,
    ViewType,
)

if TYPE_CHECKING:
    from store.changes import Change, Outcome


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
    """Which runs, in which order, as MLflow's search_runs takes it."""

    experiment_ids: tuple[str, ...] | None = None
    """None: every experiment that is not deleted (with `view` ALL or DELETED_ONLY: every experiment)."""
    filter: str = ""
    order_by: tuple[str, ...] = ()
    """MLflow's strings (`metrics.rmse DESC`); newest first if empty."""
    view: ViewType = ViewType.ACTIVE_ONLY
    limit: int | None = None
    """None: all."""


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

    def runs(self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None) -> list[Run]:
        """The runs with these ids, in their order; ids that do not exist are left out."""
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

    def logged_models(self, model_ids: Sequence[str], cancel: Event | None = None) -> list[LoggedModel]: ...

    def close(self) -> None: ...
