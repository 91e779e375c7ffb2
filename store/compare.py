"""Runs side by side: what they have under each key, in what they differ, and how far from one of them.

Texts are compared as they are written: `0.00001` and `1e-05` are two texts, whose difference as numbers is 0. What a
run lacks differs from everything that another has, also from an empty text. NaN is the same as NaN.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from store.direction import more_is_better
from store.entities import Run
from store.kinds import NAME_TAG, is_infinite
from store.seeds import repeats

MOST_RUNS: Final = 50
"""Runs that are compared at a time: more have no room beside each other."""


class Section(enum.StrEnum):
    """What a row is about."""

    ATTRIBUTES = "attributes"
    PARAMS = "params"
    METRICS = "metrics"
    TAGS = "tags"
    DATASETS = "datasets"


Value = str | int | float | None
"""None: the run has no such thing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One key, with a value for each run."""

    section: Section
    key: str
    """For a dataset its name."""
    values: tuple[Value, ...]
    differs: bool
    differences: tuple[float | None, ...]
    """From the baseline, where both have a finite number; of times and durations in ms. None for the baseline."""
    percents: tuple[float | None, ...]
    """The same as a part of the baseline's magnitude, in per cent; None also where that is 0, and of moments."""
    better: tuple[bool | None, ...]
    """Of metrics: whether that is better than the baseline; None where it is neither, or nobody knows."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side."""

    runs: tuple[Run, ...]
    baseline: int
    """Which of them the others are measured against."""
    rows: tuple[Row, ...]
    """By section, then by key."""

    @property
    def differing(self) -> tuple[Row, ...]:
        """The rows in which not all runs have the same."""
        return tuple(row for row in self.rows if row.differs)


def compare(runs: Sequence[Run], baseline: int = 0, directions: Mapping[str, bool] | None = None) -> Comparison:
    """Compares runs that were read with all their parts.

    Args:
        runs: At least one; their order is that of the values.
        baseline: Which of them the others are measured against.
        directions: Metrics of which it is known whether more is better; the names of the others tell.
    """
    known = directions or {}
    rows = [
        *_rows(Section.ATTRIBUTES, [_attributes(run) for run in runs], baseline, sort=False),
        *_rows(Section.PARAMS, [run.params for run in runs], baseline),
    ]
    metrics = [{key: metric.value for key, metric in run.metrics.items()} for run in runs]
    for row in _rows(Section.METRICS, metrics, baseline):
        up = known.get(row.key, more_is_better(row.key))
        better = tuple(None if up is None or not change else (change > 0) is up for change in row.differences)
        rows.append(Row(row.section, row.key, row.values, row.differs, row.differences, row.percents, better))
    tags = [{key: value for key, value in run.tags.items() if key != NAME_TAG} for run in runs]
    rows += _rows(Section.TAGS, tags, baseline)
    rows += _rows(Section.DATASETS, [_datasets(run) for run in runs], baseline)
    return Comparison(tuple(runs), baseline, tuple(rows))


def _attributes(run: Run) -> dict[str, Value]:
    found: dict[str, Value] = {
        "experiment_id": run.experiment_id,
        "status": run.status,
        "start_time": run.start_time,
        "duration": run.duration,
        "user_id": run.user_id,
        "lifecycle_stage": run.lifecycle_stage,
    }
    return {key: value for key, value in found.items() if value is not None}


def _datasets(run: Run) -> dict[str, Value]:
    """Digests by name; of several datasets of one name all digests."""
    found: dict[str, dict[str, None]] = {}
    for item in run.dataset_inputs:
        found.setdefault(item.dataset.name, {})[item.dataset.digest] = None
    return {name: ", ".join(sorted(digests)) for name, digests in found.items()}


def _rows(section: Section, found: Sequence[Mapping[str, Value]], baseline: int, *, sort: bool = True) -> Iterable[Row]:
    keys = dict.fromkeys(key for one in found for key in one)
    for key in sorted(keys) if sort else keys:
        values = tuple(one.get(key) for one in found)
        # Of seeds none is more than another.
        plain = section is Section.PARAMS and repeats(key)
        numbers = [None if plain else _number(section, value) for value in values]
        base = numbers[baseline]

        def against(measure: Callable[[float, float], float | None]) -> tuple[float | None, ...]:
            return tuple(
                None if place == baseline or number is None or base is None else measure(number, base)  # noqa: B023
                for place, number in enumerate(numbers)  # noqa: B023 (called within the turn)
            )

        yield Row(
            section,
            key,
            values,
            any(not _same(value, values[0]) for value in values[1:]),
            against(_difference),
            against(_percent) if key != "start_time" else (None,) * len(values),
            (None,) * len(values),
        )


def _same(one: Value, other: Value) -> bool:
    return one == other or (one != one and other != other)


def _number(section: Section, value: Value) -> float | None:
    """The finite number that a value is; of texts those of params alone, for an id is no amount."""
    if value is None or (isinstance(value, str) and section is not Section.PARAMS):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return None if math.isnan(number) or is_infinite(number) else number


def _difference(number: float, base: float) -> float | None:
    change = number - base
    return change if math.isfinite(change) else None


def _percent(number: float, base: float) -> float | None:
    if base == 0:
        return None
    part = (number - base) / abs(base) * 100
    return part if math.isfinite(part) else None
