"""Recorded answers of a real MLflow to searches, and ways to put the same questions to flowdeck.

A corpus is a folder with `mlflow.db` (SQLite) or `mlruns` (a tree), and `corpus.json`, which holds, under these names:

- `runs`, `experiments`: run ids by label; ids of the experiments labelled e0, e1, ...
- `search_runs`, `search_experiments`: a query with the labels found, in order, or the error
- `pagination`: one query, page by page
- `parse`: a run filter with its conditions, or the error

The environment variable FLOWDECK_ORACLE names more folders, with `:` between.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from store.entities import ViewType
from store.protocols import ExperimentQuery, RunQuery
from store.search.parse import (
    parse_experiment_filter,
    parse_experiment_order,
    parse_run_filter,
    parse_run_order,
)
from store.sql.catalog import read_catalog
from store.sql.compile import experiment_ids_statement
from store.sql.numbers import add_functions
from store.sql.schema import Schema
from store.sql.search import find_runs

BUNDLED: Final = Path(__file__).parent.parent / "data" / "oracle-db"
TREE: Final = Path(__file__).parent.parent / "data" / "oracle-file"
"""The same runs in an `mlruns` tree, and what MLflow's file store answers about them."""


@dataclass(frozen=True, slots=True)
class Wider:
    """What a filter that MLflow refuses means here, in words that MLflow understands."""

    reason: str
    any_of: tuple[str, ...]
    """A run satisfies one of these,"""
    none_of: tuple[str, ...] = ()
    """and none of these."""


WIDER: Final[Mapping[str, Wider]] = {
    "params.lr NOT LIKE 'a%'": Wider(
        "NOT stands before LIKE as before IN; like `!=` it wants the key",
        ("params.lr IS NOT NULL",),
        ("params.lr LIKE 'a%'",),
    ),
    "status IN ('FAILED','KILLED')": Wider(
        "IN is for every attribute that is text", ("status = 'FAILED'", "status = 'KILLED'")
    ),
    "attributes.status = FINISHED": Wider("a status without quotes is one of the five", ("status = 'FINISHED'",)),
    "metrics.acc > 0.1 OR params.lr = '0.1'": Wider("there is an OR", ("metrics.acc > 0.1", "params.lr = '0.1'")),
    "(metrics.acc > 0.1)": Wider("there are parentheses", ("metrics.acc > 0.1",)),
    "NOT metrics.acc > 0.5": Wider("there is a NOT, true of runs without the key", ("",), ("metrics.acc > 0.5",)),
    "metrics.acc BETWEEN 0 AND 1": Wider(
        "there is a BETWEEN, ends included", ("metrics.acc >= 0 AND metrics.acc <= 1",)
    ),
    "lifecycle_stage = 'active'": Wider("the stage is an attribute like others", ("",)),
    "params.lr IN ('0.1')": Wider("IN is for params and tags, too", ("params.lr = '0.1'",)),
    "params.lr = 0.1": Wider("a param is compared with a number as a number", ("params.lr = '0.1'",)),
}
"""Filters that have an answer although MLflow refuses them, each with the reason. What else MLflow refuses, flowdeck
refuses."""

RunSearch = Callable[[Path, RunQuery], list[str]]
"""From a database and a query to run ids."""
ExperimentSearch = Callable[[Path, ExperimentQuery], list[str]]


@dataclass(frozen=True, slots=True)
class RunCase:
    """A search for runs and what MLflow answered."""

    name: str
    database: Path
    query: RunQuery
    expected: tuple[str, ...] | None
    """Run ids; None if MLflow refused, and so does flowdeck: see `WIDER`."""


@dataclass(frozen=True, slots=True)
class ExperimentCase:
    """A search for experiments and what MLflow answered."""

    name: str
    database: Path
    query: ExperimentQuery
    expected: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class ParseCase:
    """A run filter and how MLflow's parser took it."""

    name: str
    filter: str | None
    conditions: tuple[tuple[str, str, str, Any], ...] | None
    """(type, key, comparator, value) of each; None if MLflow refused."""


def folders() -> list[Path]:
    """Every corpus there is."""
    more = os.environ.get("FLOWDECK_ORACLE", "")
    return [BUNDLED, *(Path(folder) for folder in more.split(":") if folder)]


def run_cases(among: Sequence[Path] | None = None) -> Iterator[RunCase]:
    """Of the corpora in these folders; by default, of every corpus that has a database."""
    for folder in folders() if among is None else among:
        corpus = _corpus(folder)
        for index, case in enumerate(corpus["search_runs"]):
            query = RunQuery(
                experiment_ids=tuple(_experiment_id(corpus, f"e{number}") for number in case["exp"]),
                filter=case["filter"] or "",
                order_by=tuple(case["order_by"]),
                view=ViewType[case["view"]],
            )
            expected = _run_ids(corpus, case)
            if expected is None and not query.order_by and query.filter in WIDER:
                expected = _wider_answer(corpus, case, WIDER[query.filter])
            yield RunCase(_name(folder, index, case), folder / "mlflow.db", query, expected)


def page_cases(among: Sequence[Path] | None = None) -> Iterator[RunCase]:
    """What the first one, two, ... pages hold, as searches with a limit."""
    for folder in folders() if among is None else among:
        corpus = _corpus(folder)
        case = corpus["pagination"]
        found: list[str] = []
        for number, page in enumerate(case["pages"], start=1):
            found += [corpus["runs"][label] for label in page]
            query = RunQuery(
                experiment_ids=tuple(_experiment_id(corpus, f"e{number}") for number in case.get("exp", (0, 1, 2))),
                order_by=tuple(case["order_by"]),
                view=ViewType[case.get("view", "ALL")],
                limit=number * case["max_results"],
            )
            yield RunCase(f"{folder.name}-page{number}", folder / "mlflow.db", query, tuple(found))


def experiment_cases(among: Sequence[Path] | None = None) -> Iterator[ExperimentCase]:
    for folder in folders() if among is None else among:
        corpus = _corpus(folder)
        for index, case in enumerate(corpus["search_experiments"]):
            query = ExperimentQuery(
                filter=case["filter"] or "", order_by=tuple(case["order_by"]), view=ViewType[case["view"]]
            )
            expected = None
            if "result" in case:
                expected = tuple(_experiment_id(corpus, label) for label in case["result"])
            yield ExperimentCase(_name(folder, index, case), folder / "mlflow.db", query, expected)


def parse_cases() -> Iterator[ParseCase]:
    for folder in folders():
        for index, case in enumerate(_corpus(folder)["parse"]):
            conditions = None
            if "parsed" in case:
                conditions = tuple(
                    (clause["type"], clause["key"], clause["comparator"], clause["value"]) for clause in case["parsed"]
                )
            yield ParseCase(_name(folder, index, case), case["filter"], conditions)


def compiled_run_search(database: Path, query: RunQuery) -> list[str]:
    """Searches with the parser and the compiler alone. Raises FilterError as they do."""
    expression = parse_run_filter(query.filter, query.now)
    order = parse_run_order(query.order_by)
    with _engine(database).connect() as connection:
        return list(find_runs(connection, schema_of(database), query, expression, order, None).items)


def compiled_experiment_search(database: Path, query: ExperimentQuery) -> list[str]:
    """As `compiled_run_search`, for experiments."""
    expression = parse_experiment_filter(query.filter)
    order = parse_experiment_order(query.order_by)
    statement = experiment_ids_statement(schema_of(database), expression, order, query.view, query.limit, "sqlite")
    return execute(database, statement)


@cache
def schema_of(database: Path) -> Schema:
    """The tables and columns of an SQLite database."""
    with _engine(database).connect() as connection:
        return read_catalog(connection)


@cache
def _engine(database: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///file:{database}?mode=ro&uri=true")

    @sa.event.listens_for(engine, "connect")
    def _distinguish_case(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA case_sensitive_like = true")
        add_functions(connection)

    return engine


def execute(database: Path, statement: sa.Select[Any]) -> list[str]:
    with _engine(database).connect() as connection:
        return [str(found) for found in connection.scalars(statement)]


@cache
def _corpus(folder: Path) -> dict[str, Any]:
    corpus: dict[str, Any] = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    corpus["runs"] = {label: run_id for run_id, label in corpus["runs"].items()}
    return corpus


def _name(folder: Path, index: int, case: dict[str, Any]) -> str:
    asked = " ".join(str(part) for part in (case["filter"], *case.get("order_by", ())))
    return f"{folder.name}-{index}-{asked}"


def _run_ids(corpus: dict[str, Any], case: dict[str, Any]) -> tuple[str, ...] | None:
    return tuple(corpus["runs"][label] for label in case["result"]) if "result" in case else None


def _wider_answer(corpus: dict[str, Any], case: dict[str, Any], wider: Wider) -> tuple[str, ...]:
    """Put together from answers to questions in MLflow's language about the bundled database, by the labels of runs."""
    bundled = _corpus(BUNDLED)
    labels = {run_id: label for label, run_id in bundled["runs"].items()}
    ids = tuple(_experiment_id(bundled, f"e{number}") for number in case["exp"])

    def found(text: str) -> list[str]:
        query = RunQuery(ids, text, view=ViewType[case["view"]])
        return compiled_run_search(BUNDLED / "mlflow.db", query)

    some = {run_id for text in wider.any_of for run_id in found(text)}
    some -= {run_id for text in wider.none_of for run_id in found(text)}
    with _engine(BUNDLED / "mlflow.db").connect() as connection:
        rows = connection.execute(sa.text("SELECT run_uuid, start_time FROM runs")).all()
    newest_first = sorted((-start, corpus["runs"][labels[run_id]]) for run_id, start in rows if run_id in some)
    return tuple(run_id for _, run_id in newest_first)


def _experiment_id(corpus: dict[str, Any], label: str) -> str:
    return "0" if label == "default" else str(corpus["experiments"][int(label.removeprefix("e"))])
