"""The columns of the runs table as the command line names them."""

from __future__ import annotations

from collections.abc import Iterable

from store.kinds import Aggregate
from tui.view.fields import RunField
from tui.view.run_columns import RunColumn

NAME = RunField("attributes", "run_name")
"""What every row of the table begins with."""


def fields_of(columns: Iterable[RunColumn]) -> tuple[RunField, ...]:
    """The name of the run and what these columns show; a curve is nothing that a file has."""
    return (NAME, *(_field(column) for column in columns if not column.spark))


def _field(column: RunColumn) -> RunField:
    aggregate = "" if column.aggregate is Aggregate.LATEST else str(column.aggregate)
    return RunField(column.kind, column.key, aggregate, column.step)
