"""Which releases of MLflow seem to have written a tree, by what only they write."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Final

from store.file.folders import ExperimentFolder
from store.file.index import Batch
from store.file.tree import Tree

_SAMPLE: Final = 3
"""Runs of each experiment that are looked at."""

_RANDOM_ID: Final = 10
"""Experiment ids have at least so many digits since MLflow 2.0, which makes them up; before they were counted."""


def release(experiments: Sequence[ExperimentFolder], tree: Tree, cancel: Event | None = None) -> str:
    """For people: `written by MLflow 3.x`. The newest sign counts, because old trees go on being used."""
    sound = [one for one in experiments if not one.fields[-1]]
    if not sound:
        return "no experiment yet" if not experiments else "by an unknown release"
    if any(one.fields[5] for one in sound):
        return "MLflow 3.10 or newer"
    batch = Batch()
    runs = [run for one in sound for run in tree.sample(one, _SAMPLE, batch, cancel) if not run.fields[-1]]
    tree.index.write(batch)
    if not all(run.fields[8] for run in runs):
        return "MLflow 3.x"
    if any(one.experiment_id.isdigit() and len(one.experiment_id) >= _RANDOM_ID for one in sound):
        return "MLflow 2.x"
    return "MLflow 1.30 or older"
