"""Runs without what a sort does not look at: many are held at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from store.entities import Run, RunParts
from store.search.needs import needed_keys, needed_parts
from store.search.syntax import OrderKey

T = TypeVar("T")


def slimmer(order: Sequence[OrderKey]) -> Callable[[Run], Run]:
    """Makes of a run one that is sorted alike and takes little memory."""
    keys = needed_keys(None, order)
    keeps_datasets = RunParts.INPUTS in needed_parts(None, order)

    def some(part: RunParts, found: Mapping[str, T]) -> dict[str, T]:
        return {key: found[key] for key in keys.get(part) or () if key in found}

    def slim(run: Run) -> Run:
        return replace(
            run,
            params=some(RunParts.PARAMS, run.params),
            metrics=some(RunParts.METRICS, run.metrics),
            tags=some(RunParts.TAGS, run.tags),
            dataset_inputs=run.dataset_inputs if keeps_datasets else (),
            model_inputs=(),
            model_outputs=(),
            parts=RunParts.ATTRIBUTES,
        )

    return slim
