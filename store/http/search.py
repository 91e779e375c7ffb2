"""Searching runs over REST, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from store.entities import Page, Run, ViewType
from store.http.experiments import experiment_ids
from store.http.failures import Refused
from store.http.memory import Memory
from store.http.paging import pages
from store.http.plan import Plan, all_here, run_plan
from store.http.release import Server
from store.http.rows import fields, listed, run, run_id_of
from store.http.slim import slimmer
from store.http.wire import Wire
from store.protocols import Headway, Progress, RunQuery
from store.search.match import run_predicate
from store.search.order import run_order
from store.search.select import parsed_runs
from store.search.syntax import Expr, OrderKey

PAGE: Final = 1_000
"""Runs that are asked for at a time: about 10 MB, which take a tenth of a second to decode."""

_REFUSALS: Final = (400, 500)
"""MLflow refuses what it does not understand with the first, and stumbles over some of it with the second."""


@dataclass(slots=True)
class _Tally:
    """How much was read, and what came of it."""

    read: int = 0
    dropped: int = 0


def find_runs(
    wire: Wire, server: Server, memory: Memory, query: RunQuery, cancel: Event | None, progress: Progress | None
) -> Page[str]:
    """The ids of the runs that `query` asks for. Raises `FilterError`, `Unsupported` and `StoreError`s."""
    expression, order = parsed_runs(query)
    plan = run_plan(query.filter, query.order_by, expression, order, server)
    experiments = _experiments(wire, server, query, cancel)
    if not experiments:
        return Page((), False)
    try:
        return _Search(wire, server, memory, plan, experiments, query).run(cancel, progress)
    except _Misunderstood as error:
        plan = all_here(expression, order, error.words)
        return _Search(wire, server, memory, plan, experiments, query).run(cancel, progress)


def _experiments(wire: Wire, server: Server, query: RunQuery, cancel: Event | None) -> tuple[str, ...]:
    if query.experiment_ids is None:
        view = ViewType.ACTIVE_ONLY if query.view is ViewType.ACTIVE_ONLY else ViewType.ALL
        return experiment_ids(wire, server, view, cancel)
    # Others name no experiment, and servers fail on them.
    return tuple(text for text in query.experiment_ids if text.isascii() and text.isdigit() and len(text) < 20)


class _Misunderstood(Exception):
    """The server refused a search at its first page."""

    def __init__(self, words: str) -> None:
        self.words = words


class _Search:
    def __init__(
        self, wire: Wire, server: Server, memory: Memory, plan: Plan, experiments: tuple[str, ...], query: RunQuery
    ) -> None:
        self._wire = wire
        self._server = server
        self._memory = memory
        self._plan = plan
        self._limit = query.limit
        self._tally = _Tally()
        self._body: dict[str, Any] = {"experiment_ids": list(experiments), "run_view_type": query.view.name}
        if plan.filter:
            self._body["filter"] = plan.filter
        if plan.order_by:
            self._body["order_by"] = list(plan.order_by)

    def run(self, cancel: Event | None, progress: Progress | None) -> Page[str]:
        wanted = None if self._limit is None else self._limit + 1
        if self._plan.order is None:
            ids = self._in_the_servers_order(wanted, cancel, progress)
        else:
            ids = self._sorted_here(self._plan.rest, self._plan.order, wanted, cancel, progress)
        kept = ids if self._limit is None else ids[: self._limit]
        return Page(tuple(kept), len(ids) > len(kept), self._notes())

    def _in_the_servers_order(self, wanted: int | None, cancel: Event | None, progress: Progress | None) -> list[str]:
        ids: dict[str, None] = {}
        rest = self._plan.rest
        satisfies = None if rest is None else run_predicate(rest)
        found = self._memory.begin()
        # With a filter of our own nobody knows how many must be read to find those that are wanted.
        missing = None if wanted is None or satisfies is not None else lambda: wanted - len(ids)
        for items in self._pages(missing, cancel):
            for item in items:
                if satisfies is None:
                    if not found.full:
                        found.add(run(item))
                else:
                    one = run(item)
                    if not satisfies(one):
                        self._tally.dropped += 1
                        continue
                    found.add(one)
                # Runs that were started meanwhile push others to the next page: those come twice.
                ids[run_id_of(item)] = None
            found.read_page()
            if progress is not None:
                progress(Headway("runs", self._tally.read, None, tuple(ids)))
            if wanted is not None and len(ids) >= wanted:
                break
        return list(ids)

    def _sorted_here(
        self,
        rest: Expr | None,
        order: tuple[OrderKey, ...],
        wanted: int | None,
        cancel: Event | None,
        progress: Progress | None,
    ) -> list[str]:
        satisfies, slim = run_predicate(rest), slimmer(order)
        seen: set[str] = set()
        self._memory.begin()

        def matching() -> Iterator[Run]:
            for items in self._pages(None, cancel):
                for item in items:
                    one = run(item)
                    if one.run_id in seen:
                        continue
                    if satisfies(one):
                        seen.add(one.run_id)
                        yield slim(one)
                    else:
                        self._tally.dropped += 1
                if progress is not None:
                    progress(Headway("runs", self._tally.read, None))

        return [one.run_id for one in run_order(order).sorted(matching(), wanted)]

    def _pages(self, missing: Callable[[], int] | None, cancel: Event | None) -> Iterator[list[Any]]:
        answers = pages(self._wire, "runs/search", self._body, PAGE, missing, cancel)
        first = True
        while True:
            try:
                answer = next(answers, None)
            except Refused as error:
                if first and error.status in _REFUSALS and (self._plan.filter or self._plan.order_by):
                    raise _Misunderstood(error.words) from error
                raise
            if answer is None:
                return
            first = False
            items = [item for item in listed(answer.get("runs")) if run_id_of(item)]
            self._tally.read += len(items)
            self._memory.note_experiments(
                (run_id_of(item), str(fields(item.get("info")).get("experiment_id", ""))) for item in items
            )
            yield items

    def _notes(self) -> tuple[str, ...]:
        plan, tally, brief = self._plan, self._tally, self._server.brief
        if plan.unknown:
            rest = plan.rest is not None
            done = {(True, False): "filtered", (False, True): "sorted"}.get(
                (rest, plan.order is not None), "filtered and sorted"
            )
            what = " and ".join(plan.unknown)
            return (f"this server ({brief}) does not know {what}: {tally.read:,} runs were read and {done} here",)
        if tally.dropped:
            how = "takes NaN for 0" + ("" if self._server.since(1, 30) else ", or upper case for lower case")
            left_out = f"{tally.dropped:,} of {tally.read:,} runs that it found do not match and were left out here"
            return (f"this server ({brief}) {how}: {left_out}",)
        return ()
