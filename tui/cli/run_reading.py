"""Reading the runs of a list in portions, with an eye on what goes by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from tui.cli.listing import chunked

if TYPE_CHECKING:
    from store.absent import Named
    from store.entities import MetricColumn, Run, RunParts
    from store.protocols import Store

RUNS_AT_ONCE: Final = 500
"""Runs that are read together. In JSON and CSV they are printed together, too: the memory that a list of any length
takes. A table and Markdown keep the texts of every row, and no more of a run; the first of these runs choose which
metrics and params get a column, and the rest are counted."""


class RunReading:
    """The runs of a list, read as often as they are asked for."""

    def __init__(
        self,
        store: Store,
        ids: Sequence[str],
        named: Iterable[Named],
        histories: Mapping[str, MetricColumn] | None = None,
    ) -> None:
        """`histories` are computed from the histories of metrics, and stand among the metrics under these names."""
        self.ids = ids
        self._histories = dict(histories or {})
        self.incomplete: set[str] = set()
        """Ids of runs that could not be read whole."""
        self._store = store
        self._unseen = set(named)

    def portions(self, parts: RunParts) -> Iterator[Sequence[Run]]:
        for some in chunked(self.ids, RUNS_AT_ONCE):
            runs = self._store.runs(some, parts)
            self._watch(runs)
            yield self._with_histories(runs) if self._histories else runs

    def _with_histories(self, runs: Sequence[Run]) -> Sequence[Run]:
        from store.entities import Metric

        values = self._store.metric_values([run.run_id for run in runs], list(self._histories.values()))
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
