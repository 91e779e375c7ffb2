"""Changing runs in an SQL database: one transaction for all of them, with what MLflow's own calls would write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import Any, Final, Protocol, TypeVar

import sqlalchemy as sa

from store.change_rules import Rules, RunState, decide, problems, tag_keys
from store.changes import Change, Edit, EndRuns, Field, Outcome, Result, deletes
from store.errors import NotAStore, StoreBusy, Unsupported, UsageError
from store.sql.catalog import read_catalog
from store.sql.engine import IDS_PER_QUERY, check
from store.sql.schema import RELEASES, REQUIRED, Schema
from store.uris import Address

T = TypeVar("T")

_COLUMNS: Final = {
    Field.NAME: "name",
    Field.STATUS: "status",
    Field.END_TIME: "end_time",
    Field.STAGE: "lifecycle_stage",
    Field.DELETED_TIME: "deleted_time",
}
"""Of the table `runs`."""

_SOURCE_RUN: Final = '"mlflow.assessment.sourceRunId": "{run_id}"'
"""What MLflow looks for in an assessment's metadata when it deletes a run."""

_ORDER: Final = tuple(RELEASES)
_LONG_VALUES: Final = _ORDER.index("f5a4f2784254")
_COLONS: Final = _ORDER.index("4465047574b1")


class Writable(Protocol):
    """A database that is written to."""

    def write(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        """What `work` returns, after its transaction was committed; nothing is written if it raises."""
        ...

    def close(self) -> None: ...


def open_sqlite(address: Address, cancel: Event | None = None) -> SqlChanges:
    """The runs in an SQLite file, to be changed. Raises `StoreError`s."""
    from store.sql.sqlite_writing import SqliteWriter

    assert address.path is not None
    return SqlChanges(SqliteWriter(address.path), address.shown, cancel)


def open_server(address: Address, cancel: Event | None = None) -> SqlChanges:
    """The runs in a database on a server, to be changed. Raises `UriError`, `Unsupported` and `StoreError`s."""
    from store.sql.reach import driver_url
    from store.sql.server_writing import ServerWriter, writing_dialect

    database = ServerWriter(driver_url(address, os.environ), writing_dialect(address), address.shown)
    try:
        return SqlChanges(database, address.shown, cancel)
    except BaseException:
        database.close()
        raise


def rules_of(schema: Schema) -> Rules:
    """What MLflow of the release that this schema belongs to takes and keeps."""
    revision = schema.revision
    place = _ORDER.index(revision) if revision in RELEASES else len(_ORDER) if schema.has("logged_models") else 0
    return Rules(
        longest_value=8000 if place >= _LONG_VALUES else 5000,
        colons=place >= _COLONS,
        # From 1.30 on both are kept in step, from 1.29 on both are there; the column that came with it tells.
        names=schema.has("experiments", "creation_time") and schema.has("runs", "name"),
        deleted_times=schema.has("runs", "deleted_time"),
    )


class SqlChanges:
    """See `store.protocols.Changes`."""

    def __init__(self, database: Writable, shown: str, cancel: Event | None = None) -> None:
        self._database = database
        self._shown = shown
        check(cancel)

    def apply(self, change: Change, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[Outcome, ...]:
        """All runs or none; see `store.protocols.Changes.apply`."""
        return self._transaction(change, run_ids, cancel, dry=False)

    def preview(self, change: Change, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[Outcome, ...]:
        """See `store.protocols.Changes.preview`; it waits for locks as the change itself would."""
        return self._transaction(change, run_ids, cancel, dry=True)

    def _transaction(
        self, change: Change, run_ids: Sequence[str], cancel: Event | None, *, dry: bool
    ) -> tuple[Outcome, ...]:
        ids = tuple(dict.fromkeys(run_ids))

        def work(connection: sa.Connection) -> tuple[Outcome, ...]:
            schema = read_catalog(connection)
            if any(not REQUIRED[table] <= schema.columns.get(table, frozenset()) for table in REQUIRED):
                raise NotAStore(f"{self._shown} is not an MLflow tracking store", "nothing was changed")
            rules = rules_of(schema)
            if found := problems(change, rules):
                raise UsageError("; ".join(found), "nothing was changed")
            decision = decide(change, ids, _states(connection, schema, ids, sorted(tag_keys(change))), rules)
            check(cancel)
            gone: dict[str, int] = {}
            if not decision.refused:
                changed = [item for item in decision.outcomes if item.result is Result.CHANGED]
                if not dry:
                    _write(connection, schema, changed)
                gone = _assessments(connection, schema, [item.run_id for item in changed if deletes(item)], dry=dry)
            check(cancel)
            return _with_notes(decision.outcomes, gone)

        try:
            return self._database.write(work, cancel)
        except _Conflict as conflict:
            if isinstance(change, EndRuns):
                raise Unsupported(
                    f"the tables of {self._shown} do not take the status {change.status}; nothing was changed",
                    "a constraint that an old MLflow left lacks it: end the runs as FAILED",
                ) from conflict.__cause__
            raise StoreBusy(
                f"somebody else changed the same runs of {self._shown} at this moment; nothing was changed", "try again"
            ) from conflict.__cause__

    def close(self) -> None:
        self._database.close()


class _Conflict(Exception):
    """A constraint of the database stands against it."""


def _chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    for start in range(0, len(items), IDS_PER_QUERY):
        yield items[start : start + IDS_PER_QUERY]


def _locked(statement: sa.Select[Any], table: sa.TableClause) -> sa.Select[Any]:
    """Read so that nobody else can change it until the transaction ends; SQLite's BEGIN IMMEDIATE has done that."""
    return statement.with_for_update().with_hint(table, "WITH (UPDLOCK, HOLDLOCK, ROWLOCK)", "mssql")


def runs_statement(schema: Schema, run_ids: Sequence[str]) -> sa.Select[Any]:
    """Locks runs, in the order of their ids, so that two who want the same wait for each other and never in a ring."""
    runs = schema.table("runs")
    columns = [schema.column("runs", name) for name in ("run_uuid", *_COLUMNS.values())]
    return _locked(sa.select(*columns).where(runs.c.run_uuid.in_(run_ids)).order_by(runs.c.run_uuid), runs)


def tags_statement(schema: Schema, run_ids: Sequence[str], keys: Sequence[str]) -> sa.Select[Any]:
    """Locks tags: MLflow changes them without locking their run."""
    tags = schema.table("tags")
    chosen = tags.c.run_uuid.in_(run_ids) & tags.c.key.in_(keys)
    wanted = sa.select(tags.c.run_uuid, tags.c.key, tags.c.value).where(chosen)
    return _locked(wanted.order_by(tags.c.run_uuid, tags.c.key), tags)


def _states(
    connection: sa.Connection, schema: Schema, run_ids: Sequence[str], keys: Sequence[str]
) -> dict[str, RunState]:
    rows: list[Any] = []
    for some in _chunks(sorted(run_ids)):
        rows += connection.execute(runs_statement(schema, some)).all()
    tags: dict[str, dict[str, str]] = {}
    if keys:
        for some in _chunks(sorted(run_ids)):
            for few in _chunks(keys):
                for run_id, key, value in connection.execute(tags_statement(schema, some, few)):
                    if key not in few:
                        raise UsageError(
                            f"run {run_id} has the tag “{key}”, which this database takes for the same key",
                            "upper and lower case do not count there; nothing was changed",
                        )
                    tags.setdefault(run_id, {})[key] = value or ""
    return {row[0]: RunState(row[0], row[1], row[2], row[3], row[4], row[5], tags.get(row[0], {})) for row in rows}


def _write(connection: sa.Connection, schema: Schema, outcomes: Sequence[Outcome]) -> None:
    runs, tags = schema.table("runs"), schema.table("tags")
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    set_: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    for outcome in outcomes:
        values = {_COLUMNS[edit.field]: edit.after for edit in outcome.edits if edit.field is not Field.TAG}
        if values:
            named = {f"new_{column}": value for column, value in values.items()}
            by_columns.setdefault(tuple(values), []).append({"id_": outcome.run_id, **named})
        for edit in outcome.edits:
            if edit.field is Field.TAG:
                row = _tag_row(outcome.run_id, edit)
                (gone if edit.after is None else new if edit.before is None else set_).append(row)
    this_tag = (tags.c.run_uuid == sa.bindparam("id_")) & (tags.c.key == sa.bindparam("key_"))
    try:
        for columns, parameters in by_columns.items():
            change: dict[str, Any] = {column: sa.bindparam(f"new_{column}") for column in columns}
            connection.execute(runs.update().where(runs.c.run_uuid == sa.bindparam("id_")).values(change), parameters)
        if gone:
            connection.execute(tags.delete().where(this_tag), [{"id_": r["id_"], "key_": r["key_"]} for r in gone])
        if set_:
            connection.execute(tags.update().where(this_tag).values(value=sa.bindparam("value_")), set_)
        if new:
            names = {"run_uuid": "id_", "key": "key_", "value": "value_"}
            connection.execute(
                tags.insert().values({column: sa.bindparam(name) for column, name in names.items()}), new
            )
    except sa.exc.IntegrityError as error:
        raise _Conflict from error


def _tag_row(run_id: str, edit: Edit) -> dict[str, Any]:
    return {"id_": run_id, "key_": edit.key, "value_": edit.after}


def _assessments(connection: sa.Connection, schema: Schema, run_ids: Sequence[str], *, dry: bool) -> dict[str, int]:
    """MLflow 3 deletes the assessments that came from a run with it; how many of each run, counted only if `dry`."""
    if not schema.has("assessments", "assessment_metadata"):
        return {}
    table = schema.table("assessments")
    found: dict[str, int] = {}
    if not run_ids or connection.execute(sa.select(table.c.assessment_id).limit(1)).first() is None:
        return found
    for run_id in run_ids:
        of_run = table.c.assessment_metadata.contains(_SOURCE_RUN.format(run_id=run_id))
        if dry:
            statement = sa.select(sa.func.count()).select_from(table).where(of_run)
            found[run_id] = connection.execute(statement).scalar_one()
        else:
            found[run_id] = connection.execute(table.delete().where(of_run)).rowcount
    return found


def _with_notes(outcomes: Sequence[Outcome], assessments: Mapping[str, int]) -> tuple[Outcome, ...]:
    return tuple(
        replace(
            item, note=f"{count} assessments that came from it go with it, as MLflow does; no undo brings them back"
        )
        if (count := assessments.get(item.run_id, 0)) > 0
        else item
        for item in outcomes
    )
