"""Compares searching entities with searching by SQL, on random filters and order_by expressions.

    python -m tests.support.fuzz_match --cases 100000 --seed 1

Half of the questions are texts for the bundled oracle database, as `fuzz_search.py` asks a real MLflow; the others
are syntax trees for a database of awkward values. Differences are printed; the exit status is 1 if there are any.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from store.entities import ViewType
from store.errors import FilterError
from store.protocols import ExperimentQuery, RunQuery
from store.search.match import experiment_predicate, run_predicate
from store.search.needs import needed_keys, needed_parts
from store.search.order import experiment_order, run_order
from store.search.syntax import And, Comparison, Entity, Expr, Operator, OrderKey, Span, Value
from store.search.vocabulary import EXPERIMENTS, RUN_ORDER, RUNS, Field, ValueKind, Vocabulary
from store.sql.compile import experiment_ids_statement, run_ids_statement
from tests.support import nasty_store, oracle
from tests.support.fuzz_search import Question, questions
from tests.support.held import Held, held, only

_SPAN: Final = Span(0, 0)
_LISTS: Final = (Operator.IN, Operator.NOT_IN)
_NOTHING: Final = (Operator.IS_NULL, Operator.IS_NOT_NULL)
_PIECES: Final = ("%", "_", "%%", "a", "A", "b", "\\", "\n", "é", "É", "\0", "k", "K", "i", "1", "run", " ", "😀", "")
_DATASET_KEYS: Final = ("name", "digest", "context")
_EVERY_ID: Final = (0, 1, 2, 3, 9, 10, 11, 100)
_EXPERIMENT_IDS: Final = (_EVERY_ID, _EVERY_ID, _EVERY_ID, _EVERY_ID, (0, 1, 2), (10, 2**62), ())


class TreeGenerator:
    """Random syntax trees such as the parser makes, about the values of `nasty_store`."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def run_filter(self) -> Expr | None:
        entities = (Entity.ATTRIBUTE, Entity.METRIC, Entity.PARAM, Entity.TAG, Entity.DATASET)
        return self._filter(RUNS, entities)

    def experiment_filter(self) -> Expr | None:
        return self._filter(EXPERIMENTS, (Entity.ATTRIBUTE, Entity.TAG))

    def run_order(self) -> tuple[OrderKey, ...]:
        keys = {}
        for _ in range(self._chance.choice((0, 1, 1, 2, 3))):
            entity = self._chance.choice((Entity.ATTRIBUTE, Entity.METRIC, Entity.PARAM, Entity.TAG))
            key = self._field(RUN_ORDER, entity).key
            keys[entity, key] = OrderKey(entity, key, self._chance.random() < 0.5, _SPAN)
        return tuple(keys.values())

    def experiment_order(self) -> tuple[OrderKey, ...]:
        """Without times from the first to the last: where a missing one comes then is SQLite's own choice."""
        keys = []
        for _ in range(self._chance.choice((0, 1, 1, 2, 3))):
            key = self._field(EXPERIMENTS, Entity.ATTRIBUTE).key
            ascending = not key.endswith("_time") and self._chance.random() < 0.5
            keys.append(OrderKey(Entity.ATTRIBUTE, key, ascending, _SPAN))
        return tuple(keys)

    def _filter(self, vocabulary: Vocabulary, entities: Sequence[Entity]) -> Expr | None:
        clauses = [
            self._comparison(self._field(vocabulary, self._chance.choice(entities)))
            for _ in range(self._chance.choice((0, 1, 1, 1, 2, 2, 3)))
        ]
        return And(tuple(clauses)) if len(clauses) > 1 else (clauses[0] if clauses else None)

    def _field(self, vocabulary: Vocabulary, entity: Entity) -> Field:
        known: dict[Entity, Sequence[str]] = {
            Entity.ATTRIBUTE: tuple(vocabulary.attributes),
            Entity.DATASET: _DATASET_KEYS,
        }
        field = vocabulary.field(entity, self._chance.choice(known.get(entity, nasty_store.KEYS)))
        assert field is not None
        return field

    def _comparison(self, field: Field) -> Comparison:
        operator = self._chance.choice(sorted(field.operators))
        return Comparison(field.entity, field.key, operator, self._value(field, operator), _SPAN)

    def _value(self, field: Field, operator: Operator) -> Value:
        if operator in _NOTHING:
            return None
        if operator in _LISTS:
            count = self._chance.randrange(1, 4)
            if field.kind is ValueKind.ID:
                return tuple(self._id() for _ in range(count))
            return tuple(self._text() for _ in range(count))
        if field.kind is ValueKind.ID:
            return self._id()
        if field.kind is ValueKind.TEXT:
            return self._pattern() if operator in (Operator.LIKE, Operator.ILIKE) else self._text()
        if field.entity is Entity.METRIC or (field.kind is ValueKind.NUMBER and self._chance.random() < 0.3):
            # A filter has no way to write NaN.
            return self._chance.choice([number for number in nasty_store.NUMBERS if number == number])
        return self._chance.choice([time for time in nasty_store.TIMES if time is not None])

    def _text(self) -> str:
        if self._chance.random() < 0.3:
            return self._chance.choice([status for status in nasty_store.STATUSES if status is not None])
        return self._chance.choice(nasty_store.TEXTS)

    def _pattern(self) -> str:
        if self._chance.random() < 0.3:
            return self._text()
        if self._chance.random() < 0.3:
            text = self._text()
            at = self._chance.randrange(len(text) + 1)
            return text[:at] + self._chance.choice(("%", "_", "%_")) + text[at + self._chance.randrange(3) :]
        return "".join(self._chance.choice(_PIECES) for _ in range(self._chance.randrange(6)))

    def _id(self) -> int:
        return self._chance.choice((0, 1, 2, 9, 10, -1, 7, 2**31, 2**62, 338612890846804348))


def tree_difference(database: Path, chance: random.Random) -> tuple[str, bool]:
    """Puts one question about syntax trees both ways; what differs, or nothing, and whether something is found."""
    generator = TreeGenerator(chance)
    view = chance.choice(list(ViewType))
    limit = chance.choice((None, None, None, None, None, 0, 1, 3, 50))
    entities = held(database)
    if chance.random() < 0.75:
        expression, keys = generator.run_filter(), generator.run_order()
        ids = tuple(str(number) for number in chance.choice(_EXPERIMENT_IDS))
        statement: sa.Select[Any] = run_ids_statement(
            oracle.schema_of(database), expression, keys, ids, view, limit, "sqlite"
        )
        found = _runs(entities, expression, keys, ids, view, limit)
    else:
        expression, keys = generator.experiment_filter(), generator.experiment_order()
        statement = experiment_ids_statement(oracle.schema_of(database), expression, keys, view, limit, "sqlite")
        matches = experiment_predicate(expression)
        listed = [item for item in entities.experiments if item.lifecycle_stage in _stages(view) and matches(item)]
        found = [item.experiment_id for item in experiment_order(keys).sorted(listed, limit)]
    expected = oracle.execute(database, statement)
    different = f"{expression} {keys} {view} {limit}: here {found}, SQL {expected}"
    return "" if found == expected else different, bool(found)


def _runs(
    entities: Held,
    expression: Expr | None,
    keys: Sequence[OrderKey],
    ids: tuple[str, ...],
    view: ViewType,
    limit: int | None,
) -> list[str]:
    matches = run_predicate(expression)
    parts, wanted = needed_parts(expression, keys), needed_keys(expression, keys)
    runs = [only(run, parts, wanted) for run in entities.runs]
    listed = [run for run in runs if run.lifecycle_stage in _stages(view) and run.experiment_id in ids and matches(run)]
    return [run.run_id for run in run_order(keys).sorted(listed, limit)]


def _stages(view: ViewType) -> tuple[str, ...]:
    return ("active", "deleted") if view is ViewType.ALL else (view.value,)


def text_difference(database: Path, question: Question) -> tuple[str, bool]:
    """Puts one question in MLflow's language both ways; what differs, or nothing, and whether it is a question."""
    kind, text, order_by = question
    answers: list[list[str] | None] = []
    searches = _run_searches if kind == "runs" else _experiment_searches
    for search in searches(database, text, tuple(order_by)):
        try:
            answers.append(search())
        except FilterError:
            answers.append(None)
    here, sql = answers
    return "" if here == sql else f"{question}: here {here}, SQL {sql}", sql is not None


def _run_searches(database: Path, text: str, order_by: tuple[str, ...]) -> Sequence[Any]:
    query = RunQuery(None, text, order_by, ViewType.ALL)
    return (lambda: held(database).run_search(query), lambda: oracle.compiled_run_search(database, query))


def _experiment_searches(database: Path, text: str, order_by: tuple[str, ...]) -> Sequence[Any]:
    query = ExperimentQuery(text, order_by, ViewType.ALL)
    return (lambda: held(database).experiment_search(query), lambda: oracle.compiled_experiment_search(database, query))


@cache
def bundled() -> Path:
    """The oracle's database."""
    return oracle.BUNDLED / "mlflow.db"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cases", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    counts: Counter[str] = Counter()
    differences = []
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "mlflow.db"
        nasty_store.build(database, chosen.seed)
        chance = random.Random(chosen.seed)
        for question in questions(chosen.cases // 2, chosen.seed):
            difference, asked = text_difference(bundled(), question)
            counts["texts that are searched" if asked else "texts that are refused"] += 1
            differences.append(difference)
        for _ in range(chosen.cases - chosen.cases // 2):
            difference, something = tree_difference(database, chance)
            counts["trees that find something" if something else "trees that find nothing"] += 1
            differences.append(difference)
    found = [difference for difference in differences if difference]
    for difference in found:
        print(difference[:1000])
    print(f"{chosen.cases} cases, seed {chosen.seed}: {dict(counts)}, {len(found)} differences", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
