"""A tracking store in an SQL database, as MLflow 1.8 to 3.17 lay it out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypeVar

import sqlalchemy as sa

from store.entities import (
    Aggregated,
    Axis,
    Bucket,
    Curve,
    Experiment,
    ExperimentStats,
    History,
    KeyCount,
    KeyKind,
    LoggedModel,
    MetricColumn,
    MetricSummary,
    Page,
    Run,
    RunParts,
    StoreInfo,
)
from store.errors import AccessDenied, NotAStore, StoreBusy, StoreError, StoreUnreachable
from store.protocols import ExperimentQuery, Progress, RunKeys, RunQuery
from store.sql import curves, experiments, logged_models, metrics, runs
from store.sql.catalog import read_catalog
from store.sql.engine import Database, check, fetch
from store.sql.schema import REQUIRED, Schema
from store.uris import Address, Kind

if TYPE_CHECKING:
    from store.key_values import Key, KeyValues
    from store.search.syntax import Expr, OrderKey
    from store.sql.server_dialect import Dialect

T = TypeVar("T")

_ELSEWHERE: Final[Mapping[str, str]] = {
    Kind.SQLITE: "name the backend store's database, for example the mlflow.db beside the training script",
    Kind.POSTGRESQL: "name the backend store's database; tables in another schema are found with "
    "?options=-csearch_path%3DSCHEMA",
}
_ELSEWHERE_ON_SERVER: Final = "name the backend store's database; the user needs SELECT on MLflow's tables"
"""Where to look if a database holds nothing of MLflow's."""


def open_sqlite(address: Address, cancel: Event | None = None) -> SqlStore:
    """The store in an SQLite file. Raises `StoreError`s, and `Cancelled` once `cancel` is set."""
    from store.sql.sqlite import SqliteDatabase

    assert address.path is not None
    return SqlStore(SqliteDatabase(address.path), kind=address.kind, shown=address.shown, cancel=cancel)


def open_server(address: Address, cancel: Event | None = None) -> SqlStore:
    """The store in a database on a server. Raises `UriError`, `Unsupported` for a driver that is not known,
    `StoreError`s (`DriverMissing` among them), and `Cancelled` once `cancel` is set.
    """
    from store.sql.reach import driver_url
    from store.sql.server import ServerDatabase

    database = ServerDatabase(driver_url(address, os.environ), _dialect(address), address.shown)
    try:
        return SqlStore(database, kind=address.kind, shown=address.shown, cancel=cancel)
    except BaseException:
        database.close()
        raise


def _dialect(address: Address) -> Dialect:
    if address.kind is Kind.POSTGRESQL:
        from store.sql.postgres import Postgres

        return Postgres()
    if address.kind is Kind.MYSQL:
        from store.sql.mysql import MySql

        return MySql(address.detour)
    from store.sql.mssql import SqlServer

    return SqlServer()


class SqlStore:
    """See `store.protocols.Store`."""

    def __init__(self, database: Database, *, kind: str, shown: str, cancel: Event | None = None) -> None:
        self._database = database
        self._kind = kind
        self._shown = shown
        self._schema = self._inspect(cancel)

    def _inspect(self, cancel: Event | None = None) -> Schema:
        schema = self._database.read(read_catalog, cancel)
        columns = schema.columns
        absent = [table for table in REQUIRED if not REQUIRED[table] <= columns.get(table, frozenset())]
        if absent:
            found = f"{self._shown} is a {self._kind} database, but not an MLflow tracking store"
            if any(table in columns for table in REQUIRED):
                raise NotAStore(
                    f"{found}: its tables {', '.join(absent)} are missing or lack columns",
                    "MLflow 1.8 and newer are read; databases of older releases need `mlflow db upgrade` first"
                    + ("" if self._kind == Kind.SQLITE else ", and the user needs SELECT on all of MLflow's tables"),
                )
            raise NotAStore(f"{found}: it has no table of MLflow's", _ELSEWHERE.get(self._kind, _ELSEWHERE_ON_SERVER))
        return schema

    def _read(self, work: Callable[[sa.Connection, Schema], T], cancel: Event | None) -> T:
        schema = self._schema
        try:
            return self._database.read(lambda connection: work(connection, schema), cancel)
        except (StoreBusy, StoreUnreachable, AccessDenied):
            raise
        except StoreError:
            # The database may have been upgraded or replaced meanwhile: then what is there is read anew, once.
            found = self._inspect(cancel)
            if found == schema:
                raise
            self._schema = found
            return self._database.read(lambda connection: work(connection, found), cancel)

    def _reader(self, cancel: Event | None) -> Callable[[Callable[[sa.Connection, Schema], T]], T]:
        """For what takes several reads."""
        return lambda work: self._read(work, cancel)

    @property
    def info(self) -> StoreInfo:
        schema = self._schema
        notices = list(self._database.notices)
        if not schema.known:
            notices.append(f"{schema.release}: read with the tables and columns that are there")
        if schema.missing:
            notices.append(f"this schema has no {', no '.join(schema.missing)}")
        name = schema.release + (f" ({schema.revision})" if schema.revision else "")
        return StoreInfo(
            kind=self._kind, uri=self._shown, schema=name, revision=schema.revision, notices=tuple(notices)
        )

    def experiments(self, query: ExperimentQuery, cancel: Event | None = None) -> Page[Experiment]:
        from store.sql.compile import experiment_ids_statement

        expr: Expr | None = None
        order: tuple[Any, ...] = ()
        if query.filter:
            from store.search.parse import parse_experiment_filter

            expr = parse_experiment_filter(query.filter)
        if query.order_by:
            from store.search.parse import parse_experiment_order

            order = parse_experiment_order(query.order_by)
        limit = None if query.limit is None else query.limit + 1

        def work(connection: sa.Connection, schema: Schema) -> Page[Experiment]:
            statement = experiment_ids_statement(schema, expr, order, query.view, limit, self._database.dialect)
            ids = [row[0] for row in fetch(connection, statement)]
            check(cancel)
            kept = ids if query.limit is None else ids[: query.limit]
            return Page(tuple(experiments.experiments_by_id(connection, schema, kept)), len(ids) > len(kept))

        return self._read(work, cancel)

    def experiment_stats(self, cancel: Event | None = None) -> dict[str, ExperimentStats]:
        return self._read(experiments.experiment_stats, cancel)

    def run_ids(self, query: RunQuery, cancel: Event | None = None, progress: Progress | None = None) -> Page[str]:
        from store.sql.search import find_runs

        expression: Expr | None = None
        order: tuple[OrderKey, ...] = ()
        if query.filter or query.order_by:
            from store.search.select import parsed_runs

            expression, order = parsed_runs(query)
        return self._read(
            lambda connection, schema: find_runs(connection, schema, query, expression, order, cancel, progress), cancel
        )

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        return self._read(
            lambda connection, schema: runs.runs_by_id(connection, schema, run_ids, parts, keys or {}), cancel
        )

    def matching_run_ids(self, text: str, limit: int, cancel: Event | None = None) -> list[str]:
        return self._read(lambda connection, schema: runs.matching_run_ids(connection, schema, text, limit), cancel)

    def metric_summaries(self, run_id: str, cancel: Event | None = None) -> list[MetricSummary]:
        return self._read(lambda connection, schema: metrics.metric_summaries(connection, schema, run_id), cancel)

    def history(self, run_id: str, key: str, cancel: Event | None = None, since: int | None = None) -> History:
        return self._read(lambda connection, schema: metrics.history(connection, schema, run_id, key, since), cancel)

    def curve(self, run: Run, summary: MetricSummary, axis: Axis, buckets: int, cancel: Event | None = None) -> Curve:
        return self._read(
            lambda connection, schema: curves.curve(connection, schema, run, summary, axis, buckets), cancel
        )

    def metric_values(
        self, run_ids: Sequence[str], columns: Sequence[MetricColumn], cancel: Event | None = None
    ) -> dict[str, tuple[Aggregated | None, ...]]:
        from store.sql.columns import metric_values

        return self._read(
            lambda connection, schema: metric_values(connection, schema, run_ids, columns, cancel), cancel
        )

    def sparklines(
        self, run_ids: Sequence[str], key: str, buckets: int, cancel: Event | None = None
    ) -> dict[str, tuple[Bucket, ...]]:
        from store.sql.sparklines import sparklines

        return self._read(
            lambda connection, schema: sparklines(connection, schema, run_ids, key, buckets, cancel), cancel
        )

    def keys(
        self,
        kind: KeyKind,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[KeyCount]:
        from store.sql.keys import keys

        return self._read(
            lambda connection, schema: keys(connection, schema, kind, experiment_ids, text, limit, cancel), cancel
        )

    def values(
        self,
        kind: KeyKind,
        key: str,
        experiment_ids: tuple[str, ...] | None,
        text: str = "",
        limit: int | None = 200,
        cancel: Event | None = None,
    ) -> Page[str]:
        from store.sql.values import values

        return self._read(
            lambda connection, schema: values(connection, schema, kind, key, experiment_ids, text, limit, cancel),
            cancel,
        )

    def varying(self, run_ids: Sequence[str], cancel: Event | None = None) -> frozenset[tuple[KeyKind, str]]:
        from store.sql.varying_many import varying

        return varying(self._reader(cancel), run_ids, cancel)

    def key_values(
        self,
        run_ids: Sequence[str],
        keys: Sequence[Key],
        cancel: Event | None = None,
        progress: Progress | None = None,
        most: int | None = None,
    ) -> KeyValues:
        from store.sql.key_values import key_values

        return key_values(self._reader(cancel), run_ids, keys, cancel, progress, most)

    def logged_models(self, model_ids: Sequence[str], cancel: Event | None = None) -> list[LoggedModel]:
        return self._read(
            lambda connection, schema: logged_models.logged_models_by_id(connection, schema, model_ids), cancel
        )

    def close(self) -> None:
        self._database.close()
