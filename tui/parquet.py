"""Lists as Parquet files, with pyarrow, which is imported when one is written."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, BinaryIO, Final, TypeVar

from store.errors import DriverMissing
from tui.view.fields import Type
from tui.view.sheet import Sheet

T = TypeVar("T")

INSTALL: Final = "pip install 'flowdeck[parquet]'"

VALUES_IN_A_GROUP: Final = 400_000
"""Values that one row group has: it is kept in memory, packed, until it is written."""

ROWS_IN_A_GROUP: Final = 50_000
"""Rows that it has at most, however few columns there are."""


def parquet_possible() -> bool:
    """True if what writes Parquet is installed."""
    return find_spec("pyarrow") is not None


def check_parquet() -> None:
    """Raises `DriverMissing`."""
    if not parquet_possible():
        raise DriverMissing("Parquet needs pyarrow, which is not installed", INSTALL)


class _Forward:
    """A file that is only ever written to its end, which a pipe can do, too."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._place = 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._place += len(data)
        return len(data)

    def tell(self) -> int:
        return self._place

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """What is behind it is closed by whom it belongs to."""


def write_parquet(sheet: Sheet[T], file: BinaryIO) -> None:
    """Writes the rows in groups, as they come.

    Metrics are float64, times timestamps in milliseconds of UTC, durations and steps int64, the rest strings; what a
    row does not have is null. Of columns with one title the first is written. Raises `DriverMissing` and `OSError`.
    """
    check_parquet()
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        Type.TEXT: pa.string(),
        Type.NUMBER: pa.float64(),
        Type.INTEGER: pa.int64(),
        Type.TIME: pa.timestamp("ms", tz="UTC"),
    }
    places = {column.title: place for place, column in reversed(list(enumerate(sheet.columns)))}
    kept = sorted(places.values())
    columns = [sheet.columns[place] for place in kept]
    schema = pa.schema([pa.field(_encodable(column.title), types[column.type]) for column in columns])
    group = max(1, min(ROWS_IN_A_GROUP, VALUES_IN_A_GROUP // max(1, len(columns))))
    waiting: list[Any] = []
    rows = 0
    with pq.ParquetWriter(pa.PythonFile(_Forward(file), mode="w"), schema) as writer:

        def write() -> None:
            nonlocal rows
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting, schema), row_group_size=rows)
            waiting.clear()
            rows = 0

        for portion in sheet.portions():
            made = [sheet.plain(item) for item in portion]
            arrays = [
                pa.array([_fitting(line[place], column.type) for line in made], types[column.type])
                for place, column in zip(kept, columns, strict=True)
            ]
            waiting.append(pa.record_batch(arrays, schema=schema))
            rows += len(made)
            if rows >= group:
                write()
        write()


_INT64: Final = 2**63


def _fitting(value: Any, type_: Type) -> Any:
    """A value as a column of that type takes it."""
    if value is None:
        return None
    if type_ is Type.TEXT:
        return _encodable(str(value))
    if type_ is Type.NUMBER:
        return float(value)
    # Times fit; of two that are as far apart as they can be the difference does not.
    return value if -_INT64 <= value < _INT64 else None


def _encodable(text: str) -> str:
    """Without halves of characters, which no file of texts can have."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
