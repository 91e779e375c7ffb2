"""Searching runs over REST, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from store.entities import Page, Run, ViewType
from store.errors import Cancelled
from store.http.aggregates import Aggregates
from store.http.experiments import experiment_ids, experiment_names
from store.http.failures import Refused
from store.http.memory import Memory
from store.http.paging import pages
from store.http.plan import Plan, all_here, run_plan
from store.http.release import Server
from store.http.rows import fields, listed, run, run_id_of
from store.http.slim import slimmer
from store.http.wire import Wire
from store.protocols import Headway, Progress, RunQuery
from store.search.experiments import asks_for_experiments, with_experiments
from store.search.match import run_predicate
from store.search.needs import asked_of_histories
from store.search.order import run_order
from store.search.select import parsed_runs
from store.search.syntax import OrderKey, conjuncts, joined

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
    if expression is not None and asks_for_experiments(expression):
        expression = with_experiments(expression, experiment_names(wire, server, cancel))
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


class _Matching:
    """Those of the runs of a page that satisfy what is tested here."""

    def __init__(self, wire: Wire, plan: Plan, cancel: Event | None, progress: Progress | None) -> None:
        clauses = conjuncts(plan.rest)
        self._cancel = cancel
        self._first = run_predicate(joined([clause for clause in clauses if not asked_of_histories(clause)]))
        costly = joined([clause for clause in clauses if asked_of_histories(clause)])
        asked = asked_of_histories(costly, plan.order or ())
        self.aggregates = Aggregates(wire, asked, cancel, progress)
        self._then = None if costly is None else run_predicate(costly, self.aggregates)

    def of(self, runs: Sequence[Run]) -> list[Run]:
        """Histories are read of those alone that may still satisfy it."""
        found = []
        for one in runs:
            if self._cancel is not None and self._cancel.is_set():
                raise Cancelled
            if self._first(one):
                found.append(one)
        if self._then is None:
            return found
        self.aggregates.prepare(found)
        return [one for one in found if self._then(one)]


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
        self._matching = _Matching(self._wire, self._plan, cancel, progress)
        if self._plan.order is None:
            ids = self._in_the_servers_order(wanted, cancel, progress)
        else:
            ids = self._sorted_here(self._plan.order, wanted, cancel, progress)
        kept = ids if self._limit is None else ids[: self._limit]
        return Page(tuple(kept), len(ids) > len(kept), self._notes())

    def _in_the_servers_order(self, wanted: int | None, cancel: Event | None, progress: Progress | None) -> list[str]:
        ids: dict[str, None] = {}
        filtered = self._plan.rest is not None
        found = self._memory.begin()
        # With a filter of our own nobody knows how many must be read to find those that are wanted.
        missing = None if wanted is None or filtered else lambda: wanted - len(ids)
        for items in self._pages(missing, cancel):
            # Runs that were started meanwhile push others to the next page: those come twice.
            if filtered:
                satisfying = self._matching.of([run(item) for item in items])
                self._tally.dropped += len(items) - len(satisfying)
                for one in satisfying:
                    found.add(one)
                    ids[one.run_id] = None
            else:
                for item in items:
                    if not found.full:
                        found.add(run(item))
                    ids[run_id_of(item)] = None
            found.read_page()
            if progress is not None:
                progress(Headway("runs", self._tally.read, None, tuple(ids)))
            if wanted is not None and len(ids) >= wanted:
                break
        return list(ids)

    def _sorted_here(
        self, order: tuple[OrderKey, ...], wanted: int | None, cancel: Event | None, progress: Progress | None
    ) -> list[str]:
        slim, matching_of = slimmer(order), self._matching
        seen: set[str] = set()
        self._memory.begin()

        def matching() -> Iterator[Run]:
            for items in self._pages(None, cancel):
                new = [one for one in map(run, items) if one.run_id not in seen]
                satisfying = matching_of.of(new)
                self._tally.dropped += len(new) - len(satisfying)
                # Before they are slim: those have no metrics whose histories could be asked for.
                matching_of.aggregates.prepare(satisfying)
                for one in satisfying:
                    if one.run_id not in seen:
                        seen.add(one.run_id)
                        yield slim(one)
                if progress is not None:
                    progress(Headway("runs", self._tally.read, None))

        return [one.run_id for one in run_order(order, matching_of.aggregates).sorted(matching(), wanted)]

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
            histories = self._matching.aggregates.read
            more = f", with {histories:,} histor{'y' if histories == 1 else 'ies'} of metrics" if histories else ""
            return (f"this server ({brief}) does not know {what}: {tally.read:,} runs were read{more} and {done} here",)
        if tally.dropped:
            how = "takes NaN for 0" + ("" if self._server.since(1, 30) else ", or upper case for lower case")
            left_out = f"{tally.dropped:,} of {tally.read:,} runs that it found do not match and were left out here"
            return (f"this server ({brief}) {how}: {left_out}",)
        return ()
