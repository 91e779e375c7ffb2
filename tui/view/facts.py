"""Facts that several views read out of a run or an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.entities import Run

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
