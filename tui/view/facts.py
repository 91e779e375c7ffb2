"""Facts that several views read out of a run or an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from store.entities import Run

NOTE_TAG: Final = "mlflow.note.content"
"""Where MLflow keeps the note of an experiment or a run, in Markdown."""


def run_duration(run: Run) -> int | None:
    """Milliseconds from start to end; None while it runs."""
    if run.start_time is None or run.end_time is None:
        return None
    return run.end_time - run.start_time


DatasetNames = tuple[tuple[str, str], ...]
"""Name and digest of each dataset that a run read."""


def datasets_of(run: Run) -> DatasetNames:
    """The datasets of a run, whose inputs were read, each once."""
    return tuple(dict.fromkeys((item.dataset.name, item.dataset.digest) for item in run.dataset_inputs))


def datasets_text(datasets: DatasetNames, name: str) -> str:
    """The digests of those that are called `name`; without a name, all of them with their names. Not clean."""
    if name:
        return ", ".join(digest for called, digest in datasets if called == name)
    return ", ".join(f"{called} ({digest})" for called, digest in datasets)
