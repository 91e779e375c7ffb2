"""Reading experiments."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from store.entities import Experiment, ExperimentStats
from store.sql.compare import sorted_text
from store.sql.engine import IDS_PER_QUERY, fetch
from store.sql.rows import EXPERIMENT_COLUMNS, experiment, integer, optional_integer
from store.sql.schema import Schema
from store.texts import text, value_text


def experiments_by_id(connection: sa.Connection, schema: Schema, ids: Sequence[int]) -> list[Experiment]:
    """The experiments with these ids, in their order."""
    found: dict[int, Experiment] = {}
    for start in range(0, len(ids), IDS_PER_QUERY):
        some = ids[start : start + IDS_PER_QUERY]
        table = schema.table("experiments")
        tags = _tags(connection, schema, some)
        columns = [schema.column("experiments", name) for name in EXPERIMENT_COLUMNS]
        for row in fetch(connection, sa.select(*columns).where(table.c.experiment_id.in_(some))):
            found[row[0]] = experiment(row, tags.get(row[0], {}))
    return [found[key] for key in ids if key in found]


def _tags(connection: sa.Connection, schema: Schema, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    if not schema.has("experiment_tags"):
        return {}
    tags = schema.table("experiment_tags").c
    statement = sa.select(tags.experiment_id, tags.key, tags.value).where(tags.experiment_id.in_(ids))
    found: dict[int, dict[str, str]] = {}
    for owner, key, value in fetch(connection, statement.order_by(sorted_text(tags.key, connection.dialect.name))):
        found.setdefault(owner, {})[text(key)] = value_text(value)
    return found


def experiment_stats(connection: sa.Connection, schema: Schema) -> dict[str, ExperimentStats]:
    """Runs of every experiment, from one pass over the table: correlated counts cost nine times as much."""
    runs = schema.table("runs").c
    statement = (
        sa.select(
            runs.experiment_id,
            sa.func.count(),
            sa.func.sum(sa.case((runs.status == "RUNNING", 1), else_=0)),
            sa.func.max(runs.start_time),
        )
        .where(runs.lifecycle_stage == "active")
        .group_by(runs.experiment_id)
    )
    return {
        str(row[0]): ExperimentStats(str(row[0]), integer(row[1]), integer(row[2]), optional_integer(row[3]))
        for row in fetch(connection, statement)
    }
