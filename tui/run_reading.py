"""Reading the runs of a list in portions, with an eye on what goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from threading import Event
from typing import TYPE_CHECKING, Final

from store.errors import Cancelled
from tui.view.fields import STORED, RunField

if TYPE_CHECKING:
    from store.absent import Named
    from store.entities import MetricColumn, Run, RunParts
    from store.protocols import RunKeys, Store

RUNS_AT_ONCE: Final = 500
"""Runs that are read together, and written together: the memory that a list of any length takes. A table keeps the
texts of every row, and no more of a run; the first of these runs choose which metrics and params get a column there and
in Markdown, and the rest are counted."""

VALUES_AT_ONCE: Final = 100_000
"""Params, metrics and tags that are read together: of runs that have thousands fewer are read at a time."""

LOOKING: Final = "looking for keys in"
EXPORTING: Final = "exporting"

Told = Callable[[str, int], object]
"""Told what is being done, and with how many runs it was."""


class RunReading:
    """The runs of a list, read as often as they are asked for."""

    def __init__(
        self,
        store: Store,
        ids: Sequence[str],
        named: Iterable[Named] = (),
        histories: Mapping[str, MetricColumn] | None = None,
        *,
        keys: RunKeys | None = None,
        at_once: int | None = None,
        cancel: Event | None = None,
        told: Told | None = None,
    ) -> None:
        """`histories` are computed from the histories of metrics, and stand among the metrics under these names.

        Of params, metrics and tags only those `keys` are read, if any are given; `at_once` is how many runs are read
        first, before it is known how much they have.
        """
        self.ids = ids
        self._histories = dict(histories or {})
        self._keys = keys
        self._at_once = at_once
        self._cancel = cancel
        self._told = told
        self.incomplete: set[str] = set()
        """Ids of runs that could not be read whole."""
        self.seen = 0
        """How many of the runs were there when they were read last."""
        self._store = store
        self._unseen = set(named)

    def portions(self, parts: RunParts, what: str = EXPORTING) -> Iterator[Sequence[Run]]:
        """The runs, as many at a time as memory is meant for. Raises `Cancelled`."""
        self.seen, place, size = 0, 0, self._at_once or RUNS_AT_ONCE
        while place < len(self.ids):
            if self._cancel is not None and self._cancel.is_set():
                raise Cancelled
            some = self.ids[place : place + size]
            runs = self._store.runs(some, parts, self._cancel, self._keys)
            self._watch(runs)
            yield self._with_histories(runs) if self._histories else runs
            place, self.seen = place + len(some), self.seen + len(runs)
            if self._told is not None:
                self._told(what, place)
            widest = max((len(run.params) + len(run.metrics) + len(run.tags) for run in runs), default=0)
            size = max(1, min(RUNS_AT_ONCE, VALUES_AT_ONCE // max(1, widest)))

    def _with_histories(self, runs: Sequence[Run]) -> Sequence[Run]:
        from store.entities import Metric

        ids = [run.run_id for run in runs]
        values = self._store.metric_values(ids, list(self._histories.values()), self._cancel)
        made = []
        for run in runs:
            found = zip(self._histories, values.get(run.run_id, ()), strict=False)
            computed = {name: Metric(name, one.value, 0, one.step or 0) for name, one in found if one is not None}
            made.append(replace(run, metrics={**run.metrics, **computed}))
        return made

    def runs(self, parts: RunParts) -> Iterator[Run]:
        return chain.from_iterable(self.portions(parts))

    def _watch(self, runs: Sequence[Run]) -> None:
        self.incomplete.update(run.run_id for run in runs if run.problems)
        self._unseen = {(kind, key) for kind, key in self._unseen if not any(key in getattr(run, kind) for run in runs)}

    def unseen(self) -> list[Named]:
        """What was named and stands in no run that was read.

        Keys that runs were sorted by need not have been read: the first run has them if any run does.
        """
        if self._unseen and self.ids:
            from store.entities import RunParts

            parts = RunParts.ATTRIBUTES
            for kind in {kind for kind, _ in self._unseen}:
                parts |= RunParts[kind.upper()]
            self._watch(self._store.runs(self.ids[:1], parts))
        return sorted(self._unseen)

    def every_field(self) -> tuple[RunField, ...]:
        """The attributes and every key of any of the runs.

        Titles come before values, so the runs are read twice: keeping them all would take memory without bound.
        """
        from store.entities import RunParts

        kinds = ("params", "metrics", "tags")
        keys: dict[str, set[str]] = {kind: set() for kind in kinds}
        for runs in self.portions(RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS, LOOKING):
            for run in runs:
                for kind in kinds:
                    keys[kind].update(getattr(run, kind))
        return (
            *(RunField("attributes", name) for name in STORED),
            *(RunField(kind, key) for kind in kinds for key in sorted(keys[kind])),
        )


def histories_of(fields: Iterable[RunField]) -> dict[str, MetricColumn]:
    """What columns ask of histories, by their names."""
    asking = [field for field in fields if field.aggregate]
    if not asking:
        return {}
    from store.entities import MetricColumn
    from store.kinds import Aggregate

    return {field.name: MetricColumn(field.key, Aggregate(field.aggregate), field.step) for field in asking}
