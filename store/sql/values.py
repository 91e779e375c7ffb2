"""Looking up which values runs have under a key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from threading import Event
from typing import Any

import sqlalchemy as sa

from store.entities import KeyKind, Page
from store.kinds import CONTEXT_TAG
from store.search.syntax import Operator
from store.sql.compare import Column, compare_text, exact_text
from store.sql.engine import IDS_PER_QUERY, check, fetch
from store.sql.keys import newest_runs
from store.sql.schema import Schema
from store.texts import value_text
from store.value_counts import DATASET_FIELDS, RUNS_WITH_VALUES, values_page

_TABLES = {KeyKind.PARAM: "params", KeyKind.TAG: "tags"}


def values(
    connection: sa.Connection,
    schema: Schema,
    kind: KeyKind,
    key: str,
    experiment_ids: Sequence[str] | None,
    text: str,
    limit: int | None,
    cancel: Event | None = None,
) -> Page[str]:
    """See `store.protocols.Store.values`."""
    check(cancel)
    statement = _statement(schema, kind, key, connection.dialect.name)
    if statement is None:
        return Page((), False)
    counted, run_id = statement
    runs = newest_runs(connection, schema, experiment_ids, RUNS_WITH_VALUES + 1)
    kept = runs[:RUNS_WITH_VALUES]
    counts: Counter[str] = Counter()
    for start in range(0, len(kept), IDS_PER_QUERY):
        check(cancel)
        for value, number in fetch(connection, counted.where(run_id.in_(kept[start : start + IDS_PER_QUERY]))):
            counts[value_text(value)] += int(number)
    return values_page(counts, text, limit, looked_at=None if len(runs) == len(kept) else len(kept))


def _statement(schema: Schema, kind: KeyKind, key: str, dialect: str) -> tuple[sa.Select[Any, int], Column] | None:
    """What counts the values, and the run that has them; None where there are none."""
    if kind is KeyKind.DATASET:
        return _of_datasets(schema, key, dialect)
    if kind not in _TABLES:
        return None
    rows = schema.table(_TABLES[kind]).c
    value = exact_text(rows.value, dialect)
    counted = sa.select(value, sa.func.count()).where(compare_text(rows.key, Operator.EQUAL, key, dialect))
    return counted.group_by(value), rows.run_uuid


def _of_datasets(schema: Schema, field: str, dialect: str) -> tuple[sa.Select[Any, int], Column] | None:
    needed = ("datasets", "inputs", *(("input_tags",) if field == "context" else ()))
    if field not in DATASET_FIELDS or not all(map(schema.has, needed)):
        return None
    datasets, inputs = schema.table("datasets").c, schema.table("inputs").c
    edges = [
        inputs.source_type == "DATASET",
        inputs.destination_type == "RUN",
        inputs.source_id == datasets.dataset_uuid,
    ]
    if field == "context":
        tags = schema.table("input_tags").c
        value = exact_text(tags.value, dialect)
        edges += [tags.input_uuid == inputs.input_uuid, tags.name == CONTEXT_TAG]
    else:
        value = exact_text(datasets[field], dialect)
    counted = sa.select(value, sa.func.count(inputs.destination_id.distinct())).where(*edges)
    return counted.group_by(value), inputs.destination_id
