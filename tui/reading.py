"""What the browser reads, as functions for worker threads: store calls in, messages out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Final

from textual.message import Message

from store.errors import NotFound
from store.kinds import Axis, RunParts, RunStatus, ViewType
from tui.memory import give_back
from tui.messages import (
    ChartDrawn,
    ExperimentsRead,
    GroupsComing,
    GroupsFound,
    GroupsProposed,
    HitsFound,
    KeysFound,
    MistakeFound,
    OffersFound,
    OtherStoreOpened,
    RunRead,
    RunsAbsent,
    RunsComing,
    RunsCompared,
    RunsFound,
    RunsNested,
    RunsRead,
    SparksRead,
    StoreOpened,
    StoreReplaced,
    StoresListed,
    SummariesRead,
    ValuesRead,
    VaryingRead,
    ViewsKept,
)

# Imported by the functions that need them: this module is loaded before the first frame.
if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats, KeyCount, MetricSummary, Run
    from store.nesting import Nesting
    from store.offers import Observed, Typed
    from store.protocols import Headway, RunKeys, Store
    from store.questions import Questions
    from tui.view.run_columns import RunColumn, RunColumns
    from tui.view.run_values import RunValues
    from tui.view.runs import RunsView
    from tui.view.stores import Which
    from tui.views import ViewBook
    from tui.widgets.chart_pane import ChartWish

Post = Callable[[Message], bool]
"""Delivers a message; False if nobody waits for it any more."""

Opener = Callable[[str, Event], "Store"]
"""Opens the store at an address."""

FIRST_RUNS: Final = 100
"""Runs that are read and shown before the ids of all the others: more than a screen holds."""

SAMPLE: Final = 5
"""Runs that are read whole before the others of the first ones: they tell whether runs are wide."""

WIDE: Final = 200
"""Params and metrics of one run from which on only those are read of each that have a column."""

ROW_PARTS: Final = RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS
"""What a row of the runs table may show."""

CURVE_BUCKETS: Final = 600
"""Buckets of the curves that sparklines are made from: reading costs as much as for fewer, and the chart that is
opened next is there already (two buckets a column, for charts of up to 300 columns)."""

SPARKS_AT_ONCE: Final = 8
"""Sparklines that are shown together as they are read."""


KEYS_OFFERED: Final = 200
"""Keys of a kind that are offered at a time."""

TYPING: Final = 0.04
"""Seconds after a key before a store is asked what can come next: who types on does not want to know."""

THINKING: Final = 0.6
"""Seconds after a key before it is said what is wrong: who types on may be mending it."""

HEADWAY_PAUSE: Final = 0.1
"""Seconds between two messages about how far a reading has come: oftener, a slow link would carry nothing else."""


def open_store(uri: str, cancel: Event | None = None, *, questions: Questions | None = None) -> Store:
    """`store.opening.open_named`, imported while the first frame is on screen: it takes longer than Textual."""
    from store import opening

    return opening.open_named(uri, os.environ, cancel, questions=questions)


def list_stores(given: Which, post: Post, cancel: Event) -> None:
    """The saved stores, and the one that was `given` on the command line if it is none of them."""
    from store.places import config_path
    from store.saved_reading import read_stores
    from tui.view.stores import saved_entry, unsaved_entry

    entries = [saved_entry(saved) for saved in read_stores(config_path(os.environ)).values()]
    if all(entry.key != given.key for entry in entries):
        entries.append(unsaved_entry(given))
    post(StoresListed(entries))


def open_other(opener: Opener, which: Which, post: Post, cancel: Event) -> None:
    """Opens another store than the one on screen, which stays until this one is there."""
    store = opener(which.text, cancel)
    if not post(OtherStoreOpened(which, store, cancel)):
        store.close()


def open_and_read(opener: Opener, uri: str, view: ViewType, post: Post, cancel: Event) -> None:
    store = opener(uri, cancel)
    if post(StoreOpened(store, store.info)):
        read_experiments(store, view, post, cancel)
    else:
        store.close()


def read_again(store: Store, opener: Opener, uri: str, view: ViewType, post: Post, cancel: Event) -> None:
    """Reads the experiments; then looks whether the store is still the one that was opened.

    A schema that was upgraded is not noticed by reading what it still has: the address is opened once more, and the
    new store kept if it has another schema.
    """
    read_experiments(store, view, post, cancel)
    fresh = opener(uri, cancel)
    old, new = store.info, fresh.info
    same = (old.kind, old.schema, old.revision) == (new.kind, new.schema, new.revision)
    if same or not post(StoreReplaced(fresh, new)):
        fresh.close()


def read_experiments(store: Store, view: ViewType, post: Post, cancel: Event) -> None:
    """Experiments with active runs first, the most recent on top; those without any after them, as MLflow has them.

    They are told before their runs are counted, in MLflow's order, for stores that take long to count.
    """
    from store.protocols import ExperimentQuery

    found = store.experiments(ExperimentQuery(view=ViewType.ALL), cancel).items
    names = {item.experiment_id: item.name for item in found}
    wanted = [item for item in found if view is ViewType.ALL or item.lifecycle_stage == view.value]
    post(ExperimentsRead(wanted, None, names, store.info, counting=True))
    stats = store.experiment_stats(cancel)
    post(ExperimentsRead(recent_first(wanted, stats), stats or None, names, store.info))


def recent_first(experiments: Sequence[Experiment], stats: Mapping[str, ExperimentStats]) -> list[Experiment]:
    """Those with runs first, the one whose newest run started last on top."""

    def recent(experiment: Experiment) -> tuple[bool, int]:
        own = stats.get(experiment.experiment_id)
        last = own.last_start_time if own else None
        return (last is None, -(last or 0))

    return sorted(experiments, key=recent)


def read_runs(store: Store, view: RunsView, post: Post, cancel: Event) -> None:
    """The first runs with their rows, then the ids of all; of an empty answer, why it is empty."""
    query = view.query
    told = 0.0

    def progress(headway: Headway) -> None:
        nonlocal told
        if (now := time.monotonic()) - told >= HEADWAY_PAUSE:
            told = now
            post(RunsComing(view, headway))

    first = store.run_ids(replace(query, limit=FIRST_RUNS), cancel, progress)
    runs, columns, keys = _first_rows(store, first.items, view, cancel)
    nesting = _nesting(store, view, first.items, cancel)
    post(RunsFound(view, first.items, not first.more, runs, columns, first.notes, keys, nesting))
    if first.more:
        every = store.run_ids(query, cancel, progress)
        nesting = _nesting(store, view, every.items, cancel)
        post(RunsFound(view, every.items, True, (), columns, every.notes, keys, nesting))
        give_back(len(every.items))
    elif not first.items and query.filter:
        from store.absent import absent, named_by_filter

        if named := named_by_filter(query.filter):
            post(RunsAbsent(view, absent(store, named, query, cancel)))


def _nesting(store: Store, view: RunsView, ids: Sequence[str], cancel: Event) -> Nesting | None:
    """None if runs are not to be nested, or are too many for it."""
    if not view.nested:
        return None
    from store.nesting import MOST_NESTED, read_nesting

    return read_nesting(store, ids, cancel) if len(ids) <= MOST_NESTED else None


def nest_runs(store: Store, ids: Sequence[str], post: Post, cancel: Event) -> None:
    """The runs of a list below their parents."""
    from store.nesting import read_nesting

    post(RunsNested(ids, read_nesting(store, ids, cancel)))


def _first_rows(
    store: Store, ids: Sequence[str], view: RunsView, cancel: Event
) -> tuple[list[Run], RunColumns, RunKeys | None]:
    """The runs with these ids, the columns that tell most about them, and what of wide runs is read from now on."""
    from tui.view.run_columns import choose_columns, promoted

    several, by = view.experiment_ids is None, [key.column for key in view.order]
    runs = store.runs(ids[:SAMPLE], ROW_PARTS, cancel)
    if not any(map(_is_wide, runs)):
        runs += store.runs(ids[SAMPLE:], ROW_PARTS, cancel) if len(ids) > SAMPLE else []
        columns = choose_columns(runs, several_experiments=several)
        keys = promoted(columns, by).keys if any(map(_is_wide, runs)) else None
        return runs, columns, keys
    columns = choose_columns(runs, several_experiments=several)
    keys = promoted(columns, by).keys
    return runs + _narrow_rows(store, ids[SAMPLE:], keys, cancel), columns, keys


def _is_wide(run: Run) -> bool:
    return len(run.metrics) + len(run.params) > WIDE


def _narrow_rows(store: Store, ids: Sequence[str], keys: RunKeys, cancel: Event) -> list[Run]:
    """Runs with these keys alone; those that are running whole, because all metrics tell whether they fell silent."""
    found = store.runs(ids, ROW_PARTS, cancel, keys) if ids else []
    running = [run.run_id for run in found if run.status == RunStatus.RUNNING]
    whole = {run.run_id: run for run in store.runs(running, ROW_PARTS, cancel)} if running else {}
    return [whole.get(run.run_id, run) for run in found]


def read_rows(
    store: Store, ids: Sequence[str], keys: RunKeys | None, columns: Sequence[RunColumn], post: Post, cancel: Event
) -> None:
    """Rows, then what their `columns` show of histories and datasets, which takes longer."""
    runs = store.runs(ids, ROW_PARTS, cancel) if keys is None else _narrow_rows(store, ids, keys, cancel)
    post(RunsRead(ids, runs, keys))
    if any(column.computed for column in columns):
        post(ValuesRead(read_values(store, ids, columns, cancel)))


def read_hits(store: Store, view: RunsView, ids: Sequence[str], text: str, post: Post, cancel: Event) -> None:
    """Where in the list of a view the runs are that have `text` in their name, or whose id begins with it."""
    from tui.view.hits import Hits, hit_places, hits_query

    named = store.run_ids(hits_query(view, text), cancel).items
    post(HitsFound(Hits(text, ids, hit_places(ids, named, text, cancel))))
    give_back(len(ids))


def read_values(store: Store, ids: Sequence[str], columns: Sequence[RunColumn], cancel: Event) -> RunValues:
    """What `columns` show of the histories and the datasets of these runs."""
    from tui.view.cells import SPARK_COLUMNS, sparkline
    from tui.view.run_values import RunValues

    values = RunValues()
    wanted = list(dict.fromkeys(history for column in columns if (history := column.history) is not None))
    if wanted:
        found = store.metric_values(ids, wanted, cancel)
        for place, column in enumerate(wanted):
            values.add_numbers(column, {key: found[key][place] if key in found else None for key in ids})
    if any(column.kind == "datasets" for column in columns):
        from tui.view.facts import datasets_of

        read = {run.run_id: datasets_of(run) for run in store.runs(ids, RunParts.INPUTS, cancel)}
        values.add_datasets({key: read.get(key, ()) for key in ids})
    for key in dict.fromkeys(column.key for column in columns if column.spark):
        curves = store.sparklines(ids, key, SPARK_COLUMNS, cancel)
        drawn = {run: sparkline(buckets, SPARK_COLUMNS) if (buckets := curves.get(run)) else "" for run in ids}
        values.add_curves(key, drawn)
    return values


def find_keys(store: Store, experiment_ids: tuple[str, ...] | None, text: str, post: Post, cancel: Event) -> None:
    """What the runs of these experiments have under keys that contain `text`."""
    post(_keys_found(store, experiment_ids, text, cancel))


def find_columns(store: Store, experiment_ids: tuple[str, ...] | None, text: str, post: Post, cancel: Event) -> None:
    """The same, and then the names of datasets as well: some stores take longer to tell them."""
    from store.kinds import KeyKind

    found = _keys_found(store, experiment_ids, text, cancel)
    post(found)
    if datasets := store.keys(KeyKind.DATASET, experiment_ids, text, KEYS_OFFERED, cancel).items:
        post(replace(found, keys=[*found.keys, *datasets]))


def _keys_found(store: Store, experiment_ids: tuple[str, ...] | None, text: str, cancel: Event) -> KeysFound:
    from store.kinds import KeyKind

    found: list[KeyCount] = []
    more = []
    for kind in (KeyKind.METRIC, KeyKind.PARAM, KeyKind.TAG):
        page = store.keys(kind, experiment_ids, text, KEYS_OFFERED, cancel)
        found += page.items
        if page.more:
            more.append(str(kind))
    note = f"the first {KEYS_OFFERED} {' and '.join(more)}: type to find others" if more else ""
    return KeysFound(text, found, note)


def find_offers(store: Store, observed: Observed, typed: Typed, post: Post, cancel: Event) -> None:
    """What can come next in a filter; then, once nothing was typed for a while, what is wrong in it so far, or which
    key in it no run has.
    """
    from store.offers import mistake_in, offers_at, unknown_in

    began = time.monotonic()
    if cancel.wait(TYPING):
        return
    post(OffersFound(offers_at(store, observed, typed, cancel)))
    error = mistake_in(typed) or unknown_in(store, observed, typed, cancel)
    if not cancel.wait(max(0.0, began + THINKING - time.monotonic())):
        post(MistakeFound(typed, error))


def read_varying(store: Store, view: RunsView, ids: Sequence[str], post: Post, cancel: Event) -> None:
    post(VaryingRead(view, store.varying(ids, cancel)))


def read_groups(
    store: Store, view: RunsView, ids: Sequence[str], columns: Sequence[RunColumn], post: Post, cancel: Event
) -> None:
    """The runs of a list in groups, with what the metrics of these columns come to."""
    from store.entities import MetricColumn
    from store.grouping import group_runs

    told = time.monotonic()

    def progress(done: int) -> None:
        nonlocal told
        if (now := time.monotonic()) - told >= HEADWAY_PAUSE:
            told = now
            post(GroupsComing(view, done, len(ids)))

    metrics = [MetricColumn(column.key, column.aggregate, column.step) for column in columns]
    post(GroupsFound(view, group_runs(store, ids, view.groups, metrics, cancel, progress), columns, ids))


def propose_groups(store: Store, view: RunsView, ids: Sequence[str], post: Post, cancel: Event) -> None:
    """What these runs may be meant to be grouped by, as far as seeds, folds and repetitions tell."""
    from store.grouping import propose

    proposals, looked_at = propose(store, ids, cancel)
    note = f"seen in the first {looked_at} runs" if looked_at < len(ids) else ""
    post(GroupsProposed(view, proposals, note))


def read_compared(store: Store, ids: Sequence[str], post: Post, cancel: Event) -> None:
    """Runs with all their parts, to be shown side by side."""
    post(RunsCompared(store.runs(ids, RunParts.ALL, cancel), len(ids)))


def keep_views(views: ViewBook, done: str, post: Post, cancel: Event) -> None:
    """Writes the file of views; `done` is what is said then."""
    post(ViewsKept(done, views.write()))


def read_run(store: Store, run_id: str, post: Post, cancel: Event) -> None:
    found = store.runs([run_id], RunParts.ALL, cancel)
    if not found:
        raise NotFound(f"run {run_id} is not in the store any more", "read the list again")
    run = found[0]
    models = [entry.model_id for entry in run.model_inputs] + [output.model_id for output in run.model_outputs]
    post(RunRead(run, store.logged_models(models, cancel) if models else ()))
    post(SummariesRead(run_id, store.metric_summaries(run_id, cancel)))


def read_sparks(store: Store, run: Run, summaries: Sequence[MetricSummary], post: Post, cancel: Event) -> None:
    # The next thing that is opened is a chart: what draws it takes longer to import than to draw.
    from tui.view.chart_canvas import import_ahead

    import_ahead()
    for start in range(0, len(summaries), SPARKS_AT_ONCE):
        curves = [
            store.curve(run, summary, Axis.ORDER if summary.one_step else Axis.STEP, CURVE_BUCKETS, cancel)
            for summary in summaries[start : start + SPARKS_AT_ONCE]
        ]
        post(SparksRead(run.run_id, curves))


def read_chart(store: Store, wish: ChartWish, post: Post, cancel: Event) -> None:
    # plotext is imported with the first chart, in this thread: nothing on screen waits for it.
    from tui.view.chart import draw
    from tui.view.chart_axis import usable_axis

    axis = usable_axis(wish.axis, [wish.summary])
    buckets = 2 * wish.width
    curve = wish.curve_on(axis, buckets)
    if curve is None:
        curve = store.curve(wish.run, wish.summary, axis, buckets, cancel)
    elif curve is wish.curve:
        buckets = CURVE_BUCKETS
    drawing = draw([curve], width=wish.width, height=wish.height, log_x=wish.log_x, log_y=wish.log_y)
    post(ChartDrawn(curve, buckets, drawing))
