"""The rows and files of a tracking store while they are being collected."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from store.demo.noise import digest, identifier

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

HUGE: Final = 1.7976931348623157e308
"""What MLflow writes for an infinity."""

WORKSPACE: Final = "default"

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Where the code of a run came from."""

    script: str
    repository: str
    branch: str = "main"
    source_type: str = "LOCAL"

    def tags(self, revision: object) -> dict[str, str]:
        """MLflow's tags for it; the commit depends on `revision`."""
        return {
            "mlflow.source.name": self.script,
            "mlflow.source.type": self.source_type,
            "mlflow.source.git.commit": digest(self.repository, self.branch, revision, length=40),
            "mlflow.source.git.branch": self.branch,
            "mlflow.source.git.repoURL": self.repository,
        }


@dataclass(frozen=True, slots=True)
class DatasetDraft:
    """A dataset of one experiment; an experiment's runs share it."""

    uuid: str
    name: str
    digest: str


@dataclass
class Draft:
    """Everything that will be written: rows by table, file contents by path below the store's folder."""

    location: str
    """Absolute path, with `/`, under which the store's folder will be known."""
    now_ms: int
    rows: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    files: dict[str, bytes] = field(default_factory=dict)

    def ago(self, days: float = 0, hours: float = 0, minutes: float = 0) -> int:
        """A time before the demo's present."""
        return self.now_ms - int(days * DAY + hours * HOUR + minutes * MINUTE)

    def experiment(
        self,
        experiment_id: int,
        name: str,
        created: int,
        tags: Mapping[str, str] | None = None,
        deleted: int | None = None,
    ) -> ExperimentDraft:
        stage = "active" if deleted is None else "deleted"
        folder = f"mlruns/{experiment_id}"
        self.rows["experiments"].append(
            (experiment_id, name, f"{self.location}/{folder}", stage, created, deleted or created, WORKSPACE)
        )
        self.rows["experiment_tags"] += [(key, value, experiment_id) for key, value in (tags or {}).items()]
        return ExperimentDraft(self, experiment_id, folder)


class ExperimentDraft:
    """An experiment whose runs are being collected."""

    def __init__(self, draft: Draft, experiment_id: int, folder: str) -> None:
        self.draft = draft
        self.experiment_id = experiment_id
        self.folder = folder
        self._runs = 0

    def run(
        self,
        name: str | None,
        *,
        user: str,
        code: Code,
        start: int,
        end: int | None,
        status: str = "FINISHED",
        parent: RunDraft | None = None,
        params: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
        deleted: int | None = None,
        named_by_tag: bool = True,
    ) -> RunDraft:
        """A run; `named_by_tag` False leaves out the tag that repeats the name, as old releases did."""
        self._runs += 1
        run = RunDraft(self, identifier("run", self.experiment_id, self._runs), start)
        stage = "active" if deleted is None else "deleted"
        self.draft.rows["runs"].append(
            (
                run.run_id,
                name,
                "UNKNOWN",
                "",
                "",
                user,
                status,
                start,
                end,
                "",
                stage,
                f"{self.draft.location}/{run.folder}",
                self.experiment_id,
                deleted,
            )
        )
        own = {"mlflow.user": user, **code.tags(start // DAY)}
        if named_by_tag and name is not None:
            own["mlflow.runName"] = name
        if parent is not None:
            own["mlflow.parentRunId"] = parent.run_id
        run.tags({**own, **(tags or {})})
        run.params(params or {})
        return run

    def dataset(
        self, name: str, source_type: str, source: Mapping[str, str], columns: Mapping[str, str], rows: int
    ) -> DatasetDraft:
        dataset = DatasetDraft(identifier("dataset", self.experiment_id, name), name, digest("dataset", name, rows))
        schema = [{"type": kind, "name": column, "required": True} for column, kind in columns.items()]
        profile = {"num_rows": rows, "num_elements": rows * len(columns)}
        self.draft.rows["datasets"].append(
            (
                dataset.uuid,
                self.experiment_id,
                name,
                dataset.digest,
                source_type,
                json.dumps(source),
                json.dumps({"mlflow_colspec": schema}),
                json.dumps(profile),
            )
        )
        return dataset


class RunDraft:
    """A run whose contents are being collected."""

    def __init__(self, experiment: ExperimentDraft, run_id: str, start: int) -> None:
        self.experiment = experiment
        self.draft = experiment.draft
        self.run_id = run_id
        self.start = start
        self.folder = f"{experiment.folder}/{run_id}/artifacts"
        """Of its artifacts, below the store's folder."""

    def params(self, params: Mapping[str, object]) -> None:
        self.draft.rows["params"] += [(key, str(value), self.run_id) for key, value in params.items()]

    def tags(self, tags: Mapping[str, str]) -> None:
        self.draft.rows["tags"] += [(key, value, self.run_id) for key, value in tags.items()]

    def metrics(self, values: Mapping[str, float], at: int, step: int = 0) -> None:
        """One value each, logged at the same moment."""
        for key, value in values.items():
            self.points(key, [step], [at], [value])

    def series(self, key: str, steps: Sequence[int], values: Sequence[float], start: int, pace: float) -> None:
        """A history that began at `start` and takes `pace` milliseconds a step."""
        self.points(key, steps, [start + int(pace * step) for step in steps], values)

    def points(self, key: str, steps: Sequence[int], times: Sequence[int], values: Sequence[float]) -> None:
        """A history, and its latest value by MLflow's rule: the greatest (step, timestamp, stored value)."""
        run_id = self.run_id
        nans = [0] * len(values)
        if not math.isfinite(sum(values)):
            nans = [int(math.isnan(value)) for value in values]
            values = [0.0 if math.isnan(value) else max(-HUGE, min(HUGE, value)) for value in values]
        self.draft.rows["metrics"] += [
            (key, time, step, run_id, value, nan)
            for step, time, value, nan in zip(steps, times, values, nans, strict=True)
        ]
        step, time, value, nan = max(zip(steps, times, values, nans, strict=True))
        self.draft.rows["latest_metrics"].append((key, value, time, step, nan, run_id))

    def file(self, path: str, content: bytes | str) -> None:
        """An artifact."""
        data = content.encode() if isinstance(content, str) else content
        self.draft.files[f"{self.folder}/{path}"] = data

    def read(self, dataset: DatasetDraft, context: str) -> None:
        """Notes that the run used a dataset, and for what."""
        self.draft.rows["inputs"].append(
            (
                edge := identifier("input", self.run_id, dataset.uuid),
                "DATASET",
                dataset.uuid,
                "RUN",
                self.run_id,
                0,
            )
        )
        self.draft.rows["input_tags"].append((edge, "mlflow.data.context", context))
