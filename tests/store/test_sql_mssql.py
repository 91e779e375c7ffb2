"""Every statement for SQL Server, which no test can run: as text, and tried on an SQLite that knows its names.

`python -m tests.store.test_sql_mssql` writes the text anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, Final, TypeVar

import pytest
import sqlalchemy as sa

from store.entities import Axis, RunParts, ViewType
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from store.sql.compare import _MSSQL_COLLATION, _MSSQL_ORDER
from store.sql.store import SqlStore
from tests.support import oracle

T = TypeVar("T")

DATA: Final = Path(__file__).resolve().parents[1] / "data"
DATABASE: Final = DATA / "stores" / "3.17.2" / "mlflow.db"
GOLDEN: Final = DATA / "mssql.sql"

SEARCHES: Final = (
    RunQuery(("1", "2"), limit=10),
    RunQuery(
        filter="metrics.acc != 0.5 AND params.lr LIKE '[a]%' AND tags.team ILIKE 'X%' AND params.x IS NULL "
        "AND run_id IN ('a', 'b') AND start_time > 1.5 AND run_name = 'r'",
        order_by=("metrics.acc DESC", "params.lr", "run_name", "end_time DESC"),
        view=ViewType.ALL,
    ),
    RunQuery(filter="dataset.name = 'd' AND dataset.context LIKE 'train'"),
)


class Recorder:
    """A connection that notes statements as SQL Server would get them, and has SQLite answer them."""

    def __init__(self, connection: sa.Connection, seen: dict[str, None]) -> None:
        self.dialect = sa.make_url("mssql+pyodbc://").get_dialect()(paramstyle="qmark")
        self._connection = connection
        self._seen = seen

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        compiled = statement.compile(dialect=self.dialect, compile_kwargs={"render_postcompile": True})
        self._seen[re.sub(r"\?(, \?)+", "?, ...", " ".join(str(compiled).split()))] = None
        return self._connection.execute(statement, parameters)


class Recorded:
    """A database that is taken for SQL Server; see `store.sql.engine.Database`."""

    dialect = "mssql"
    notices: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.seen: dict[str, None] = {}
        self._engine = sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
        sa.event.listen(self._engine, "connect", _play_server)

    def read(self, work: Callable[[sa.Connection], T], cancel: Event | None = None) -> T:
        with self._engine.connect() as connection:
            return work(Recorder(connection, self.seen))  # type: ignore[arg-type]

    def close(self) -> None:
        self._engine.dispose()


def _play_server(connection: Any, _record: Any) -> None:
    """Collations and the catalogue of SQL Server, as far as statements name them."""
    for name in (_MSSQL_COLLATION, _MSSQL_ORDER):
        connection.create_collation(name, lambda one, other: (one > other) - (one < other))
    connection.create_function("SCHEMA_NAME", 0, lambda: "dbo")
    connection.execute("PRAGMA case_sensitive_like = ON")
    connection.execute("ATTACH ':memory:' AS INFORMATION_SCHEMA")
    connection.execute("CREATE TABLE INFORMATION_SCHEMA.COLUMNS (TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME)")
    connection.execute(
        "INSERT INTO INFORMATION_SCHEMA.COLUMNS SELECT 'dbo', tables.name, columns.name "
        "FROM main.sqlite_master AS tables, pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
    )


@contextmanager
def opened(path: Path = DATABASE) -> Iterator[tuple[SqlStore, Recorded]]:
    database = Recorded(path)
    store = SqlStore(database, kind="SQL Server", shown="mssql+pyodbc://host/db")
    yield store, database
    store.close()


def everything(store: Store) -> list[object]:
    """What every call gives, so that every statement is made."""
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    runs = store.runs(ids, RunParts.ALL)
    found: list[object] = [ids, runs, store.experiment_stats()]
    found += [store.run_ids(query).items for query in SEARCHES]
    found.append(store.experiments(ExperimentQuery(view=ViewType.ALL)))
    found.append(store.experiments(ExperimentQuery("name LIKE 'i%' AND tags.a != 'b'", ("name DESC",), limit=3)))
    found.append(store.logged_models([item.model_id for run in runs for item in run.model_outputs]))
    found += [store.matching_run_ids(text, 5) for text in (ids[0][:6], "baseline")]
    for run in runs:
        for summary in store.metric_summaries(run.run_id):
            found.append(repr(summary))
            found.append(repr(list(store.history(run.run_id, summary.key))))
            found += [repr(store.curve(run, summary, axis, 7)) for axis in (Axis.STEP, Axis.RELATIVE)]
    return [repr(item) for item in found]


def statements() -> str:
    with opened() as (store, database):
        everything(store)
        return "".join(f"{statement};\n" for statement in database.seen)


def test_statements_are_as_recorded() -> None:
    assert statements() == GOLDEN.read_text("utf-8")


def test_nothing_is_in_them_that_sql_server_does_not_know() -> None:
    text = GOLDEN.read_text("utf-8")
    for wrong in (" LIMIT ", " OFFSET ", " true", " false", "NULLS ", "||", "`", " IS 0", "GROUP BY bucket"):
        assert wrong not in text
    assert all(line.startswith("SELECT ") for line in text.splitlines())
    assert "[key]" in text
    assert "ESCAPE '|'" in text


def test_answers_are_those_of_sqlite() -> None:
    with opened() as (store, _):
        found = everything(store)
    plain = open_store(str(DATABASE))
    wanted = everything(plain)
    plain.close()
    assert found == wanted


def test_searches_of_the_corpus() -> None:
    cases = [case for case in oracle.run_cases((oracle.BUNDLED,)) if case.expected is not None]
    with opened(oracle.BUNDLED / "mlflow.db") as (store, _):
        for case in cases:
            assert store.run_ids(case.query).items == case.expected, case.name


@pytest.mark.parametrize("text", ["x'; DROP TABLE runs; --", "[x]", "%"])
def test_no_value_becomes_part_of_a_statement(text: str) -> None:
    with opened() as (store, database):
        store.run_ids(RunQuery(filter=f'params.p = "{text}"'))
        assert not any(text in statement for statement in database.seen)


if __name__ == "__main__":
    GOLDEN.write_text(statements(), "utf-8")
