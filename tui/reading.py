"""What the browser reads, as functions for worker threads: store calls in, messages out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Final

from textual.message import Message

from store.errors import NotFound
from store.kinds import Axis, RunParts, ViewType
from tui.messages import (
    ChartDrawn,
    ExperimentsRead,
    RunRead,
    RunsFound,
    RunsRead,
    SparksRead,
    StoreOpened,
    SummariesRead,
)

# Imported by the functions that need them: this module is loaded before the first frame.
if TYPE_CHECKING:
    from store.entities import MetricSummary, Run
    from store.protocols import Store
    from tui.view.runs import RunsView
    from tui.widgets.chart_pane import ChartWish

Post = Callable[[Message], object]

FIRST_RUNS: Final = 100
"""Runs that are read and shown before the ids of all the others: more than a screen holds."""

ROW_PARTS: Final = RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS
"""What a row of the runs table may show."""

CURVE_BUCKETS: Final = 600
"""Buckets of the curves that sparklines are made from: reading costs as much as for fewer, and the chart that is
opened next is there already (two buckets a column, for charts of up to 300 columns)."""

SPARKS_AT_ONCE: Final = 8
"""Sparklines that are shown together as they are read."""


def open_and_read(uri: str, view: ViewType, post: Post, cancel: Event) -> None:
    # Imported here, while the first frame is on screen: SQLAlchemy takes longer to import than Textual.
    from store.opening import open_store

    store = open_store(uri, cancel)
    post(StoreOpened(store, store.info))
    read_experiments(store, view, post, cancel)


def read_experiments(store: Store, view: ViewType, post: Post, cancel: Event) -> None:
    """Experiments with active runs first, the most recent on top; those without any after them, as MLflow has them."""
    from store.protocols import ExperimentQuery

    found = store.experiments(ExperimentQuery(view=ViewType.ALL), cancel).items
    stats = store.experiment_stats(cancel)

    def recent(experiment_id: str) -> tuple[bool, int]:
        own = stats.get(experiment_id)
        last = own.last_start_time if own else None
        return (last is None, -(last or 0))

    wanted = [item for item in found if view is ViewType.ALL or item.lifecycle_stage == view.value]
    ordered = sorted(wanted, key=lambda item: recent(item.experiment_id))
    names = {item.experiment_id: item.name for item in found}
    post(ExperimentsRead(ordered, stats, names, store.info))


def read_runs(store: Store, view: RunsView, post: Post, cancel: Event) -> None:
    from tui.view.runs import choose_columns

    query = view.query
    first = store.run_ids(replace(query, limit=FIRST_RUNS), cancel)
    runs = store.runs(first.items, ROW_PARTS, cancel)
    columns = choose_columns(runs, several_experiments=view.experiment_ids is None)
    post(RunsFound(view, first.items, not first.more, runs, columns))
    if first.more:
        post(RunsFound(view, store.run_ids(query, cancel).items, True, (), columns))


def read_rows(store: Store, ids: Sequence[str], post: Post, cancel: Event) -> None:
    post(RunsRead(ids, store.runs(ids, ROW_PARTS, cancel)))


def read_run(store: Store, run_id: str, post: Post, cancel: Event) -> None:
    found = store.runs([run_id], RunParts.ALL, cancel)
    if not found:
        raise NotFound(f"run {run_id} is not in the store any more", "press r to read the list again")
    run = found[0]
    models = [entry.model_id for entry in run.model_inputs] + [output.model_id for output in run.model_outputs]
    post(RunRead(run, store.logged_models(models, cancel) if models else ()))
    post(SummariesRead(run_id, store.metric_summaries(run_id, cancel)))


def read_sparks(store: Store, run: Run, summaries: Sequence[MetricSummary], post: Post, cancel: Event) -> None:
    # The next thing that is opened is a chart: what draws it takes longer to import than to draw.
    from tui.view.chart_canvas import figure_class

    figure_class()
    for start in range(0, len(summaries), SPARKS_AT_ONCE):
        curves = [
            store.curve(run, summary, Axis.ORDER if summary.one_step else Axis.STEP, CURVE_BUCKETS, cancel)
            for summary in summaries[start : start + SPARKS_AT_ONCE]
        ]
        post(SparksRead(run.run_id, curves))


def read_chart(store: Store, wish: ChartWish, post: Post, cancel: Event) -> None:
    # plotext is imported with the first chart, in this thread: nothing on screen waits for it.
    from tui.view.chart import draw

    axis = wish.axis
    if axis is Axis.STEP and wish.summary.one_step:
        constant = wish.summary.first_timestamp == wish.summary.last_timestamp
        axis = Axis.ORDER if constant else Axis.RELATIVE
    curve = wish.curve
    if curve is None or curve.axis is not axis or 2 * wish.width > CURVE_BUCKETS:
        curve = store.curve(wish.run, wish.summary, axis, 2 * wish.width, cancel)
    drawing = draw([curve], width=wish.width, height=wish.height, log_x=wish.log_x, log_y=wish.log_y)
    post(ChartDrawn(wish.run.run_id, wish.summary.key, axis, drawing))
