"""Keeping a running run up to date by its newest points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from store.entities import Curve, LoggedModel, Metric, MetricSummary, Run, RunParts
from store.follow import Followed, begin, caught_up, follow, since
from store.series import summary as summed_up
from tui.looking import UNFINISHED, same
from tui.reading import CURVE_BUCKETS

if TYPE_CHECKING:
    from store.protocols import Store


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that is shown in full, as it is known."""

    run: Run
    models: Sequence[LoggedModel]
    summaries: Mapping[str, MetricSummary]
    """Empty before they were read."""
    curves: Mapping[str, Curve]
    """Those of the sparklines, by metric."""
    charted: Curve | None = None
    """The one of the chart on screen."""
    charted_buckets: int = 0
    """Into how many buckets that was thinned at most."""
    followed: Mapping[str, Followed] = field(default_factory=dict)
    """The metrics of which new points were read before."""


@dataclass(slots=True)
class Growth:
    """A run as it is now: everything that is known of it, whether it changed or not."""

    run: Run
    models: Sequence[LoggedModel]
    summaries: dict[str, MetricSummary]
    curves: dict[str, Curve]
    """Without those that are to be read again."""
    charted: Curve | None
    """None if it is to be read again, or there is no chart."""
    followed: dict[str, Followed]
    ended: bool = False
    """True if the run is finished, or no longer in the store: it is read in full once more."""


def grow(store: Store, known: OpenRun, cancel: Event) -> Growth | None:
    """Reads a run's attributes, and of the metrics that have another latest value the newest points.

    None if nothing changed.
    """
    found = store.runs([known.run.run_id], RunParts.ALL, cancel)
    run = found[0] if found else known.run
    growth = Growth(
        run,
        known.models,
        dict(known.summaries),
        dict(known.curves),
        known.charted,
        dict(known.followed),
        ended=not found or run.status not in UNFINISHED,
    )
    if growth.ended:
        return growth
    growth.models = _models(store, known, run, cancel)
    changed = not same(run, known.run) or growth.models is not known.models
    if known.summaries or not known.run.metrics:
        moved = [metric for key, metric in run.metrics.items() if not _is_known(metric, known.summaries.get(key))]
        sampled = {metric.key for metric in moved if _is_sampled(known.summaries.get(metric.key))}
        for metric in moved:
            if metric.key not in sampled:
                changed |= _follow(store, known, growth, metric, cancel)
        if sampled:
            changed |= _sample_again(store, growth, sampled, cancel)
    return growth if changed else None


def _models(store: Store, known: OpenRun, run: Run, cancel: Event) -> Sequence[LoggedModel]:
    ids = [item.model_id for item in run.model_inputs] + [item.model_id for item in run.model_outputs]
    before = [item.model_id for item in known.run.model_inputs] + [item.model_id for item in known.run.model_outputs]
    if ids == before and all(model.status != "PENDING" for model in known.models):
        return known.models
    models = store.logged_models(ids, cancel)
    return known.models if models == list(known.models) else models


def _is_known(metric: Metric, summary: MetricSummary | None) -> bool:
    return summary is not None and repr(metric) == repr(summary.latest)


def _is_sampled(summary: MetricSummary | None) -> bool:
    return summary is not None and summary.sampled


def _follow(store: Store, known: OpenRun, growth: Growth, metric: Metric, cancel: Event) -> bool:
    """Reads the newest points of one metric, of a new one all; True if there are some that were not known."""
    key, run_id = metric.key, growth.run.run_id
    before = known.summaries.get(key)
    if before is None:
        history = store.history(run_id, key, cancel)
        if not len(history):
            return False
        summary = summed_up(history, metric)
        growth.summaries[key] = summary
        growth.followed[key] = begin(summary, (point for point in history if point.timestamp >= since(summary)))
        return True
    entry = known.followed.get(key)
    newest = list(store.history(run_id, key, cancel, since=since(before)))
    if entry is None or entry.summary is not before:
        # Read in full since it was followed last, or never followed.
        entry = begin(before, newest)
    now = growth.followed[key] = follow(entry, newest)
    if now is entry:
        return False
    summary = growth.summaries[key] = now.summary
    start = growth.run.start_time

    def extended(curve: Curve, buckets: int) -> Curve | None:
        if summary.one_step != before.one_step:
            return None
        return caught_up(curve, summary.count, newest, start_time=start, buckets=buckets)

    if (curve := known.curves.get(key)) is not None:
        if (longer := extended(curve, CURVE_BUCKETS)) is None:
            del growth.curves[key]
        else:
            growth.curves[key] = longer
    if known.charted is not None and known.charted.key == key:
        growth.charted = extended(known.charted, known.charted_buckets)
    return True


def _sample_again(store: Store, growth: Growth, keys: set[str], cancel: Event) -> bool:
    """Metrics of which a server gives a sample only: no newest points make it up to date, so another one is read."""
    found = {summary.key: summary for summary in store.metric_summaries(growth.run.run_id, cancel)}
    changed = False
    for key in keys & found.keys():
        if repr(found[key]) == repr(growth.summaries[key]):
            continue
        changed = True
        growth.summaries[key] = found[key]
        growth.followed.pop(key, None)
        growth.curves.pop(key, None)
        if growth.charted is not None and growth.charted.key == key:
            growth.charted = None
    return changed
