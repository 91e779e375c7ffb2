"""The newest runs of a large SQLite file, as far as its end tells, before every run was looked at."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from store.protocols import Headway, Progress
from store.sql.engine import fetch, fetch_ids

LARGE: Final = 100_000
"""Rows from which it takes noticeably long to find the newest ones: runs have no index by time."""

LAST_ROWS: Final = 5_000
"""Rows at the end of the table that are looked at. Training adds rows there, so they are the newest in most stores."""


def tell_newest(connection: sa.Connection, statement: sa.Select[Any], progress: Progress) -> None:
    """Tells which of the last rows of `runs` belong to the answer of a statement that selects run ids.

    Whatever keeps this from working shows again, and for good, in the statement itself.
    """
    try:
        rows = fetch(connection, sa.text("SELECT max(rowid) FROM runs"))
        last = rows[0][0] if rows else None
        if not isinstance(last, int) or last < LARGE:
            return
        ids = fetch_ids(connection, statement.where(sa.text(f"runs.rowid > {last - LAST_ROWS}")))
    except sa.exc.DBAPIError:
        # A table of somebody else's making may have no rowid.
        return
    if len(ids):
        progress(Headway("runs", LAST_ROWS, None, tuple(ids)))
