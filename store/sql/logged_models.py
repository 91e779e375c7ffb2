"""Reading logged models (MLflow 3.0 and newer)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from store.entities import LoggedModel
from store.kinds import LOGGED_MODEL_STATUS
from store.sql.compare import sorted_text
from store.sql.engine import fetch
from store.sql.rows import integer
from store.sql.schema import Schema
from store.texts import location, optional_text, text, value_text

_COLUMNS: Final = (
    "model_id",
    "experiment_id",
    "name",
    "artifact_location",
    "creation_timestamp_ms",
    "last_updated_timestamp_ms",
    "status",
    "model_type",
    "source_run_id",
)


def logged_models_by_id(connection: sa.Connection, schema: Schema, ids: Sequence[str]) -> list[LoggedModel]:
    """The logged models with these ids, in their order; none where the schema has no such table."""
    if not ids or not schema.has("logged_models"):
        return []
    params = _texts(connection, schema, "logged_model_params", "param", ids)
    tags = _texts(connection, schema, "logged_model_tags", "tag", ids)
    columns = [schema.column("logged_models", name) for name in _COLUMNS]
    found = {}
    for row in fetch(connection, sa.select(*columns).where(schema.table("logged_models").c.model_id.in_(ids))):
        status = integer(row[6])
        found[row[0]] = LoggedModel(
            model_id=text(row[0]),
            experiment_id=str(row[1]),
            name=text(row[2]),
            artifact_location=location(row[3]),
            creation_timestamp=integer(row[4]),
            last_updated_timestamp=integer(row[5]),
            status=LOGGED_MODEL_STATUS.get(status, str(status)),
            model_type=optional_text(row[7]),
            source_run_id=optional_text(row[8]),
            params=params.get(row[0], {}),
            tags=tags.get(row[0], {}),
        )
    return [found[key] for key in ids if key in found]


def _texts(
    connection: sa.Connection, schema: Schema, name: str, prefix: str, ids: Sequence[str]
) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    if schema.has(name):
        table = schema.table(name).c
        key, value = table[f"{prefix}_key"], table[f"{prefix}_value"]
        by = sorted_text(key, connection.dialect.name)
        statement = sa.select(table.model_id, key, value).where(table.model_id.in_(ids)).order_by(by)
        for owner, name_, value_ in fetch(connection, statement):
            found.setdefault(owner, {})[text(name_)] = value_text(value_)
    return found
