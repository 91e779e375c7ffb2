"""Statements fit every schema and every kind of database."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from store.entities import ViewType
from store.errors import FilterError, Unsupported
from store.protocols import RunQuery
from store.search.language import DEEPEST, MOST_CONDITIONS
from store.search.parse import (
    parse_experiment_filter,
    parse_experiment_order,
    parse_run_filter,
    parse_run_order,
)
from store.sql.compile import MOST_SORT_KEYS, experiment_ids_statement, run_ids_statement
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
    assert "CAST(convert(params.value USING utf8mb4) AS BINARY) = CAST(convert(%s" in run_sql(text, dialect="mysql")
    assert "params.value COLLATE Japanese_Bushu_Kakusu_100_CS_AS_KS_WS" in run_sql(text, dialect="mssql")


def test_an_index_is_used_where_its_collation_knows_the_letters() -> None:
    assert "params.value = %s AND CAST(" in run_sql("params.a = 'x'", dialect="mysql")
    assert "params.value = %s" not in run_sql("params.a = 'Я'", dialect="mysql")


def test_patterns_mean_the_same_on_every_database() -> None:
    for pattern, escaped in (("a\\b", ("postgresql", "mysql")), ("[a]", ("mssql",)), ("a%", ())):
        for dialect in DIALECTS:
            for operator in ("LIKE", "ILIKE"):
                sql = run_sql(f"params.a {operator} '{pattern}'", dialect=dialect)
                assert ("ESCAPE '|'" in sql) == (dialect in escaped), (dialect, operator, pattern)


def test_text_is_sorted_by_its_bytes() -> None:
    order = ["params.a", "start_time"]
    assert "order_0.value ASC" in run_sql("", order, "sqlite")
    assert 'order_0.value COLLATE "C" ASC' in run_sql("", order, "postgresql")
    assert "CAST(convert(order_0.value USING utf8mb4) AS BINARY) ASC" in run_sql("", order, "mysql")
    assert "order_0.value COLLATE Latin1_General_BIN2 ASC" in run_sql("", order, "mssql")
    for dialect in DIALECTS:
        assert "runs.start_time ASC" in run_sql("", order, dialect)


def test_postgresql_does_not_plan_all_of_many_conditions() -> None:
    few, many = (" AND ".join(["params.a = 'x'"] * number) for number in (8, 40))
    assert "OFFSET 0" not in run_sql(few, dialect="postgresql")
    assert run_sql(many, dialect="postgresql").count("OFFSET 0") > 20
    assert "OFFSET" not in run_sql(many, dialect="mysql")


def test_too_many_keys_are_refused() -> None:
    assert run_sql("", [f"metrics.m{number}" for number in range(MOST_SORT_KEYS)])
    with pytest.raises(FilterError, match="21 keys"):
        run_sql("", [f"metrics.m{number}" for number in range(MOST_SORT_KEYS + 1)])


def test_experiments_without_a_time_come_last_everywhere() -> None:
    def sql(order: str, dialect: str) -> str:
        statement = experiment_ids_statement(NEW, None, parse_experiment_order((order,)), ViewType.ALL, None, dialect)
        return str(statement.compile(dialect=DIALECTS[dialect]))

    assert "creation_time DESC NULLS LAST" in sql("creation_time DESC", "postgresql")
    assert "creation_time ASC NULLS FIRST" in sql("creation_time", "postgresql")
    assert "NULLS" not in sql("creation_time DESC", "mysql")


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


BEYOND_MLFLOW = [
    "params.a < 0.1 or not params.b in (1, 2)",
    "max(metrics.a) > 0.9 and at(metrics.a, 100) != 1 or mean(metrics.a) is null",
    "resnet and not 'two words'",
    "duration > '1h' or end_time is null or parent is null",
    "not (not (not has(metrics.a)))",
    "metrics.a not in (1, 2) and has(datasets)",
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", BEYOND_MLFLOW)
def test_what_is_beyond_mlflow_is_sql_everywhere(text: str, dialect: str) -> None:
    order = ["number(params.a) DESC", "max(metrics.a)", "first(metrics.a) DESC", "duration"]
    assert run_sql(text, order, dialect).startswith("SELECT ")


def test_numbers_in_texts_are_asked_for_in_each_databases_words() -> None:
    words = {
        "sqlite": "flowdeck_number(CAST(params.value AS BLOB)) < ?",
        "postgresql": "WHEN (params.value !~ %(param",
        "mysql": "convert(params.value USING utf8mb4) NOT REGEXP %s",
        "mssql": "try_convert(FLOAT, params.value)",
    }
    for dialect, expected in words.items():
        assert expected in run_sql("params.a < 0.1", dialect=dialect), dialect


def test_text_is_looked_for_in_each_databases_words() -> None:
    words = {
        "sqlite": "instr(lower(",
        "postgresql": "strpos(lower(",
        "mysql": "instr(lower(convert(",
        "mssql": "charindex(",
    }
    for dialect, expected in words.items():
        assert expected in run_sql("resnet", dialect=dialect), dialect


def test_not_is_true_of_what_sql_does_not_know() -> None:
    assert "CASE WHEN (runs.user_id = ?) THEN ? ELSE ? END = ?" in run_sql("not user_id = 'x'")


def test_what_mlflow_understands_is_asked_for_as_before() -> None:
    sql = run_sql("metrics.a > 1 AND params.b = 'x'", ["metrics.a DESC"])
    assert "CASE WHEN" not in sql.partition("ORDER BY")[0]
    assert sql.count("EXISTS") == 1
    assert "runs.run_uuid IN (SELECT params.run_uuid" in sql


def test_sqlite_reads_the_holders_of_a_key_in_the_order_of_the_file() -> None:
    schema = Schema(None, NEW.columns, frozenset({"params"}))
    sql = " ".join(run_sql("params.b = 'x'", schema=schema).split())
    places = 'SELECT params.rowid FROM params WHERE params."key" = ? ORDER BY params.rowid'
    assert f"SELECT params.run_uuid FROM params WHERE params.rowid IN ({places}) AND params.value = ?" in sql
    # Where the rows have no numbers, and where runs are looked up one by one, there is nothing to put in order.
    assert "rowid" not in run_sql("metrics.b > 1", schema=schema)
    one = run_ids_statement(schema, parse_run_filter("params.b = 'x'"), (), ("1",), ViewType.ALL, 10, "sqlite")
    assert "rowid" not in str(one)


def test_the_deepest_filters_that_are_understood_are_sql() -> None:
    deep = "params.a = 'x'"
    for level in range(DEEPEST // 2):
        deep = f"not ({deep} {'or' if level % 2 else 'and'} metrics.m{level} > 1)"
    for dialect in DIALECTS:
        assert run_sql(deep, dialect=dialect)


def test_the_widest_filters_that_are_understood_are_answered() -> None:
    wide = " or ".join(f"params.p{number} = {number}" for number in range(MOST_CONDITIONS))
    assert oracle.compiled_run_search(oracle.BUNDLED / "mlflow.db", RunQuery(filter=wide)) == []


def test_an_old_schema_has_no_end_of_runs_to_ask_for() -> None:
    columns = {**OLD.columns, "runs": OLD.columns["runs"] - {"end_time"}}
    with pytest.raises(Unsupported, match="end times"):
        run_sql("duration > 5 or resnet", schema=Schema(None, columns))
    assert "end_time" not in run_sql("resnet", ["duration"], schema=Schema(None, columns))
