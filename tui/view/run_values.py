"""What columns show of runs that is read apart from them, as far as it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Final

from store.entities import Aggregated, MetricColumn
from tui.view.facts import DatasetNames
from tui.view.run_columns import RunColumn

UNREAD: Final = "unread"
"""Instead of a value that was not read yet."""


class RunValues:
    """Values by column, then by run: aggregates of metrics, their curves as text; and the datasets of runs."""

    def __init__(self) -> None:
        self._numbers: dict[MetricColumn, dict[str, Aggregated | None]] = {}
        self._curves: dict[str, dict[str, str]] = {}
        self._datasets: dict[str, DatasetNames] = {}

    def number(self, column: MetricColumn, run_id: str) -> Aggregated | str | None:
        """None if the run has no such metric; `UNREAD` if nobody looked."""
        return self._numbers.get(column, {}).get(run_id, UNREAD)

    def curve(self, key: str, run_id: str) -> str | None:
        """The sparkline of a metric, empty if the run has none; None if nobody looked."""
        return self._curves.get(key, {}).get(run_id)

    def datasets(self, run_id: str) -> DatasetNames | None:
        """The datasets that a run read; None if nobody looked."""
        return self._datasets.get(run_id)

    def add_datasets(self, datasets: Mapping[str, DatasetNames]) -> None:
        """By run id."""
        self._datasets.update(datasets)

    def add_numbers(self, column: MetricColumn, values: Mapping[str, Aggregated | None]) -> None:
        """By run id; None for a run that has no such metric."""
        self._numbers.setdefault(column, {}).update(values)

    def add_curves(self, key: str, drawn: Mapping[str, str]) -> None:
        """Sparklines by run id; empty for a run that has no such metric."""
        self._curves.setdefault(key, {}).update(drawn)

    def remember(self, others: RunValues) -> None:
        """Adds what `others` holds, in the place of what was known."""
        for column, values in others._numbers.items():
            self.add_numbers(column, values)
        for key, drawn in others._curves.items():
            self.add_curves(key, drawn)
        self.add_datasets(others._datasets)

    def lacks(self, columns: Iterable[RunColumn], run_id: str) -> bool:
        """True if something of a run that these columns show was not read."""
        return any(
            (column.kind == "datasets" and run_id not in self._datasets)
            or (column.spark and run_id not in self._curves.get(column.key, {}))
            or ((history := column.history) is not None and run_id not in self._numbers.get(history, {}))
            for column in columns
        )

    def keep_only(self, run_ids: Set[str]) -> None:
        """Forgets all other runs."""
        for numbers in self._numbers.values():
            for run_id in numbers.keys() - run_ids:
                del numbers[run_id]
        for curves in self._curves.values():
            for run_id in curves.keys() - run_ids:
                del curves[run_id]
        for run_id in self._datasets.keys() - run_ids:
            del self._datasets[run_id]
