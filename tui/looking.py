"""A look of live mode at the store, as a function for a worker thread: what changed of what is on screen."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Final

from store.ids import same_ids
from store.kinds import ViewType
from tui.messages import ExperimentsRead, Looked
from tui.reading import ROW_PARTS, Post, recent_first

if TYPE_CHECKING:
    from store.entities import Experiment, ExperimentStats, Page, Run
    from store.protocols import RunKeys, Store
    from tui.following import OpenRun
    from tui.view.runs import RunsView

UNFINISHED: Final = ("RUNNING", "SCHEDULED")
"""Statuses of runs that may still change by themselves."""

NEWEST: Final = 20
"""Runs that are asked for to notice new ones, of stores that do not count: servers send all of each run."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is on screen, as it is known."""

    stage: ViewType
    stats: Mapping[str, ExperimentStats] | None
    """None if nobody counted the runs."""
    experiments: Sequence[Experiment]
    """Those of the stage, in their order."""
    lists_experiments: bool
    """True if their list is on screen: then it is read whether runs came or not."""
    view: RunsView | None = None
    """None while no list of runs is there to be kept up to date."""
    ids: Sequence[str] = ()
    """The runs of the view."""
    newest: Sequence[str] | None = None
    """The ids of the newest runs of its experiments, as the last look found them; None before one did."""
    due: bool = False
    """True if runs came or ended and the list was not asked for since."""
    rows: Mapping[str, Run] = field(default_factory=dict)
    """The rows that are loaded and may change, and those near the screen."""
    near: Sequence[str] = ()
    """Ids of the rows near the screen."""
    keys: RunKeys | None = None
    """What is read of the rows that have ended; None: all."""
    opened: OpenRun | None = None
    """The run that is shown in full, if it may still change."""


def look(store: Store, scene: Scene, post: Post, cancel: Event) -> None:
    """Reads what may have changed, and tells only what did."""
    began = time.monotonic()
    stats, newest = _counted(store, scene, cancel)
    moved = _moved(scene, stats, newest)
    experiments = _experiments(store, scene, stats, cancel) if moved or scene.lists_experiments else None
    page = _page(store, scene, stats, moved or scene.due, cancel)
    asked, runs = _rows(store, scene, moved or scene.due, cancel)
    grown = None
    if scene.opened is not None:
        from tui.following import grow

        grown = grow(store, scene.opened, cancel)
    took = time.monotonic() - began
    post(Looked(scene, moved, experiments, page, newest, asked, runs, grown, took))


def _counted(
    store: Store, scene: Scene, cancel: Event
) -> tuple[Mapping[str, ExperimentStats] | None, Sequence[str] | None]:
    """What tells cheaply whether runs came or ended: how many there are or, if nobody counts, the newest of them."""
    from store.protocols import RunQuery

    if store.info.counts_runs:
        return store.experiment_stats(cancel) or None, None
    view = scene.view
    if view is None:
        return None, None
    return None, store.run_ids(RunQuery(view.experiment_ids, view=view.stage, limit=NEWEST), cancel).items


def _moved(scene: Scene, stats: Mapping[str, ExperimentStats] | None, newest: Sequence[str] | None) -> bool:
    if newest is None:
        return stats != scene.stats
    if scene.newest is not None:
        return list(newest) != list(scene.newest)
    # The first look compares with the list itself, if that begins with the newest.
    return not _is_plain(scene.view) or list(newest) != list(scene.ids[:NEWEST])


def _is_plain(view: RunsView | None) -> bool:
    """True if which runs a view has, and in which order, does not depend on their values."""
    from tui.view.order import NEWEST_FIRST

    return view is not None and not view.filter and not view.find and view.order == NEWEST_FIRST


def _experiments(
    store: Store, scene: Scene, stats: Mapping[str, ExperimentStats] | None, cancel: Event
) -> ExperimentsRead | None:
    from store.protocols import ExperimentQuery

    found = store.experiments(ExperimentQuery(view=ViewType.ALL), cancel).items
    wanted = [item for item in found if scene.stage is ViewType.ALL or item.lifecycle_stage == scene.stage.value]
    shown = recent_first(wanted, stats or {})
    if shown == list(scene.experiments) and stats == scene.stats:
        return None
    return ExperimentsRead(shown, stats, {item.experiment_id: item.name for item in found}, store.info)


def _page(
    store: Store, scene: Scene, stats: Mapping[str, ExperimentStats] | None, moved: bool, cancel: Event
) -> Page[str] | None:
    """The runs of the view, if they are others than before.

    What is filtered or sorted by values changes with every value that a running run logs.
    """
    view = scene.view
    if view is None or not (moved or (not _is_plain(view) and _running(scene, stats))):
        return None
    page = store.run_ids(view.query, cancel)
    return None if same_ids(page.items, scene.ids) else page


def _running(scene: Scene, stats: Mapping[str, ExperimentStats] | None) -> bool:
    if stats is None or scene.view is None:
        return any(run.status in UNFINISHED for run in scene.rows.values())
    ids = scene.view.experiment_ids
    return any(item.running for key, item in stats.items() if ids is None or key in ids)


def _rows(store: Store, scene: Scene, moved: bool, cancel: Event) -> tuple[Sequence[str], Sequence[Run]]:
    """The rows that changed, and the ids of these and of those that are gone."""
    wanted = [run_id for run_id, run in scene.rows.items() if run.status in UNFINISHED]
    ended: list[str] = []
    if moved:
        running = set(wanted)
        ended = [run_id for run_id in scene.near if run_id not in running]
    if scene.keys is None:
        wanted, ended = wanted + ended, []
    if not wanted and not ended:
        return (), ()
    there = store.runs(wanted, ROW_PARTS, cancel) if wanted else []
    if ended:
        there += store.runs(ended, ROW_PARTS, cancel, scene.keys)
        wanted += ended
    changed = [run for run in there if not same(run, scene.rows.get(run.run_id))]
    gone = set(wanted).difference(run.run_id for run in there)
    return [run.run_id for run in changed] + sorted(gone), changed


def same(one: Run, other: Run | None) -> bool:
    """True if nothing was logged to a run between two readings; NaN is the same as NaN."""
    return one == other or (other is not None and _plain(one) == _plain(other))


def _plain(run: Run) -> tuple[object, ...]:
    metrics: Iterable[tuple[str, str]] = ((key, repr(metric)) for key, metric in run.metrics.items())
    return (
        run.run_name,
        run.status,
        run.start_time,
        run.end_time,
        run.lifecycle_stage,
        run.artifact_uri,
        run.user_id,
        run.deleted_time,
        dict(run.params),
        dict(metrics),
        dict(run.tags),
        run.dataset_inputs,
        run.model_inputs,
        run.model_outputs,
        run.problems,
    )
