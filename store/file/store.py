"""A tracking store in an mlruns tree: MLflow's file store, read without MLflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from threading import Event

from store.aggregates import sparkline, values_of
from store.entities import (
    Aggregated,
    Axis,
    Bucket,
    Curve,
    Experiment,
    ExperimentStats,
    History,
    KeyCount,
    KeyKind,
    LoggedModel,
    MetricColumn,
    MetricSummary,
    Page,
    Run,
    RunParts,
    StoreInfo,
    ViewType,
)
from store.errors import NotAStore
from store.file.aggregates import Aggregates
from store.file.folders import ExperimentFolder
from store.file.found_runs import FoundRuns
from store.file.index import UNKNOWN, Batch
from store.file.layout import TAGS
from store.file.logged_models import logged_models_by_id
from store.file.metrics import Histories
from store.file.parts import read_texts
from store.file.reading import check
from store.file.release import release
from store.file.reports import Reports
from store.file.runs import AT_A_TIME, PartialRuns, whole_runs
from store.file.tree import Tree
from store.key_counts import PARTS, count_keys, page_of
from store.key_values import Key, KeyValues, key_values_of_runs
from store.protocols import ExperimentQuery, Progress, RunKeys, RunQuery
from store.search.experiments import asks_for_experiments, with_experiments
from store.search.match import run_predicate
from store.search.needs import needed_keys, needed_parts
from store.search.order import run_order
from store.search.select import parsed_runs, search_experiments
from store.series import curve, newest
from store.uris import Address
from store.value_counts import RUNS_WITH_VALUES, keys_read, values_among
from store.varying import varying_among


def open_tree(address: Address, cancel: Event | None = None) -> TreeStore:
    """The store in a folder. Raises `StoreError`s, and `Cancelled` once `cancel` is set."""
    assert address.path is not None
    return TreeStore(str(address.path), kind=address.kind, address=address.shown, cancel=cancel)


class TreeStore:
    """See `store.protocols.Store`."""

    def __init__(self, path: str, *, kind: str, address: str, cancel: Event | None = None) -> None:
        self._kind = kind
        self._shown = address
        self._tree = Tree(path)
        self._histories = Histories()
        self._found = FoundRuns(self._tree)
        try:
            experiments = self._found.experiments(cancel)
            if not experiments and not self._tree.is_empty:
                raise NotAStore(
                    f"{address} is a folder, but not an mlruns tree: it has no folder of an experiment",
                    "name the folder that has the experiments' folders, which MLflow calls mlruns",
                )
            self._release = release(experiments, self._tree, cancel)
        except BaseException:
            self._tree.index.close()
            raise

    @property
    def info(self) -> StoreInfo:
        notices = [self._tree.index.notice] if self._tree.index.notice else []
        if self._tree.hides_trash:
            notices.append("deleted experiments are not listed: .trash may not be read")
        return StoreInfo(kind=self._kind, uri=self._shown, schema=self._release, notices=tuple(notices))

    def experiments(self, query: ExperimentQuery, cancel: Event | None = None) -> Page[Experiment]:
        batch = Batch()
        folders = self._tree.experiments(batch, cancel)
        known = self._tree.index.parts(TAGS, [one.folder.relative for one in folders])
        every = []
        for one in folders:
            check(cancel)
            name, place, stage, created, updated, workspace, broken = one.fields
            problems = list(broken)
            tags = {}
            if one.folder.bounds:
                tags = read_texts(one.folder, TAGS, known.get(one.folder.relative, UNKNOWN), batch, problems, cancel)
            every.append(
                Experiment(
                    experiment_id=one.experiment_id,
                    name=name,
                    artifact_location=place,
                    lifecycle_stage="deleted" if one.deleted else stage,
                    creation_time=created,
                    last_update_time=updated,
                    tags=tags,
                    workspace=workspace,
                    problems=tuple(problems),
                )
            )
        self._tree.index.write(batch)
        found = search_experiments(every, replace(query, limit=None), cancel=cancel)
        kept = found if query.limit is None else found[: query.limit]
        return Page(tuple(kept), len(found) > len(kept))

    def experiment_stats(self, cancel: Event | None = None) -> dict[str, ExperimentStats]:
        found: dict[str, ExperimentStats] = {}
        _, runs = self._found.every(self._found.experiments(cancel), Batch(), cancel)
        for run in runs:
            _, status, start, _, stage, *_ = run.fields
            if stage != "active":
                continue
            key = run.experiment.experiment_id
            so_far = found.get(key) or ExperimentStats(key, 0, 0, None)
            starts = [time for time in (so_far.last_start_time, start) if time is not None]
            found[key] = ExperimentStats(
                key, so_far.runs + 1, so_far.running + (status == "RUNNING"), max(starts, default=None)
            )
        return found

    def run_ids(self, query: RunQuery, cancel: Event | None = None, progress: Progress | None = None) -> Page[str]:
        expression, keys = parsed_runs(query)
        if expression is not None and asks_for_experiments(expression):
            names = {one.experiment_id: one.fields[0] for one in self._found.experiments(cancel)}
            expression = with_experiments(expression, names)
        aggregates = Aggregates(self._histories, keys, cancel)
        satisfies, order = run_predicate(expression, aggregates), run_order(keys, aggregates)
        batch, index = Batch(), self._tree.index
        inputs = RunParts.INPUTS in needed_parts(expression, keys)
        reader = PartialRuns(needed_keys(expression, keys), index, batch, cancel, inputs=inputs)
        total, folders = self._found.every(self._searched(query, cancel), batch, cancel)
        found: list[Run] = []
        headway = Reports(progress, total, found, order)
        for done, folder in enumerate(folders, start=1):
            if query.view is ViewType.ALL or folder.fields[4] == query.view.value:
                run = reader.read(folder)
                aggregates.about = folder.folder
                if satisfies(run):
                    aggregates.prepare(run)
                    found.append(run)
            headway.report(done)
        ids = tuple(run.run_id for run in order.sorted(found))
        notes = aggregates.notes
        return (
            Page(ids, False, notes) if query.limit is None else Page(ids[: query.limit], len(ids) > query.limit, notes)
        )

    def _searched(self, query: RunQuery, cancel: Event | None) -> list[ExperimentFolder]:
        """The experiments whose runs are asked for."""
        every = self._found.experiments(cancel)
        if query.experiment_ids is not None:
            asked = set(query.experiment_ids)
            return [one for one in every if one.experiment_id in asked]
        if query.view is ViewType.ACTIVE_ONLY:
            return [one for one in every if not one.deleted and one.fields[2] == "active"]
        return every

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        folders = self._found.folders(run_ids, cancel)
        wanted = list(dict.fromkeys(run_id for run_id in run_ids if run_id in folders))
        runs = whole_runs(
            [folders[run_id] for run_id in wanted], parts, self._tree.index, self._found.notes, cancel, keys or {}
        )
        found = {run.run_id: run for run in runs}
        return [found[run_id] for run_id in run_ids if run_id in found]

    def matching_run_ids(self, text: str, limit: int, cancel: Event | None = None) -> list[str]:
        batch = Batch()
        reader = PartialRuns({}, self._tree.index, batch, cancel, inputs=False)
        begun, named = [], []
        _, runs = self._found.every(self._found.experiments(cancel), batch, cancel)
        for run in runs:
            if text.isalnum() and run.run_id.startswith(text):
                begun.append(run.run_id)
            if reader.name(run) == text:
                named.append(run.run_id)
        return list(dict.fromkeys([*sorted(begun), *sorted(named)]))[:limit]

    def metric_summaries(self, run_id: str, cancel: Event | None = None) -> list[MetricSummary]:
        found = self._found.folders([run_id], cancel).get(run_id)
        return [] if found is None else self._histories.summaries(found.folder, run_id, cancel)

    def history(self, run_id: str, key: str, cancel: Event | None = None, since: int | None = None) -> History:
        found = self._found.folders([run_id], cancel).get(run_id)
        history = self._histories.history(None if found is None else found.folder, run_id, key, cancel)
        # Only what was added to the file is read; what was read before is in memory.
        return history if since is None else newest(history, since)

    def curve(self, run: Run, summary: MetricSummary, axis: Axis, buckets: int, cancel: Event | None = None) -> Curve:
        return curve(self.history(run.run_id, summary.key, cancel), axis, buckets, run.start_time)

    def metric_values(
        self, run_ids: Sequence[str], columns: Sequence[MetricColumn], cancel: Event | None = None
    ) -> dict[str, tuple[Aggregated | None, ...]]:
        asked = {column.key for column in columns}
        found = {}
        for run in self.runs(run_ids, RunParts.METRICS, cancel, {RunParts.METRICS: asked}):
            if run.run_id not in found:
                found[run.run_id] = values_of(run, columns, partial(self.history, run.run_id, cancel=cancel))
        return found

    def sparklines(
        self, run_ids: Sequence[str], key: str, buckets: int, cancel: Event | None = None
    ) -> dict[str, tuple[Bucket, ...]]:
        folders = self._found.folders(run_ids, cancel).items()
        histories = (self._histories.history(one.folder, run_id, key, cancel) for run_id, one in folders)
        return {history.run_id: sparkline(history, buckets) for history in histories if len(history)}

    def keys(
        self,
        kind: KeyKind,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[KeyCount]:
        counts: Counter[str] = Counter()
        ids = self.run_ids(RunQuery(experiment_ids, view=ViewType.ALL), cancel).items
        for start in range(0, len(ids), AT_A_TIME):
            counts += count_keys(kind, self.runs(ids[start : start + AT_A_TIME], PARTS[kind], cancel), text)
        return page_of(kind, counts, limit)

    def values(
        self,
        kind: KeyKind,
        key: str,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[str]:
        page = self.run_ids(RunQuery(experiment_ids, view=ViewType.ALL, limit=RUNS_WITH_VALUES), cancel)
        starts = range(0, len(page.items), AT_A_TIME)
        asked = keys_read(kind, key)
        runs = (
            run
            for start in starts
            for run in self.runs(page.items[start : start + AT_A_TIME], PARTS[kind], cancel, asked)
        )
        return values_among(kind, key, runs, text, limit, every=not page.more)

    def varying(self, run_ids: Sequence[str], cancel: Event | None = None) -> frozenset[tuple[KeyKind, str]]:
        ids = list(dict.fromkeys(run_ids))
        parts = RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS
        starts = range(0, len(ids), AT_A_TIME)
        return varying_among(
            run for start in starts for run in self.runs(ids[start : start + AT_A_TIME], parts, cancel)
        )

    def key_values(
        self,
        run_ids: Sequence[str],
        keys: Sequence[Key],
        cancel: Event | None = None,
        progress: Progress | None = None,
        most: int | None = None,
    ) -> KeyValues:
        return key_values_of_runs(self.runs, run_ids, keys, cancel, progress, most)

    def logged_models(self, model_ids: Sequence[str], cancel: Event | None = None) -> list[LoggedModel]:
        return logged_models_by_id(self._found.experiments(cancel), model_ids, cancel) if model_ids else []

    def close(self) -> None:
        self._tree.index.close()
