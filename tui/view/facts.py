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
