"""Statements fit every schema and every kind of database."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from store.entities import ViewType
from store.errors import Unsupported
from store.protocols import RunQuery
from store.search.parse import parse_experiment_filter, parse_run_filter, parse_run_order
from store.sql.compile import experiment_ids_statement, run_ids_statement
from store.sql.schema import COLUMNS, Schema
from tests.support import oracle

DIALECTS: dict[str, sa.Dialect] = {
    name: sa.make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql", "mysql", "mssql")
}

NEW = Schema(None, {table: frozenset(columns) for table, columns in COLUMNS.items()})
OLD = Schema(
    None,
    {
        table: frozenset(columns) - {"creation_time", "last_update_time", "deleted_time", "workspace"}
        for table, columns in COLUMNS.items()
        if table not in ("datasets", "inputs", "input_tags")
    },
)
"""As MLflow 1.8 made it."""


def run_sql(text: str, order: Sequence[str] = (), dialect: str = "sqlite", schema: Schema = NEW) -> str:
    statement = run_ids_statement(
        schema, parse_run_filter(text), parse_run_order(order), None, ViewType.ALL, 10, dialect
    )
    return str(statement.compile(dialect=DIALECTS[dialect])).replace("\n", "")


def experiment_sql(text: str, schema: Schema) -> str:
    expression = parse_experiment_filter(text)
    statement = experiment_ids_statement(schema, expression, (), ViewType.ALL, None, "sqlite")
    return str(statement.compile(dialect=DIALECTS["sqlite"]))


def test_case_counts_on_every_database() -> None:
    text = "params.a = 'x'"
    assert "params.value = ?" in run_sql(text, dialect="sqlite")
    assert "params.value = %(" in run_sql(text, dialect="postgresql")
    assert "CAST(params.value AS BINARY) = %s" in run_sql(text, dialect="mysql")
    assert "params.value COLLATE Japanese_Bushu_Kakusu_100_CS_AS_KS_WS" in run_sql(text, dialect="mssql")


def test_reserved_words_are_quoted() -> None:
    order = ["metrics.a"]
    assert "order_0.`key`" in run_sql("", order, "mysql")
    assert "order_0.[key]" in run_sql("", order, "mssql")


def test_no_value_becomes_part_of_the_statement() -> None:
    hostile = "x'' OR 1=1 --"
    sql = run_sql(f"params.`{hostile}` = '{hostile}'", [f"metrics.`{hostile}`"])
    assert hostile not in sql


def test_an_old_schema_is_searched() -> None:
    text = "metrics.a > 1 AND params.b = 'x' AND run_name LIKE 'a%' AND start_time > 0"
    assert "EXISTS" in run_sql(text, ["metrics.a DESC", "run_name"], schema=OLD)
    assert "creation_time" not in experiment_sql("name = 'a'", OLD)


@pytest.mark.parametrize("text", ["dataset.name = 'x'", "metrics.a > 1 AND dataset.context = 'train'"])
def test_an_old_schema_has_no_datasets(text: str) -> None:
    with pytest.raises(Unsupported, match=r"MLflow 2\.4"):
        run_sql(text, schema=OLD)


def test_an_old_schema_has_no_times_of_experiments() -> None:
    with pytest.raises(Unsupported, match=r"MLflow 1\.29"):
        experiment_sql("creation_time > 0", OLD)


@pytest.mark.parametrize("wrong", ["", "x", "-1", "1.5", "\u0662", "9" * 30])
def test_an_id_that_is_no_number_names_no_experiment(wrong: str) -> None:
    database = oracle.BUNDLED / "mlflow.db"
    assert oracle.compiled_run_search(database, RunQuery((wrong,))) == []
    assert oracle.compiled_run_search(database, RunQuery((wrong, "1"))) == oracle.compiled_run_search(
        database, RunQuery(("1",))
    )


def test_without_experiments_the_deleted_ones_are_left_out() -> None:
    database = oracle.BUNDLED / "mlflow.db"
    found = oracle.compiled_run_search(database, RunQuery())
    assert found
    active = tuple(str(number) for number in range(4))
    assert found == oracle.compiled_run_search(database, RunQuery(active))


def test_many_conditions_are_no_matter() -> None:
    database = oracle.BUNDLED / "mlflow.db"
    text = " AND ".join(["params.lr != 'nowhere'"] * 100)
    assert oracle.compiled_run_search(database, RunQuery(filter=text)) == oracle.compiled_run_search(
        database, RunQuery(filter="params.lr != 'nowhere'")
    )
