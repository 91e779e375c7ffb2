"""Listing and searching experiments over REST."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any, Final

from store.entities import Experiment, Page, ViewType
from store.http.failures import Refused
from store.http.paging import pages
from store.http.release import Server
from store.http.rows import experiment, listed
from store.http.wire import Wire
from store.protocols import ExperimentQuery
from store.search.select import parsed_experiments, search_experiments

PAGE: Final = 1_000
"""Experiments that are asked for at a time."""

DEFAULT_ORDER: Final = ("creation_time DESC", "experiment_id ASC")
"""MLflow's own of today; older releases had another one."""


def find_experiments(wire: Wire, server: Server, query: ExperimentQuery, cancel: Event | None) -> Page[Experiment]:
    """The experiments that `query` asks for. Raises `FilterError` and `StoreError`s."""
    parsed_experiments(query)
    if not server.since(3, 11):
        # Servers of these releases sort, or understand filters, in ways of their own; experiments are few.
        return _selected_here(wire, server, query, "", cancel)
    try:
        return _selected_there(wire, query, cancel)
    except Refused as error:
        if not query.filter and not query.order_by:
            raise
        return _selected_here(wire, server, query, error.words, cancel)


def experiment_ids(wire: Wire, server: Server, view: ViewType, cancel: Event | None) -> tuple[str, ...]:
    """The ids of all experiments of these lifecycle stages."""
    return tuple(item.experiment_id for item in _every(wire, server, view, cancel))


def experiment_names(wire: Wire, server: Server, cancel: Event | None) -> dict[str, str]:
    """The names of all experiments by id, deleted ones included."""
    return {item.experiment_id: item.name for item in _every(wire, server, ViewType.ALL, cancel)}


def _selected_there(wire: Wire, query: ExperimentQuery, cancel: Event | None) -> Page[Experiment]:
    wanted = None if query.limit is None else query.limit + 1
    # Experiments that are made meanwhile push others to the next page: those come twice.
    found: dict[str, Experiment] = {}
    missing = None if wanted is None else lambda: wanted - len(found)
    body = _body(query.view, query.filter, query.order_by or DEFAULT_ORDER)
    for answer in pages(wire, "experiments/search", body, PAGE, missing, cancel):
        for item in map(experiment, listed(answer.get("experiments"))):
            found.setdefault(item.experiment_id, item)
    return _page(list(found.values()), query)


def _selected_here(
    wire: Wire, server: Server, query: ExperimentQuery, refused: str, cancel: Event | None
) -> Page[Experiment]:
    every = list(_every(wire, server, query.view, cancel))
    wanted = None if query.limit is None else query.limit + 1
    limited = ExperimentQuery(query.filter, query.order_by, query.view, wanted)
    notes: tuple[str, ...] = ()
    if query.filter or query.order_by:
        done = " and ".join(word for word, asked in (("filtered", query.filter), ("sorted", query.order_by)) if asked)
        why = f" refused this search ({refused})" if refused else " does not search experiments as MLflow 3.17 does"
        notes = (f"this server ({server.brief}){why}: {len(every):,} experiments were read and {done} here",)
    return _page(search_experiments(every, limited, cancel=cancel), query, notes)


def _page(found: list[Experiment], query: ExperimentQuery, notes: tuple[str, ...] = ()) -> Page[Experiment]:
    if query.limit is None:
        return Page(tuple(found), False, notes)
    return Page(tuple(found[: query.limit]), len(found) > query.limit, notes)


def _every(wire: Wire, server: Server, view: ViewType, cancel: Event | None) -> Iterator[Experiment]:
    if server.since(1, 28):
        answers = pages(wire, "experiments/search", _body(view, "", ()), PAGE, None, cancel)
    else:
        answers = pages(wire, "experiments/list", _body(view, "", ()), PAGE, None, cancel, get=True)
    seen: set[str] = set()
    for answer in answers:
        for item in map(experiment, listed(answer.get("experiments"))):
            if item.experiment_id not in seen:
                seen.add(item.experiment_id)
                yield item


def _body(view: ViewType, text: str, order_by: tuple[str, ...]) -> Mapping[str, Any]:
    body: dict[str, Any] = {"view_type": view.name}
    if text:
        body["filter"] = text
    if order_by:
        body["order_by"] = list(order_by)
    return body
