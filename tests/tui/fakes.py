"""A small store in memory that can be slow, incomplete or wrong on purpose."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from threading import Event

from textual.pilot import Pilot

from store.entities import (
    Axis,
    Curve,
    Experiment,
    ExperimentStats,
    History,
    LoggedModel,
    Metric,
    MetricSummary,
    Page,
    Run,
    RunParts,
    StoreInfo,
)
from store.errors import Cancelled, FlowdeckError
from store.protocols import ExperimentQuery, Headway, Progress, RunKeys, RunQuery
from tests.support.fake_columns import FakeColumns
from tui.app import FlowdeckApp
from tui.reading import HEADWAY_PAUSE

PATIENCE = 20.0
"""Seconds after which a gate that nobody opens is a failure."""


class Gate:
    """Holds a call until the test lets it go on."""

    def __init__(self) -> None:
        self._open = Event()
        self.reached = Event()
        """Set once somebody waits."""

    def open(self) -> None:
        self._open.set()

    def wait(self, cancel: Event | None) -> None:
        self.reached.set()
        end = time.monotonic() + PATIENCE
        while not self._open.wait(0.01):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            assert time.monotonic() < end, "a gate that was never opened"


INFO = StoreInfo("fake", "fake://", "MLflow 3.17", "aaaa")


def opened() -> Gate:
    gate = Gate()
    gate.open()
    return gate


def run(number: int, **fields: object) -> Run:
    """A finished run with a metric and a param."""
    made = Run(
        run_id=f"{number:032x}",
        run_name=f"run-{number}",
        experiment_id="1",
        status="FINISHED",
        start_time=1_700_000_000_000 + number,
        end_time=1_700_000_060_000 + number,
        lifecycle_stage="active",
        artifact_uri=f"s3://bucket/{number}",
        user_id="ann",
        params={"lr": str(number)},
        metrics={"loss": Metric("loss", number / 10, 1, 1)},
        parts=RunParts.ALL,
    )
    return replace(made, **fields)  # type: ignore[arg-type]  # the names are the entity's own


@dataclass
class FakeStore(FakeColumns):
    """See `store.protocols.Store`. It sorts by name and filters by nothing."""

    all_runs: Sequence[Run] = ()
    all_experiments: Sequence[Experiment] = (Experiment("1", "iris", "s3://bucket", "active"),)
    stats: Mapping[str, ExperimentStats] = field(
        default_factory=lambda: {"1": ExperimentStats("1", 3, 1, 1_700_000_000_000)}
    )
    summaries: Sequence[MetricSummary] = ()
    models: Sequence[LoggedModel] = ()
    notes: tuple[str, ...] = ()
    info: StoreInfo = INFO
    counting: Gate = field(default_factory=opened)
    """Passed before runs are counted."""
    steps: Sequence[tuple[Headway, Gate]] = ()
    """What is told of a reading of the runs, each before its gate."""
    fails: Callable[[str], FlowdeckError | None] = lambda call: None
    """The error of a call, by its name."""
    closed: bool = False

    def _check(self, call: str) -> None:
        if error := self.fails(call):
            raise error

    def experiments(self, query: ExperimentQuery, cancel: Event | None = None) -> Page[Experiment]:
        self._check("experiments")
        return Page(tuple(self.all_experiments), False)

    def experiment_stats(self, cancel: Event | None = None) -> dict[str, ExperimentStats]:
        self.counting.wait(cancel)
        self._check("experiment_stats")
        return dict(self.stats)

    def run_ids(self, query: RunQuery, cancel: Event | None = None, progress: Progress | None = None) -> Page[str]:
        self._check("run_ids")
        if progress is not None:
            for headway, gate in self.steps:
                progress(headway)
                gate.wait(cancel)
                # Oftener nobody would be told.
                time.sleep(HEADWAY_PAUSE)
        ids = [item.run_id for item in self.all_runs]
        kept = ids[: query.limit]
        return Page(tuple(kept), len(kept) < len(ids), self.notes)

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        known = {item.run_id: item for item in self.all_runs}
        return [known[run_id] for run_id in run_ids if run_id in known]

    def matching_run_ids(self, text: str, limit: int, cancel: Event | None = None) -> list[str]:
        return [item.run_id for item in self.all_runs if item.run_id.startswith(text)][:limit]

    def metric_summaries(self, run_id: str, cancel: Event | None = None) -> list[MetricSummary]:
        return list(self.summaries)

    def history(self, run_id: str, key: str, cancel: Event | None = None, since: int | None = None) -> History:
        raise AssertionError("the program draws from curves")

    def curve(self, run: Run, summary: MetricSummary, axis: Axis, buckets: int, cancel: Event | None = None) -> Curve:
        return Curve(run.run_id, summary.key, axis, (), summary.count, 0, 0, summary.sampled)

    def logged_models(self, model_ids: Sequence[str], cancel: Event | None = None) -> list[LoggedModel]:
        return [model for model in self.models if model.model_id in model_ids]

    def close(self) -> None:
        self.closed = True


def shown(
    *stores: FakeStore, size: tuple[int, int] = (100, 30), read_only: bool = False
) -> AbstractAsyncContextManager[Pilot[int]]:
    """The program on the first of these stores; each time it opens the address again it finds the next one."""

    @asynccontextmanager
    async def run_it() -> AsyncIterator[Pilot[int]]:
        left = list(stores)

        def opener(uri: str, cancel: Event) -> FakeStore:
            return left.pop(0) if len(left) > 1 else left[0]

        app = FlowdeckApp("fake://", "test store", opener=opener, read_only=read_only)
        async with app.run_test(size=size, notifications=True) as pilot:
            yield pilot

    return run_it()
