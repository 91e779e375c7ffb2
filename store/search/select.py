"""Answers a query from entities that were read beforehand, for stores that cannot search."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from threading import Event
from typing import Final, TypeVar

from store.entities import Experiment, Run, ViewType
from store.errors import Cancelled
from store.protocols import ExperimentQuery, RunQuery
from store.search.experiments import asks_for_experiments, with_experiments
from store.search.match import Aggregated, experiment_predicate, run_predicate
from store.search.order import experiment_order, run_order
from store.search.syntax import Expr, OrderKey

T = TypeVar("T")

_STAGES: Final = {
    ViewType.ACTIVE_ONLY: frozenset({"active"}),
    ViewType.DELETED_ONLY: frozenset({"deleted"}),
    ViewType.ALL: frozenset({"active", "deleted"}),
}


def search_runs(
    runs: Iterable[Run],
    query: RunQuery,
    *,
    deleted_experiments: Container[str],
    names: Mapping[str, str] | None = None,
    aggregated: Aggregated | None = None,
    cancel: Event | None = None,
) -> list[Run]:
    """Those of `runs` that `query` asks for, in its order, at most `query.limit`.

    They must have been read with `store.search.needs.needed_parts` of its filter and order. `deleted_experiments`
    are the ids of experiments whose runs are left out as `RunQuery.experiment_ids` tells, `names` the names of all
    experiments by id; `aggregated` is asked about histories. With a limit, no more runs than that are held at a time.
    Raises FilterError before it takes a run, and Cancelled once `cancel` is set.
    """
    expression, order = parsed_runs(query)
    if expression is not None and asks_for_experiments(expression):
        expression = with_experiments(expression, names or {})
    satisfies = run_predicate(expression, aggregated)
    stages = _STAGES[query.view]
    wanted = None if query.experiment_ids is None else frozenset(query.experiment_ids)
    hide_deleted = query.view is ViewType.ACTIVE_ONLY

    def found(run: Run) -> bool:
        if run.lifecycle_stage not in stages:
            return False
        if wanted is not None:
            if run.experiment_id not in wanted:
                return False
        elif hide_deleted and run.experiment_id in deleted_experiments:
            return False
        return satisfies(run)

    return run_order(order, aggregated).sorted(_filtered(runs, found, cancel), query.limit)


def search_experiments(
    experiments: Iterable[Experiment], query: ExperimentQuery, *, cancel: Event | None = None
) -> list[Experiment]:
    """Those of `experiments` that `query` asks for, in its order, at most `query.limit`. Raises as `search_runs`."""
    expression, order = parsed_experiments(query)
    satisfies = experiment_predicate(expression)
    stages = _STAGES[query.view]

    def found(experiment: Experiment) -> bool:
        return experiment.lifecycle_stage in stages and satisfies(experiment)

    return experiment_order(order).sorted(_filtered(experiments, found, cancel), query.limit)


def parsed_runs(query: RunQuery) -> tuple[Expr | None, tuple[OrderKey, ...]]:
    """What the query's filter and order_by say. Raises FilterError."""
    if not query.filter and not query.order_by:
        return None, ()
    # The parser is not loaded for a plain listing.
    from store.search.parse import parse_run_filter, parse_run_order

    return parse_run_filter(query.filter, query.now), parse_run_order(query.order_by)


def parsed_experiments(query: ExperimentQuery) -> tuple[Expr | None, tuple[OrderKey, ...]]:
    """As `parsed_runs`."""
    if not query.filter and not query.order_by:
        return None, ()
    from store.search.parse import parse_experiment_filter, parse_experiment_order

    return parse_experiment_filter(query.filter), parse_experiment_order(query.order_by)


def _filtered(items: Iterable[T], found: Callable[[T], bool], cancel: Event | None) -> Iterator[T]:
    for item in items:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if found(item):
            yield item
