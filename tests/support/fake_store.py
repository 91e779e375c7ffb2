"""A store that gives back what a test put into it: for answers that only other kinds of store give."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event

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
from store.protocols import ExperimentQuery, Headway, Progress, RunKeys, RunQuery
from tests.support.fake_columns import FakeColumns

SERVER = StoreInfo("MLflow server", "http://mlflow.example:5000", "MLflow 3.17.2")


@dataclass
class FakeStore(FakeColumns):
    """Filters and orders are not understood: what matches is what was put in, newest last."""

    info: StoreInfo = SERVER
    all_experiments: tuple[Experiment, ...] = ()
    all_runs: tuple[Run, ...] = ()
    summaries: tuple[MetricSummary, ...] = ()
    notes: tuple[str, ...] = ()
    """Of every list."""
    told: tuple[Headway, ...] = ()
    """What is told while run ids are found."""
    queries: list[RunQuery] = field(default_factory=list)
    closed: bool = False

    def experiments(self, query: ExperimentQuery, cancel: Event | None = None) -> Page[Experiment]:
        items = tuple(
            item for item in self.all_experiments if query.view in (ViewType(item.lifecycle_stage), ViewType.ALL)
        )
        return Page(items[: query.limit], len(items) > len(items[: query.limit]), self.notes)

    def experiment_stats(self, cancel: Event | None = None) -> dict[str, ExperimentStats]:
        counts: dict[str, int] = {}
        for run in self.all_runs:
            counts[run.experiment_id] = counts.get(run.experiment_id, 0) + (run.lifecycle_stage == "active")
        return {key: ExperimentStats(key, number, 0, None) for key, number in counts.items() if number}

    def run_ids(self, query: RunQuery, cancel: Event | None = None, progress: Progress | None = None) -> Page[str]:
        self.queries.append(query)
        if progress is not None:
            for headway in self.told:
                progress(headway)
        ids = tuple(run.run_id for run in self.all_runs if query.view in (ViewType(run.lifecycle_stage), ViewType.ALL))
        return Page(ids[: query.limit], len(ids) > len(ids[: query.limit]), self.notes)

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        known = {run.run_id: run for run in self.all_runs}
        return [known[run_id] for run_id in run_ids if run_id in known]

    def matching_run_ids(self, text: str, limit: int, cancel: Event | None = None) -> list[str]:
        return [run.run_id for run in self.all_runs if run.run_id.startswith(text) or run.run_name == text][:limit]

    def metric_summaries(self, run_id: str, cancel: Event | None = None) -> list[MetricSummary]:
        return list(self.summaries)

    def history(self, run_id: str, key: str, cancel: Event | None = None, since: int | None = None) -> History:
        return History(run_id, key, array("q"), array("q"), array("d"))

    def curve(self, run: Run, summary: MetricSummary, axis: Axis, buckets: int, cancel: Event | None = None) -> Curve:
        return Curve(run.run_id, summary.key, axis, (), 0, 0, 0, summary.sampled)

    def logged_models(self, model_ids: Sequence[str], cancel: Event | None = None) -> list[LoggedModel]:
        return []

    def close(self) -> None:
        self.closed = True
