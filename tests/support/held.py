"""Everything that a store holds, in memory, searched without the store's help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from store.entities import Experiment, Run, RunParts, ViewType
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery
from store.search.needs import needed_keys, needed_parts
from store.search.select import parsed_runs, search_experiments, search_runs

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Held:
    """The entities of a store."""

    experiments: tuple[Experiment, ...]
    runs: tuple[Run, ...]

    def run_search(self, query: RunQuery) -> list[str]:
        """The ids that `query` finds, from runs in which only what it needs was read. Raises FilterError."""
        expression, order = parsed_runs(query)
        parts, keys = needed_parts(expression, order), needed_keys(expression, order)
        runs = (only(run, parts, keys) for run in self.runs)
        names = {found.experiment_id: found.name for found in self.experiments}
        found = search_runs(runs, query, deleted_experiments=self.deleted_experiments, names=names)
        return [run.run_id for run in found]

    def experiment_search(self, query: ExperimentQuery) -> list[str]:
        """As `run_search`."""
        return [found.experiment_id for found in search_experiments(self.experiments, query)]

    @property
    def deleted_experiments(self) -> frozenset[str]:
        return frozenset(found.experiment_id for found in self.experiments if found.lifecycle_stage == "deleted")


@cache
def held(uri: str | Path) -> Held:
    """What the store at `uri` holds, in an order that no search asks for."""
    store = open_store(str(uri))
    try:
        experiments = store.experiments(ExperimentQuery(view=ViewType.ALL)).items
        ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
        runs = store.runs(sorted(ids, key=lambda run_id: run_id[::-1]), RunParts.ALL)
    finally:
        store.close()
    return Held(tuple(sorted(experiments, key=lambda found: found.experiment_id[::-1])), tuple(runs))


def only(run: Run, parts: RunParts, keys: Mapping[RunParts, frozenset[str] | None]) -> Run:
    """The run as if nothing but `parts`, and of those nothing but `keys`, had been read."""
    return replace(
        run,
        params=_kept(run.params, keys.get(RunParts.PARAMS, frozenset())),
        metrics=_kept(run.metrics, keys.get(RunParts.METRICS, frozenset())),
        tags=_kept(run.tags, keys.get(RunParts.TAGS, frozenset())),
        dataset_inputs=run.dataset_inputs if RunParts.INPUTS in parts else (),
        model_inputs=(),
        model_outputs=(),
        parts=parts,
    )


def _kept(values: Mapping[str, V], keys: frozenset[str] | None) -> Mapping[str, V]:
    return values if keys is None else {key: values[key] for key in keys if key in values}
