"""Reading runs: attributes first, then one query for each part over all ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from store.entities import DatasetInput, Metric, ModelInput, ModelOutput, Run, RunParts
from store.kinds import NAME_TAG
from store.protocols import RunKeys
from store.search.syntax import Operator
from store.sql.compare import Column, Condition, compare_text, sorted_text
from store.sql.engine import IDS_PER_QUERY, fetch
from store.sql.rows import DATASET_COLUMNS, METRIC_COLUMNS, RUN_COLUMNS, dataset, integer, metric, run
from store.sql.schema import Schema
from store.texts import text, value_text

V = TypeVar("V")

KEYS_PER_QUERY: Final = 300
"""Keys bound beside `IDS_PER_QUERY` ids: together they are below every dialect's limit of parameters."""


def runs_by_id(
    connection: sa.Connection, schema: Schema, ids: Sequence[str], parts: RunParts, keys: RunKeys
) -> list[Run]:
    """The runs with these ids, in their order; unknown ids are left out. `keys`: see `store.protocols.Store.runs`."""
    found: dict[str, Run] = {}
    for start in range(0, len(ids), IDS_PER_QUERY):
        for item in _some_runs(connection, schema, ids[start : start + IDS_PER_QUERY], parts, keys):
            found[item.run_id] = item
    return [found[key] for key in ids if key in found]


def _some_runs(
    connection: sa.Connection, schema: Schema, ids: Sequence[str], parts: RunParts, keys: RunKeys
) -> list[Run]:
    table = schema.table("runs")
    columns = [schema.column("runs", name) for name in RUN_COLUMNS]
    rows = fetch(connection, sa.select(*columns).where(table.c.run_uuid.in_(ids)))
    params: dict[str, dict[str, str]] = {}
    tags: dict[str, dict[str, str]] = {}
    metrics: dict[str, dict[str, Metric]] = {}
    inputs = _Inputs()
    if RunParts.PARAMS in parts:
        params = _texts(connection, schema, "params", ids, keys.get(RunParts.PARAMS))
    if RunParts.TAGS in parts:
        tags = _texts(connection, schema, "tags", ids, keys.get(RunParts.TAGS))
    if RunParts.METRICS in parts:
        metrics = latest_metrics(connection, schema, ids, keys.get(RunParts.METRICS))
    if RunParts.INPUTS in parts:
        inputs = _read_inputs(connection, schema, ids)
    named = RunParts.TAGS in parts and NAME_TAG in keys.get(RunParts.TAGS, (NAME_TAG,))
    names = _missing_names(connection, schema, rows, tags if named else None)
    runs = []
    for row in rows:
        key = row[0]
        if not row[1] and key in names:
            row = (key, names[key], *row[2:])
        runs.append(
            run(
                row,
                parts,
                params=params.get(key, {}),
                metrics=metrics.get(key, {}),
                tags=tags.get(key, {}),
                dataset_inputs=tuple(inputs.datasets.get(key, ())),
                model_inputs=tuple(inputs.models_in.get(key, ())),
                model_outputs=tuple(inputs.models_out.get(key, ())),
            )
        )
    return runs


def _missing_names(
    connection: sa.Connection, schema: Schema, rows: Sequence[Any], tags: dict[str, dict[str, str]] | None
) -> dict[str, str]:
    """Names of the runs whose column is empty: MLflow 1.28 and older kept the name in a tag only."""
    nameless = [row[0] for row in rows if not row[1]]
    if not nameless:
        return {}
    if tags is not None:
        return {key: tags[key][NAME_TAG] for key in nameless if NAME_TAG in tags.get(key, {})}
    table = schema.table("tags").c
    statement = sa.select(table.run_uuid, table.value).where(table.run_uuid.in_(nameless), table.key == NAME_TAG)
    return {key: value_text(value) for key, value in fetch(connection, statement)}


def _texts(
    connection: sa.Connection, schema: Schema, name: str, ids: Sequence[str], keys: Collection[str] | None
) -> dict[str, dict[str, str]]:
    table = schema.table(name).c
    statement = sa.select(table.run_uuid, table.key, table.value).where(table.run_uuid.in_(ids))
    found: dict[str, dict[str, str]] = {}
    for owner, key, value in _keyed_rows(connection, statement, table, keys):
        found.setdefault(owner, {})[key] = value_text(value)
    return found


def latest_metrics(
    connection: sa.Connection, schema: Schema, ids: Sequence[str], keys: Collection[str] | None
) -> dict[str, dict[str, Metric]]:
    """The latest values, by run id and key; at most `IDS_PER_QUERY` ids."""
    table = schema.table("latest_metrics").c
    columns = [table[name] for name in METRIC_COLUMNS]
    found: dict[str, dict[str, Metric]] = {}
    statement = sa.select(*columns).where(table.run_uuid.in_(ids))
    for owner, key, value, timestamp, step, is_nan in _keyed_rows(connection, statement, table, keys):
        found.setdefault(owner, {})[key] = metric(key, value, timestamp, step, is_nan)
    return found


def _keyed_rows(
    connection: sa.Connection, statement: sa.Select[Any], table: Any, keys: Collection[str] | None
) -> Iterator[Any]:
    """The rows (run, key, ...) of a statement in the order of their keys; only of `keys`, if they are given."""
    ordered = statement.order_by(*key_order(connection, table))
    if keys is None:
        yield from fetch(connection, ordered)
        return
    dialect = connection.dialect.name
    for some in _chunks(sorted(keys), KEYS_PER_QUERY):
        for row in fetch(connection, ordered.where(_one_of(table.key, some, dialect))):
            # Some collations find more than was asked for.
            if row[1] in some:
                yield row


def _one_of(key: Column, keys: Sequence[str], dialect: str) -> Condition:
    if dialect == "sqlite":
        # Not by the index of the keys: SQLite would look every run up in it once for every key.
        return UnaryExpression(key, operator=custom_op("+")).in_(keys)
    return compare_text(key, Operator.IN, tuple(keys), dialect)


def key_order(connection: sa.Connection, table: Any) -> list[Column]:
    """What to sort by for the keys of each run in the order of their bytes."""
    if connection.dialect.name == "sqlite":
        # An index on the run leaves less to sort.
        return [table.run_uuid, table.key]
    return [sorted_text(table.key, connection.dialect.name)]


class _Inputs:
    """What runs read and wrote, by run id."""

    def __init__(self) -> None:
        self.datasets: dict[str, list[DatasetInput]] = {}
        self.models_in: dict[str, list[ModelInput]] = {}
        self.models_out: dict[str, list[ModelOutput]] = {}


def _read_inputs(connection: sa.Connection, schema: Schema, ids: Sequence[str]) -> _Inputs:
    """MLflow keeps all of it in one table of edges: dataset -> run, run -> model read, run -> model written."""
    found = _Inputs()
    if not schema.has("inputs"):
        return found
    inputs = schema.table("inputs").c
    if schema.has("datasets"):
        _read_datasets(connection, schema, ids, found.datasets)
    step = schema.column("inputs", "step")
    statement = (
        sa.select(inputs.source_type, inputs.source_id, inputs.destination_id, step)
        .where(inputs.source_type.in_(("RUN_INPUT", "RUN_OUTPUT")), inputs.source_id.in_(ids))
        .order_by(sorted_text(inputs.destination_id, connection.dialect.name))
    )
    for kind, owner, model_id, at_step in fetch(connection, statement):
        if kind == "RUN_INPUT":
            found.models_in.setdefault(owner, []).append(ModelInput(text(model_id)))
        else:
            found.models_out.setdefault(owner, []).append(ModelOutput(text(model_id), integer(at_step)))
    return found


def _read_datasets(
    connection: sa.Connection, schema: Schema, ids: Sequence[str], found: dict[str, list[DatasetInput]]
) -> None:
    inputs = schema.table("inputs").c
    edges = fetch(
        connection,
        sa.select(inputs.input_uuid, inputs.source_id, inputs.destination_id).where(
            inputs.source_type == "DATASET", inputs.destination_type == "RUN", inputs.destination_id.in_(ids)
        ),
    )
    if not edges:
        return
    tags: dict[str, dict[str, str]] = {}
    datasets = {}
    if schema.has("input_tags"):
        table = schema.table("input_tags").c
        for some in _chunks([edge[0] for edge in edges]):
            statement = sa.select(table.input_uuid, table.name, table.value).where(table.input_uuid.in_(some))
            for owner, key, value in fetch(
                connection, statement.order_by(sorted_text(table.name, connection.dialect.name))
            ):
                tags.setdefault(owner, {})[text(key)] = value_text(value)
    columns = [schema.column("datasets", name) for name in DATASET_COLUMNS]
    for some in _chunks(sorted({edge[1] for edge in edges})):
        statement = sa.select(*columns).where(schema.table("datasets").c.dataset_uuid.in_(some))
        for row in fetch(connection, statement):
            datasets[row[0]] = dataset(row)
    for edge, source, run_id in edges:
        if source in datasets:
            found.setdefault(run_id, []).append(DatasetInput(datasets[source], tags.get(edge, {})))
    for items in found.values():
        items.sort(key=lambda item: (item.dataset.name, item.dataset.digest))


def _chunks(items: Sequence[V], size: int = IDS_PER_QUERY) -> list[Sequence[V]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def matching_run_ids(connection: sa.Connection, schema: Schema, wanted: str, limit: int) -> list[str]:
    """Ids that start with `wanted`, and those of runs named `wanted`; at most `limit`, the exact id first."""
    runs, tags = schema.table("runs").c, schema.table("tags").c
    dialect = connection.dialect.name
    found: dict[str, None] = {}
    if wanted.isalnum():
        prefixed = sa.select(runs.run_uuid).where(_starts_with(runs.run_uuid, wanted, dialect)).limit(limit)
        by = sorted_text(runs.run_uuid, dialect)
        found.update((row[0], None) for row in fetch(connection, prefixed.order_by(by)))
    named = []
    if schema.has("runs", "name"):
        named.append(sa.select(runs.run_uuid).where(compare_text(runs.name, Operator.EQUAL, wanted, dialect)))
    # The tag counts only where the column is empty: the two differ once one of them was changed alone.
    named.append(
        sa.select(runs.run_uuid)
        .select_from(schema.table("runs").join(schema.table("tags"), tags.run_uuid == runs.run_uuid))
        .where(
            compare_text(tags.key, Operator.EQUAL, NAME_TAG, dialect),
            compare_text(tags.value, Operator.EQUAL, wanted, dialect),
            sa.func.coalesce(schema.column("runs", "name"), "") == "",
        )
    )
    for statement in named:
        found.update((row[0], None) for row in fetch(connection, statement.limit(limit)))
    return list(found)[:limit]


def _starts_with(column: Column, text: str, dialect: str) -> Condition:
    """`text` is letters and digits. A range, because LIKE can use the primary key in some collations only."""
    if dialect == "sqlite":
        return sa.and_(column >= text, column < text + "\x7f")
    # By a collation of people the end of the range is another: behind every hexadecimal digit in all of them.
    exact = compare_text(column, Operator.LIKE, f"{text}%", dialect)
    return sa.and_(column >= text, column <= text + "zzzz", exact) if text.isascii() else exact
