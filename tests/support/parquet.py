"""pyarrow, for tests that write Parquet or read it back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tui.parquet import parquet_possible


def need_pyarrow() -> None:
    """Skips the test where pyarrow is not installed; where all of them must run, that fails."""
    if not parquet_possible():
        told = "pyarrow is not installed: pip install -e '.[parquet]'"
        if os.environ.get("FLOWDECK_REQUIRE_SERVERS") == "1":
            pytest.fail(told)
        pytest.skip(told)


def read_parquet(path: Path) -> Any:
    """The table in a file."""
    import pyarrow.parquet

    return pyarrow.parquet.read_table(path)
